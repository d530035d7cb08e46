"""Meetings as the pages see them: brief in lists, whole in the room; restricted parts only as spans for the others."""

from collections.abc import Iterable, Sequence
from typing import Literal

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.asked_votes import voting_of
from api.acts.bids import opening
from api.acts.coverage_of import Sealed, coverage_of_meeting
from api.acts.meeting_access import Access, access_to
from api.acts.parts import Part
from api.acts.questions import open_question
from api.acts.roster import HOUSEHOLDS, may_read_roster, video_counts
from api.domain.day import utc_text
from api.domain.meeting import RUNNING
from api.domain.rights import Place
from api.records.accounts import NoticeText
from api.records.meetings import (
    BreakView,
    DecisionRef,
    ItemView,
    May,
    MeetingBrief,
    MeetingView,
    NoticeSheet,
    PartView,
    QuorumView,
    SitesPage,
    SiteView,
    VoteView,
    VotingView,
)
from storage.database import Database
from storage.tables import AgendaItem, Break, Decision, DecisionItem, Meeting, MeetingPart, Recording, Site, Vote

MS = 1_000_000
SITES_SHOWN = 50
ENDLESS = 1 << 62  # the end of a part that still runs
CLASSES = ("restricted", "file", "award")
PART_ACTS = ("meeting.minute", "decision.confirm", "people.look", "branch.attendance")
HIDDEN_TITLE = "限制查看的部分"


async def list_meetings(
    database: Database, actor: Actor, state: str | None, unit: str | None, query: str, limit: int
) -> list[MeetingBrief]:
    """What the actor may look at: below his rights, or where his unit has a site; newest first, running ones on top."""
    async with database.reading() as session:
        allowed = await tree.subtree(session, actor.subtrees("meeting.look") | actor.subtrees("recording.look"))
        own_sites = select(Site.meeting_id).where(Site.unit_id.in_(allowed))
        found = select(Meeting).where(or_(Meeting.unit_id.in_(allowed), Meeting.id.in_(own_sites)))
        if state is not None:
            found = found.where(Meeting.state.in_(state.split(",")))
        if unit is not None:
            below = await tree.subtree(session, [unit])
            sitting = select(MeetingPart.meeting_id).where(MeetingPart.unit_id.in_(below))
            found = found.where(or_(Meeting.unit_id.in_(below), Meeting.id.in_(sitting)))
        if query:
            found = found.where(Meeting.title.contains(query, autoescape=True))
        rows = (await session.scalars(found.order_by(Meeting.created_wall.desc()).limit(limit))).all()
        seen = [row for row in rows if row.access_class == "open" or await _sees(session, actor, row)]
        ordered = sorted(seen, key=lambda row: row.state not in RUNNING)
        return await briefs(session, actor, ordered)


async def _sees(session: AsyncSession, actor: Actor, meeting: Meeting) -> bool:
    place = Place(await tree.path_of(session, meeting.unit_id), None, meeting.access_class)
    return actor.may("meeting.look", place)


async def briefs(session: AsyncSession, actor: Actor, meetings: Sequence[Meeting]) -> list[MeetingBrief]:
    recordings: dict[str, str] = {}
    for meeting_id, recording_id in await session.execute(
        select(Recording.meeting_id, Recording.id)
        .where(Recording.meeting_id.in_([meeting.id for meeting in meetings]))
        .order_by(Recording.part)
    ):
        recordings[meeting_id] = recording_id
    answer = []
    for meeting in meetings:
        ref = await tree.ref(session, meeting.unit_id, meeting.opened_on)
        kind = actor.catalogue.kinds.get(meeting.kind)
        answer.append(
            MeetingBrief(
                id=meeting.id,
                title=meeting.title,
                kind=meeting.kind,
                kind_name=kind.name if kind else meeting.kind,
                unit=ref,
                state=meeting.state,  # type: ignore[arg-type]  # the table's own words
                planned_wall=_text(meeting.planned_wall),
                opened_wall=_text(meeting.opened_wall),
                ended_wall=_text(ended_wall(meeting)),
                elapsed_ms=elapsed_ns(meeting) // MS,
                recording=recordings.get(meeting.id),
                recorded=meeting.recorded,
                way=meeting.way,  # type: ignore[arg-type]  # the table's own words
                called_on=meeting.called_on,
            )
        )
    return answer


