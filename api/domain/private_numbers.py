"""Numbers of persons in a text: ID cards, bank cards and accounts, telephones; what and where, never the number itself.

Digits count in any script (full width, in circles, raised, or as the words 一三八), characters without width between
them don't, and single spaces or hyphens may part them. What only looks like one passes: an ID card needs its checksum
and a day that was, a bank card its Luhn digit and an issuer's first digits, a landline its area code.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Literal

Kind = Literal["id-card", "bank-card", "telephone"]
NAMES: dict[Kind, tuple[str, str]] = {
    "id-card": ("身份证号", "an ID-card number"),
    "bank-card": ("银行卡号或账号", "a bank card's or account's number"),
    "telephone": ("电话号码", "a telephone number"),
}
SHORTEST = 10  # digits of the shortest number that is looked for


@dataclass(frozen=True, slots=True)
class Found:
    """Where a number stands: characters [start, end) of the text as it was given."""

    kind: Kind
    start: int
    end: int


def find(text: str) -> list[Found]:
    """In the order of the text; no two overlap."""
    if len(text) < SHORTEST or sum(map(_digit, text)) < SHORTEST:
        return []
    taken = bytearray(len(text))
    found: list[Found] = []
    for of in _readings(text):
        plain, places = _fold(text, of)
        for kind, start, end in _all(plain):
            first, over = places[start], places[end - 1] + 1
            if not any(taken[first:over]):
                taken[first:over] = b"\1" * (over - first)
                found.append(Found(kind, first, over))
    return sorted(found, key=lambda each: each.start)


# 零 and 〇 are both said, and 幺 for 一 in telephone numbers.
_WORDS = dict(zip("〇零一幺二三四五六七八九", (0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
Value = Callable[[str], int | None]


def _decimal(char: str) -> int | None:
    return unicodedata.decimal(char, None)


def _said(char: str) -> int | None:
    """Also of ③, ³ and 三."""
    return _WORDS.get(char, unicodedata.digit(char, None))


def _digit(char: str) -> bool:
    return char.isdigit() or char in _WORDS


def _readings(text: str) -> Iterator[Value]:
    """Twice where it has such: in ①13800138001 the first one only counts the lines."""
    yield _decimal
    if any(_digit(char) and not char.isdecimal() for char in text):
        yield _said


def _fold(text: str, value_of: Value) -> tuple[str, list[int]]:
    """With ASCII digits, spaces and hyphens, without what has no width; and where each character stood."""
    plain: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        if char.isascii():
            folded = char
        else:
            category = unicodedata.category(char)
            if category in ("Cf", "Mn", "Me"):
                continue
            value = value_of(char)
            if value is not None:
                folded = str(value)
            elif category == "Zs":
                folded = " "
            elif category == "Pd" or char == "\N{MINUS SIGN}":
                folded = "-"
            else:
                folded = unicodedata.normalize("NFKC", char) if "\uff01" <= char <= "\uff5e" else char
        plain.append(folded)
        places.append(place)
    return "".join(plain), places


Hit = tuple[Kind, int, int]


def _all(plain: str) -> Iterator[Hit]:
    """What is surer comes first: of two that overlap the first one counts."""
    runs = [_groups(run) for run in _RUN.finditer(plain)]
    for run in runs:
        yield from _id_cards(plain, run)
    for run in runs:
        yield from _bank_cards(plain, run)
    for labelled in _ACCOUNT.finditer(plain):
        yield "bank-card", labelled.start(1), labelled.end(1)
    yield from _telephones(plain)


# Groups of digits with one separator each between them, or one of each kind (" - ").
_RUN = re.compile(r"[0-9]+(?:(?: ?- ?| )[0-9]+)*")
_GROUP = re.compile(r"[0-9]+")
Groups = list[tuple[int, int]]


def _groups(run: re.Match[str]) -> Groups:
    return [(run.start() + each.start(), run.start() + each.end()) for each in _GROUP.finditer(run[0])]


def _joined(plain: str, groups: Groups, lengths: range) -> Iterator[tuple[str, Groups]]:
    """Each stretch of whole groups with so many digits; of a page of single digits as quickly as of any other."""
    digits = "".join(plain[begun:over] for begun, over in groups)
    begins = [0, *accumulate(over - begun for begun, over in groups)]
    ends = {end: number for number, end in enumerate(begins)}
    for first, start in enumerate(begins[:-1]):
        for length in lengths:
            last = ends.get(start + length)
            if last is not None:
                yield digits[start : start + length], groups[first:last]


# GB 11643-1999: region (6), day of birth (8), order (3), check character of ISO 7064 MOD 11-2.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
# Before 1999 without century and check character; then the region must be one (GB/T 2260's first two digits).
_PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")


def _id_cards(plain: str, groups: Groups) -> Iterator[Hit]:
    for digits, part in _joined(plain, groups, range(15, 19)):
        start, end = part[0][0], part[-1][1]
        if len(digits) == 18 and is_id_card(digits):
            yield "id-card", start, end
        elif len(digits) == 17:
            x = re.compile(r"(?: ?- ?| )?[Xx](?![0-9A-Za-z])").match(plain, end)
            if x and is_id_card(digits + "X"):
                yield "id-card", start, x.end()
        elif len(digits) == 15 and _is_old_id_card(digits) and not _in_word(plain, start, end):
            yield "id-card", start, end


def is_id_card(digits: str) -> bool:
    """17 digits and a check character."""
    if digits[0] == "0" or not _was(digits[6:14]):
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(digits[:17], _WEIGHTS, strict=True)) % 11
    return digits[17] == "10X98765432"[rest]


def _is_old_id_card(digits: str) -> bool:
    return bool(_PROVINCE.match(digits)) and _was("19" + digits[6:12])


def _was(day: str) -> bool:
    try:
        return 1850 <= date(int(day[:4]), int(day[4:6]), int(day[6:])).year < 2100
    except ValueError:
        return False


# Of ISO/IEC 7812: 3 to 6 are travel and banks, 9 is a country's own (older cards of ours), 2221 to 2720 one scheme's.
# So contract and file numbers, which begin with a year, pass whatever their last digit.
_ISSUER = re.compile(r"[34569]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)")


def _bank_cards(plain: str, groups: Groups) -> Iterator[Hit]:
    for digits, part in _joined(plain, groups, range(16, 20)):
        if not _ISSUER.match(digits) or not luhn(digits):
            continue
        start, end = part[0][0], part[-1][1]
        lengths = [over - begun for begun, over in part]
        if len(part) == 1:
            fits = not _in_word(plain, start, end) and not _is_credit_code(digits)
        else:
            # In fours, or a six and the rest. Amounts stand in rows of fours as well, but in tens of yuan.
            fours = set(lengths[:-1]) == {4} and lengths[-1] <= 4
            six = len(part) == 2 and lengths[0] == 6
            fits = (fours and any(plain[over - 1] != "0" for _, over in part)) or six
        if fits:
            yield "bank-card", start, end


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


# GB 32100: an organisation's unified code, which bidders and contractors are named by; 18 characters with a check one.
_CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _is_credit_code(digits: str) -> bool:
    if len(digits) != 18 or digits[0] not in "159":
        return False
    weighed = sum(_CODE_CHARACTERS.index(char) * pow(3, place, 31) for place, char in enumerate(digits[:17]))
    return _CODE_CHARACTERS[-weighed % 31] == digits[17]


def _in_word(plain: str, start: int, end: int) -> bool:
    """Digits within letters are a code, as an organisation's is."""
    around = plain[max(0, start - 1) : start] + plain[end : end + 1]
    return any(char.isascii() and char.isalpha() for char in around)


