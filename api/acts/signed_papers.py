"""Papers that were signed: which paper it is and who may see it, what came back of it, and which pages are missing.

How many pages a paper has is said by the code of the page that came last; of two photographs of one page the newer
stands and the older stays readable. A photograph shows names, hands and fingerprints: it is for whom its paper is for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import notice_views, tree
from api.acts.actor import Actor, load_actor
from api.acts.decision_entries import place_of
from api.acts.decisions import seen_decision
from api.acts.meeting_access import access_to
from api.acts.notices import SUPERVISE
from api.acts.notices import place as notice_place
from api.acts.roster import may_read_roster, require_roster
from api.acts.sheets import Sites, gather, item_of, part_of
from api.domain.day import utc_text
from api.domain.meeting import part_name
from api.domain.papers import PAPERS, Kind
from api.domain.rights import Place
from api.errors.request import Forbidden, NotFound
from api.records.base import UnitRef
from api.records.signed import SignatureView, SignedPage, SignedPaperView
from storage.database import Database
from storage.tables import AgendaItem, DecisionItem, PublicNotice, SignedPaper, User

NAMED = 6  # signers that are named; the others are counted
WRITE, MINUTE = "decision.write", "meeting.minute"
RIGHTS: dict[Kind, tuple[str, ...]] = {
    "record": (WRITE,), "notice": (WRITE, SUPERVISE), "minutes": (MINUTE,), "roster": (MINUTE,), "tally": (MINUTE,),
    "dossier": (), "ballot": (),  # none of their pages comes back
}  # fmt: skip
PHOTO, SCREEN = "photo", "screen"
SIGNED_HERE: tuple[Kind, ...] = ("minutes", "roster", "tally", "record")


@dataclass(frozen=True, slots=True)
class Paper:
    """One that its asker may see."""

    kind: Kind
    subject: str
    title: str
    unit_id: str
    place: Place
    decisions: tuple[str, ...]  # whose records it is evidence of
    meeting: str | None = None  # whose paper it is, else

    def right(self, actor: Actor) -> str | None:
        """By which he hands its pages in."""
        return next((each for each in RIGHTS[self.kind] if actor.may(each, self.place)), None)


async def paper_of(session: AsyncSession, actor: Actor, kind: Kind, subject: str) -> Paper:
    """Raises NotFound, Forbidden."""
    if kind in ("record", "dossier"):
        row = await seen_decision(session, actor, subject)
        return Paper(kind, row.id, row.title, row.unit_id, await place_of(session, actor, row), (row.id,))
    if kind == "notice":
        await notice_views.one(session, actor, subject)
        notice = await session.get_one(PublicNotice, subject)
        record = (notice.decision_id,) if notice.decision_id else ()
        return Paper(kind, notice.id, notice.title, notice.unit_id, await notice_place(session, notice), record)
    if kind in ("tally", "ballot"):
        item, access = await item_of(session, actor, subject)
        part = access.part_of(item)
        require_roster(actor, part)
        decisions = await _decisions(session, DecisionItem.agenda_item_id == item.id)
        return Paper(
            kind, item.id, item.title, part.unit_id, part.place(None, item.access_class), decisions, item.meeting_id
        )
    access, part = await part_of(session, actor, subject)
    require_roster(actor, part)
    own = and_(AgendaItem.meeting_id == access.meeting.id, AgendaItem.part == part.number)
    title = access.meeting.title
    if not part.alone:
        known = actor.catalogue.kinds.get(part.kind)
        title += f"（{known.name if known else part.kind}）"
    return Paper(kind, part.name, title, part.unit_id, part.place(), await _decisions(session, own), access.meeting.id)


async def _decisions(session: AsyncSession, where: ColumnElement[bool]) -> tuple[str, ...]:
    found = await session.scalars(
        select(DecisionItem.decision_id)
        .join(AgendaItem, AgendaItem.id == DecisionItem.agenda_item_id)
        .where(where)
        .distinct()
        .order_by(DecisionItem.decision_id)
    )
    return tuple(found)


async def views(session: AsyncSession, actor: Actor, papers: Sequence[Paper]) -> list[SignedPaperView]:
    subjects = [each.subject for each in papers]
    rows = await session.scalars(
        select(SignedPaper).where(SignedPaper.subject.in_(subjects)).order_by(SignedPaper.received_wall, SignedPaper.id)
    )
    by_paper: dict[tuple[str, str], list[SignedPaper]] = {}
    for row in rows:
        by_paper.setdefault((row.kind, row.subject), []).append(row)
    units = await tree.refs(session, {each.unit_id for each in papers})
    found = []
    for each in papers:
        rows_of = by_paper.get((each.kind, each.subject), [])
        now = {user: await _now(session, each, user) for user in {row.user_id for row in rows_of if row.form == SCREEN}}
        found.append(_view(actor, each, units[each.unit_id], rows_of, now))
    return found


async def _now(session: AsyncSession, paper: Paper, user_id: str) -> str | None:
    """What the paper says today to whom it was shown when it was signed: another one may be shown less of it."""
    user = await session.get_one(User, user_id)
    try:
        sheet = await gather(session, await load_actor(session, user), Sites("", ""), paper.kind, paper.subject)
    except (NotFound, Forbidden):
        return None
    return sheet.digest


def _view(
    actor: Actor, paper: Paper, unit: UnitRef, rows: Sequence[SignedPaper], now: Mapping[str, str | None]
) -> SignedPaperView:
    photos = [row for row in rows if row.form == PHOTO]
    of = photos[-1].pages if photos else None
    newest = {row.number: row.id for row in photos if row.pages == of}
    missing = [number for number in range(1, (of or 0) + 1) if number not in newest]
    ordered = sorted(reversed(photos), key=lambda row: (row.pages != of, row.number or 0))
    signatures = [row for row in reversed(rows) if row.form == SCREEN]
    zh, en = says(len(newest), of, list(dict.fromkeys(row.signer or "" for row in reversed(signatures))))
    return SignedPaperView(
        kind=paper.kind,
        subject=paper.subject,
        name=PAPERS[paper.kind].name,
        title=paper.title,
        unit=unit,
        pages=[page_view(row, stands=newest.get(row.number) == row.id) for row in ordered],
        of=of,
        signatures=[signature_view(row, now.get(row.user_id)) for row in signatures],
        missing=missing,
        may_hand_in=paper.right(actor) is not None,
        says_zh=zh,
        says_en=en,
    )


def says(came: int, of: int | None, signers: Sequence[str]) -> tuple[str, str]:
    zh, en = [], []
    if of is not None:
        zh.append(f"纸质签字，照片 {came}/{of} 页")
        en.append(f"signed on paper, photographs of {came} of {of} pages")
    if signers:
        more = f"等 {len(signers)} 人" if len(signers) > NAMED else ""
        zh.append(f"屏幕签字：{'、'.join(signers[:NAMED])}{more}")
        en.append(
            f"signed on a screen: {', '.join(signers[:NAMED])}{f' and {len(signers) - NAMED} more' if more else ''}"
        )
    return ("；".join(zh), "; ".join(en)) if zh else ("尚未交回", "nothing came back yet")


def signature_view(row: SignedPaper, now: str | None) -> SignatureView:
    return SignatureView(
        id=row.id, signer=row.signer or "", place=row.place, own=row.placed is None, by=row.user_as,
        device=row.device or "", at=utc_text(row.received_wall), document=row.document or "",
        stands=None if now is None else now == row.document, sha256=row.sha256, stored=row.state == "stored",
    )  # fmt: skip


def page_view(row: SignedPaper, stands: bool) -> SignedPage:
    return SignedPage(
        id=row.id, number=row.number or 0, of=row.pages or 0, placed=row.placed or "hand",  # type: ignore[arg-type]
        stands=stands, by=row.user_as, received_wall=utc_text(row.received_wall), mime=row.mime, bytes=row.bytes,
        sha256=row.sha256, stored=row.state == "stored",
    )  # fmt: skip


async def of_paper(database: Database, actor: Actor, kind: Kind, subject: str) -> SignedPaperView:
    """Raises NotFound, Forbidden."""
    async with database.reading() as session:
        return (await views(session, actor, [await paper_of(session, actor, kind, subject)]))[0]


async def of_meeting(database: Database, actor: Actor, meeting_id: str) -> list[SignedPaperView]:
    """Of each of its parts sign-in sheet, minutes and tally sheets, and the forms of the records that it dealt with, as
    far as he may see them. Raises NotFound, Forbidden."""
    async with database.reading() as session:
        access = await access_to(session, actor, meeting_id)
        if not any(may_read_roster(actor, part) for part in access.parts):
            require_roster(actor, access.parts[0])
        items = await session.scalars(
            select(AgendaItem.id)
            .where(AgendaItem.meeting_id == meeting_id, AgendaItem.matter.is_not(None))
            .order_by(AgendaItem.position)
        )
        wanted: list[tuple[Kind, str]] = []
        for part in access.parts:
            wanted += [("roster", part.name), ("minutes", part.name)]
        wanted += [("tally", each) for each in items]
        wanted += [("record", each) for each in await _decisions(session, AgendaItem.meeting_id == meeting_id)]
        return await views(session, actor, await seen(session, actor, wanted))


async def of_decision(database: Database, actor: Actor, decision_id: str) -> list[SignedPaperView]:
    """Papers of a record of which something came back, for who may see each. Raises NotFound."""
    async with database.reading() as session:
        await seen_decision(session, actor, decision_id)
        return await came_of(session, actor, decision_id)


async def came_of(session: AsyncSession, actor: Actor, decision_id: str) -> list[SignedPaperView]:
    items = await session.execute(
        select(AgendaItem.meeting_id, AgendaItem.part, AgendaItem.id)
        .join(DecisionItem, DecisionItem.agenda_item_id == AgendaItem.id)
        .where(DecisionItem.decision_id == decision_id)
        .order_by(AgendaItem.id)
    )
    notices = await session.scalars(
        select(PublicNotice.id).where(PublicNotice.decision_id == decision_id).order_by(PublicNotice.from_on)
    )
    wanted: list[tuple[Kind, str]] = [("record", decision_id)]
    for meeting_id, number, item_id in items:
        name = part_name(meeting_id, number)
        wanted += [("roster", name), ("minutes", name), ("tally", item_id)]
    wanted += [("notice", each) for each in notices]
    subjects = [subject for _, subject in wanted]
    rows = select(SignedPaper.kind, SignedPaper.subject).where(SignedPaper.subject.in_(subjects))
    came = {(row.kind, row.subject) for row in await session.execute(rows)}
    papers = await seen(session, actor, [each for each in dict.fromkeys(wanted) if each in came])
    return await views(session, actor, papers)


async def seen(session: AsyncSession, actor: Actor, wanted: Iterable[tuple[Kind, str]]) -> list[Paper]:
    found = []
    for kind, subject in wanted:
        try:
            found.append(await paper_of(session, actor, kind, subject))
        except (NotFound, Forbidden):
            continue
    return found
