"""Meetings: planned, opened, ended; agenda, votes, roster. Acts first, then the neighbours are told."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from api.acts import (
    agenda,
    bids,
    decision_acts,
    foreseen,
    meeting_views,
    meetings,
    minutes,
    minutes_of_meeting,
    part_turns,
    questions,
    roster,
    votes,
)
from api.errors.recordings import RestrictedPart
from api.live.people import MAX_COUNT, PAGE, Window
from api.records.base import Id, Name
from api.records.decisions import ForeseenItem, MinutesFinding, MinutesObjection, MinutesView, SecondWord
from api.records.meetings import (
    Bids,
    BreakReason,
    ItemChange,
    ItemView,
    MeetingBrief,
    MeetingChanged,
    MeetingView,
    NewItem,
    NewMeeting,
    NewPart,
    NewQuestion,
    NewVote,
    NoticeSheet,
    NoticeShown,
    PartNumber,
    PeoplePage,
    Picture,
    Present,
    RosterPresence,
    SitesPage,
    VoteView,
)
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api/meetings", tags=["meetings"])
First = Annotated[int, Query(ge=0, le=100_000)]
Limit = Annotated[int, Query(ge=1, le=MAX_COUNT)]
_STATE = "(planned|open|break|ended|cancelled)"
States = Annotated[str, StringConstraints(pattern=f"^{_STATE}(,{_STATE})*$")]


@router.get("")
async def list_meetings(
    actor: Signed,
    house: TheHouse,
    state: States | None = None,
    unit: Id | None = None,
    query: Name | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[MeetingBrief]:
    return await meeting_views.list_meetings(house.database, actor, state, unit, query or "", limit)


@router.post("", status_code=201)
async def plan(body: NewMeeting, actor: Signed, house: TheHouse) -> MeetingView:
    meeting_id = await meetings.plan(house.database, actor, body)
    return await house.meetings.whole(actor, meeting_id)


@router.get("/{meeting_id}")
async def get_meeting(meeting_id: Id, actor: Signed, house: TheHouse) -> MeetingView:
    return await house.meetings.whole(actor, meeting_id)


@router.get("/{meeting_id}/sites")
async def get_sites(
    meeting_id: Id, actor: Signed, house: TheHouse, first: First = 0, limit: Limit = PAGE, query: Name | None = None
) -> SitesPage:
    """The meeting's own view has the first of them."""
    return await meeting_views.sites_page(house.database, actor, meeting_id, first, limit, query or "")


@router.get("/{meeting_id}/people")
async def get_people(
    meeting_id: Id, actor: Signed, house: TheHouse, first: First = 0, limit: Limit = PAGE, query: Name | None = None
) -> PeoplePage:
    """Who is here right now."""
    if (await house.meetings.whole(actor, meeting_id)).waiting:
        raise RestrictedPart
    return await house.meetings.attendance.page(meeting_id, Window(first, limit, query or ""))


@router.get("/{meeting_id}/foreseen")
async def get_foreseen(meeting_id: Id, actor: Signed, house: TheHouse) -> list[ForeseenItem]:
    """Of a meeting that is planned: which step each item takes up, and what will fail of it."""
    return await foreseen.of_meeting(house.database, actor, meeting_id)


@router.post("/{meeting_id}/open")
async def open_meeting(meeting_id: Id, actor: Signed, house: TheHouse) -> MeetingChanged:
    """The meeting is open whatever the recorder says; a warning tells what to do meanwhile."""
    turned = await meetings.open_meeting(house.database, actor, meeting_id)
    return await _opened(actor, house, turned)


@router.post("/{meeting_id}/reopen")
async def reopen(meeting_id: Id, actor: Signed, house: TheHouse) -> MeetingChanged:
    turned = await meetings.reopen(house.database, actor, meeting_id)
    return await _opened(actor, house, turned)


async def _opened(actor: Signed, house: TheHouse, turned: meetings.Turned) -> MeetingChanged:
    warnings = await house.neighbours.opened(turned.meeting_id, turned.recording_id)
    await house.meetings.changed(turned.meeting_id)
    whole = await house.meetings.whole(actor, turned.meeting_id)
    return MeetingChanged(**whole.model_dump(), warnings=warnings)


