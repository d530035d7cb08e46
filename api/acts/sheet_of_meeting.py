"""What stands on a meeting's papers: minutes, sign-in sheet, blank ballots, the sheet on which votes are counted.

Of a secret vote there are figures only. A ballot has nothing that tells it from the next one: no number, no code.
"""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import meeting_views
from api.acts.actor import Actor
from api.acts.meeting_access import Access
from api.acts.parts import Part
from api.acts.roster import VIDEO, beside, due, video_counts, ways_of
from api.acts.sheet_codes import checkpoint, page, video
from api.acts.sheet_making import make
from api.acts.sheet_of_decision import VIDEOS, vote_row
from api.domain.day import day_of
from api.domain.paper_words import day, moment, span, wall_ns
from api.domain.shown import Span
from api.records.decisions import MinutesView
from api.records.meetings import ItemView, MeetingView, PartView, VoteView
from api.records.paper import PaperPoint
from api.records.sheets import Sheet, SheetCode
from storage.tables import Meeting, Person, Post, Presence, Recording, User, Vote

MS = 1_000_000
CHOICES = ("赞成", "反对", "弃权")
FOUND = {None: "尚未认定", "upheld": "异议成立", "not-upheld": "异议不成立"}
NAMED_SITES = 12  # sites that are named; the others are counted


@dataclass(frozen=True, slots=True)
class Ticked:
    person: Person
    post: Post
    present: bool
    by_video: bool  # and never in the room
    counts: bool  # as present, by the body's rule


@dataclass(frozen=True, slots=True)
class Seen:
    """A part of a meeting as its reader may see it, and who was due. Of a meeting that has no other it is the whole."""

    view: MeetingView
    meeting: Meeting
    part: PartView
    span: Span | None  # of one part of several: in milliseconds; none: the whole meeting
    due: list[Ticked]
    observers: list[Ticked]
    ticked: bool  # somebody was, so that who wasn't is absent

    @property
    def title(self) -> str:
        if len(self.view.parts) == 1:
            return self.view.title
        alike = all(each.unit == self.view.unit for each in self.view.parts)
        return f"{self.view.title}（{'' if alike else self.part.unit.name}{self.part.kind_name}）"

    @property
    def items(self) -> list[ItemView]:
        return [item for item in self.view.items if item.part == self.part.number]

    def holds(self, start_ms: int, end_ms: int | None) -> bool:
        """Whether something that happened in the meeting belongs to this part."""
        if self.span is None:
            return True
        return start_ms < self.span[1] and (end_ms is None or end_ms > self.span[0])


async def seen(session: AsyncSession, actor: Actor, access: Access, part: Part) -> Seen:
    meeting = access.meeting
    view = await meeting_views.view(session, actor, access)
    span = None if part.alone else _lasted(view, part)
    query = select(Presence.person_id, Presence.known_by).where(Presence.meeting_id == meeting.id)
    if meeting.state != "ended":
        query = query.where(Presence.end_ns.is_(None))
    elif span is not None:
        query = query.where(
            Presence.start_ns <= span[1] * MS, or_(Presence.end_ns.is_(None), Presence.end_ns > span[0] * MS)
        )
    here = await ways_of(session, query)
    online = video_counts(actor.catalogue, part.kind)
    rows = await due(session, actor.catalogue, part)
    others = await beside(session, actor.catalogue, part, rows)

    def ticked(person: Person, post: Post) -> Ticked:
        by_video = here.get(person.id) == {VIDEO}
        return Ticked(person, post, person.id in here, by_video, person.id in here and (online or not by_video))

    return Seen(
        view,
        meeting,
        next(each for each in view.parts if each.number == part.number),
        span,
        [ticked(person, post) for post, person in rows],
        [ticked(person, post) for post, person in others],
        bool(here),
    )


def _lasted(view: MeetingView, part: Part) -> Span:
    """From its beginning to the end of its last item, where the meeting has ended."""
    begun = (part.begun_ns or 0) // MS
    if view.state != "ended":
        return begun, meeting_views.ENDLESS
    ends = [item.end_ms for item in view.items if item.part == part.number and item.end_ms is not None]
    return begun, max([begun, *ends])


def _figures(of: Seen) -> dict[str, object]:
    return {
        "due": f"{len(of.due)} 人" if of.due else None,
        "present": f"{sum(each.counts for each in of.due)} 人" if of.ticked else None,
    }


