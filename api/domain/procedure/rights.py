"""Which right an act of a decision record needs (roles.toml has who has it)."""

from api.domain.procedure.record import Record

WRITE, REVIEW, COUNTERSIGN = "decision.write", "decision.review", "decision.countersign"


def right_of(record: Record, act: str, step: str | None) -> str:
    """Opinions are the township's (or the county's), a countersignature the supervisor's, everything else the
    village's own."""
    if act == "opinion":
        return REVIEW
    found = record.step(step or "")
    return COUNTERSIGN if act == "sign" and found is not None and found.who == "supervisor" else WRITE
