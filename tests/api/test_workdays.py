"""Working days: the State Council's, a county's own beside them, and years of which nothing is known yet."""

from collections.abc import Iterator

import pytest

from api.domain.workdays import LISTED, Calendar, last_day, read_calendar, take_up, unknown, working_day_after


@pytest.fixture
def of_its_own() -> Iterator[None]:
    """A county that has read a notice which the package doesn't have."""
    take_up(read_calendar(["2031-01-01..2031-01-03", "2026-11-26"], ["2031-01-04"]))
    yield
    take_up(Calendar())


@pytest.mark.parametrize(
    ("met", "last"),
    [
        ("2026-11-25", "2026-11-30"),  # Wednesday: Thursday, Friday, Monday
        ("2026-11-27", "2026-12-02"),  # Friday
        ("2026-09-30", "2026-10-10"),  # before the holidays: the 8th, the 9th, and the Saturday that is made up for
        ("2026-02-13", "2026-02-25"),  # before the Spring Festival: the Saturday that is worked, the 24th, the 25th
        ("2025-01-27", "2025-02-07"),  # a year that no list of ours ever had
    ],
)
def test_the_third_working_day(met: str, last: str) -> None:
    assert last_day(met) == last


def test_the_package_has_this_year() -> None:
    assert 2026 in LISTED
    assert unknown("2026-11-28", 3) == []


def test_a_year_that_nobody_told_has_weekends_and_is_named() -> None:
    assert working_day_after("2031-12-31", 1) == "2032-01-01"  # a Thursday, and surely none that is worked
    assert unknown("2031-12-31", 1) == [2031, 2032]
    assert unknown("2199-12-31", 400) == [2199, 2200, 2201]


def test_what_a_county_names_comes_before_the_package(of_its_own: None) -> None:
    assert working_day_after("2030-12-31", 1) == "2031-01-04"  # a Saturday
    assert unknown("2031-05-01", 10) == []
    assert last_day("2026-11-25") == "2026-12-01"  # the 26th is off here


@pytest.mark.parametrize(
    ("off", "worked"),
    [
        (["2027-13-01"], []),
        (["yesterday"], []),
        (["2027-01-03..2027-01-01"], []),
        (["2027-01-01..2028-01-01"], []),
        (["2027-01-01"], ["2027-01-01"]),
    ],
)
def test_days_that_cannot_be_meant_are_refused(off: list[str], worked: list[str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_calendar(off, worked)
