"""The row of a file that somebody handed in, a plan, a notice's table or a signed page, by the name in its entry."""

from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import Filing, NoticeTable, PlanFile, SignedPaper


async def filing(session: AsyncSession, file: str) -> Filing | None:
    return (
        await session.get(PlanFile, file)
        or await session.get(NoticeTable, file)
        or await session.get(SignedPaper, file)
    )
