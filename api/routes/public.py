"""The public pages: for anybody, without sign-in, script or cookie; not for search engines."""

import time
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.acts import notice_tables
from api.acts import public_pages as acts
from api.acts.objections import object_on_page
from api.domain.day import day_of
from api.domain.public_page import Links, form, index_pages, policy, said, village_pages
from api.errors.recordings import NotPlayable
from api.errors.request import ApiError, NotFound, WrongMediaType
from api.routes.address import address_of
from api.routes.saved import to_save
from api.routes.signed import TheHouse

router = APIRouter(include_in_schema=False)

ROBOTS = "User-agent: *\nDisallow: /\n"
HEADERS = {
    "Content-Security-Policy": policy("'self'") + "; frame-ancestors 'none'",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}
FORM = "application/x-www-form-urlencoded"


@router.get("/robots.txt")
async def robots() -> Response:
    return Response(ROBOTS, media_type="text/plain")


@router.get("/public")
async def index(house: TheHouse, page: str = "1") -> Response:
    async with house.database.reading() as session:
        rows = [(town, name, f"/public/{key}", 0) for town, name, key in await acts.villages(session)]
    links = Links(page=lambda number: f"/public?page={number}", objection=lambda _: None)
    return _one(index_pages(rows, links), page)


@router.get("/public/{key}")
async def village(key: str, house: TheHouse, page: str = "1") -> Response:
    try:
        async with house.database.reading() as session:
            place = await acts.place(session, key)
            items = await acts.items(session, place.units, day_of(time.time_ns()))
    except NotFound:
        return _html(said("没有这个页面", "没有找到这个村、社区的公示页，请核对网址。", "/public"), 404)
    if place.key != key and place.unit_id != key:
        return RedirectResponse(f"/public/{place.key}", 302, HEADERS)
    home = f"/public/{place.key}"
    links = Links(
        lambda n: f"{home}?page={n}", lambda notice: f"{home}/object?notice={notice}", "/public",
        table=lambda file: f"{home}/tables/{file}",
    )  # fmt: skip
    return _one(village_pages(place.village, items, links), page)


@router.get("/public/{key}/tables/{file}")
async def table(key: str, file: str, house: TheHouse) -> Response:
    """A table that hangs with a notice, as a file to save, as long as the notice hangs."""
    back = f"/public/{_plain(key)}"
    try:
        async with house.database.reading() as session:
            place = await acts.place(session, key)
            kept = await notice_tables.hanging(session, house.config.spool, place.units, file, day_of(time.time_ns()))
        return await to_save(kept, house.objects, HEADERS)
    except NotFound:
        return _html(said("没有这个附表", "该公示已经结束，或网址不对。", back), 404)
    except NotPlayable:
        return _html(said("附表暂时取不到", "正在从存储中恢复，请过几分钟再试。", back), 503)


@router.get("/public/{key}/object")
async def objection_form(key: str, house: TheHouse, notice: str = "") -> Response:
    try:
        async with house.database.reading() as session:
            place = await acts.place(session, key)
            item = await acts.item(session, place.units, notice, day_of(time.time_ns()))
    except NotFound:
        return _html(said("没有这项公示", "该公示已经结束，或网址不对。", f"/public/{_plain(key)}"), 404)
    return _html(form(place.village, item, f"/public/{place.key}/object", f"/public/{place.key}"))


@router.post("/public/{key}/object")
async def take_objection(key: str, request: Request, house: TheHouse) -> Response:
    """No cookie says who it is, so it may come from a page that lies elsewhere."""
    back = f"/public/{_plain(key)}"
    try:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise WrongMediaType
        fields = _fields(await request.body())
        async with house.database.writing() as session:
            place = await acts.place(session, key)
            found = await object_on_page(
                session, house.config.hub_id, set(place.units), fields.get("notice", ""), fields.get("name", ""),
                fields.get("text", ""), address_of(request),
            )  # fmt: skip
    except ApiError as error:
        if error.status >= 500:
            raise
        return _html(said("没有提交成功", f"{error.zh}。按返回键可以接着修改。", back), error.status)
    words = f"异议已收到，编号 {found.id[-6:].upper()}。村里须书面答复；答复前，公示不结束。"
    return _html(said("已收到您的异议", words, back), 201)


def _fields(body: bytes) -> dict[str, str]:
    if b"%00" in body or b"\0" in body:  # as in an address (`routes/guards`): PostgreSQL takes no NUL
        return {}
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=10, errors="strict"))
    except ValueError:
        return {}


def _plain(key: str) -> str:
    return key if key.isalnum() or key.replace("_", "").isalnum() else ""


def _one(pages: list[bytes], page: str) -> Response:
    number = int(page) if page.isdecimal() and len(page) < 5 else 1
    return _html(pages[min(max(number, 1), len(pages)) - 1])


def _html(body: bytes, status: int = 200) -> Response:
    return Response(body, status, HEADERS, "text/html; charset=utf-8")
