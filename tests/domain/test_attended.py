"""Who came late or left early, at the exact border of ten minutes."""

import pytest

from api.domain.attended import TOLERATED_NS, Attended, attended

HOUR = 3_600_000_000_000
BEGINS, ENDS = HOUR, 2 * HOUR


@pytest.mark.parametrize(
    ("spans", "how"),
    [
        ([], Attended(None, None)),
        ([(0, BEGINS - 1)], Attended(None, None)),
        ([(ENDS + 1, None)], Attended(None, None)),
        ([(0, None)], Attended(BEGINS, ENDS)),
        ([(BEGINS + TOLERATED_NS, None)], Attended(BEGINS + TOLERATED_NS, ENDS)),
        ([(BEGINS + TOLERATED_NS + 1, None)], Attended(BEGINS + TOLERATED_NS + 1, ENDS, late=True)),
        ([(0, ENDS - TOLERATED_NS)], Attended(BEGINS, ENDS - TOLERATED_NS)),
        ([(0, ENDS - TOLERATED_NS - 1)], Attended(BEGINS, ENDS - TOLERATED_NS - 1, left_early=True)),
        # Out for a while and back again is neither.
        ([(0, BEGINS + 1), (ENDS - 1, None)], Attended(BEGINS, ENDS)),
        ([(BEGINS + TOLERATED_NS + 1, ENDS - TOLERATED_NS - 1)],
         Attended(BEGINS + TOLERATED_NS + 1, ENDS - TOLERATED_NS - 1, late=True, left_early=True)),
    ],
)  # fmt: skip
def test_a_span_says_how_somebody_attended(spans: list[tuple[int, int | None]], how: Attended) -> None:
    assert attended(spans, BEGINS, ENDS) == how