def _place(view: MeetingView) -> str:
    named = "、".join(site.unit.name for site in view.sites[:NAMED_SITES])
    more = view.sites_total - min(len(view.sites), NAMED_SITES)
    return named + (f"等 {view.sites_total} 个会场" if more > 0 else "")


def _time(of: Seen) -> str:
    view = of.view
    if of.span is not None and view.opened_wall and of.part.begun_ms is not None:
        first = _at(view, of.span[0])
        return f"{first} 至 {_at(view, of.span[1])}" if view.ended_wall else first
    begun = moment(view.opened_wall or view.planned_wall)
    return f"{begun} 至 {moment(view.ended_wall)}" if view.ended_wall else begun


async def minutes(
    session: AsyncSession,
    site: str,
    of: Seen,
    points: list[PaperPoint],
    decisions: set[str],
    objections: list[MinutesView],
) -> Sheet:
    """`decisions`: whose records the reader may see, and so their titles."""
    view = of.view
    votes = [(item, vote) for item in of.items for vote in item.votes]
    takers = await session.scalars(
        select(User.name)
        .join(Vote, Vote.recorded_by == User.id)
        .where(Vote.id.in_([vote.id for _, vote in votes]))
        .distinct()
        .order_by(User.name)
    )
    titles = {item.id: item.title for item in of.items}
    chair = await session.scalar(select(User.name).where(User.id == of.meeting.opened_by))
    observers = [f"{each.person.name}{'' if each.present else '（未到）'}" for each in of.observers]
    return make(
        "minutes",
        of.part.name,
        of.title,
        {
            "number": of.part.name, "unit": of.part.unit.name, "kind": of.part.kind_name, "time": _time(of),
            "place": _place(view), "chair": chair, "taker": "、".join(takers), **_figures(of),
            "observers": "、".join(observers), "film": _film(of),
        },
        {
            "items": [
                {
                    "no": at, "title": item.title, "at": _span(item.start_ms, item.end_ms),
                    "record": item.decision.title if item.decision and item.decision.id in decisions else None,
                }
                for at, item in enumerate(of.items, 1)
            ],
            "votes": [vote_row(vote) | {"item": item.title} for item, vote in votes],
            "absent": [
                {"name": each.person.name, "title": each.post.title + ("（视频参加）" if each.present else "")}
                for each in of.due if of.ticked and not each.counts
            ],
            "breaks": [
                {"at": _span(each.start_ms, each.end_ms), "reason": each.reason}
                for each in view.breaks if of.holds(each.start_ms, each.end_ms)
            ],
            "gaps": [
                {"at": _span(each.start_ms, each.end_ms), "cause": each.cause_zh}
                for each in (view.coverage.gaps if view.coverage and view.recording_state == "closed" else [])
                if of.holds(each.start_ms, each.end_ms)
            ],
            "objections": [
                {
                    "item": titles.get(each.item), "at": span(each.at_ms), "text": each.text,
                    "found": FOUND[each.finding] + (f"：{each.note}" if each.note else ""), "word": _word(each),
                }
                for each in objections
                if each.item in titles
            ],
        },
        codes=[
            *[code for item, vote in votes[-VIDEOS:] if (code := await vote_code(session, site, view.id, item, vote))],
            *[code for point in points if (code := checkpoint(point))],
        ],
        page=page(site, "minutes", of.part.name),
    )  # fmt: skip


def _word(of: MinutesView) -> str:
    """The supervisor's; why he doesn't share a finding stands until there is another."""
    if of.state == "settled":
        return "同意该认定"
    return f"不同意先前的认定：{of.disputed}" if of.disputed else ""


def roster(site: str, of: Seen) -> Sheet:
    def rows(people: list[Ticked], due: bool) -> list[dict[str, object]]:
        return [
            {
                "no": at, "name": each.person.name, "title": each.post.title,
                "votes": ("有" if each.post.votes else "无") if due else "列席",
                "here": ("视频" if each.by_video else "已到") if each.present else None,
                "note": each.person.known_as,
            }
            for at, each in enumerate(people, 1)
        ]  # fmt: skip

    view = of.view
    return make(
        "roster",
        of.part.name,
        of.title,
        {
            "unit": of.part.unit.name, "kind": of.part.kind_name, "time": _time(of), "place": _place(view),
            **_figures(of),
        },
        {"persons": rows(of.due, True), "observers": rows(of.observers, False)},
        notes=["不会签字的按指印。"],
        page=page(site, "roster", of.part.name),
    )  # fmt: skip