def elapsed_ns(meeting: Meeting) -> int:
    if meeting.opened_wall is None:
        return 0
    return meeting.origin().meeting_now() if meeting.end_ns is None else meeting.end_ns


def ended_wall(meeting: Meeting) -> int | None:
    if meeting.end_ns is None or meeting.opened_wall is None:
        return None
    return meeting.opened_wall + meeting.end_ns


def _text(wall: int | None) -> str | None:
    return None if wall is None else utc_text(wall)


async def view(
    session: AsyncSession, actor: Actor, access: Access, sealed: dict[str, list[Sealed]] | None = None
) -> MeetingView:
    """Without `people`: who is here right now is known to api.live, not to the rows."""
    meeting = access.meeting
    brief = (await briefs(session, actor, [meeting]))[0]
    sites = await session.execute(
        select(Site.id, Site.unit_id, Site.main)
        .where(Site.meeting_id == meeting.id)
        .order_by(Site.main.desc(), Site.id)
        .limit(SITES_SHOWN)
    )
    shown = list(sites.all())
    refs = await tree.refs(session, [unit_id for _, unit_id, _ in shown], meeting.opened_on)
    breaks = await session.scalars(select(Break).where(Break.meeting_id == meeting.id).order_by(Break.start_ns))
    catalogue = actor.catalogue
    notice = catalogue.notices["recording" if meeting.recorded else "not-recorded"]
    text, text_en = notice.said(brief.unit.name)
    return MeetingView(
        **brief.model_dump(),
        sites=[SiteView(id=site_id, unit=refs[unit_id], main=main) for site_id, unit_id, main in shown],
        sites_total=await session.scalar(select(func.count()).where(Site.meeting_id == meeting.id)) or 0,
        parts=await part_views(session, actor, access),
        items=await item_views(session, actor, access),
        breaks=[BreakView(id=b.id, reason=b.reason, start_ms=b.start_ns // MS, end_ms=_ms(b.end_ns)) for b in breaks],
        coverage=await coverage_of_meeting(session, meeting, sealed),
        recording_state=await _recording_state(session, meeting.id),
        may=May(
            chair=access.may(actor, "meeting.chair"),
            publish=access.may_take_part(actor, "meeting.publish"),
            vote=bool(access.own_parts(actor, "meeting.minute")),
            confirm=bool(access.own_parts(actor, "decision.confirm")),
        ),
        access_class=meeting.access_class,
        notice=NoticeText(version=notice.version, text=text, text_en=text_en),
        notice_wall=_text(meeting.notice_wall),
        picture=meeting.picture,
        ended_by=meeting.ended_by,
        people=[],
        people_total=0,
    )


async def sites_page(
    database: Database, actor: Actor, meeting_id: str, first: int, limit: int, query: str
) -> SitesPage:
    async with database.reading() as session:
        access = await access_to(session, actor, meeting_id)
        rows = await session.execute(
            select(Site.id, Site.unit_id, Site.main)
            .where(Site.meeting_id == meeting_id)
            .order_by(Site.main.desc(), Site.id)
        )
        every = list(rows.all())
        refs = await tree.refs(session, [unit_id for _, unit_id, _ in every], access.meeting.opened_on)
    found = [
        SiteView(id=site_id, unit=refs[unit_id], main=main)
        for site_id, unit_id, main in every
        if query in refs[unit_id].name
    ]
    return SitesPage(sites=found[first : first + limit], total=len(every), found=len(found))


def sight(actor: Actor, access: Access, items: Sequence[AgendaItem]) -> tuple[object, ...]:
    """Of a running meeting all whose sights are equal see the same. Without the database: asked for hundreds."""
    return (
        tuple(sees_record(actor, access.part_of(item).path, item.matter, each) for item in items for each in CLASSES),
        access.may(actor, "meeting.chair"),
        access.may_take_part(actor, "meeting.publish"),
        tuple(actor.may(act, part.place()) for part in access.parts for act in PART_ACTS),
        tuple(sees_item(actor, access.part_of(item).path, item) for item in items),
    )


async def _recording_state(session: AsyncSession, meeting_id: str) -> Literal["recording", "closing", "closed"] | None:
    """That of the part which is least done."""
    states = set(await session.scalars(select(Recording.state).where(Recording.meeting_id == meeting_id)))
    for state in ("recording", "closing", "closed"):
        if state in states:
            return state
    return None


def _ms(ns: int | None) -> int | None:
    return None if ns is None else ns // MS


async def part_views(session: AsyncSession, actor: Actor, access: Access) -> list[PartView]:
    refs = await tree.refs(session, {part.unit_id for part in access.parts}, access.meeting.opened_on)
    kinds = actor.catalogue.kinds
    return [
        PartView(
            number=part.number,
            name=part.name,
            kind=part.kind,
            kind_name=kinds[part.kind].name if part.kind in kinds else part.kind,
            unit=refs[part.unit_id],
            way=part.way,  # type: ignore[arg-type]  # the table's own words
            quorum=_quorum(actor, part),
            video_counts=video_counts(actor.catalogue, part.kind),
            begun_ms=_ms(part.begun_ns),
            due=part.due,
            present=part.present,
            minute=actor.may("meeting.minute", part.place()),
            confirm=actor.may("decision.confirm", part.place()),
            roster=may_read_roster(actor, part),
        )
        for part in access.parts
    ]


def _quorum(actor: Actor, part: Part) -> QuorumView | None:
    body = actor.catalogue.body_of(part.kind)
    share = None if body is None else body.quorum_of_households if part.way == HOUSEHOLDS else body.quorum
    if share is None:
        return None
    return QuorumView(numerator=share.numerator, denominator=share.denominator, at_least=share.at_least)


async def item_views(session: AsyncSession, actor: Actor, access: Access) -> list[ItemView]:
    items = (
        await session.scalars(
            select(AgendaItem)
            .where(AgendaItem.meeting_id == access.meeting.id)
            .order_by(AgendaItem.position, AgendaItem.id)
        )
    ).all()
    ids = [item.id for item in items]
    decisions: dict[str, DecisionRef] = {}
    confirmed: set[str] = set()
    by_id = {item.id: item for item in items}
    for item_id, confirmed_wall, decision_id, title, access_class in await session.execute(
        select(
            DecisionItem.agenda_item_id, DecisionItem.confirmed_wall, Decision.id, Decision.title, Decision.access_class
        )
        .join(Decision, Decision.id == DecisionItem.decision_id)
        .where(DecisionItem.agenda_item_id.in_(ids))
        .order_by(Decision.id.desc())
    ):
        item = by_id[item_id]
        if sees_record(actor, access.part_of(item).path, item.matter, access_class):
            decisions[item_id] = DecisionRef(id=decision_id, title=title)
        if confirmed_wall is not None:
            confirmed.add(item_id)
    votes: dict[str, list[VoteView]] = {}
    for vote in await session.scalars(select(Vote).where(Vote.agenda_item_id.in_(ids)).order_by(Vote.at_ns)):
        votes.setdefault(vote.agenda_item_id, []).append(vote_view(vote))
    question = await open_question(session, access.meeting.id)
    # One item runs at a time.
    bids = {item.id for item in items if _runs(item) and await opening(session, access.part_of(item), item)}
    votable = [item for item in items if _runs(item) or (item.start_ns is not None and item.id not in votes)]
    voting = {
        item.id: await voting_of(session, access.part_of(item), item)
        for item in (votable if access.meeting.state in RUNNING else ())
    }
    return [
        _item_view(
            item, decisions.get(item.id), votes.get(item.id, []), item.id in confirmed, item.id in bids,
            voting.get(item.id),
            question.asked_ns if question is not None and question.agenda_item_id == item.id else None,
            sees_item(actor, access.part_of(item).path, item),
        )
        for item in items
    ]  # fmt: skip


def _runs(item: AgendaItem) -> bool:
    return item.start_ns is not None and item.end_ns is None


def sees_item(actor: Actor, path: Sequence[str], item: AgendaItem) -> bool:
    """Access class belongs to the part (DESIGN §8): its class is asked for, with the matter's category."""
    if item.access_class == "open":
        return True
    matter = actor.catalogue.matters.get(item.matter or "")
    place = Place(path, matter.category if matter else None, item.access_class)
    return any(actor.may(act, place) for act in ("meeting.look", "recording.look"))


def sees_record(actor: Actor, path: Sequence[str], matter: str | None, access_class: str) -> bool:
    """Whether the meeting names a part's record to him: a part may be open whose record isn't."""
    found = actor.catalogue.matters.get(matter or "")
    place = Place(path, found.category if found else None, access_class)
    return access_class == "open" or actor.may("decision.look", place)


def _item_view(
    item: AgendaItem, decision: DecisionRef | None, votes: list[VoteView], confirmed: bool, bids: bool,
    voting: VotingView | None, asked_ns: int | None, seen: bool,
) -> ItemView:  # fmt: skip
    return ItemView(
        id=item.id,
        position=item.position,
        part=item.part,
        title=item.title if seen else HIDDEN_TITLE,
        matter=item.matter if seen else None,
        access_class=item.access_class,
        start_ms=_ms(item.start_ns),
        end_ms=_ms(item.end_ns),
        decision=decision if seen else None,
        votes=votes if seen else [],
        asked_ms=_ms(asked_ns) if seen else None,
        confirmed=confirmed and seen,
        hidden=not seen,
        opens_bids=bids and seen,
        voting=voting if seen else None,
    )


def vote_view(vote: Vote) -> VoteView:
    return VoteView(
        id=vote.id,
        decision=vote.decision_id,
        item=vote.agenda_item_id,
        way=vote.way,
        due=vote.due,
        present=vote.present,
        in_favour=vote.in_favour,
        against=vote.against,
        abstained=vote.abstained,
        recused=vote.recused,
        issued=vote.issued,
        returned=vote.returned,
        invalid=vote.invalid,
        other=vote.other,
        written_in_favour=vote.written_in_favour,
        round=vote.round,
        proxies=vote.proxies,
        proxies_most=vote.proxies_most,
        proxies_of_candidates=vote.proxies_of_candidates,
        passed=vote.passed,
        asked_ms=_ms(vote.asked_ns),
        at_ms=vote.at_ns // MS,
    )


async def one_vote(database: Database, vote_id: str) -> VoteView:
    async with database.reading() as session:
        return vote_view((await session.scalars(select(Vote).where(Vote.id == vote_id))).one())


async def hidden_spans(session: AsyncSession, actor: Actor, access: Access) -> list[tuple[int, int]]:
    """Meeting time (ns) that this actor may neither see nor hear."""
    items: Iterable[AgendaItem] = await session.scalars(
        select(AgendaItem).where(
            AgendaItem.meeting_id == access.meeting.id,
            AgendaItem.start_ns.is_not(None),
            AgendaItem.access_class != "open",
        )
    )
    return [
        (item.start_ns or 0, ENDLESS if item.end_ns is None else item.end_ns)
        for item in items
        if not sees_item(actor, access.part_of(item).path, item)
    ]


async def notice_sheet(database: Database, actor: Actor, meeting_id: str) -> NoticeSheet:
    """For the door: what is printed and hung up before the meeting."""
    async with database.reading() as session:
        access = await access_to(session, actor, meeting_id)
        whole = await view(session, actor, access)
    return NoticeSheet(
        title=whole.title,
        unit=whole.unit.name,
        version=whole.notice.version,
        text=whole.notice.text,
        text_en=whole.notice.text_en,
        recorded=whole.recorded,
        classification=actor.catalogue.notices["classification"].text,
    )
