"""The step of a verification that holds the archive against paper: codes that somebody reads off a printed record, and
codes that the chain itself says were printed.

Paper lies where the hub's owner can't reach it. A chain that was rolled back, or made anew under the hub's own key,
verifies by itself; it has no checkpoint with the code that was printed before.
"""

from typing import Any

from storage import bag
from storage.chained import PRINTED, CheckpointRecord
from storage.paper import short_code
from storage.verify_check import Check, CodeSeen

STEP = 14


def step_14_paper(check: Check) -> int:
    return _typed(check) + sum(_printed(check, parent) for parent in check.chains)


def _typed(check: Check) -> int:
    """What was given with --code: a short code, or all that a QR code says. Only checkpoints that hold are asked."""
    held = [(parent, each) for parent, records in check.checkpoints.items() for each in records]
    for code in check.codes:
        wanted = code if isinstance(code, str) else short_code(code)
        found = next((one for one in held if code == (short_code(one[1]) if isinstance(code, str) else one[1])), None)
        if found is None:
            check.found(
                STEP,
                "paper.unknown-code",
                bag.DATA,
                f"没有一个成立的签名点是纸上的校验码 {wanted}：存证链退回过或被换掉，或者纸是另一份档案的",
                f"no checkpoint that holds has the paper's code {wanted}: a chain was rolled back or replaced, "
                "or the paper belongs to another archive",
            )
            continue
        parent, point = found
        entries = len(check.chains[parent].lines)
        check.codes_seen.append(CodeSeen(wanted, parent, point.chain_id, point.seq, entries, point.at, point.final))
    return len(check.codes)


def _printed(check: Check, parent: str) -> int:
    """Each code of a `printed` entry against the checkpoint that it names, where that chain is here and whole."""
    reading, count = check.untouched(parent), 0
    for line in reading.lines if reading is not None else ():
        codes = line.payload.get("codes") if line.kind == PRINTED and line.payload is not None else None
        for each in codes if isinstance(codes, list) else ():
            points = _points(check, each)
            if points is None:
                continue
            count += 1
            if each.get("code") not in {short_code(point) for point in points if point.seq == each.get("seq")}:
                check.found(
                    STEP,
                    "paper.disagrees",
                    f"{parent}/{bag.CHAIN}",
                    f"第 {line.number} 条记着打印过校验码 {each.get('code')}，签名点却不是这个：签名点在打印之后被换过",
                    f"entry {line.number} says that code {each.get('code')} was printed, the checkpoint has another: "
                    "it was replaced after the printing",
                    line.number,
                )
    return count


def _points(check: Check, named: Any) -> list[CheckpointRecord] | None:
    """The checkpoints of the chain that a printed code names; None where it isn't here or was found touched already."""
    chain = named.get("chain") if isinstance(named, dict) else None
    parent = next((parent for parent, reading in check.chains.items() if reading.chain == chain), None)
    if parent is None or any(each.step == 7 and each.path.startswith(f"{parent}/") for each in check.findings):
        return None
    return check.checkpoints.get(parent)
