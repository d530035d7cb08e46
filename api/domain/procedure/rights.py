"""Which right an act of a decision record needs (roles.toml has who has it)."""

from api.domain.procedure import acts
from api.domain.procedure.record import Record

WRITE, REVIEW, COUNTERSIGN = "decision.write", "decision.review", "decision.countersign"


def right_of(record: Record, act: str, step: str | None) -> str:
    """Opinions are the township's (or the county's), a countersignature the supervisor's, everything else the
    village's own."""
    if act == "opinion":
        return REVIEW
    found = record.step(step or "")
    supervisors = found is not None and found.form == "sign" and found.who == "supervisor"
    return COUNTERSIGN if act == "sign" and supervisors else WRITE


def to_correct(record: Record, act: acts.Act) -> tuple[str, ...]:
    """Any one of which lets another person than its author correct an act alone: its own, and for what the village
    writes the supervisor's."""
    right = right_of(record, act.act, getattr(act, "step", None))
    return (WRITE, COUNTERSIGN) if right == WRITE else (right,)


def to_ask(record: Record, act: acts.Act) -> tuple[str, ...]:
    """Any one of which lets one ask for a correction that takes two; none of what nobody corrects."""
    return () if isinstance(act, acts.NOBODYS_WORD) else (*to_correct(record, act), REVIEW, COUNTERSIGN)
