"""Notices as the village's desk and the printed sheet show them."""

from datetime import date, timedelta

import segno
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import public_pages, tree
from api.acts.actor import Actor
from api.acts.notices import SUPERVISE, WRITE, hangs, objected, of_units, place, tables_of, until_on
from api.acts.sheet_codes import picture
from api.domain.catalogue import Catalogue, catalogue
from api.domain.day import utc_text
from api.domain.page_codes import address, written
from api.domain.posted import shown
from api.errors.request import Forbidden, NotFound
from api.records.notices import (
    HangingView,
    MayOnNotice,
    NoticePaper,
    ObjectionView,
    PostedFieldView,
    PostedMatter,
    PostedTable,
    PostedValue,
    PostedView,
    PostingView,
)
from storage.tables import NoticeHanging, Objection, PublicNotice

LOOK = "decision.look"


def postings(now: Catalogue) -> list[PostingView]:
    return [
        PostingView(
            matter=key,
            name=now.matter(key).name,
            fields=[PostedFieldView(**field.model_dump()) for field in posting.field],
        )
        for key, posting in now.postings.items()
        if key in now.matters
    ]


async def of_unit(session: AsyncSession, actor: Actor, unit_id: str, ended: bool) -> list[PostedView]:
    """What it says is public; who sees the desk's list has a right over its decisions. Raises NotFound, Forbidden."""
    path = await tree.path_of(session, unit_id)
    if not actor.subtrees(LOOK) & set(path):
        raise Forbidden(LOOK)
    rows = await of_units(session, await tree.subtree(session, [unit_id]), ended=ended)
    views = await views_of(session, actor, rows)
    return [view for view in views if ended or view.until_on is None or view.until_on > actor.on]


async def one(session: AsyncSession, actor: Actor, notice_id: str) -> PostedView:
    row = await session.get(PublicNotice, notice_id)
    if row is None or not actor.subtrees(LOOK) & set(await tree.path_of(session, row.unit_id)):
        raise NotFound(f"notice {notice_id}")
    return (await views_of(session, actor, [row]))[0]


async def paper(session: AsyncSession, actor: Actor, notice_id: str, site: str, pages: str = "") -> NoticePaper:
    """`site`: the address below which the public pages lie, `pages` the one of the hub's own."""
    view = await one(session, actor, notice_id)
    where = await public_pages.place(session, view.unit.id)
    page = f"{site}/{where.key}"
    codes = await public_pages.codes(session, {view.decision} if view.decision else set())
    last = None if view.until_on is None else (date.fromisoformat(view.until_on) - timedelta(days=1)).isoformat()
    # Level Q: it hangs in rain and sun for weeks.
    drawn = segno.make(page, error="q", micro=False).svg_data_uri(border=4, light="#fff", omitsize=True)
    own = picture(written(address(pages, "notice", notice_id), "notice", notice_id, 1, 1)) if pages else ""
    return NoticePaper(
        notice=view, above=where.village.above, last_on=last, code=codes.get(view.decision or ""), page=page, qr=drawn,
        own=own,
    )  # fmt: skip


async def views_of(session: AsyncSession, actor: Actor, rows: list[PublicNotice]) -> list[PostedView]:
    ids = [row.id for row in rows]
    objections = await objected(session, rows)
    tables = await tables_of(session, ids)
    units = await tree.refs(session, {row.unit_id for row in rows})
    seen: dict[str, list[HangingView]] = {each: [] for each in ids}
    for tick in await session.scalars(
        select(NoticeHanging).where(NoticeHanging.notice_id.in_(ids)).order_by(NoticeHanging.wall)
    ):
        seen[tick.notice_id].append(HangingView(on=tick.on, by=tick.seen_as, at=utc_text(tick.wall)))
    views = []
    for row in rows:
        rules = catalogue(row.rules_on)
        fields = {field.key: field for field in rules.postings[row.matter].field}
        at = await place(session, row)
        views.append(
            PostedView(
                id=row.id,
                unit=units[row.unit_id],
                matter=PostedMatter(key=row.matter, name=rules.matter(row.matter).name),
                decision=row.decision_id,
                step=row.step,
                title=row.title,
                fields=[
                    PostedValue(
                        key=key,
                        name=fields[key].name,
                        name_en=fields[key].name_en,
                        value=shown(fields[key].kind, value),
                    )
                    for key, value in row.fields.items()
                ],
                tables=[
                    PostedTable(id=each.id, name=each.title, bytes=each.bytes, sha256=each.sha256)
                    for each in tables[row.id]
                ],
                from_on=row.from_on,
                until_on=until_on(row, objections[row.id]),
                off_on=row.off_on,
                off_reason=row.off_reason,
                hangs=hangs(row, objections[row.id], actor.on),
                seen=seen[row.id],
                objections=len(objections[row.id]),
                unanswered=sum(until is None for _, until in objections[row.id]),
                may=MayOnNotice(write=actor.may(WRITE, at), supervise=actor.may(SUPERVISE, at)),
            )
        )
    return views


def objection_view(row: Objection, notice: PublicNotice) -> ObjectionView:
    return ObjectionView(
        id=row.id,
        notice=notice.id,
        title=notice.title,
        decision=notice.decision_id,
        step=notice.step,
        name=row.name,
        text=row.text,
        on=row.on,
        taken_by=row.taken_as,
        answer=row.answer,
        answered_on=row.answered_on,
        answered_by=row.answered_as,
    )
