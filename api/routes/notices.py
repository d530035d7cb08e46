"""The village's desk for what hangs in public: notices, ticks, objections, tables that are to be checked."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.responses import Response

from api.acts import notice_tables, objections
from api.acts import notice_views as views
from api.acts import notices as acts
from api.acts.archive import Archive
from api.domain import attachments
from api.domain.notice_tables import KINDS
from api.records.base import Id
from api.records.notices import (
    AttachmentAnswer,
    NewNotice,
    NewObjection,
    NoticeOff,
    NoticePaper,
    NoticeSeen,
    ObjectionAnswer,
    ObjectionView,
    PostedView,
    PostingView,
)
from api.routes.saved import to_save
from api.routes.signed import Signed, TheHouse
from storage.tables import PublicNotice

router = APIRouter(prefix="/api", tags=["notices"])
TABLE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The table as it came, to save",
        "content": {mime: {"schema": {"type": "string", "format": "binary"}} for mime in KINDS.values()},
    }
}


@router.get("/postings")
async def get_postings(actor: Signed) -> list[PostingView]:
    """What a notice of each matter says."""
    return views.postings(actor.catalogue)


@router.get("/units/{unit_id}/notices")
async def of_unit(unit_id: Id, actor: Signed, house: TheHouse, ended: bool = False) -> list[PostedView]:
    """The newest first. `ended`: with those whose days are over."""
    async with house.database.reading() as session:
        return await views.of_unit(session, actor, unit_id, ended)


@router.post("/units/{unit_id}/notices", status_code=201)
async def put_up(unit_id: Id, body: NewNotice, actor: Signed, house: TheHouse) -> PostedView:
    async with house.database.writing() as session:
        row = await acts.put_up(
            session, house.config.hub_id, actor, unit_id, body.matter, body.title, dict(body.fields), body.from_on,
            body.decision, body.step,
        )  # fmt: skip
        return (await views.views_of(session, actor, [row]))[0]


@router.post("/units/{unit_id}/notices/with-tables", status_code=201)
async def put_up_with_tables(
    unit_id: Id,
    actor: Signed,
    house: TheHouse,
    notice: Annotated[str, Form(max_length=100_000)],
    files: Annotated[list[UploadFile], File()],
) -> PostedView:
    """`notice`: JSON as it is put up without tables. All hangs, or nothing."""
    try:
        body = NewNotice.model_validate_json(notice)
    except ValidationError as error:
        within = [each | {"loc": ("notice", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(within) from error
    config = house.config
    archive = Archive(house.database, config.hub_id, config.spool, config.spool_limit_bytes)
    said = {
        "matter": body.matter, "title": body.title, "fields": dict(body.fields), "from_on": body.from_on,
        "decision_id": body.decision, "step": body.step,
    }  # fmt: skip
    tables = [(each.filename or "", await each.read()) for each in files]
    notice_id = await notice_tables.put_up(archive, actor, unit_id, said, tables)
    async with house.database.reading() as session:
        return await views.one(session, actor, notice_id)


@router.get("/notices/{notice_id}/tables/{table_id}", response_class=Response, responses=TABLE)
async def get_table(notice_id: Id, table_id: Id, actor: Signed, house: TheHouse) -> Response:
    """Also after the notice's days are over."""
    async with house.database.reading() as session:
        kept = await notice_tables.of_desk(session, house.config.spool, actor, notice_id, table_id)
    return await to_save(kept, house.objects, {"Cache-Control": "private, no-store"})


@router.get("/units/{unit_id}/objections")
async def objections_of(unit_id: Id, actor: Signed, house: TheHouse) -> list[ObjectionView]:
    """For the village's own desk and its supervisors."""
    async with house.database.reading() as session:
        found = await objections.of_unit(session, actor, unit_id)
        return [views.objection_view(*each) for each in found]


@router.get("/notices/{notice_id}")
async def get_notice(notice_id: Id, actor: Signed, house: TheHouse) -> PostedView:
    async with house.database.reading() as session:
        return await views.one(session, actor, notice_id)


@router.get("/notices/{notice_id}/paper")
async def get_paper(notice_id: Id, actor: Signed, house: TheHouse) -> NoticePaper:
    """The sheet for the board, with the code that opens the village's page."""
    site = house.config.notices_url or f"{house.config.public_url}/public"
    async with house.database.reading() as session:
        return await views.paper(session, actor, notice_id, site.rstrip("/"), house.site)


@router.post("/notices/{notice_id}/off")
async def take_off(notice_id: Id, body: NoticeOff, actor: Signed, house: TheHouse) -> PostedView:
    async with house.database.writing() as session:
        row = await acts.take_off(session, house.config.hub_id, actor, notice_id, body.on, body.reason)
        return (await views.views_of(session, actor, [row]))[0]


@router.post("/notices/{notice_id}/seen", status_code=201)
async def seen(notice_id: Id, body: NoticeSeen, actor: Signed, house: TheHouse) -> PostedView:
    """The supervisor's tick: it hung on the board that day."""
    async with house.database.writing() as session:
        row = await acts.seen_hanging(session, house.config.hub_id, actor, notice_id, body.on)
        return (await views.views_of(session, actor, [row]))[0]


@router.post("/notices/{notice_id}/objections", status_code=201)
async def take_objection(notice_id: Id, body: NewObjection, actor: Signed, house: TheHouse) -> ObjectionView:
    """Said to a supervisor, who need not say by whom."""
    async with house.database.writing() as session:
        found = await objections.object_to_supervisor(
            session, house.config.hub_id, actor, notice_id, body.name, body.text
        )
        return views.objection_view(found, await session.get_one(PublicNotice, notice_id))


@router.post("/objections/{objection_id}/answer")
async def answer(objection_id: Id, body: ObjectionAnswer, actor: Signed, house: TheHouse) -> ObjectionView:
    async with house.database.writing() as session:
        found = await objections.answer(session, house.config.hub_id, actor, objection_id, body.answer)
        return views.objection_view(found, await session.get_one(PublicNotice, found.notice_id))


@router.post("/notices/attachment")
async def check_attachment(_: Signed, file: Annotated[UploadFile, File()]) -> AttachmentAnswer:
    """Whether a table (.xlsx, .docx, .csv) may hang: 422 with `places` where a number of a person stands in it."""
    data = await file.read()
    return AttachmentAnswer(looked=await asyncio.to_thread(attachments.check, file.filename or "", data))
