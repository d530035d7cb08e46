"""Telling people outside: a message is written in the transaction of what it tells of, once for each subject.

The worker sends it (`recorder/messaging`). Who is told is a unit; which telephone or group of it stands behind the
webhook is the county's gateway's business.
"""

import time
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.parts import rows_of
from api.domain.catalogue import Catalogue
from api.domain.day import SHANGHAI
from api.domain.meeting import unplanned
from storage.database import insert_if_absent
from storage.ids import new_id
from storage.tables import Meeting, Message

TOLD_LEVELS = ("town", "county")  # who looks after what villages do


async def tell(
    session: AsyncSession, catalogue: Catalogue, key: str, subject: str, unit_id: str, path: str, **fields: str
) -> None:
    """`fields` fill the text's places."""
    words = catalogue.messages[key]
    now = time.time_ns()
    unit = await tree.ref(session, unit_id, None)
    await insert_if_absent(
        session, Message, id=new_id("msg"), kind=key, subject=subject, unit_id=unit_id, unit_name=unit.name,
        text=words.text.format(**fields), text_en=words.text_en.format(**fields), path=path, created_wall=now,
        next_wall=now, tries=0,
    )  # fmt: skip


async def tell_of_opening(session: AsyncSession, catalogue: Catalogue, meeting: Meeting) -> None:
    """The township of a village whose meeting begins, in which it may want to sit; of a joint meeting each one's. Of
    others nobody."""
    kind = catalogue.kinds.get(meeting.kind)
    if kind is None or kind.group not in ("village", "party") or meeting.opened_wall is None:
        return
    sitting: dict[str, list[str]] = {}
    for unit_id in dict.fromkeys([meeting.unit_id, *(row.unit_id for row in await rows_of(session, meeting.id))]):
        above = await told_of(session, unit_id)
        if above is not None:
            sitting.setdefault(above, []).append((await tree.ref(session, unit_id, None)).name)
    surprise = unplanned(meeting.planned_wall, meeting.created_wall, meeting.opened_wall)
    key = "meeting-opened-unplanned" if surprise else "meeting-opened"
    at = datetime.fromtimestamp(meeting.opened_wall // 1_000_000_000, SHANGHAI)
    title = meeting.title if meeting.access_class == "open" else kind.name
    for above, names in sitting.items():
        subject = meeting.id if above == next(iter(sitting)) else f"{meeting.id} {above}"
        await tell(
            session, catalogue, key, subject, above, f"/meetings/{meeting.id}", unit="、".join(names), title=title,
            time=f"{at:%H:%M}", kind=kind.name, kind_en=kind.name_en,
        )  # fmt: skip


async def told_of(session: AsyncSession, unit_id: str) -> str | None:
    """The nearest township or county above a village; none where the unit is no village."""
    first, *above = await tree.steps_up(session, unit_id)
    if first.unit.level in TOLD_LEVELS:
        return None
    return next((step.unit.id for step in above if step.unit.level in TOLD_LEVELS), None)
