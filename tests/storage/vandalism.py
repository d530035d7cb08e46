"""Vandalism on an exported archive: what is done to the folder, and the step, code and place that are to name it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from storage import bag
from storage.canonical import canonical_bytes
from storage.chained import entry_hash, payload_hash
from storage.keys import Signer
from tests.storage.forging import lines_of, rebuild_chain, sign_anew
from tests.storage.village import DECISION, DRAWN, MEETING, PAGE, PLAN, RECORDING, SHEET, TABLE

OF_RECORDING, OF_DECISION = f"{bag.RECORDINGS}/{RECORDING}", f"{bag.DECISIONS}/{DECISION}"
CHAIN, POINTS = f"{OF_RECORDING}/{bag.CHAIN}", f"{OF_RECORDING}/{bag.CHECKPOINTS}"
DECIDED, DECIDED_POINTS = f"{OF_DECISION}/{bag.CHAIN}", f"{OF_DECISION}/{bag.CHECKPOINTS}"
DECISION_FILE = f"{OF_DECISION}/{bag.DECISION}"
FILM, OTHER_FILM = (f"{bag.MEDIA}/{RECORDING}/trk_{kind}/2.mp4" for kind in ("camera", "microphone"))
PLAN_FILE, PAGE_FILE = f"{bag.FILED}/{PLAN}.pdf", f"{bag.FILED}/{PAGE}.jpg"
TABLE_FILE = f"{bag.FILED}/{TABLE}.csv"
SHEET_FILE, DRAWN_FILE = f"{bag.FILED}/{SHEET}.jpg", f"{bag.FILED}/{DRAWN}.svg"
OF_MEETING = f"{bag.DELIVERIES}/{MEETING}"
LATER, LATER_POINTS = f"{OF_MEETING}/{bag.CHAIN}", f"{OF_MEETING}/{bag.CHECKPOINTS}"

Lines = list[bytes]
Attack = Callable[[Path], None]


def on_bytes(path: str, change: Callable[[bytes], bytes]) -> Attack:
    def attack(folder: Path) -> None:
        file = folder / path
        before = file.read_bytes()
        file.write_bytes(change(before))
        assert file.read_bytes() != before

    return attack


def on_lines(path: str, change: Callable[[Lines], Lines]) -> Attack:
    return on_bytes(path, lambda content: b"".join(change(content.splitlines(keepends=True))))


def flip(path: str, at: int) -> Attack:
    return on_bytes(path, lambda content: bytes([*content[:at], content[at] ^ 1, *content[at + 1 :]]))


def replaced(path: str, old: bytes, new: bytes) -> Attack:
    return on_bytes(path, lambda content: content.replace(old, new))


def drop(path: str) -> Attack:
    def attack(folder: Path) -> None:
        shutil.rmtree(folder / path) if (folder / path).is_dir() else (folder / path).unlink()

    return attack


def swap_files(one: str, two: str) -> Attack:
    def attack(folder: Path) -> None:
        first, second = (folder / one).read_bytes(), (folder / two).read_bytes()
        (folder / one).write_bytes(second)
        (folder / two).write_bytes(first)

    return attack


def replay(*paths: str) -> Attack:
    """What another meeting of the same hub has there."""

    def attack(folder: Path) -> None:
        for path in paths:
            shutil.copy(folder.parent / "other" / path, folder / path)

    return attack


def flip_key(folder: Path) -> None:
    [key] = (folder / bag.KEYS).iterdir()
    shutil.move(key, key.with_name("0" * 32 + ".pem"))


def last_stamp(folder: Path) -> str:
    return next(path.relative_to(folder).as_posix() for path in (folder / OF_RECORDING / bag.STAMPS).iterdir())


def flip_stamp(folder: Path) -> None:
    flip(last_stamp(folder), 400)(folder)


def replay_stamp(folder: Path) -> None:
    replay(last_stamp(folder))(folder)


def forged_entry(lines: Lines, at: int) -> bytes:
    """One with all hashes right, resting on the line before."""
    line = json.loads(lines[at - 1])
    line["payload"], line["salt"] = {"vote": "v_9", "in_favour": 40}, "00" * 32
    line["entry"] |= {"seq": at + 1, "kind": "vote", "previous": line["hash"]}
    line["entry"]["payload_hash"] = payload_hash(line["salt"], line["payload"])
    line["hash"] = entry_hash(canonical_bytes(line["entry"]))
    return canonical_bytes(line) + b"\n"


def insert_entry(at: int) -> Callable[[Lines], Lines]:
    return lambda lines: [*lines[:at], forged_entry(lines, at), *lines[at:]]


def swapped(first: int, second: int) -> Callable[[Lines], Lines]:
    def change(lines: Lines) -> Lines:
        lines[first], lines[second] = lines[second], lines[first]
        return lines

    return change


def add_film(folder: Path) -> None:
    (folder / FILM).with_name("9.mp4").write_bytes(b"another film")


def add_page(folder: Path) -> None:
    (folder / bag.FILED / "pge_9.jpg").write_bytes(b"a page that nobody signed")


def roll_back(parent: str, to: int) -> Attack:
    """All of it as it was at an older checkpoint, the number of which counts from 0."""

    def attack(folder: Path) -> None:
        points = lines_of(folder, f"{parent}/{bag.CHECKPOINTS}")[: to + 1]
        seq = json.loads(points[-1])["seq"]
        (folder / parent / bag.CHECKPOINTS).write_bytes(b"".join(points))
        (folder / parent / bag.CHAIN).write_bytes(b"".join(lines_of(folder, f"{parent}/{bag.CHAIN}")[:seq]))

    return attack


def thief(folder: Path) -> Signer:
    return Signer.load_or_create(folder.parent / "thief.pem")


def sign_by_a_stranger(key_lies_there: bool) -> Attack:
    def attack(folder: Path) -> None:
        signer = thief(folder)
        if key_lies_there:
            (folder / bag.KEYS / f"{signer.key_id}.pem").write_text(signer.public_pem)
        sign_anew(folder, OF_RECORDING, signer)

    return attack


def sign_by_a_stranger_in_the_hub_s_name(folder: Path) -> None:
    hub = next((folder / bag.KEYS).iterdir()).stem
    sign_anew(folder, OF_RECORDING, thief(folder))
    replaced(POINTS, thief(folder).key_id.encode(), hub.encode())(folder)


def rewrite_decision(folder: Path) -> None:
    def change(payload: dict[str, object]) -> None:
        if "in_favour" in payload:
            payload["in_favour"] = 40

    rebuild_chain(folder, DECIDED, change)


def withhold_vote(folder: Path) -> None:
    def change(lines: Lines) -> Lines:
        line = json.loads(lines[2])
        line["payload"] = line["salt"] = None
        return [*lines[:2], canonical_bytes(line) + b"\n", *lines[3:]]

    on_lines(DECIDED, change)(folder)


VOTE, OTHER_VOTE = b'"in_favour":31', b'"in_favour":35'
NAME, OTHER_NAME = "张三".encode(), "张四".encode()
SOME_KEY = f"{bag.KEYS}/{'0' * 32}.pem"

ATTACKS: dict[str, tuple[Attack, int, str, str]] = {
    # flip
    "flip film": (flip(FILM, 450), 8, "segment.altered", FILM),
    "flip entry": (replaced(CHAIN, b'"kind":"gap"', b'"kind":"gaq"'), 5, "entry.altered", CHAIN),
    "flip checkpoint": (replaced(POINTS, b'"final":true', b'"final":null'), 7, "checkpoint.unreadable", POINTS),
    "flip clock": (replaced(POINTS, b"not verified", b"is verified!"), 7, "checkpoint.unreadable", POINTS),
    "flip time": (replaced(POINTS, b'"at":"20', b'"at":"21'), 7, "checkpoint.altered", POINTS),
    "flip key": (flip_key, 2, "key.altered", SOME_KEY),
    "flip stamp": (flip_stamp, 12, "stamp.", last_stamp.__name__),
    "flip facts": (replaced(bag.MEETING, b'"planned":null', b'"planned":"xy"'), 4, "file.altered", bag.MEETING),
    "flip list": (replaced(bag.MANIFEST, b"/meeting.json", b"/meeting.jsom"), 3, "manifest.altered", bag.MANIFEST),
    "flip list of lists": (flip(bag.TAG_MANIFEST, 3), 2, "manifest.altered", bag.TAG_MANIFEST),
    "flip signature": (replaced(bag.SIGNATURE, b'"at":"20', b'"at":"21'), 2, "signature.altered", bag.SIGNATURE),
    # truncate
    "truncate film": (on_bytes(FILM, lambda content: content[:-1]), 8, "segment.altered", FILM),
    "truncate film to nothing": (on_bytes(FILM, lambda _: b""), 8, "segment.altered", FILM),
    "truncate chain": (on_lines(CHAIN, lambda lines: lines[:-2]), 7, "chain.cut", POINTS),
    "truncate chain in a line": (on_bytes(CHAIN, lambda content: content[:-9]), 5, "entry.unreadable", CHAIN),
    "truncate checkpoints": (on_lines(POINTS, lambda lines: lines[:-1]), 7, "chain.unsigned", POINTS),
    "truncate decision": (on_bytes(DECISION_FILE, lambda content: content[:-5]), 4, "file.altered", DECISION_FILE),
    # drop
    "drop film": (drop(FILM), 8, "segment.missing", FILM),
    "drop entry": (on_lines(CHAIN, lambda lines: lines[:4] + lines[5:]), 5, "entry.moved", CHAIN),
    "drop first entry": (on_lines(CHAIN, lambda lines: lines[1:]), 5, "entry.moved", CHAIN),
    "drop checkpoint": (on_lines(POINTS, lambda lines: [lines[0], lines[2]]), 7, "checkpoint.missing", POINTS),
    "drop first checkpoint": (on_lines(POINTS, lambda lines: lines[1:]), 7, "checkpoint.missing", POINTS),
    "drop decision": (drop(OF_DECISION), 9, "decision.missing", DECISION_FILE),
    "drop recording": (drop(OF_RECORDING), 5, "chain.missing", CHAIN),
    "drop payload": (withhold_vote, 6, "payload.missing", DECIDED),
    # swap, reorder
    "swap films": (swap_files(FILM, OTHER_FILM), 8, "segment.altered", FILM),
    "swap entries": (on_lines(CHAIN, swapped(3, 4)), 5, "entry.moved", CHAIN),
    "swap checkpoints": (on_lines(POINTS, swapped(0, 1)), 7, "checkpoint.missing", POINTS),
    "swap chains": (swap_files(CHAIN, DECIDED), 5, "chain.another", CHAIN),
    "reorder chain": (on_lines(CHAIN, lambda lines: lines[::-1]), 5, "entry.moved", CHAIN),
    "reorder tracks": (on_lines(CHAIN, lambda lines: lines[:2] + lines[5:8] + lines[2:5] + lines[8:]), 5,
                       "entry.moved", CHAIN),
    # insert
    "insert film": (add_film, 8, "segment.unknown", FILM.replace("2.mp4", "9.mp4")),
    "insert entry": (on_lines(CHAIN, insert_entry(4)), 5, "entry.moved", CHAIN),
    "insert entry at the end": (on_lines(DECIDED, lambda lines: [*lines, forged_entry(lines, len(lines))]), 7,
                                "chain.unsigned", DECIDED_POINTS),
    "insert entry twice": (on_lines(CHAIN, lambda lines: [*lines[:5], lines[4], *lines[5:]]), 5, "entry.moved", CHAIN),
    "insert checkpoint twice": (on_lines(POINTS, lambda lines: [lines[0], *lines]), 7, "checkpoint.missing", POINTS),
    # replay from another meeting
    "replay film": (replay(FILM), 8, "segment.altered", FILM),
    "replay recording": (replay(CHAIN, POINTS), 5, "chain.another", CHAIN),
    "replay decision": (replay(DECIDED, DECIDED_POINTS, DECISION_FILE), 7, "chain.another", DECIDED),
    "replay checkpoints": (replay(POINTS), 7, "checkpoint.another", POINTS),
    "replay stamp": (replay_stamp, 12, "stamp.of-another", last_stamp.__name__),
    "replay facts": (replay(bag.MEETING), 10, "document.disagrees", bag.MEETING),
    # re-sign with a foreign key
    "re-sign": (sign_by_a_stranger(True), 11, "signer.not-introduced", POINTS),
    "re-sign, key nowhere": (sign_by_a_stranger(False), 7, "checkpoint.unknown-key", POINTS),
    "re-sign in the hub's name": (sign_by_a_stranger_in_the_hub_s_name, 7, "checkpoint.altered", POINTS),
    # roll back to an older checkpoint
    "roll back recording": (roll_back(OF_RECORDING, 1), 7, "chain.rolled-back", POINTS),
    "roll back recording to its first": (roll_back(OF_RECORDING, 0), 7, "chain.rolled-back", POINTS),
    "roll back decision": (roll_back(OF_DECISION, 0), 7, "chain.rolled-back", DECIDED),
    # alter a decision, a vote, a name
    "alter decision": (replaced(DECISION_FILE, b'"outcome":"passed"', b'"outcome":"rejected"'), 10,
                       "document.disagrees", DECISION_FILE),
    "alter title": (replaced(DECIDED, "道路硬化".encode(), "道路绿化".encode()), 6, "payload.altered", DECIDED),
    "alter vote": (replaced(CHAIN, VOTE, OTHER_VOTE), 6, "payload.altered", CHAIN),
    "alter vote of the decision": (replaced(DECIDED, VOTE, OTHER_VOTE), 6, "payload.altered", DECIDED),
    "alter vote in the document": (replaced(DECISION_FILE, VOTE, OTHER_VOTE), 10, "document.disagrees", DECISION_FILE),
    "alter decision's whole chain": (rewrite_decision, 7, "chain.rewritten", DECIDED_POINTS),
    "alter name": (replaced(CHAIN, NAME, OTHER_NAME), 6, "payload.altered", CHAIN),
    "alter name in the document": (replaced(bag.MEETING, NAME, OTHER_NAME), 10, "document.disagrees", bag.MEETING),
    "alter village in the document": (replaced(bag.MEETING, "李家<村>\"".encode(), "王家<村>\"".encode()), 10,
                                      "document.disagrees", bag.MEETING),
    # what people handed in; with the lists made anew as well, as by somebody who exchanges a plan and its manifest line
    "alter a letter of the plan": (replaced(PLAN_FILE, b"300", b"600"), 15, "filed.altered", PLAN_FILE),
    "alter a figure of a notice's table": (replaced(TABLE_FILE, b"300", b"600"), 15, "filed.altered", TABLE_FILE),
    "drop a notice's table": (drop(TABLE_FILE), 15, "filed.missing", TABLE_FILE),
    "exchange the plan": (on_bytes(PLAN_FILE, lambda _: b"%PDF-1.7 another road %%EOF"), 15, "filed.altered",
                          PLAN_FILE),
    "exchange plan and page": (swap_files(PLAN_FILE, PAGE_FILE), 15, "filed.altered", PAGE_FILE),
    "drop the signed page": (drop(PAGE_FILE), 15, "filed.missing", PAGE_FILE),
    "insert a signed page": (add_page, 15, "filed.unknown", f"{bag.FILED}/pge_9.jpg"),
    "another meeting's page as this one's": (replaced(DECIDED, b'"of":"mtg_0"', b'"of":"mtg_1"'), 6, "payload.altered",
                                             DECIDED),
    "alter who signed, in the document": (replaced(DECISION_FILE, "李书记".encode(), "王书记".encode()), 10,
                                          "document.disagrees", DECISION_FILE),
    # what came back signed of the meeting's own papers
    "alter the sign-in sheet": (replaced(SHEET_FILE, b"we are", b"we were"), 15, "filed.altered", SHEET_FILE),
    "alter a signature's strokes": (replaced(DRAWN_FILE, b"Wang", b"Zhao"), 15, "filed.altered", DRAWN_FILE),
    "drop the sign-in sheet": (drop(SHEET_FILE), 15, "filed.missing", SHEET_FILE),
    "exchange sheet and minutes": (swap_files(SHEET_FILE, PAGE_FILE), 15, "filed.altered", SHEET_FILE),
    "alter the sheet's number in its entry": (replaced(LATER, b'"pages":2', b'"pages":1'), 6, "payload.altered", LATER),
    "drop the meeting's own chain": (drop(OF_MEETING), 10, "document.disagrees", bag.MEETING),
    "truncate the meeting's own chain": (on_lines(LATER, lambda lines: lines[:-2]), 7, "chain.cut", LATER_POINTS),
    "alter who signed on the screen, in the document": (replaced(bag.MEETING, "王五".encode(), "王六".encode()), 10,
                                                        "document.disagrees", bag.MEETING),
    "alter page": (replaced(bag.PAGE, NAME, OTHER_NAME), 4, "file.altered", bag.PAGE),
}  # fmt: skip
