"""Any paper of a record, for who may see that record: gathered here, and nowhere else, for the page and for documents.

Whose paper it is: of a decision `record` and `dossier`, of a meeting `minutes` and `roster`, of an agenda item `ballot`
and `tally`, of a notice `notice`. Who opens one is noted in the hub's chain.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import notice_views, sheet_of_meeting, tree
from api.acts.actor import Actor
from api.acts.decision_entries import place_of
from api.acts.decisions import seen_decision, view_of
from api.acts.hub_log import log_to_hub
from api.acts.meeting_access import Access, access_of, access_to
from api.acts.meeting_views import sees_item
from api.acts.minutes_of_meeting import seen_of
from api.acts.paper import paper_of, point
from api.acts.parts import Part
from api.acts.roster import require_roster
from api.acts.sheet_codes import page
from api.acts.sheet_making import make
from api.acts.sheet_of_decision import about
from api.domain.meeting import named_part
from api.domain.paper_words import day
from api.domain.papers import Kind
from api.domain.public_page import size
from api.domain.rights import Place
from api.errors.request import Forbidden, NotFound
from api.records.meetings import ItemView
from api.records.notices import NoticePaper
from api.records.paper import PaperPoint
from api.records.sheets import Sheet, SheetCode
from storage.database import Database
from storage.tables import AgendaItem, Decision, PublicNotice, Recording

PEOPLE = "people.look"


@dataclass(frozen=True, slots=True)
class Sites:
    pages: str  # below which the hub's own pages lie
    notices: str  # below which the public ones lie


async def sheet(
    database: Database, hub_id: str, sites: Sites, actor: Actor, kind: Kind, subject: str, form: str
) -> Sheet:
    """`form`: how it is opened, as a page or as a document. Raises NotFound, Forbidden."""
    async with database.reading() as session:
        found = await gather(session, actor, sites, kind, subject)
        said = actor.by(_ACTS[kind], await place_at(session, actor, kind, subject))
    async with database.writing() as session:
        await log_to_hub(session, hub_id, "paper", {"paper": kind, "of": subject, "form": form, **said})
    return found


async def gather(session: AsyncSession, actor: Actor, sites: Sites, kind: Kind, subject: str) -> Sheet:
    if kind == "record":
        return (await paper_of(session, actor, await seen_decision(session, actor, subject), sites.pages)).sheet
    if kind == "dossier":
        return await _dossier(session, actor, sites, subject)
    if kind == "notice":
        return notice(sites, await notice_views.paper(session, actor, subject, sites.notices))
    if kind in ("minutes", "roster"):
        access, part = await part_of(session, actor, subject)
        of = await _seen(session, actor, access, part)
        if kind == "roster":
            return sheet_of_meeting.roster(sites.pages, of)
        return await _minutes(session, actor, sites, of)
    item, access = await item_of(session, actor, subject)
    of = await _seen(session, actor, access, access.part_of(item))
    shown = next(each for each in of.view.items if each.id == item.id)
    if kind == "ballot":
        return sheet_of_meeting.ballot(of, shown)
    return await sheet_of_meeting.tally(session, sites.pages, of, shown, _matter(actor, shown))


_ACTS: dict[Kind, str] = {
    "record": "decision.look", "dossier": "decision.look", "notice": "decision.look", "minutes": PEOPLE,
    "roster": PEOPLE, "ballot": PEOPLE, "tally": PEOPLE,
}  # fmt: skip


async def place_at(session: AsyncSession, actor: Actor, kind: Kind, subject: str) -> Place:
    """Where a right over a paper is asked for; the paper is there. Raises NotFound."""
    if kind in ("record", "dossier"):
        return await place_of(session, actor, await seen_decision(session, actor, subject))
    if kind == "notice":
        row = await session.get_one(PublicNotice, subject)
        return Place(await tree.path_of(session, row.unit_id))
    if kind in ("minutes", "roster"):
        return (await part_of(session, actor, subject))[1].place()
    item, access = await item_of(session, actor, subject)
    return access.part_of(item).place(None, item.access_class)


async def part_of(session: AsyncSession, actor: Actor, name: str) -> tuple[Access, Part]:
    """By the name of the part, which is the meeting's id for the first. Raises NotFound."""
    meeting_id, number = named_part(name)
    access = await access_to(session, actor, meeting_id)
    return access, access.part(number)


async def _seen(session: AsyncSession, actor: Actor, access: Access, part: Part) -> sheet_of_meeting.Seen:
    """With names of who was due: for who may look at the roster. Raises Forbidden."""
    require_roster(actor, part)
    return await sheet_of_meeting.seen(session, actor, access, part)


