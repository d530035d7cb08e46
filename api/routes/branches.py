"""三会一课: branches with their quarter, plans, whose a meeting is, attendance, reports."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.acts import branch_attendance, branch_plans, branch_reports, branch_views, own_attendance
from api.acts.actor import Actor
from api.acts.excuses import excuse
from api.domain.entries import ReportColumn
from api.domain.party.quarters import Quarter
from api.house import House
from api.records.attendance import OwnAttendance
from api.records.base import Id, Key
from api.records.branches import (
    AbsenceNote,
    AttendanceView,
    BranchRow,
    BranchView,
    Claim,
    MeetingMade,
    NewPlan,
    NewReport,
    PlanReview,
    QuarterKey,
    ReportView,
    Year,
)
from api.records.meetings import PartNumber
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api", tags=["branches"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_REPORTS = 100  # in one table


def _quarter(text: str | None, actor: Actor) -> Quarter:
    return Quarter.read(text) if text else Quarter.of(actor.on)


async def _branch(house: House, actor: Actor, branch_id: str, quarter: Quarter) -> BranchView:
    async with house.database.reading() as session:
        return await branch_views.branch(session, actor, branch_id, quarter)


@router.get("/branches")
async def get_branches(
    actor: Signed, house: TheHouse, unit: Id | None = None, quarter: QuarterKey | None = None
) -> list[BranchRow]:
    """Counts of each branch; `quarter` (2026Q4): this one when it is left out."""
    async with house.database.reading() as session:
        return await branch_views.list_branches(session, actor, unit, _quarter(quarter, actor))


@router.get("/branches/{branch_id}")
async def get_branch(branch_id: Id, actor: Signed, house: TheHouse, quarter: QuarterKey | None = None) -> BranchView:
    return await _branch(house, actor, branch_id, _quarter(quarter, actor))


@router.post("/branches/{branch_id}/plans", status_code=201)
async def file_plan(branch_id: Id, body: NewPlan, actor: Signed, house: TheHouse) -> BranchView:
    """The quarter's plan, or its next version."""
    await branch_plans.file(house.database, house.config.hub_id, actor, branch_id, body)
    return await _branch(house, actor, branch_id, Quarter.read(body.quarter))


@router.post("/branch-plans/{plan_id}/review")
async def review(plan_id: Id, body: PlanReview, actor: Signed, house: TheHouse) -> BranchView:
    """The township's word; `return` with reasons."""
    branch_id, quarter = await branch_plans.review(house.database, house.config.hub_id, actor, plan_id, body)
    return await _branch(house, actor, branch_id, quarter)


@router.post("/branches/{branch_id}/entries/{key}/meeting", status_code=201)
async def make_meeting(branch_id: Id, key: Key, actor: Signed, house: TheHouse) -> MeetingMade:
    """A planned meeting with the entry's kind, day and topic."""
    return MeetingMade(meeting=await branch_plans.make_meeting(house.database, actor, branch_id, key))


@router.post("/branches/{branch_id}/meetings")
async def claim(branch_id: Id, body: Claim, actor: Signed, house: TheHouse) -> MeetingMade:
    """Whose a meeting is, where its unit has several branches or groups, and whether the secretary lectured."""
    await branch_plans.claim(house.database, actor, branch_id, body)
    return MeetingMade(meeting=body.meeting)


@router.get("/branches/{branch_id}/attendance")
async def attendance(branch_id: Id, actor: Signed, house: TheHouse, year: Year) -> AttendanceView:
    """Of each member over the year, for the branch itself."""
    async with house.database.reading() as session:
        return await branch_attendance.of_branch(session, actor, branch_id, year)


@router.get("/me/attendance")
async def get_own_attendance(actor: Signed, house: TheHouse, year: Year) -> OwnAttendance:
    """One's own, of every body in whose roster one stands."""
    async with house.database.reading() as session:
        return await own_attendance.of_oneself(session, actor, year)


@router.put("/meetings/{meeting_id}/roster/{person_id}/absence", status_code=204)
async def absence(meeting_id: Id, person_id: Id, body: AbsenceNote, actor: Signed, house: TheHouse) -> None:
    """Why somebody who is due isn't there."""
    await excuse(house.database, actor, meeting_id, person_id, body.reason)


@router.get("/meetings/{meeting_id}/report")
async def get_report(meeting_id: Id, actor: Signed, house: TheHouse, part: PartNumber | None = None) -> ReportView:
    """Of one part; left out: of the first that the party held."""
    async with house.database.reading() as session:
        return await branch_reports.view(session, actor, meeting_id, part)


@router.post("/meetings/{meeting_id}/report", status_code=201)
async def check_report(
    meeting_id: Id, body: NewReport, actor: Signed, house: TheHouse, part: PartNumber | None = None
) -> ReportView:
    """Checked by the branch; an empty body: as the hub wrote it."""
    await branch_reports.check(house.database, house.config.hub_id, actor, meeting_id, part, body)
    async with house.database.reading() as session:
        return await branch_reports.view(session, actor, meeting_id, part)


@router.get(
    "/reports.xlsx",
    response_class=Response,
    responses={
        200: {
            "description": "A row a report",
            "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def get_table(
    actor: Signed, house: TheHouse, meeting: Annotated[list[Id], Query(min_length=1, max_length=MOST_REPORTS)]
) -> Response:
    """Reports as a table, in the order in which they are named; of a later part: `ID-2`."""
    async with house.database.reading() as session:
        columns, rows = await branch_reports.table(session, actor, meeting)
    data = await asyncio.to_thread(_book, columns, rows)
    return Response(data, 200, {"Content-Disposition": 'attachment; filename="reports.xlsx"'}, XLSX)


# openpyxl takes a tenth of the process's start; a branch asks for it a few times a month.
def _book(columns: list[ReportColumn], rows: list[list[str | int]]) -> bytes:
    from api.acts.branch_book import book

    return book(columns, rows)
