"""The twelve steps of a verification, each tied to the attack that it stops. Each gives how much it looked at."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from storage import bag
from storage.canonical import read_canonical
from storage.chain_check import ChainReading, Line, check_checkpoints, read_chain
from storage.chained import RESTS_ON, SEGMENT
from storage.deletion_check import deletion_of
from storage.delivery_check import delivered_files, deliveries_disagree
from storage.document_check import decision_disagrees, recording_disagrees
from storage.errors import BadKey, NotCanonical
from storage.keys import ALGORITHM, key_id, load_public, verifies
from storage.signer_step import step_11_signer
from storage.stamp_step import step_12_stamps
from storage.verify_check import Check, CouldNotRun, walk

# number: what is checked, and which attack that stops; in Chinese and in English
STEPS: dict[int, tuple[str, str, str, str]] = {
    1: (
        "归档夹齐全", "the folder is whole",
        "拿残缺或冒充的文件夹充数", "a folder that only looks like an export",
    ),
    2: (
        "总清单的签名", "the signature over the list of lists",
        "改动文件后把清单也重做一遍", "files changed and the lists made anew",
    ),
    3: (
        "清单与说明文件", "lists and declarations",
        "改动清单来掩盖增删", "a changed list that hides what was added or removed",
    ),
    4: (
        "每个文件的指纹", "each file's hash",
        "改动、删除或添加文件", "a file changed, removed or added",
    ),
    5: (
        "存证链逐条相接", "each entry rests on the one before",
        "删除、插入、调换或改写记录", "entries removed, inserted, moved or rewritten",
    ),
    6: (
        "每条记录的内容", "what each entry says",
        "保留记录而改动其内容", "an entry kept, its figures changed",
    ),
    7: (
        "签名点", "checkpoints",
        "重写整条链，或截去末尾", "a chain rewritten as a whole, or its end cut off",
    ),
    8: (
        "录像分段", "segments",
        "连同清单一起替换录像", "film replaced together with its list",
    ),
    9: (
        "议事记录与录像互证", "decisions rest on recordings",
        "给决议换一场录像，或反之", "a decision given another meeting's film",
    ),
    10: (
        "文件与存证链一致", "documents say what the chains say",
        "在数据库里改了结果再导出", "figures changed in the database before the export",
    ),
    11: (
        "签名人", "who signed",
        "用自己的密钥重新签一份", "everything signed anew with another key",
    ),
    12: (
        "时间戳", "time stamps",
        "握有系统密钥的人事后补做并倒填时间", "a past made up later, by somebody who holds the hub's key",
    ),
}  # fmt: skip


def step_1_whole(check: Check) -> int:
    walk(check)
    present = [name for name in (bag.BAGIT, bag.MANIFEST, bag.TAG_MANIFEST, bag.SIGNATURE) if name in check.files]
    if len(present) < 2:
        raise CouldNotRun("这不是会录导出的归档夹", "this is not a folder that huilu exported")
    for name in (bag.BAGIT, bag.BAG_INFO, bag.MANIFEST, bag.TAG_MANIFEST, bag.SIGNATURE):
        if name not in check.files:
            check.found(1, "file.missing", name, "缺失", "is missing")
    try:
        meeting = read_canonical(check.read(bag.MEETING))
        check.meeting = meeting if isinstance(meeting, dict) else {}
    except NotCanonical:
        pass  # step 4 finds it altered or missing
    return len(check.files)


def step_2_signature(check: Check) -> int:
    for path in sorted(check.files):
        if path.startswith(f"{bag.KEYS}/"):
            name = Path(path).stem
            try:
                public: bytes | None = load_public(check.read(path))
            except BadKey:
                public = None
            check.keys[name] = public if public is not None and key_id(public) == name else None
            if check.keys[name] is None:
                check.found(2, "key.altered", path, "公钥被改动", "the public key was altered")
    if bag.SIGNATURE not in check.files or bag.TAG_MANIFEST not in check.files:
        return 0
    problem = _signature(check)
    if problem == bag.TAG_MANIFEST:
        check.tag_manifest_holds = False
        _list_altered(check, 2, bag.TAG_MANIFEST)
    elif problem:
        check.found(2, "signature.altered", problem, "签名不成立", "the signature doesn't hold")
    return 1


def _signature(check: Check) -> str | None:
    """Which of the two files is not what was signed."""
    try:
        content = read_canonical(check.read(bag.SIGNATURE))
        at, algorithm, key, stated = (content[name] for name in ("at", "algorithm", "key_id", "tagmanifest"))
        signature = bytes.fromhex(content["signature"])
        if signature.hex() != content["signature"]:  # the same bytes written in another way
            return bag.SIGNATURE
        if len(content) != 6 or content["format"] != bag.FORMAT or algorithm != ALGORITHM:
            return bag.SIGNATURE
        if key in check.keys and check.keys[key] is None:
            return None  # follows from the damaged key
        public = check.keys[key] or b""
        actual = check.files[bag.TAG_MANIFEST][1]
        holds = {
            each: verifies(public, signature, bag.signed_bytes(each, at, algorithm, key)) for each in {stated, actual}
        }
    except (NotCanonical, KeyError, TypeError, ValueError):
        return bag.SIGNATURE
    if not holds[stated]:
        return bag.SIGNATURE
    check.signature = content
    return None if holds[actual] else bag.TAG_MANIFEST


def _list_altered(check: Check, step: int, name: str) -> None:
    """One finding for a list that was touched, with the lines that no longer agree with the folder."""
    lines = [line for line in bag.read_manifest(check.read(name)) if not _agrees(check, line)]
    numbers = ", ".join(str(line.number) for line in lines)
    about = ", ".join(line.path for line in lines if line.path)
    check.found(
        step,
        "manifest.altered",
        name,
        f"清单被改动；与文件不符的行：{numbers or '无'}{f'（{about}）' if about else ''}",
        f"the list was altered; lines that don't agree with the folder: {numbers or 'none'}"
        + (f" ({about})" if about else ""),
        lines[0].number if lines else None,
    )


def _agrees(check: Check, line: bag.ManifestLine) -> bool:
    return line.path in check.files and check.files[line.path][1] == line.sha256


def step_3_lists(check: Check) -> int:
    if not check.tag_manifest_holds or bag.TAG_MANIFEST not in check.files:
        return 0
    listed = {line.path: line for line in bag.read_manifest(check.read(bag.TAG_MANIFEST))}
    for path, line in listed.items():
        if path not in check.files:
            if path not in (bag.BAGIT, bag.BAG_INFO, bag.MANIFEST):  # else found in step 1
                check.found(3, "file.missing", path, "缺失", "is missing")
        elif not _agrees(check, line):
            if path == bag.MANIFEST:
                check.manifest_holds = False
                _list_altered(check, 3, path)
            else:
                check.found(3, "file.altered", path, "被改动", "was altered")
    for path in sorted(check.files):
        outside = not path.startswith(f"{bag.DATA}/") and path not in (bag.TAG_MANIFEST, bag.SIGNATURE)
        if outside and path not in listed:
            check.found(3, "file.unlisted", path, "不在清单上", "is on no list")
    return len(listed)


def step_4_files(check: Check) -> int:
    if not check.manifest_holds or bag.MANIFEST not in check.files:
        return 0  # chains, checkpoints and segments still prove themselves below
    listed = {line.path: line for line in bag.read_manifest(check.read(bag.MANIFEST))}
    for path, line in listed.items():
        if path not in check.files:
            check.found(4, "file.missing", path, "缺失", "is missing")
        elif not _agrees(check, line):
            check.found(4, "file.altered", path, "被改动", "was altered")
    for path in sorted(check.files):
        if path.startswith(f"{bag.DATA}/") and path not in listed:
            check.found(4, "file.unlisted", path, "不在清单上，是后来添加的", "is on no list: it was added later")
    return len(listed)


def step_5_chains(check: Check) -> int:
    for path in sorted(check.files):
        parent, _, name = path.rpartition("/")
        if name == bag.CHAIN and parent.startswith((f"{bag.RECORDINGS}/", f"{bag.DECISIONS}/", f"{bag.DELIVERIES}/")):
            check.chains[parent] = read_chain(check.read(path))
            check.problems(5, path, check.chains[parent].broken)
    for recording, chain in _recordings(check):
        path = f"{bag.RECORDINGS}/{recording}/{bag.CHAIN}"
        reading = check.chains.get(f"{bag.RECORDINGS}/{recording}")
        if reading is not None and reading.intact and reading.chain != chain:
            check.found(5, "chain.another", path, "不是这次会议的存证链", "is not this meeting's chain")
    return sum(len(reading.lines) for reading in check.chains.values())


def _recordings(check: Check) -> list[tuple[str, str]]:
    """Recordings and their chains as the meeting's facts name them, unless these were touched themselves."""
    listed = check.meeting.get("recordings")
    if not isinstance(listed, list) or any(each.path == bag.MEETING for each in check.findings):
        return []
    return [(str(each.get("id")), str(each.get("chain"))) for each in listed if isinstance(each, dict)]


