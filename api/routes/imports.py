"""The import of people: the template, a dry run, the real one."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from starlette.responses import Response

from api.acts.import_people import check_clean, import_people
from api.domain.people_sheet import TextRow
from api.records.people import ImportAnswer
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api/import", tags=["import"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get(
    "/template.xlsx",
    response_class=Response,
    responses={
        200: {"description": "The workbook", "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}
    },
)
async def get_template(_: Signed) -> Response:
    data = await asyncio.to_thread(_template)
    return Response(data, 200, {"Content-Disposition": 'attachment; filename="people.xlsx"'}, XLSX)


@router.post("")
async def take(actor: Signed, house: TheHouse, file: Annotated[UploadFile, File()], dry: bool = True) -> ImportAnswer:
    """`dry=true` (the default) says what would happen. With one wrong line nothing is imported: 422 with `errors`."""
    data = await file.read()
    sheets = await asyncio.to_thread(_read, data)
    answer = await import_people(house.database, actor, house.config.hub_id, sheets, dry)
    check_clean(answer)
    return answer


# openpyxl takes a tenth of the process's start; most hubs import people once a term.
def _template() -> bytes:
    from api.acts.people_book import template

    return template()


def _read(data: bytes) -> dict[str, list[TextRow]]:
    from api.acts.people_book import read_book

    return read_book(data)