async def item_of(session: AsyncSession, actor: Actor, item_id: str) -> tuple[AgendaItem, Access]:
    """One that its reader may not see is as unknown as one that never was."""
    item = await session.get(AgendaItem, item_id)
    if item is None:
        raise NotFound(f"item {item_id}")
    access = await access_of(session, item.meeting_id)
    if not (access.seen_by(actor) and sees_item(actor, access.part_of(item).path, item)):
        raise NotFound(f"item {item_id}")
    return item, access


def _matter(actor: Actor, item: ItemView) -> str | None:
    found = actor.catalogue.matters.get(item.matter or "")
    return found.name if found else None


async def _minutes(session: AsyncSession, actor: Actor, sites: Sites, of: sheet_of_meeting.Seen) -> Sheet:
    parts = await session.scalars(
        select(Recording).where(Recording.meeting_id == of.meeting.id).order_by(Recording.part)
    )
    points: list[PaperPoint] = [
        (await point(session, "recording", of.view.title, part.chain_id))[0] for part in parts.all()
    ]
    named = {item.decision.id for item in of.items if item.decision is not None}
    rows = await session.scalars(select(Decision).where(Decision.id.in_(named)))
    seen = {row.id for row in rows if actor.may("decision.look", await place_of(session, actor, row))}
    objections = await seen_of(session, actor, await access_to(session, actor, of.meeting.id))
    return await sheet_of_meeting.minutes(session, sites.pages, of, points, seen, objections)


def notice(sites: Sites, paper: NoticePaper) -> Sheet:
    posted = paper.notice
    until = f"至{day(paper.last_on)}" if paper.last_on else "起，至异议答复为止"
    code = SheetCode(
        key="notice", title="扫码看公示", text="微信扫码查看本村公示、署名提出异议", code=paper.code,
        holds=paper.page, qr=paper.qr,
    )  # fmt: skip
    return make(
        "notice",
        posted.id,
        posted.title,
        {
            "unit": f"{paper.above} {posted.unit.name}".strip(),
            "matter": posted.matter.name,
            "until": day(posted.from_on) + until,
        },
        {
            "said": [{"name": field.name, "value": field.value} for field in posted.fields],
            "tables": [{"name": each.name, "size": size(each.bytes), "sha256": each.sha256} for each in posted.tables],
        },
        codes=[code],
        notes=[
            "对公示有异议的，可扫码署名提出，也可以向村务监督委员会当面提出，不愿公开姓名的，姓名不公开。村里须书面答复。"
        ],
        page=page(sites.pages, "notice", posted.id),
    )


async def _dossier(session: AsyncSession, actor: Actor, sites: Sites, decision_id: str) -> Sheet:
    """The record's form, then what its meetings and notices left on paper, as far as its reader may see it."""
    row = await seen_decision(session, actor, decision_id)
    seen = await view_of(session, actor, row)
    parts = [(await paper_of(session, actor, row, sites.pages)).sheet]
    notes = []
    for name, title in {each.part: each.meeting.title for each in seen.spans}.items():
        try:
            of = await _seen(session, actor, *await part_of(session, actor, name))
        except (Forbidden, NotFound):
            notes.append(f"会议《{title}》的会议记录和签到表：无权查看，未列入。")
            continue
        parts += [await _minutes(session, actor, sites, of), sheet_of_meeting.roster(sites.pages, of)]
        for item in of.items:
            if any(vote.decision == decision_id for vote in item.votes):
                tally = await sheet_of_meeting.tally(session, sites.pages, of, item, _matter(actor, item))
                parts.append(tally)
    notices = await session.scalars(
        select(PublicNotice.id).where(PublicNotice.decision_id == decision_id).order_by(PublicNotice.from_on)
    )
    for notice_id in notices.all():
        parts.append(notice(sites, await notice_views.paper(session, actor, notice_id, sites.notices)))
    # Read there as it is shown elsewhere; it gathers papers itself, to say whether one was changed after it was signed.
    from api.acts.signed_papers import came_of

    notes += [f"{each.name}《{each.title}》：{each.says_zh}。" for each in await came_of(session, actor, decision_id)]
    contents = [{"no": at, "name": each.name, "title": each.title} for at, each in enumerate(parts, 1)]
    own = parts[0].codes
    return make(
        "dossier",
        decision_id,
        seen.title,
        about(seen) | {"count": f"{len(parts)} 件"},
        {"contents": contents},
        codes=own,
        notes=notes,
        parts=parts,
    )