def step_6_payloads(check: Check) -> int:
    for parent, reading in check.chains.items():
        check.problems(6, f"{parent}/{bag.CHAIN}", reading.payloads)
    return sum(not line.withheld for reading in check.chains.values() for line in reading.lines)


def step_7_checkpoints(check: Check) -> int:
    count = 0
    for parent, reading in check.chains.items():
        path = f"{parent}/{bag.CHECKPOINTS}"
        final = parent.startswith(f"{bag.RECORDINGS}/")
        if path not in check.files:
            continue  # found missing in step 4
        good, problems = check_checkpoints(check.read(path), reading, check.keys, final)
        check.problems(7, path, problems)
        check.checkpoints[parent] = good
        count += len(good)
    return count


def step_8_segments(check: Check) -> int:
    stated: dict[str, dict[str, Any]] = {}
    gone: set[str] = set()  # recordings' folders whose media were deleted, as the hub's chain says
    complete = True  # whether every entry could be read, so that an unnamed file is really unnamed
    for parent, reading in check.chains.items():
        if not parent.startswith(f"{bag.RECORDINGS}/"):
            continue
        complete &= reading.intact and not reading.payloads
        if (deleted := deletion_of(check, parent, reading)) is not None:
            check.deleted.append(deleted)
            gone.update(f"{bag.MEDIA}/{name}" for name in _segments(reading))
        for line in reading.lines:
            if line.kind == SEGMENT and line.payload is not None and line.holds and line.own == line.hash:
                stated[f"{bag.MEDIA}/{line.payload.get('name')}"] = line.payload
            elif line.kind == SEGMENT and line.withheld:
                complete = False
    for parent, reading in check.chains.items():
        if parent.startswith(f"{bag.DELIVERIES}/"):
            files, all_read = delivered_files(reading)
            stated |= {f"{bag.MEDIA}/{payload.get('name')}": dict(payload) for payload in files}
            complete &= all_read
    missing = {finding.path for finding in check.findings if finding.code == "file.missing"}
    for path, payload in stated.items():
        if path not in check.files:
            if path not in missing and path not in gone:
                check.found(8, "segment.missing", path, "录像分段缺失", "the segment is missing")
        elif check.files[path] != (payload.get("bytes"), payload.get("sha256"), payload.get("sm3")):
            check.found(
                8,
                "segment.altered",
                path,
                f"录像分段被改动（轨 {payload.get('track')} 第 {payload.get('number')} 段）",
                f"the segment was altered (track {payload.get('track')}, number {payload.get('number')})",
            )
    listed = {finding.path for finding in check.findings if finding.code == "file.unlisted"}
    for path in sorted(check.files):
        if complete and path.startswith(f"{bag.MEDIA}/") and path not in stated and path not in listed:
            check.found(8, "segment.unknown", path, "存证链里没有这一段", "no entry speaks of this segment")
    return len(stated)


