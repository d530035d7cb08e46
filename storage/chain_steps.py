"""The steps of a verification that read the chains: entries, what they say, and the checkpoints over them."""

from typing import Any

from storage import bag
from storage.canonical import read_canonical
from storage.chain_check import ChainReading, check_checkpoints, read_chain
from storage.errors import NotCanonical
from storage.verify_check import Check, Withheld


def step_5_chains(check: Check) -> int:
    for path in sorted(check.files):
        parent, _, name = path.rpartition("/")
        if name == bag.CHAIN and parent.startswith((f"{bag.RECORDINGS}/", f"{bag.DECISIONS}/", f"{bag.DELIVERIES}/")):
            check.chains[parent] = read_chain(check.read(path))
            check.problems(5, path, check.chains[parent].broken)
    for recording, named in _recordings(check):
        path = f"{bag.RECORDINGS}/{recording}/{bag.CHAIN}"
        reading = check.chains.get(f"{bag.RECORDINGS}/{recording}")
        if reading is None and path not in check.missing():
            check.found(5, "chain.missing", path, "缺失", "is missing")
        if reading is not None and reading.intact and reading.chain != named:
            check.found(5, "chain.another", path, "不是这次会议的存证链", "is not this meeting's chain")
    return sum(len(reading.lines) for reading in check.chains.values())


def _recordings(check: Check) -> list[tuple[str, str]]:
    """Recordings and their chains as the meeting's facts name them, unless these were touched themselves."""
    listed = check.meeting.get("recordings")
    if not isinstance(listed, list) or any(each.path == bag.MEETING for each in check.findings):
        return []
    return [(str(each.get("id")), str(each.get("chain"))) for each in listed if isinstance(each, dict)]


def step_6_payloads(check: Check) -> int:
    said = _withheld(check)
    for parent, reading in check.chains.items():
        path = f"{parent}/{bag.CHAIN}"
        check.problems(6, path, reading.payloads)
        reasons = said.get(str(reading.chain), {})
        for line in reading.lines:
            if not line.withheld:
                continue
            reason = reasons.get(str(line.seq)) if isinstance(reasons, dict) else None
            if reason in (bag.RESTRICTED, bag.SECLUDED, bag.ERASED):
                check.withheld.append(Withheld(path, line.seq, line.kind, str(reason)))
            elif check.signature.get("format") == bag.FIRST_FORMAT:
                check.withheld.append(Withheld(path, line.seq, line.kind, "unknown"))
            else:
                check.found(
                    6,
                    "payload.missing",
                    path,
                    f"第 {line.number} 条（{line.kind}）的内容被拿掉，导出时并未注明",
                    f"the payload of entry {line.number} ({line.kind}) was taken out; the export doesn't say so",
                    line.number,
                )
    return sum(not line.withheld for reading in check.chains.values() for line in reading.lines)


def _withheld(check: Check) -> dict[str, Any]:
    """Which entries the export says are without their payload, and why; of the first format nothing is known."""
    try:
        said = read_canonical(check.read(bag.WITHHELD)) if bag.WITHHELD in check.files else {}
    except NotCanonical:
        return {}  # found altered in step 4
    return said if isinstance(said, dict) else {}


def step_7_checkpoints(check: Check) -> int:
    count = 0
    for parent, reading in check.chains.items():
        path = f"{parent}/{bag.CHECKPOINTS}"
        final = parent.startswith(f"{bag.RECORDINGS}/")
        if path not in check.files:
            continue  # found missing in step 4
        good, problems = check_checkpoints(check.read(path), reading, check.keys, final)
        check.problems(7, path, problems)
        if reading.intact and not problems:
            _head(check, parent, reading)
        check.checkpoints[parent] = good
        count += len(good)
    return count


def _head(check: Check, parent: str, reading: ChainReading) -> None:
    """Whether the chain ends where the export's signature says; the first format says nothing."""
    heads = check.signature.get("chains")
    if not isinstance(heads, dict):
        return
    path = f"{parent}/{bag.CHAIN}"
    signed, last = heads.get(reading.chain or ""), reading.lines[-1] if reading.lines else None
    if not isinstance(signed, dict):
        check.found(7, "chain.another", path, "不是导出时的那条存证链", "is not the chain that was exported here")
    elif last is None or (signed.get("seq"), signed.get("head")) != (last.seq, last.own):
        check.found(
            7,
            "chain.rolled-back",
            path,
            f"导出时有 {signed.get('seq')} 条，现在停在第 {len(reading.lines)} 条：退回到了较早的签名点",
            f"{signed.get('seq')} entries were exported, it ends with {len(reading.lines)}: "
            "it was rolled back to an older checkpoint",
        )
