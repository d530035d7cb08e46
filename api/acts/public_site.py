"""The public pages of all villages as files: names and bytes, with links from file to file.

No address of the hub stands in them but the form's for objections, where users reach the hub under a name.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from sqlalchemy import select

from api.acts import public_pages as acts
from api.acts.notice_tables import Kept, hanging
from api.domain.public_page import Links, index_pages, policy, said, village_pages
from api.errors.request import NotFound
from storage.database import Database
from storage.tables import Unit, UnitAttributes

NOTHING_SENT = policy("'none'")  # the form is the hub's
MERGED = "该村、社区已经合并，公示见合并后的页面。"
ROBOTS = b"User-agent: *\nDisallow: /\n"


@dataclass(slots=True)
class Site:
    pages: dict[str, bytes]
    tables: dict[str, Kept] = field(default_factory=dict)  # that hang with notices; beside their page


async def site(database: Database, spool: Path, today: str, hub: str) -> Site:
    """`hub`: https://host:port, or empty: then there is no form. A short transaction for each village."""
    meta = f'<meta http-equiv="Content-Security-Policy" content="{escape(NOTHING_SENT)}">'
    files = {"robots.txt": ROBOTS}
    tables: dict[str, Kept] = {}
    rows = []
    async with database.reading() as session:
        found = await acts.villages(session)
        merged = (
            await session.execute(
                select(UnitAttributes.code, Unit.successor_id)
                .join(Unit, Unit.id == UnitAttributes.unit_id)
                .where(Unit.successor_id.is_not(None), UnitAttributes.code.is_not(None))
            )
        ).all()
    for town, name, key in found:
        async with database.reading() as session:
            place = await acts.place(session, key)
            items = await acts.items(session, place.units, today)
            for each in [table for item in items for table in item.tables]:
                tables[f"{key}/{each.file}"] = await hanging(session, spool, place.units, each.file, today)
        links = Links(_page("index"), _form(hub, key), "../index.html", meta)
        for number, page in enumerate(village_pages(place.village, items, links), 1):
            files[f"{key}/{_page('index')(number)}"] = page
        rows.append((town, name, f"{key}/index.html", len(items)))
    for number, page in enumerate(index_pages(rows, Links(_page("index"), lambda _: None, None, meta)), 1):
        files[_page("index")(number)] = page
    for code, successor in merged:
        try:
            async with database.reading() as session:
                key = (await acts.place(session, f"{successor}")).key
        except NotFound:
            continue
        if f"{key}/index.html" in files and f"{code}/index.html" not in files:
            # A code that was printed before the merger still leads to what hangs.
            files[f"{code}/index.html"] = said("已经合并", MERGED, f"../{key}/index.html", meta)
    return Site(files, tables)


def _page(name: str) -> Callable[[int], str]:
    return lambda number: f"{name}.html" if number == 1 else f"{name}-{number}.html"


def _form(hub: str, key: str) -> Callable[[str], str | None]:
    return lambda notice: f"{hub}/public/{key}/object?notice={notice}" if hub else None
