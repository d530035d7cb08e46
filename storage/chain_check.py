"""Read an exported chain and its checkpoints, and say which line is not what it was. Knows no folder and no key file.

Each finding names the one line that was touched, not what follows from it: an entry whose own hash doesn't hold is
not blamed for its successor, and a root is compared only when every entry below it holds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from storage import merkle
from storage.canonical import read_canonical
from storage.chained import VERSION, ZERO, CheckpointRecord, entry_hash, payload_bytes_hash, read_checkpoint
from storage.errors import NotCanonical
from storage.keys import ALGORITHM, verifies


@dataclass(frozen=True, slots=True)
class Problem:
    code: str
    line: int  # in the file, from 1
    zh: str
    en: str


@dataclass(slots=True)
class Line:
    """An entry as it was read."""

    number: int
    seq: int
    chain: str
    kind: str
    at: str
    hash: str  # as it stands in the line
    own: str  # as computed from the entry
    previous: str
    payload: dict[str, Any] | None
    holds: bool  # hash and payload are what the entry says
    withheld: bool


@dataclass(slots=True)
class ChainReading:
    lines: list[Line] = field(default_factory=list)
    broken: list[Problem] = field(default_factory=list)  # entries: altered, removed, inserted, moved
    payloads: list[Problem] = field(default_factory=list)

    @property
    def chain(self) -> str | None:
        return self.lines[0].chain if self.lines else None

    @property
    def intact(self) -> bool:
        return not self.broken

    def hash_of(self, seq: int) -> set[str]:
        """The hashes by which entry `seq` may be named; more than one only where it is damaged."""
        return {each for line in self.lines if line.seq == seq for each in (line.hash, line.own)}


def read_chain(content: bytes) -> ChainReading:
    """Whatever the bytes are: findings, never an exception."""
    reading = ChainReading()
    expected, accepted, chain = 1, {ZERO}, None
    for number, raw in _lines(content):
        line = _entry(number, raw)
        if line is None:
            # Several in a row are one finding: a changed line end makes one line of two, or two of one.
            if not (reading.broken and reading.broken[-1].code == "entry.unreadable" and not accepted):
                reading.broken.append(_unreadable(number))
            expected, accepted = 0, set()
            continue
        reading.lines.append(line)
        if line.own != line.hash:
            reading.broken.append(
                Problem("entry.altered", number, f"第 {number} 条（{line.kind}）被改动", f"entry {number} was altered")
            )
            expected, accepted = (expected or line.seq) + 1, {line.hash, line.own}
            continue
        moved = (expected and line.seq != expected) or (accepted and line.previous not in accepted)
        if moved or (chain is not None and line.chain != chain):
            reading.broken.append(
                Problem(
                    "entry.moved",
                    number,
                    f"第 {number} 行（编号 {line.seq}）与前一条不相接：有记录被删除、插入或调换",
                    f"line {number} (entry {line.seq}) doesn't rest on the one before: something was removed, "
                    "inserted or moved",
                )
            )
        chain = chain or line.chain
        expected, accepted = line.seq + 1, {line.hash}
        if not line.holds:
            reading.payloads.append(
                Problem(
                    "payload.altered",
                    number,
                    f"第 {number} 条（{line.kind}）的内容被改动",
                    f"the payload of entry {number} ({line.kind}) was altered",
                )
            )
    return reading


def check_checkpoints(
    content: bytes, reading: ChainReading, keys: Mapping[str, bytes | None], must_be_final: bool
) -> tuple[list[CheckpointRecord], list[Problem]]:
    """The checkpoints whose signatures hold, and what is wrong. A key that is None is damaged and was reported.
    Each of them is held against the chain, in one pass over it however many there are."""
    good: list[CheckpointRecord] = []
    problems: list[Problem] = []
    unreadable = unsigned = False
    unknown: set[str] = set()
    records = [(number, _checkpoint(raw)) for number, raw in _lines(content)]
    roots = _roots(reading, {record.seq for _, record in records if record is not None})
    mark: str | None = ZERO  # of the one before; None: that isn't known, or was found altered
    seq = 0
    for number, record in records:
        unreadable = record is None
        if record is None:
            if not (problems and problems[-1].code == "checkpoint.unreadable"):
                problems.append(
                    Problem(
                        "checkpoint.unreadable",
                        number,
                        f"第 {number} 个签名点无法读取",
                        f"checkpoint {number} can't be read",
                    )
                )
            mark = None
            continue
        if record.key_id in keys and keys[record.key_id] is None:
            unsigned, mark = True, None  # follows from the damaged key
            continue
        if problem := _signature(number, record, keys):
            if record.key_id not in unknown:
                problems.append(problem)
            if problem.code == "checkpoint.unknown-key":
                unknown.add(record.key_id)  # once, not for each of its checkpoints
            unsigned, mark = True, None
            continue
        if problem := _order(number, record, mark, seq) or _coverage(number, record, reading, roots):
            problems.append(problem)
            unsigned |= problem.code != "checkpoint.missing"
        else:
            good.append(record)
        mark, seq = record.mark(), record.seq
    if not unreadable and not unsigned and reading.intact:
        problems += _end(records[-1][1] if records else None, reading, must_be_final)
    return good, problems


def _roots(reading: ChainReading, wanted: set[int]) -> dict[int, str]:
    """The roots over the first so many entries."""
    frontier, roots = merkle.Frontier(), {}
    for line in reading.lines if reading.intact else ():
        frontier.add(bytes.fromhex(line.own))
        if frontier.count in wanted:
            roots[frontier.count] = frontier.root().hex()
    return roots


def _order(number: int, record: CheckpointRecord, mark: str | None, seq: int) -> Problem | None:
    """Whether it stands behind the one that it names. The first version names none."""
    if record.seq > seq and (record.previous is None or mark is None or record.previous == mark):
        return None
    return Problem(
        "checkpoint.missing",
        number,
        f"第 {number} 个签名点与前一个不相接：有签名点被删除、插入或调换",
        f"checkpoint {number} doesn't stand behind the one that it names: one was removed, inserted or moved",
    )


def _signature(number: int, record: CheckpointRecord, keys: Mapping[str, bytes | None]) -> Problem | None:
    if record.key_id not in keys:
        return Problem(
            "checkpoint.unknown-key",
            number,
            f"签名点 {number} 的公钥不在归档夹里：{record.key_id}",
            f"the key that signed checkpoint {number} is not in the folder: {record.key_id}",
        )
    public = keys[record.key_id]
    try:
        signature, message = bytes.fromhex(record.signature), record.signed_bytes()
    except (ValueError, NotCanonical):
        signature, message = b"", b""
    if public is None or record.algorithm != ALGORITHM or not verifies(public, signature, message):
        return Problem(
            "checkpoint.altered",
            number,
            f"第 {number} 个签名点的签名不成立：它被改动，或不是这把密钥签的",
            f"the signature of checkpoint {number} doesn't hold: it was altered, or this key never signed it",
        )
    return None


def _coverage(number: int, record: CheckpointRecord, reading: ChainReading, roots: Mapping[int, str]) -> Problem | None:
    """Whether the chain is the one that was signed."""
    if not reading.intact:
        return None  # follows from the broken entry
    lines = reading.lines
    if lines and record.chain_id != reading.chain:
        return Problem(
            "checkpoint.another",
            number,
            f"签名点 {number} 是另一条存证链的",
            f"checkpoint {number} belongs to another chain",
        )
    if len(lines) < record.seq:
        return Problem(
            "chain.cut",
            number,
            f"签名点 {number} 覆盖 {record.seq} 条，链上只有 {len(lines)} 条：末尾被截去",
            f"checkpoint {number} covers {record.seq} entries, there are {len(lines)}: the end was cut off",
        )
    covered = lines[record.seq - 1]
    if (covered.own, roots[record.seq]) != (record.head, record.root):
        return Problem(
            "chain.rewritten",
            number,
            f"存证链不是签名点 {number} 所签的那一条：整条链被重写",
            f"this chain isn't the one that checkpoint {number} signed: it was rewritten",
        )
    return None


def _end(last: CheckpointRecord | None, reading: ChainReading, must_be_final: bool) -> Iterator[Problem]:
    signed = last.seq if last is not None else 0
    if signed < len(reading.lines):
        yield Problem(
            "chain.unsigned",
            signed + 1,
            f"第 {signed + 1} 条起没有签名",
            f"the entries from {signed + 1} on are not signed",
        )
    elif must_be_final and (last is None or not last.final):
        yield Problem(
            "chain.rolled-back",
            len(reading.lines),
            f"存证链停在第 {signed} 条的中途签名点，没有最终签名点：退回到了较早的签名点",
            f"the chain ends with a checkpoint on the way (entry {signed}), not with its final one: "
            "it was rolled back to an older checkpoint",
        )


def _lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    pieces = content.split(b"\n")
    if pieces[-1] == b"":
        pieces.pop()
    yield from enumerate(pieces, start=1)


def _unreadable(number: int) -> Problem:
    return Problem("entry.unreadable", number, f"第 {number} 行无法读取", f"line {number} can't be read")


def _entry(number: int, raw: bytes) -> Line | None:
    try:
        line = read_canonical(raw)
        entry, stated, salt, payload = line["entry"], line["hash"], line["salt"], line["payload"]
        strings = (entry["chain"], entry["kind"], entry["at"], entry["payload_hash"], entry["previous"], stated)
        if len(line) != 4 or not all(isinstance(each, str) for each in strings) or type(entry["seq"]) is not int:
            return None
        if len(entry) != 7 or entry["version"] != VERSION or not isinstance(payload, dict | None):
            return None
        # The line is canonical, so its parts stand in it as they are hashed; quotes inside a text are escaped, so
        # these separators are what they look like.
        end = raw.index(b'},"hash":"') + 1
        own = entry_hash(raw[len(b'{"entry":') : end])
        withheld = payload is None and salt is None
        said = raw[raw.index(b'","payload":', end) + len(b'","payload":') : raw.rindex(b',"salt":')]
        holds = withheld or payload_bytes_hash(salt, said) == entry["payload_hash"]
    except (NotCanonical, KeyError, TypeError, ValueError):
        return None
    return Line(
        number,
        entry["seq"],
        entry["chain"],
        entry["kind"],
        entry["at"],
        stated,
        own,
        entry["previous"],
        payload,
        holds,
        withheld,
    )


def _checkpoint(raw: bytes) -> CheckpointRecord | None:
    try:
        return read_checkpoint(read_canonical(raw))
    except (NotCanonical, ValueError, TypeError):
        return None
