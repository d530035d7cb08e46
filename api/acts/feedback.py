"""意见反馈: anybody signed in may write, each message gets an answer."""

import time

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.domain.day import utc_text
from api.errors.request import Forbidden, NotFound
from api.records.service import FeedbackView
from storage.database import Database
from storage.ids import new_id
from storage.tables import Feedback, Right, User


async def send(database: Database, actor: Actor, page: str, text: str) -> FeedbackView:
    async with database.writing() as session:
        row = Feedback(id=new_id("fbk"), user_id=actor.user_id, page=page, text=text, sent_wall=time.time_ns())
        session.add(row)
        await session.flush()
        return _view(row, actor.name)


async def read(database: Database, actor: Actor) -> list[FeedbackView]:
    async with database.reading() as session:
        rows = await session.execute(
            select(Feedback, User.name)
            .outerjoin(User, User.id == Feedback.user_id)
            .where(Feedback.user_id.in_(await _writers(session, actor)))
            .order_by(Feedback.sent_wall.desc())
            .limit(500)
        )
        return [_view(row, name) for row, name in rows.all()]


async def mine(database: Database, actor: Actor) -> list[FeedbackView]:
    async with database.reading() as session:
        rows = await session.scalars(
            select(Feedback).where(Feedback.user_id == actor.user_id).order_by(Feedback.sent_wall.desc()).limit(200)
        )
        return [_view(row, actor.name) for row in rows]


async def answer(database: Database, actor: Actor, feedback_id: str, text: str) -> FeedbackView:
    async with database.writing() as session:
        writers = await _writers(session, actor)
        found = select(Feedback).where(Feedback.id == feedback_id, Feedback.user_id.in_(writers))
        row = await session.scalar(found)
        if row is None:
            raise NotFound(f"feedback {feedback_id}")
        row.answer, row.answered_by, row.answered_wall = text, actor.user_id, time.time_ns()
        return _view(row, await session.scalar(select(User.name).where(User.id == row.user_id)))


async def _writers(session: AsyncSession, actor: Actor) -> Select[str]:
    """Whose messages are the actor's to answer: of those with a right below his own. Raises Forbidden."""
    allowed = await tree.subtree(session, actor.subtrees("feedback.answer"))
    if not allowed:
        raise Forbidden("feedback.answer")
    return select(Right.user_id).where(Right.unit_id.in_(allowed))


def _view(row: Feedback, name: str | None) -> FeedbackView:
    return FeedbackView(
        id=row.id,
        user=row.user_id,
        name=name,
        page=row.page,
        text=row.text,
        sent_wall=utc_text(row.sent_wall),
        answer=row.answer,
        answered_wall=None if row.answered_wall is None else utc_text(row.answered_wall),
    )