@router.post("/{meeting_id}/end")
async def end_meeting(meeting_id: Id, actor: Signed, house: TheHouse) -> MeetingChanged:
    turned = await meetings.end_meeting(house.database, actor, meeting_id)
    await house.meetings.ended(meeting_id, actor.name)
    await house.meetings.changed(meeting_id)
    house.spawn(house.neighbours.ended(meeting_id, turned.recording_id), f"end {meeting_id}")
    whole = await house.meetings.whole(actor, meeting_id)
    return MeetingChanged(**whole.model_dump(), warnings=[])


@router.post("/{meeting_id}/cancel")
async def cancel(meeting_id: Id, actor: Signed, house: TheHouse) -> MeetingView:
    await meetings.cancel(house.database, actor, meeting_id)
    await house.neighbours.ended(meeting_id, None)  # its chair may have been there already
    return await _changed(actor, house, meeting_id)


@router.post("/{meeting_id}/break")
async def take_break(meeting_id: Id, body: BreakReason, actor: Signed, house: TheHouse) -> MeetingView:
    await meetings.take_break(house.database, actor, meeting_id, body.reason)
    return await _changed(actor, house, meeting_id)


@router.post("/{meeting_id}/resume")
async def resume(meeting_id: Id, actor: Signed, house: TheHouse) -> MeetingView:
    await meetings.resume(house.database, actor, meeting_id)
    return await _changed(actor, house, meeting_id)


async def _changed(actor: Signed, house: TheHouse, meeting_id: str) -> MeetingView:
    await house.meetings.changed(meeting_id)
    return await house.meetings.whole(actor, meeting_id)


@router.post("/{meeting_id}/notice", status_code=204)
async def notice(meeting_id: Id, body: NoticeShown, actor: Signed, house: TheHouse) -> None:
    await meetings.show_notice(house.database, actor, meeting_id, body.version)
    await house.meetings.changed(meeting_id)


@router.get("/{meeting_id}/notice-sheet")
async def notice_sheet(meeting_id: Id, actor: Signed, house: TheHouse) -> NoticeSheet:
    """What is printed for the door."""
    return await meeting_views.notice_sheet(house.database, actor, meeting_id)


@router.post("/{meeting_id}/picture", status_code=204)
async def picture(meeting_id: Id, body: Picture, actor: Signed, house: TheHouse) -> None:
    await meetings.choose_picture(house.database, actor, meeting_id, body.publisher)
    await house.neighbours.picture(meeting_id, body.publisher)
    await house.meetings.changed(meeting_id)


# --- agenda


@router.post("/{meeting_id}/items", status_code=201)
async def create_item(meeting_id: Id, body: NewItem, actor: Signed, house: TheHouse) -> ItemView:
    item_id = await agenda.create_item(house.database, actor, meeting_id, body)
    return await _item(actor, house, meeting_id, item_id)


@router.patch("/{meeting_id}/items/{item_id}")
async def change_item(meeting_id: Id, item_id: Id, body: ItemChange, actor: Signed, house: TheHouse) -> ItemView:
    await agenda.change_item(house.database, actor, meeting_id, item_id, body)
    await house.neighbours.part_turned(meeting_id)
    return await _item(actor, house, meeting_id, item_id)


@router.post("/{meeting_id}/items/{item_id}/start")
async def start_item(meeting_id: Id, item_id: Id, actor: Signed, house: TheHouse) -> ItemView:
    await agenda.start_item(house.database, actor, meeting_id, item_id)
    await house.neighbours.part_turned(meeting_id)
    return await _item(actor, house, meeting_id, item_id)


@router.post("/{meeting_id}/items/{item_id}/end")
async def end_item(meeting_id: Id, item_id: Id, actor: Signed, house: TheHouse) -> ItemView:
    await agenda.end_item(house.database, actor, meeting_id, item_id)
    return await _item(actor, house, meeting_id, item_id)


@router.post("/{meeting_id}/items/{item_id}/bids")
async def open_bids(meeting_id: Id, item_id: Id, body: Bids, actor: Signed, house: TheHouse) -> ItemView:
    """How many bid, once their seals were looked at."""
    await bids.open_bids(house.database, actor, meeting_id, item_id, body.bidders)
    return await _item(actor, house, meeting_id, item_id)


@router.post("/{meeting_id}/items/{item_id}/confirm", status_code=204)
async def confirm_item(meeting_id: Id, item_id: Id, actor: Signed, house: TheHouse) -> None:
    """The supervisor's own word that the item went as the minutes say."""
    await decision_acts.confirm(house.database, actor, meeting_id, item_id)


