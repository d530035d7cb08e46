"""A decision record on paper: its last checkpoints as codes, and the entry that says it was printed.

Who may see the record may see and print the paper. Who may write it has the printing noted: its chain is signed first,
so the paper's checkpoint covers everything on the paper, and the entry above it bears the codes that were printed.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.decision_entries import add_entry, place_of
from api.acts.decisions import seen_decision, view_of
from api.acts.sheet_codes import picture
from api.acts.sheet_of_decision import record
from api.records.decisions import DecisionView
from api.records.paper import PaperCheckpoint, PaperPoint, PaperView, Printing
from storage.chained import PRINTED, CheckpointRecord
from storage.database import Database
from storage.ledger import last_checkpoint, open_chain
from storage.notary import Notary
from storage.paper import qr_text, short_code
from storage.statements import printed_statement
from storage.tables import Chain, Decision, Recording

Signed = list[CheckpointRecord]


async def paper(database: Database, actor: Actor, decision_id: str, site: str) -> PaperView:
    """`site`: the address below which the pages lie. Signs nothing: entries of the last minute may stand above the last
    checkpoint, and are counted."""
    async with database.reading() as session:
        row = await seen_decision(session, actor, decision_id)
        return await paper_of(session, actor, row, site)


async def paper_of(session: AsyncSession, actor: Actor, row: Decision, site: str) -> PaperView:
    """`row` is one that the actor may see."""
    return (await _view(session, actor, row, site))[0]


async def print_paper(database: Database, notary: Notary, actor: Actor, decision_id: str, site: str) -> PaperView:
    """The paper as it is printed now, and noted. Raises NotFound, Forbidden, ChainBroken."""
    async with database.writing() as session:
        row = await seen_decision(session, actor, decision_id)
        place = await place_of(session, actor, row)
        actor.require("decision.write", place)
        name = actor.signs("decision.write", place)
        await notary.checkpoint(session, await open_chain(session, "decision", row.id))
        view, signed = await _view(session, actor, row, site)
        noted = await add_entry(session, row, PRINTED, printed_statement(actor.user_id, name, signed))
        view.printing = Printing(by_name=name, at=noted.at, entry=noted.seq)
        view.sheet = record(site, view.decision, view.points, view.printing)
        return view


async def _view(session: AsyncSession, actor: Actor, row: Decision, site: str) -> tuple[PaperView, Signed]:
    seen = await view_of(session, actor, row)
    points, signed = [], []
    chain = await open_chain(session, "decision", row.id)
    for of, title, chain_id in [("decision", row.title, chain), *await _recordings(session, seen)]:
        found, last = await point(session, of, title, chain_id)
        points.append(found)
        signed += [last] if last is not None else []
    may = actor.may("decision.write", await place_of(session, actor, row))
    sheet = record(site, seen, points, None)
    return PaperView(decision=seen, points=points, may_note=may, printing=None, sheet=sheet), signed


async def point(
    session: AsyncSession, of: str, title: str, chain_id: str
) -> tuple[PaperPoint, CheckpointRecord | None]:
    """A chain's last checkpoint, and how much came after it."""
    last = await last_checkpoint(session, chain_id)
    head = await session.scalar(select(Chain.head_seq).where(Chain.id == chain_id)) or 0
    return PaperPoint(
        of=of,  # type: ignore[arg-type]  # one of the two
        title=title,
        chain=chain_id,
        checkpoint=None if last is None else _checkpoint(last),
        later=head - (last.seq if last is not None else 0),
    ), last


async def _recordings(session: AsyncSession, seen: DecisionView) -> list[tuple[str, str, str]]:
    """Every part of every meeting in which the matter was dealt with, in their order."""
    titles = {span.meeting.id: span.meeting.title for span in seen.spans}
    rows = await session.scalars(select(Recording).where(Recording.meeting_id.in_(titles)).order_by(Recording.part))
    order = list(titles)
    parts = sorted(rows.all(), key=lambda part: (order.index(part.meeting_id), part.part))
    return [("recording", titles[part.meeting_id], part.chain_id) for part in parts]


def _checkpoint(of: CheckpointRecord) -> PaperCheckpoint:
    holds = qr_text(of)
    return PaperCheckpoint(at=of.at, entries=of.seq, code=short_code(of), holds=holds, qr=picture(holds))
