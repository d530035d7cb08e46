"""Under which post somebody acts: his name, and the unit and role whose right allows it."""

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.meeting_access import Access
from api.domain.rights import Place, may
from api.errors import Forbidden


async def spoken_as(session: AsyncSession, actor: Actor, act: str, access: Access) -> str:
    """Raises Forbidden when none of his rights allows the act at the meeting."""
    place = Place(access.path, None, access.meeting.access_class)
    for grant in actor.grants:
        if may(act, place, [grant], actor.catalogue):
            unit = await tree.ref(session, grant.unit_id)
            return f"{actor.name}（{unit.name}{actor.catalogue.role(grant.role).name}）"
    raise Forbidden(act)
