"""What of a village's other records a new one is told: whether a project comes in pieces (T 4)."""

from collections.abc import Iterable
from datetime import date

from tests.model import tables
from tests.model.record import Record
from tests.model.refused import ENDED


def others(records: Iterable[Record], matter: str, on: date) -> list[int]:
    """Their amounts, in rising order; none of a matter that isn't meant for what is small."""
    if matter not in tables.SMALL_BELOW_FEN:
        return []
    return sorted(
        each.amount
        for each in records
        if each.matter == matter
        and each.amount is not None
        and each.outcome not in ENDED
        and abs((each.begun_on - on).days) <= tables.SMALL_WITHIN_DAYS
    )
