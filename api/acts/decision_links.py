"""The rows of the items in which a record was dealt with, as its chain says them: of which step each was, whether a
supervisor confirmed it, whether what its recording shows is on the record."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.clock import wall_ns
from storage.ledger import entries, open_chain
from storage.tables import DecisionItem


async def make_links(session: AsyncSession, decision_id: str, steps: Mapping[str, str]) -> None:
    """`steps`: by the item that began each. An item that no entry names any more, as its words were erased, stays; so
    does what no entry says: that a part was closed in which nothing was taken up."""
    met: dict[str, str] = {}  # by item the meeting, or the part of it, as sittings name it
    step_at: dict[str, str] = {}  # by that, the last step that sat there
    confirmed: dict[str, int] = {}
    sealed: dict[str, int] = {}
    async for entry, _, said in entries(session, await open_chain(session, "decision", decision_id)):
        item = str((said or {}).get("agenda_item") or "")  # none: what came from no meeting here
        if said is None:
            continue
        if entry.kind == "item":
            met.setdefault(item, said["meeting"])
        elif entry.kind in ("sitting", "vote") and item:
            met[item] = said["meeting"]
            step_at[said["meeting"]] = said["step"]
        elif entry.kind == "confirmed":
            confirmed[item] = wall_ns(entry.at)
        elif entry.kind == "sealed":
            sealed[said["meeting"]] = wall_ns(entry.at)
    rows = await session.scalars(select(DecisionItem).where(DecisionItem.decision_id == decision_id))
    known = {row.agenda_item_id: row for row in rows}
    for item, meeting in met.items():
        row = known.get(item) or DecisionItem(decision_id=decision_id, agenda_item_id=item)
        row.step = row.step or steps.get(item) or step_at.get(meeting)
        row.confirmed_wall = confirmed.get(item, row.confirmed_wall)
        row.sealed_wall = row.sealed_wall or sealed.get(meeting)
        session.add(row)
    await session.flush()
