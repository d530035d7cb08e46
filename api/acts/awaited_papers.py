"""Which signed sheets a village still owes: of its meetings of the last weeks, what did not come back or not whole.

Nothing stops a village for it; it is a line on its desk, until a page comes or four weeks are over.
"""

import time

from sqlalchemy import select

from api.acts.actor import Actor
from api.acts.signed_papers import MINUTE, Paper, seen, views
from api.domain.meeting import part_name
from api.records.signed import SignedPaperView
from storage.database import Database
from storage.tables import Meeting, MeetingPart

AWAITED_NS = 28 * 86_400 * 1_000_000_000
MEETINGS = 20  # the newest ones


async def awaited(database: Database, actor: Actor) -> list[SignedPaperView]:
    """Of meetings of units where he keeps the minutes himself; the newest first."""
    kinds = [kind.key for kind in actor.catalogue.kinds.values() if kind.group in ("village", "party") and kind.body]
    async with database.reading() as session:
        parts = await session.execute(
            select(MeetingPart.meeting_id, MeetingPart.number)
            .join(Meeting, Meeting.id == MeetingPart.meeting_id)
            .where(
                MeetingPart.unit_id.in_(sorted(actor.subtrees(MINUTE))),
                MeetingPart.kind.in_(kinds),
                Meeting.state == "ended",
                Meeting.opened_wall >= time.time_ns() - AWAITED_NS,
            )
            .order_by(Meeting.opened_wall.desc(), MeetingPart.number)
            .limit(MEETINGS)
        )
        papers: list[Paper] = []
        for meeting_id, number in parts:
            name = part_name(meeting_id, number)
            papers += await seen(session, actor, [("roster", name), ("minutes", name)])
        return [each for each in await views(session, actor, papers) if each.may_hand_in and not whole(each)]


def whole(paper: SignedPaperView) -> bool:
    return not paper.missing if paper.of is not None else bool(paper.signatures)
