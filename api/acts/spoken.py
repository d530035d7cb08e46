"""Under which post somebody acts: his name, in whose place, and the unit and role whose right allows it."""

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.meeting_access import Access
from api.domain.rights import Place, used
from api.errors.request import Forbidden


async def spoken_as(session: AsyncSession, actor: Actor, act: str, access: Access) -> str:
    """Raises Forbidden when none of his rights allows the act at the meeting."""
    return await spoken_at(session, actor, act, Place(access.path, None, access.meeting.access_class))


async def spoken_at(session: AsyncSession, actor: Actor, act: str, place: Place) -> str:
    """The same anywhere else."""
    grant = used(act, place, actor.grants, actor.catalogue)
    if grant is None:
        raise Forbidden(act)
    unit = await tree.ref(session, grant.unit_id)
    name = f"{actor.name}代{grant.giver.name}" if grant.giver else actor.name
    return f"{name}（{unit.name}{actor.catalogue.role(grant.role).name}）"
