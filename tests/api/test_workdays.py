"""Which day is the last one to hand in a film."""

import pytest

from api.domain.workdays import last_day


@pytest.mark.parametrize(
    ("met", "last"),
    [
        ("2026-11-25", "2026-11-30"),  # Wednesday: Thursday, Friday, Monday
        ("2026-11-27", "2026-12-02"),  # Friday
        ("2026-09-30", "2026-10-10"),  # before the holidays: the 8th, the 9th, and the Saturday that is made up for
        ("2026-02-13", "2026-02-25"),  # before the Spring Festival: the Saturday that is worked, the 24th, the 25th
    ],
)
def test_the_third_working_day(met: str, last: str) -> None:
    assert last_day(met) == last