def _segments(reading: ChainReading) -> Iterator[str]:
    for line in reading.lines:
        if line.kind == SEGMENT and line.payload is not None:
            yield str(line.payload.get("name"))


def step_9_decisions(check: Check) -> int:
    by_chain = {reading.chain: reading for reading in check.chains.values()}
    count = 0
    for parent, reading in check.chains.items():
        for line in reading.lines:
            for chain, seq, stated in _grounds(line):
                target = by_chain.get(chain)
                if target is None:
                    continue  # of a meeting that is not in this folder
                count += 1
                known = target.hash_of(seq)
                if stated not in known and (known or target.intact):
                    check.found(
                        9,
                        "decision.other-ground",
                        f"{parent}/{bag.CHAIN}",
                        f"第 {line.number} 条所依据的录像记录不是归档夹里的这一份",
                        f"entry {line.number} rests on another recording than the one in this folder",
                        line.number,
                    )
    return count


def _grounds(line: Line) -> Iterator[tuple[str, int, str]]:
    """The entries of other chains that an entry says it rests on."""
    grounds = line.payload.get(RESTS_ON) if line.payload is not None and line.holds else None
    for each in grounds if isinstance(grounds, list) else []:
        if isinstance(each, dict):
            yield str(each.get("chain")), each["seq"] if type(each.get("seq")) is int else 0, str(each.get("hash"))


def step_10_documents(check: Check) -> int:
    count = 0
    recordings = check.meeting.get("recordings")
    for recording in recordings if isinstance(recordings, list) else []:
        if isinstance(recording, dict):
            reading = check.untouched(f"{bag.RECORDINGS}/{recording.get('id')}")
            if reading is not None:
                count += 1
                what = recording_disagrees(recording, reading, check.meeting.get("decisions"))
                _disagrees(check, bag.MEETING, what)
            later = check.chains.get(f"{bag.DELIVERIES}/{recording.get('id')}")
            if later is None or (later.intact and not later.payloads):
                count += later is not None
                _disagrees(check, bag.MEETING, deliveries_disagree(recording, later))
    for parent in check.chains:
        path = f"{parent}/{bag.DECISION}"
        reading = check.untouched(parent)
        if not parent.startswith(f"{bag.DECISIONS}/") or path not in check.files or reading is None:
            continue
        try:
            decision = read_canonical(check.read(path))
        except NotCanonical:
            decision = None
        if isinstance(decision, dict):
            count += 1
            _disagrees(check, path, decision_disagrees(decision, reading))
    return count


def _disagrees(check: Check, path: str, what: Iterator[str]) -> None:
    """One finding a document, with all that it says otherwise."""
    named = ", ".join(what)
    if named:
        check.found(
            10, "document.disagrees", path, f"与存证链不一致：{named}", f"says otherwise than the chain: {named}"
        )


ORDER: list[tuple[int, Callable[[Check], int]]] = [
    (1, step_1_whole),
    (2, step_2_signature),
    (3, step_3_lists),
    (4, step_4_files),
    (5, step_5_chains),
    (6, step_6_payloads),
    (7, step_7_checkpoints),
    (8, step_8_segments),
    (9, step_9_decisions),
    (10, step_10_documents),
    (11, step_11_signer),
    (12, step_12_stamps),
]
