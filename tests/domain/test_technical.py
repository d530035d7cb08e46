"""Which gaps wait for an explanation: technical ones, above three seconds without what a declared break takes away."""

from dataclasses import dataclass

import pytest

from api.domain.catalogue import catalogue
from api.domain.technical import technical
from storage.causes import CAUSES

JUDGING = catalogue("2026-11-28").judging
S = 1_000_000_000


@dataclass(frozen=True)
class Gap:
    start_ns: int
    end_ns: int
    cause: str = "relay"
    id: str = "gap_1"


def waits(gap: Gap, *breaks: tuple[int, int]) -> bool:
    return technical([gap], breaks, JUDGING) == [gap]


def test_the_border_is_three_seconds() -> None:
    assert not waits(Gap(10 * S, 13 * S))
    assert waits(Gap(10 * S, 13 * S + 1))


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_what_the_meeting_did_by_itself_is_not_technical(cause: str) -> None:
    assert waits(Gap(0, 60 * S, cause)) is (cause not in {"left", "muted", "starting", "ending"})


def test_a_declared_break_is_taken_away() -> None:
    assert not waits(Gap(10 * S, 60 * S), (12 * S, 60 * S))
    assert waits(Gap(10 * S, 60 * S), (14 * S, 60 * S))
    assert not waits(Gap(10 * S, 60 * S), (0, 30 * S), (20 * S, 57 * S))  # breaks that overlap count once
