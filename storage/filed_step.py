"""The step of a verification that holds what people handed in, plans, tables of notices and signed pages, against
the chains that speak of them: those of decisions, and the meeting's own.

The bag's lists cover these files as well, and whoever exchanges one can make the lists anew. Its hashes in the chain he
can't: these lie under checkpoints that were signed when the file came.
"""

from storage import bag
from storage.chain_check import ChainReading
from storage.filed_said import KINDS, Line, Said, filed, of_meeting
from storage.verify_check import Check

STEP = 15


def step_15_filed(check: Check) -> int:
    if check.signature.get("format") in bag.WITHOUT_FILED:
        return 0
    own = f"{bag.DELIVERIES}/{check.meeting.get('id')}"
    read = [
        _read(check, reading, parent == own)
        for parent, reading in check.chains.items()
        if parent == own or parent.startswith(f"{bag.DECISIONS}/")
    ]
    missing = check.missing()
    for path, line in check.filed.items():
        zh, en = _called(line)
        if path not in check.files:
            if path not in missing:
                check.found(STEP, "filed.missing", path, f"{zh}缺失", f"{en} is missing")
        elif check.files[path] != (line["bytes"], line["sha256"]):
            check.found(
                STEP,
                "filed.altered",
                path,
                f"{zh}不是存证链所记的那份",
                f"{en} is not the one that its entry speaks of",
            )
    listed = {finding.path for finding in check.findings if finding.code == "file.unlisted"}
    for path in sorted(check.files):
        if all(read) and path.startswith(f"{bag.FILED}/") and path not in check.filed and path not in listed:
            check.found(STEP, "filed.unknown", path, "存证链里没有这份文件", "no entry speaks of this file")
    return len(check.filed)


def _read(check: Check, reading: ChainReading, own: bool) -> bool:
    """Whether all entries could be read, so that an unnamed file is really unnamed."""
    said: list[Said] = [
        (line.seq, line.kind, line.at, line.payload)
        for line in reading.lines
        if line.payload is not None and line.holds and line.own == line.hash
    ]
    for each in of_meeting(said) if own else filed(said, check.meeting.get("id")):
        if each["path"] is not None:
            check.filed.setdefault(each["path"], each)
    withheld = any(line.withheld and line.kind in KINDS for line in reading.lines)
    return reading.intact and not reading.payloads and not withheld and "id" in check.meeting


def _called(line: Line) -> tuple[str, str]:
    if "step" in line:
        return f"公示附表“{line['name']}”", f"the notice's table {line['name']}"
    if "way" not in line:
        return f"方案“{line['name']}”", f"the plan {line['name']}"
    if line["way"] == "photo":
        return f"{line['name']}签字页第 {line['number']} 页", f"page {line['number']} of the signed {line['paper']}"
    return f"{line['signer']}在{line['name']}上的签字", f"the signature of {line['signer']} under the {line['paper']}"
