"""What an outcome may be followed by: one literal table, from which the diagram in docs/PROCEDURES.md is drawn.

A record runs without an outcome. Without a quorum it is called again. Resolved it is carried out, and may be given up;
the vote may be taken again in the sitting that decided, as long as no step behind it has been taken. Withdrawn and
ended are the end.
"""

from typing import Literal

Outcome = Literal["resolved", "rejected", "no_quorum", "withdrawn", "ended"]

NAMES: dict[Outcome | None, tuple[str, str]] = {
    None: ("办理中", "running"),
    "resolved": ("已决议", "resolved"),
    "rejected": ("未通过", "rejected"),
    "no_quorum": ("流会", "no quorum"),
    "withdrawn": ("撤回", "withdrawn"),
    "ended": ("终止", "ended"),
}
# (outcome, what follows) → by what
TABLE: dict[tuple[Outcome | None, Outcome], tuple[str, str]] = {
    (None, "resolved"): ("通过", "passed"),
    (None, "rejected"): ("否决", "voted down, refused"),
    (None, "no_quorum"): ("未达法定人数", "too few came"),
    (None, "withdrawn"): ("撤回", "withdraw"),
    (None, "ended"): ("终止", "end"),
    ("no_quorum", "resolved"): ("再次召集后通过", "called again, passed"),
    ("no_quorum", "rejected"): ("再次召集后否决", "called again, voted down"),
    ("no_quorum", "no_quorum"): ("再次流会", "too few again"),
    ("no_quorum", "withdrawn"): ("撤回", "withdraw"),
    ("no_quorum", "ended"): ("终止", "end"),
    ("resolved", "ended"): ("实施中终止", "given up"),
    ("resolved", "rejected"): ("重新表决", "voted again"),
    ("resolved", "no_quorum"): ("重新表决", "voted again"),
    ("rejected", "resolved"): ("重新表决", "voted again"),
    ("rejected", "no_quorum"): ("重新表决", "voted again"),
}
OVER = frozenset({"rejected", "withdrawn", "ended"})  # no further act, but a seal and a vote taken again


def follow(outcome: Outcome | None, then: Outcome) -> Outcome:
    """`then`, where it may follow or already stands; anything else is a fault of ours."""
    if then != outcome and (outcome, then) not in TABLE:
        raise AssertionError(f"{then} can't follow {outcome}")
    return then


def diagram() -> str:
    """As mermaid."""

    def state(outcome: Outcome | None) -> str:
        return outcome or "running"

    rows = [f"    {state(key)} : {zh} {en}" for key, (zh, en) in NAMES.items()]
    rows += ["    [*] --> running"]
    rows += [f"    {state(at)} --> {state(to)} : {zh} {en}" for (at, to), (zh, en) in TABLE.items()]
    return "\n".join(["stateDiagram-v2", *rows])
