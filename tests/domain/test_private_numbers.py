"""Numbers of persons: found however they are written, and nothing found in what only looks like one."""

from datetime import date

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from api.domain.private_numbers import Found, find, is_id_card, luhn

FULL = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
NARROW = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\ufe0f"]
WORDS = st.text(st.characters(categories=("Lo",)), max_size=12)
DAYS = st.dates(date(1900, 1, 1), date(2030, 12, 31))


def kinds(text: str) -> list[str]:
    return [each.kind for each in find(text)]


@st.composite
def id_cards(draw: st.DrawFn) -> str:
    body = f"{draw(st.sampled_from(['110101', '371599', '440304', '659001']))}{draw(DAYS):%Y%m%d}"
    body += f"{draw(st.integers(0, 999)):03}"
    return next(body + last for last in "0123456789X" if is_id_card(body + last))


@st.composite
def old_id_cards(draw: st.DrawFn) -> str:
    day = draw(st.dates(date(1900, 1, 1), date(1999, 12, 31)))
    return f"{draw(st.sampled_from(['110101', '371102', '652301']))}{day:%y%m%d}{draw(st.integers(0, 999)):03}"


@st.composite
def bank_cards(draw: st.DrawFn) -> str:
    length = draw(st.integers(16, 19))
    issuer = draw(st.sampled_from(["62", "4", "51", "2221", "35", "9558"]))
    body = issuer + f"{draw(st.integers(0, 10**18)):019}"[len(issuer) : length - 1]
    card = next(body + str(last) for last in range(10) if luhn(body + str(last)))
    assume(not is_id_card(card.ljust(18, "0")[:18]) and kinds(card) == ["bank-card"])
    return card


MOBILES = st.from_regex(r"\A1[3-9][0-9]{9}\Z")
LANDLINES = st.tuples(
    st.sampled_from(["010", "021", "0633", "0531", "0912"]), st.from_regex(r"\A[3-8][0-9]{6,7}\Z")
)  # fmt: skip
SERVICES = st.from_regex(r"\A400[016-9][0-9]{6}\Z")


@given(WORDS, id_cards() | old_id_cards(), WORDS)
def test_an_id_card_is_found_where_it_stands(before: str, number: str, after: str) -> None:
    assert find(before + number + after) == [Found("id-card", len(before), len(before) + len(number))]


@given(id_cards(), st.sampled_from(["", " ", "-", "－", "\u3000", " - "]), st.data())
def test_an_id_card_in_any_groups(number: str, between: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, 17), max_size=4)))
    parts = [number[a:b] for a, b in zip([0, *cuts], [*cuts, 18], strict=True)]
    assert kinds(between.join(parts)) == ["id-card"]
    assert kinds(number.lower()) == ["id-card"]


@given(id_cards(), st.integers(0, 16), st.integers(1, 9))
def test_a_wrong_digit_makes_it_no_id_card(number: str, place: int, more: int) -> None:
    wrong = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
    assert "id-card" not in kinds(wrong)


@given(bank_cards(), st.sampled_from([" ", "-", "－", "\u00a0"]))
@example("6222020200112230", " ")
def test_a_bank_card_in_fours(number: str, between: str) -> None:
    parts = [number[at : at + 4] for at in range(0, len(number), 4)]
    assume(not all(part.endswith("0") for part in parts))
    assert kinds(f"卡号{number}。") == ["bank-card"]
    assert kinds(between.join(parts)) == ["bank-card"]


@given(bank_cards(), st.integers(0, 18), st.integers(1, 9))
def test_a_wrong_digit_makes_it_no_bank_card(number: str, place: int, more: int) -> None:
    place %= len(number)
    assert "bank-card" not in kinds(number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :])


@given(WORDS, MOBILES, st.sampled_from(["", "+86", "+86 ", "86-", "0086", "86"]), st.sampled_from(["", "-", " ", "－"]))
def test_a_mobile_telephone(before: str, number: str, country: str, between: str) -> None:
    parts = [number[:3], number[3:7], number[7:]]
    assume(between != " " or not all(part.endswith("0") for part in parts))
    text = before + country + between.join(parts)
    assert find(text) == [Found("telephone", len(before), len(text))]


@given(LANDLINES, st.sampled_from(["", "-", " ", "—", ") "]))
def test_a_landline_with_its_area(number: tuple[str, str], between: str) -> None:
    area, rest = number
    assert kinds(("(" if between == ") " else "") + area + between + rest) == ["telephone"]


@given(SERVICES)
def test_a_service_number(number: str) -> None:
    for text in (number, f"{number[:3]}-{number[3:6]}-{number[6:]}", f"{number[:3]}-{number[3:7]}-{number[7:]}"):
        assert kinds(text) == ["telephone"]


