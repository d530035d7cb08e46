"""Papers of decisions, meetings and notices: what stands on them, and as documents."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import Response

from api.acts import sheets as acts
from api.domain.papers import Kind
from api.house import House
from api.records.base import Id
from api.records.sheets import Sheet
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api/papers", tags=["papers"])

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The document", "content": {DOCX: {"schema": {"type": "string", "format": "binary"}}}}
}


def sites(house: House) -> acts.Sites:
    return acts.Sites(house.site, (house.config.notices_url or f"{house.site}/public").rstrip("/"))


@router.get("/{kind}/{subject}")
async def get_sheet(kind: Kind, subject: Id, actor: Signed, house: TheHouse) -> Sheet:
    """What stands on it. `subject`: a decision for `record` and `dossier`, a meeting for `minutes` and `roster`, an
    agenda item for `ballot` and `tally`, a notice for `notice`."""
    return await acts.sheet(house.database, house.config.hub_id, sites(house), actor, kind, subject, "page")


@router.get("/{kind}/{subject}/docx", response_class=Response, responses=DOCUMENT)
async def get_document(kind: Kind, subject: Id, actor: Signed, house: TheHouse) -> Response:
    """The same as a document (.docx), by the county's own template where it has one."""
    found = await acts.sheet(house.database, house.config.hub_id, sites(house), actor, kind, subject, "docx")
    data = await house.documents.make(found)
    name = quote(f"{found.name} {found.title}", safe="")
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f"attachment; filename={kind}.docx; filename*=UTF-8''{name}.docx",
    }
    return Response(data, 200, headers, DOCX)
