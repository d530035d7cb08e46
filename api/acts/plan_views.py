"""A decision's plan as its page shows it: each version, its file, and which steps dealt with it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.domain.day import utc_text
from api.domain.procedure.record import Record
from api.domain.procedure.rights import WRITE
from api.domain.rights import Place
from api.records.decisions import PlanFileView, PlanStep, PlanView
from storage.tables import PlanFile


async def plan_views(session: AsyncSession, decision_id: str, record: Record | None) -> list[PlanView]:
    """The newest first; of a record of which parts were erased none can be told."""
    if record is None:
        return []
    rows = await session.scalars(select(PlanFile).where(PlanFile.decision_id == decision_id))
    files = {row.sha256: _file(row) for row in rows}
    return [
        PlanView(
            number=number, on=plan.on, sha256=plan.sha256, material=plan.material and number > 1,
            counts=number >= record.material, file=files.get(plan.sha256), steps=_steps(record, number),
        )
        for number, plan in reversed(list(enumerate(record.plans, 1)))
    ]  # fmt: skip


def may_plan(actor: Actor, place: Place, record: Record | None) -> bool:
    """Until it is resolved: then a change is a record of its own."""
    return record is not None and record.outcome in (None, "no_quorum") and actor.may(WRITE, place)


def _file(row: PlanFile) -> PlanFileView:
    return PlanFileView(
        name=row.title, mime=row.mime, bytes=row.bytes, by=row.user_as, received_wall=utc_text(row.received_wall),
        stored=row.state == "stored",
    )  # fmt: skip


def _steps(record: Record, number: int) -> list[PlanStep]:
    found = []
    for step in record.procedure.step:
        taken = record.steps[step.key]
        days = [each.said.on for each in taken.sittings if each.version == number]
        days += [each.said.on for each in taken.opinions if each.version == number]
        found += [PlanStep(step=step.key, name=step.name, name_en=step.name_en, on=on) for on in days]
    return found