def ballot(of: Seen, item: ItemView) -> Sheet:
    on = of.meeting.opened_on or (day_of(of.meeting.planned_wall) if of.meeting.planned_wall else None)
    return make(
        "ballot",
        item.id,
        item.title,
        {"unit": of.part.unit.name, "meeting": of.title, "on": day(on)},
        {"choices": [{"choice": each} for each in CHOICES]},
        notes=["在同意的一栏划“○”，只选一项；多选、涂改或作其他记号的无效。无记名，请勿署名。"],
    )


async def tally(session: AsyncSession, site: str, of: Seen, item: ItemView, matter: str | None) -> Sheet:
    """Blank where nothing was counted yet; of a vote taken again the last one, with what there was to count in it."""
    vote = item.votes[-1] if item.votes else None
    figures: dict[str, object] = {}
    codes, proxies, without = [], list[str](), set[str]()
    if vote is not None:
        figures = vote_row(vote) | {"written": vote.written_in_favour, "at": _at(of.view, vote.at_ms)}
        if vote.proxies:
            of_candidates = f"，候选人代投 {vote.proxies_of_candidates} 票" if vote.proxies_of_candidates else ""
            proxies = [f"书面委托投票 {vote.proxies} 票，一人最多代投 {vote.proxies_most} 票{of_candidates}。"]
        if vote.way == "secret":
            figures |= {
                "issued": vote.issued, "returned": vote.returned, "invalid": vote.invalid, "other": vote.other,
                "valid": vote.returned - vote.invalid,
            }  # fmt: skip
        else:
            without |= {"issued", "returned", "invalid", "valid"}
        without |= {key for key, count in (("other", vote.other), ("written", vote.written_in_favour)) if not count}
        found = await vote_code(session, site, of.view.id, item, vote)
        codes = [found] if found else []
    else:
        figures = _figures(of)
    again = [f"本议题共表决 {len(item.votes)} 次，以最后一次为准。"] if len(item.votes) > 1 else []
    return make(
        "tally",
        item.id,
        item.title,
        {"unit": of.part.unit.name, "meeting": of.title, "matter": matter, **figures},
        {},
        codes=codes,
        notes=[
            *again,
            *proxies,
            "有效票＋无效票＝收回选票≤发出选票。当众唱票、计票、宣读，监督人员核对。",
        ],
        page=page(site, "tally", item.id),
        without=without,
    )


async def vote_code(
    session: AsyncSession, site: str, meeting_id: str, item: ItemView, vote: VoteView
) -> SheetCode | None:
    """To the second of the recording in which it was voted; none where nothing was recorded."""
    recording = await session.scalar(
        select(Recording.id)
        .where(Recording.meeting_id == meeting_id, Recording.start_ns <= vote.at_ms * 1_000_000)
        .order_by(Recording.start_ns.desc())
        .limit(1)
    )
    return None if recording is None else video(site, recording, vote.at_ms, f"表决录像：{item.title}")


def _at(view: MeetingView, ms: int) -> str:
    return moment(wall_ns(view.opened_wall) + ms * 1_000_000) if view.opened_wall else ""


def _span(start_ms: int | None, end_ms: int | None) -> str:
    if start_ms is None:
        return ""
    return f"{span(start_ms)}–{span(end_ms)}" if end_ms is not None else f"{span(start_ms)} 起"


def _film(of: Seen) -> str:
    """Figures that another second could change stand on no paper; they are those of the whole meeting."""
    view = of.view
    if not view.recorded:
        return "本会议不录音录像"
    if view.coverage is None:
        return ""
    if view.recording_state != "closed":
        return "正在录制或归档，覆盖率待定"
    figures = view.coverage
    later = (figures.device or 0) + (figures.later or 0)
    more = f"，事后补录 {_share(later)}" if later else ""
    whole = "" if of.span is None else "整次会议"
    return f"{whole}录制覆盖率 {_share(figures.live)}{more}，断点 {len(figures.gaps)} 处"


def _share(of: float) -> str:
    """Never rounded up to a whole that is not whole."""
    return "100%" if of >= 1 else f"{int(of * 1000 + 1e-9) / 10:.1f}%"
