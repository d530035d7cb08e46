"""Pages of what decisions wait for, for the town's desk and the village's."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.desk_scope import MINUTE, PAGE, PLAN, Scope, matter_ref
from api.acts.desk_words import to_do
from api.domain.procedure.rights import COUNTERSIGN, REVIEW, WRITE
from api.records.desks import Due, DuePage
from storage.tables import AwaitedStep, Decision

A, D = AwaitedStep, Decision
# Who may do it; everything else is the village's own to write.
RIGHTS = {"opinion": REVIEW, "sitting": PLAN, "vote": MINUTE}
NOT_ONES_OWN = frozenset({REVIEW, COUNTERSIGN})  # of a record that one began oneself
NOBODY = frozenset({"days", "sealed"})  # nothing to be pressed
ROW = (A.act, A.step, A.name, A.name_en, A.who, A.since, A.due_on, A.late_on, D.id, D.title, D.matter, D.unit_id,
       D.access_class, D.created_by)  # fmt: skip


async def due_page(
    session: AsyncSession,
    scope: Scope,
    *conditions: ColumnElement[bool],
    order: Sequence[Any] = (),
    total: int | None = None,
) -> DuePage:
    """`total`, where it is known already."""
    wanted = (scope.on(D), *conditions)
    found = await session.execute(
        select(*ROW).join(D, D.id == A.decision_id).where(*wanted).order_by(*order, A.decision_id, A.number).limit(PAGE)
    )
    rows = found.all()
    if len(rows) < PAGE:
        total = len(rows)
    elif total is None:
        total = await session.scalar(select(func.count()).select_from(A).join(D, D.id == A.decision_id).where(*wanted))
    begun_by = frozenset(row.created_by for row in rows if _right(row) in NOT_ONES_OWN)
    return DuePage(total=total or 0, items=[_due(scope, row) for row in rows]).of_those(begun_by)


def _due(scope: Scope, row: Any) -> Due:
    today = scope.actor.on
    unit, town = scope.place(row.unit_id)
    zh, en = to_do(row.act, row.title, (row.name, row.name_en), row.due_on, row.late_on, today)
    return Due(
        unit=unit,
        town=town,
        decision=row.id,
        title=row.title,
        matter=matter_ref(scope.actor.catalogue, row.matter),
        act=row.act,
        step=row.step,
        step_name=row.name,
        step_name_en=row.name_en,
        who=row.who,
        since=row.since,
        due_on=row.due_on,
        late_on=row.late_on,
        overdue=row.late_on is not None and row.late_on <= today,
        may=_may(scope, row),
        zh=zh,
        en=en,
    )


def _right(row: Any) -> str:
    return COUNTERSIGN if row.act == "sign" and row.who == "supervisor" else RIGHTS.get(row.act, WRITE)


def _may(scope: Scope, row: Any) -> bool:
    """As the record itself would say; that two accounts are one person only the act finds out."""
    if row.act in NOBODY:
        return False
    right = _right(row)
    if right in NOT_ONES_OWN and row.created_by == scope.actor.user_id:
        return False
    return scope.may(right, row.unit_id, row.matter, row.access_class)