@router.post("/{meeting_id}/items/{item_id}/minutes", status_code=204)
async def object_to_minutes(
    meeting_id: Id, item_id: Id, body: MinutesObjection, actor: Signed, house: TheHouse
) -> None:
    """What the minutes of an item say wrongly, by the second of the recording that shows it."""
    await minutes.object_to(house.database, actor, meeting_id, item_id, body)


@router.get("/{meeting_id}/minutes")
async def objections_to_minutes(meeting_id: Id, actor: Signed, house: TheHouse) -> list[MinutesView]:
    """Of all items, with and without a record, as far as he may see them."""
    return await minutes_of_meeting.of_meeting(house.database, actor, meeting_id)


@router.post("/{meeting_id}/minutes/{objection_id}/finding", status_code=201)
async def find_on_minutes(
    meeting_id: Id, objection_id: Id, body: MinutesFinding, actor: Signed, house: TheHouse
) -> list[MinutesView]:
    """What the chair found at that moment, where the item has no decision record."""
    await minutes_of_meeting.find(house.database, actor, meeting_id, objection_id, body)
    return await minutes_of_meeting.of_meeting(house.database, actor, meeting_id)


@router.post("/{meeting_id}/minutes/{objection_id}/word", status_code=201)
async def word_on_minutes(
    meeting_id: Id, objection_id: Id, body: SecondWord, actor: Signed, house: TheHouse
) -> list[MinutesView]:
    """Whether the supervisor found the same."""
    await minutes_of_meeting.share(house.database, actor, meeting_id, objection_id, body)
    return await minutes_of_meeting.of_meeting(house.database, actor, meeting_id)


async def _item(actor: Signed, house: TheHouse, meeting_id: str, item_id: str) -> ItemView:
    whole = await _changed(actor, house, meeting_id)
    return next(item for item in whole.items if item.id == item_id)


@router.post("/{meeting_id}/items/{item_id}/question")
async def ask(meeting_id: Id, item_id: Id, body: NewQuestion, actor: Signed, house: TheHouse) -> ItemView:
    """The question is read: from here on the vote is open, until its figures come."""
    await questions.ask(house.database, actor, meeting_id, item_id, body.again)
    return await _item(actor, house, meeting_id, item_id)


@router.post("/{meeting_id}/items/{item_id}/question/drop")
async def drop(meeting_id: Id, item_id: Id, actor: Signed, house: TheHouse) -> ItemView:
    """There is no vote after all."""
    await questions.drop(house.database, actor, meeting_id, item_id)
    return await _item(actor, house, meeting_id, item_id)


@router.post("/{meeting_id}/items/{item_id}/votes", status_code=201)
async def record_vote(meeting_id: Id, item_id: Id, body: NewVote, actor: Signed, house: TheHouse) -> VoteView:
    vote_id = await votes.record_vote(house.database, actor, meeting_id, item_id, body)
    await house.meetings.changed(meeting_id)
    return await meeting_views.one_vote(house.database, vote_id)


# --- parts


@router.post("/{meeting_id}/parts", status_code=201)
async def add_part(meeting_id: Id, body: NewPart, actor: Signed, house: TheHouse) -> MeetingView:
    """Another body, or another unit, that sits in the same meeting."""
    await part_turns.add_part(house.database, actor, meeting_id, body)
    return await _changed(actor, house, meeting_id)


@router.post("/{meeting_id}/parts/{number}/begin")
async def begin_part(meeting_id: Id, number: PartNumber, actor: Signed, house: TheHouse) -> MeetingView:
    """Who is due and present is counted; the first begins with the meeting, each with its first item at the latest."""
    await part_turns.begin_part(house.database, actor, meeting_id, number)
    await house.neighbours.part_turned(meeting_id)
    return await _changed(actor, house, meeting_id)


# --- roster


@router.get("/{meeting_id}/roster")
async def get_roster(meeting_id: Id, actor: Signed, house: TheHouse, part: PartNumber = 1) -> list[RosterPresence]:
    """Of one part; who stands on several rosters is present on each."""
    return await roster.roster_of(house.database, actor, meeting_id, part)


@router.put("/{meeting_id}/roster/{person_id}", status_code=204)
async def tick(meeting_id: Id, person_id: Id, body: Present, actor: Signed, house: TheHouse) -> None:
    await roster.tick(house.database, actor, meeting_id, person_id, body.present, body.by_video)
    await house.meetings.changed(meeting_id)
