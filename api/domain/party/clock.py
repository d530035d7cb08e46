"""The days of filing: by when the plan and each report are due, where they stand, and when a branch is reminded."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from api.domain.entries import Filing
from api.domain.party.quarters import Period, Quarter, days_before
from api.domain.party.standing import Line, Standing
from api.domain.workdays import working_day_after, works

PlanState = Literal["none", "late", "waiting", "agreed", "returned"]
ReportState = Literal["due", "late", "checked", "checked_late"]


@dataclass(frozen=True, slots=True)
class Filed:
    """The newest version of a plan, and when the first one came."""

    first_on: str
    opinion: str | None  # agree | return


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


def plan_told(filing: Filing, quarter: Quarter, filed: Filed | None, today: str) -> bool:
    """From some days before the plan is due until that day."""
    due = quarter.plan_due(filing.plan_day)
    return filed is None and days_before(due, filing.remind_plan_days) <= today <= due


def missing_told(standing: Standing, today: str) -> list[Line]:
    """What is neither held nor planned near its period's end."""
    return [
        line for line in standing.lines
        if line.state == "open"
        and days_before(line.period.last_on, line.duty.remind_days) <= today <= line.period.last_on
    ]  # fmt: skip


def report_told(filing: Filing, opened_on: str, today: str) -> bool:
    """On a working day, where the report is due on the next one; or today, where nobody worked since the meeting."""
    due = report_due(filing, opened_on)
    return works(date.fromisoformat(today)) and today <= due <= working_day_after(today, 1)


def in_words(period: Period) -> str:
    """2026年11月, 2026年第四季度, 2026年."""
    first, months = date.fromisoformat(period.first_on), _months(period)
    if months == 12:
        return f"{first.year}年"
    return f"{first.year}年{first.month}月" if months == 1 else f"{first.year}年第{'一二三四'[first.month // 3]}季度"


def in_words_en(period: Period) -> str:
    """2026-11, 2026Q4, 2026."""
    months = _months(period)
    if months == 3:
        return str(Quarter.of(period.first_on))
    return period.first_on[:4] if months == 12 else period.first_on[:7]


def _months(period: Period) -> int:
    return int(period.last_on[5:7]) - int(period.first_on[5:7]) + 1
