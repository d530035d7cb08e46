"""The built pages: hashed files for a year, everything else the one index.html (the pages route by themselves)."""

import asyncio
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse, Response

from api.errors.request import NotFound
from api.house import House
from api.routes.signed import TheHouse

router = APIRouter(include_in_schema=False)

NOT_BUILT = "<!doctype html><meta charset=utf-8><title>会录</title><p>页面尚未构建，请执行 make setup。</p>"
OURS = ("api", "trust")  # an unknown address below these is no page


@router.get("/{path:path}")
async def page(path: str, house: TheHouse) -> Response:
    if path.partition("/")[0] in OURS:
        raise NotFound(path)
    found = await asyncio.to_thread(_find, house, path)
    if found is None:
        return HTMLResponse(NOT_BUILT, 503)
    if found.name == "index.html":
        return FileResponse(found, headers={"Cache-Control": "no-cache"})
    lasting = path.startswith("assets/")
    return FileResponse(found, headers={"Cache-Control": f"public, max-age={31536000 if lasting else 3600}"})


def _find(house: House, path: str) -> Path | None:
    dist = house.config.web_dist.resolve()
    try:
        wanted = (dist / path).resolve()
        if path and wanted.is_relative_to(dist) and wanted.is_file():
            return wanted
    except (OSError, ValueError):
        pass
    if path.startswith("assets/"):
        raise NotFound(path)
    index = dist / "index.html"
    return index if index.is_file() else None
