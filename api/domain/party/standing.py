"""Where a branch stands in a quarter on a day: what it must hold in each period, what it held, planned, and lacks.

A rule holds for a period if it holds on the period's first day, and so does the branch's size (of a year: on its last
day): who joins in the middle of a month makes no committee meet that is not there yet. Counted is a meeting that has
ended, on the day on which it opened, with a quorum where the rule asks for one; a meeting is counted once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from api.domain.catalogue import Catalogue
from api.domain.entries import Duty
from api.domain.party.branch import Branch, Entry, Sat
from api.domain.party.quarters import Per, Period, Quarter

State = Literal["held", "planned", "open", "ahead", "overdue"]
Why = Literal["no_members", "few_members", "no_groups"]
PERS: tuple[Per, ...] = ("month", "quarter", "year")
Rules = Callable[[str], Catalogue]  # what holds on a day


@dataclass(frozen=True, slots=True)
class Line:
    """What one body owes in one period."""

    duty: Duty
    period: Period
    group: str | None
    required: int
    held: tuple[Sat, ...]
    short: tuple[Sat, ...]  # held without a quorum: not counted
    planned: int  # that are still to come
    state: State

    @property
    def missing(self) -> int:
        return max(0, self.required - len(self.held))


@dataclass(frozen=True, slots=True)
class Exempt:
    duty: Duty
    why: Why


@dataclass(frozen=True, slots=True)
class Standing:
    lines: tuple[Line, ...]
    exempt: tuple[Exempt, ...]  # what this branch need not hold in any period of the quarter
    done: Mapping[str, str]  # the plan's entry → the meeting made of it, or that did what it meant


def standing(
    rules: Rules, branch: Branch, entries: Sequence[Entry], sats: Sequence[Sat], quarter: Quarter, today: str
) -> Standing:
    """`sats`: of the quarter, and of the whole year where a duty is a year's."""
    done = matched(entries, sats)
    lines: list[Line] = []
    exempt: dict[str, Exempt] = {}
    for period, duty, catalogue in _owed(rules, quarter):
        bodies, why = _bodies(duty, branch, period)
        if why is not None:
            exempt.setdefault(duty.key, Exempt(duty, why))
        for group in bodies:
            lines.append(_line(catalogue, duty, period, group, entries, sats, done, today))
    owed = {line.duty.key for line in lines}
    return Standing(tuple(lines), tuple(each for key, each in exempt.items() if key not in owed), done)


def _owed(rules: Rules, quarter: Quarter) -> Iterator[tuple[Period, Duty, Catalogue]]:
    """In the order of the data, then of time."""
    days = [(per, period, rules(period.first_on)) for per in PERS for period in quarter.periods(per)]
    for key in dict.fromkeys(key for _, _, catalogue in days for key in catalogue.duties):
        for per, period, catalogue in days:
            duty = catalogue.duties.get(key)
            if duty is not None and duty.per == per:
                yield period, duty, catalogue


def _bodies(duty: Duty, branch: Branch, period: Period) -> tuple[Sequence[str | None], Why | None]:
    """Whose meetings are owed: of the branch (None), or of each of its groups."""
    members = branch.full_members(period.last_on if duty.per == "year" else period.first_on)
    if not members:
        return (), "no_members"
    if duty.full_members is not None and members < duty.full_members:
        return (), "few_members"
    if duty.each_group:
        return (branch.groups, None) if branch.groups else ((), "no_groups")
    return (None,), None


def _line(
    catalogue: Catalogue, duty: Duty, period: Period, group: str | None, entries: Sequence[Entry],
    sats: Sequence[Sat], done: Mapping[str, str], today: str,
) -> Line:  # fmt: skip
    def fits(of: Entry | Sat) -> bool:
        return (
            of.kind == duty.kind and of.group == group and period.holds(of.on)
            and (of.by_secretary or not duty.by_secretary)
        )  # fmt: skip

    mine = [sat for sat in sats if fits(sat)]
    ended = [sat for sat in mine if sat.state == "ended"]
    short = [sat for sat in ended if not quorate(catalogue, duty, sat)]
    held = [sat for sat in ended if sat not in short]
    coming = {
        (sat.meeting, sat.part)
        for sat in mine
        if sat.state == "running" or (sat.state == "planned" and sat.on >= today)
    }
    promised = [one for one in entries if fits(one) and one.key not in done and one.on >= today]
    planned = len(coming) + len(promised)
    return Line(duty, period, group, duty.times, tuple(held), tuple(short), planned,
                _state(duty.times, len(held), planned, period, today))  # fmt: skip


def _state(required: int, held: int, planned: int, period: Period, today: str) -> State:
    if held >= required:
        return "held"
    if today > period.last_on:
        return "overdue"
    if held + planned >= required:
        return "planned"
    return "ahead" if today < period.first_on else "open"


def quorate(catalogue: Catalogue, duty: Duty, sat: Sat) -> bool:
    """Whether as many came as the body of this kind asks, where the duty asks for it."""
    body = catalogue.body_of(sat.kind)
    if not duty.quorum or body is None or body.quorum is None:
        return True
    return sat.due > 0 and body.quorum.met(sat.present, sat.due)


def matched(entries: Sequence[Entry], sats: Iterable[Sat]) -> dict[str, str]:
    """Which meeting did what an entry meant: the one that was made of it; else, in order of time, the first that was
    held without one in the entry's month."""
    known = {one.key for one in entries}
    ordered = sorted(sats, key=lambda sat: (sat.on, sat.meeting, sat.part))
    done = {sat.entry: sat.meeting for sat in ordered if sat.entry in known and sat.entry is not None}
    free = [sat for sat in ordered if sat.entry not in known and sat.state != "planned"]
    for one in sorted(entries, key=lambda each: (each.on, each.key)):
        if one.key in done:
            continue
        for sat in free:
            if (sat.kind, sat.group, sat.on[:7]) == (one.kind, one.group, one.on[:7]):
                done[one.key] = sat.meeting
                free.remove(sat)
                break
    return done