@given(id_cards() | old_id_cards() | bank_cards() | MOBILES | LANDLINES.map("".join) | SERVICES, st.data())
def test_full_width_digits_and_characters_without_width_hide_nothing(number: str, data: st.DataObject) -> None:
    plain = kinds(number)
    assert len(plain) == 1
    wide = "".join(data.draw(st.sampled_from([char, char.translate(FULL)])) for char in number)
    cut = data.draw(st.integers(1, len(number) - 1))
    narrow = data.draw(st.sampled_from(NARROW))
    hidden = wide[:cut] + narrow + wide[cut:]
    found = find(f"户主：{hidden}，")
    assert found == [Found(plain[0], 3, 3 + len(hidden))]  # type: ignore[arg-type]


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    last = 0
    for each in find(text):
        assert last <= each.start < each.end <= len(text)
        last = each.end


@given(st.text("0123456789 -Xx（)账号\u200b", max_size=200))
def test_any_digits_are_read(text: str) -> None:
    for each in find(text):
        assert 0 <= each.start < each.end <= len(text)
        assert "repr" not in repr(each)
        assert all(not part.isdecimal() or len(part) < 5 for part in repr(each).split())


@pytest.mark.parametrize(
    "text",
    [
        "人民币壹佰贰拾叁万元整（1234567.89元）", "合计12,345,678.90元", "1500 2000 3000 4500",  # amounts
        "6200 4800 5000 3000", "150 2000 3000", "400 600 1000", "5000000000.00",
        "2026年11月28日至2026年12月13日", "20261128-20261213", "2026-11-28 2026-12-13", "20261128093000",  # dates
        "371102001201", "统计用区划代码：371599101201",  # unit codes
        "合同编号：2026112800010018", "HT-20261128-0001", "SDZB2026-0371-20260101", "鲁财采[2026]001234号",  # contracts
        "202611280001001", "20261128000100018", "招标编号 3715992026000128",
        "1280.55平方米", "面积 1200 亩、1350 亩、1600 亩", "120m² 130m² 140m²",  # areas
        "统一社会信用代码 91370100MA3C123X0L", "913711003128600003",
        "110101199002301234", "110101199013011234",  # no such day
        "上午9:00-11:30，下午14:00-17:00", "第 12、13、14 组", "K12+300 至 K13+800", "邮编 276800", "110", "12345",
        "0633", "12345678", "13.8 亿元", "1380013800", "138001380001",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_passes(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("联系人：王五，电话13800138001", "telephone"), ("张三,1,13800138000", "telephone"),
        ("Tel:13800138001", "telephone"), ("微信同号wx13800138001", "telephone"), ("（0633）2212345", "telephone"),
        ("0531-8888 1234", "telephone"), ("400 800 8820", "telephone"), ("139-001-38001", "telephone"),
        ("11010519491231002X", "id-card"), ("110105 19491231 002 x", "id-card"), ("110105491231002", "id-card"),
        ("开户行：农商行，账号：2010 0123 4567 89", "bank-card"), ("账号90114010010010001234", "bank-card"),
        ("6222 0202 0011 2230", "bank-card"), ("622202 0200112230", "bank-card"),
    ],
)  # fmt: skip
def test_what_people_write(text: str, kind: str) -> None:
    assert kinds(text) == [kind]


def test_the_checksums_are_those_of_the_standards() -> None:
    assert is_id_card("11010519491231002X")  # GB 11643's own example
    assert not is_id_card("110105194912310020")
    assert luhn("4992739871600000") is False
    assert luhn("49927398716")


CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
SPOKEN = str.maketrans("0123456789", "〇幺二三四五六七八九")


@pytest.mark.parametrize("dress", [CIRCLED, RAISED, SPOKEN])
@given(number=MOBILES)
def test_digits_in_circles_raised_or_as_words_are_digits(dress: dict[int, int], number: str) -> None:
    assert find(f"电话{number.translate(dress)}。") == [Found("telephone", 2, 13)]
    # A circle before it counts the lines.
    assert find(f"①{number}②") == [Found("telephone", 1, 12)]


@pytest.mark.parametrize(
    "text", ["二〇二六年十一月二十八日", "①2026年②2027年", "第一二三四五六七八九组", "长800m²宽5m²高3m²"]
)
def test_counted_lines_and_days_in_words_are_no_numbers(text: str) -> None:
    assert find(text) == []


def test_a_mobile_telephone_with_points() -> None:
    assert kinds("138.0013.8001") == kinds("138·0013·8001") == ["telephone"]
    for amount in ("1380013.8001", "138.00138001"):
        assert kinds(amount) == []


def test_a_page_of_single_digits_is_read_like_any_other() -> None:
    """Hits that were held against each other, and stretches put together digit by digit, took nine minutes of it."""
    found = find("1 " * 200_000)
    assert {each.kind for each in found} == {"id-card"}
    assert len(found) == 200_000 // 15