# An account has no check digit, but somebody calls it one.
_ACCOUNT = re.compile(
    r"(?:账号|帐号|账户|帐户|卡号|存折)[^0-9\n]{0,12}?"
    r"([0-9]{10,30}|[0-9]{4}(?:[ -][0-9]{4}){2,6}(?:[ -]?[0-9]{1,3})?)(?![0-9])"
)
_BETWEEN = r"(?: ?- ?| )?"
_END = r"(?![0-9])"
# 工业和信息化部《电信网编号计划》: 11 digits that begin with 13 to 19; in 3-4-4 or 3.4.4, rarely in 3-3-5 or 4-3-4.
_PARTED = (
    rf"1[3-9][0-9]{_BETWEEN}[0-9]{{4}}{_BETWEEN}[0-9]{{4}}|1[3-9][0-9][.·][0-9]{{4}}[.·][0-9]{{4}}"
    r"|1[3-9][0-9]-[0-9]{3}-[0-9]{5}|1[3-9][0-9]{2}-[0-9]{3}-[0-9]{4}"
)
_MOBILE = re.compile(rf"(?<![0-9])(?:(?:\+|00)?86{_BETWEEN})?({_PARTED}){_END}")
# An area code, and a number that begins with 2 to 8 and isn't a day of this century (0371-20260101).
_AREA = r"(?:010|02[0-57-9]|0[3-9][0-9]{2})"
_LANDLINE = re.compile(
    rf"(?<![0-9])(?:\({_AREA}\) ?|{_AREA}{_BETWEEN})(?!20[0-9]{{2}}(?:0[1-9]|1[0-2])[0-3][0-9]{_END})"
    rf"([2-8][0-9]{{2,3}}{_BETWEEN}[0-9]{{4}}){_END}"
)
_SERVICE = re.compile(
    rf"(?<![0-9])(400{_BETWEEN}(?:[016-9][0-9]{{2}}{_BETWEEN}[0-9]{{4}}|[016-9][0-9]{{3}}{_BETWEEN}[0-9]{{3}})){_END}"
)


def _telephones(plain: str) -> Iterator[Hit]:
    for pattern, zeros in ((_MOBILE, "0"), (_LANDLINE, ""), (_SERVICE, "00")):
        for number in pattern.finditer(plain):
            # Amounts stand in a row as well, but round ones.
            parts = number[1].split(" ")
            if not (zeros and len(parts) == 3 and all(part.endswith(zeros) for part in parts)):
                yield "telephone", number.start(), number.end()
