"""The days of filing: by when the plan and each report are due, where they stand, and what is told to whom when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from api.domain.entries import Duty, Filing
from api.domain.party.quarters import Period, Quarter, days_before
from api.domain.party.standing import Standing
from api.domain.workdays import working_day_after, works

PlanState = Literal["none", "late", "waiting", "agreed", "returned"]
ReportState = Literal["due", "late", "checked", "checked_late"]


@dataclass(frozen=True, slots=True)
class Filed:
    """The newest version of a plan, and when the first one came."""

    first_on: str
    opinion: str | None  # agree | return


@dataclass(frozen=True, slots=True)
class Told:
    """A reminder: once for each subject."""

    key: str  # of messages.toml
    about: str
    until_on: str
    duty: Duty | None = None
    quarter: Quarter | None = None


def plan_state(filing: Filing, quarter: Quarter, filed: Filed | None, today: str) -> PlanState:
    if filed is None:
        return "late" if today > quarter.plan_due(filing.plan_day) else "none"
    return {None: "waiting", "agree": "agreed", "return": "returned"}[filed.opinion]  # type: ignore[return-value]


def filed_late(filing: Filing, quarter: Quarter, filed: Filed) -> bool:
    return filed.first_on > quarter.plan_due(filing.plan_day)


def report_due(filing: Filing, opened_on: str) -> str:
    return working_day_after(opened_on, filing.report_days)


def report_state(filing: Filing, opened_on: str, checked_on: str | None, today: str) -> ReportState:
    due = report_due(filing, opened_on)
    if checked_on is not None:
        return "checked_late" if checked_on > due else "checked"
    return "late" if today > due else "due"


def plan_told(filing: Filing, quarter: Quarter, filed: Filed | None, today: str) -> Iterator[Told]:
    """From some days before the plan is due until that day; of the quarter that runs or comes next."""
    due = quarter.plan_due(filing.plan_day)
    if filed is None and days_before(due, filing.remind_plan_days) <= today <= due:
        yield Told("party-plan-due", str(quarter), due, None, quarter)


def missing_told(standing: Standing, today: str) -> Iterator[Told]:
    """What is neither held nor planned near its period's end."""
    for line in standing.lines:
        last = line.period.last_on
        if line.state == "open" and days_before(last, line.duty.remind_days) <= today <= last:
            about = f"{line.duty.key}/{line.period.first_on}" + (f"/{line.group}" if line.group else "")
            yield Told("party-meeting-missing", about, last, line.duty)


def reports_told(filing: Filing, unreported: Iterable[tuple[str, str]], today: str) -> Iterator[Told]:
    """Meetings (id, opened on) whose report is due on the next working day; or today, where nobody worked since."""
    if not works(date.fromisoformat(today)):
        return
    for meeting, opened_on in unreported:
        due = report_due(filing, opened_on)
        if today <= due <= working_day_after(today, 1):
            yield Told("party-report-due", meeting, due)


def in_words(period: Period) -> str:
    """2026年11月, 2026年第四季度, 2026年."""
    first = date.fromisoformat(period.first_on)
    months = date.fromisoformat(period.last_on).month - first.month + 1
    if months == 12:
        return f"{first.year}年"
    return f"{first.year}年{first.month}月" if months == 1 else quarter_words(Quarter.of(period.first_on))


def quarter_words(quarter: Quarter) -> str:
    return f"{quarter.year}年第{'一二三四'[quarter.number - 1]}季度"
