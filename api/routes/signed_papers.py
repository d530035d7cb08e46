"""Signed papers: photographs of their pages handed in, given back, and what is still awaited."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.acts import awaited_papers, page_hand_in, paper_signing, signed_papers
from api.acts.archive import Archive
from api.acts.page_photos import MIMES
from api.domain.page_codes import MOST_PAGES, PageCode
from api.domain.papers import Kind
from api.errors.request import BadRequest
from api.house import House
from api.records.base import Id
from api.records.signed import NewSignature, PageHandedIn, SignedPaperView
from api.routes.bytes import stream
from api.routes.signed import Signed, TheHouse

router = APIRouter(tags=["papers"])
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture as it came, or the strokes of a signature",
        "content": {
            mime: {"schema": {"type": "string", "format": "binary"}} for mime in (*MIMES.values(), paper_signing.MIME)
        },
    }
}


def archive(house: House) -> Archive:
    return Archive(house.database, house.config.hub_id, house.config.spool, house.config.spool_limit_bytes)


@router.post("/api/signed-pages", status_code=201)
async def hand_in_page(
    actor: Signed,
    house: TheHouse,
    file: Annotated[UploadFile, File()],
    kind: Annotated[Kind | None, Form()] = None,
    subject: Annotated[Id | None, Form()] = None,
    number: Annotated[int | None, Form(ge=1, le=MOST_PAGES)] = None,
    of: Annotated[int | None, Form(ge=1, le=MOST_PAGES)] = None,
) -> PageHandedIn:
    """A photograph of one page. It finds its place by the code on it; where there is none, the form says all four."""
    said = (kind, subject, number, of)
    by_hand = None
    if any(each is not None for each in said):
        if kind is None or subject is None or number is None or of is None or number > of:
            raise BadRequest("kind, subject, number and of")
        by_hand = PageCode(kind, subject, number, of)
    return await page_hand_in.hand_in(archive(house), house.page_photos, actor, await file.read(), by_hand)


@router.get("/api/signed-pages/{page_id}", response_class=Response, responses=PICTURE)
async def get_page(page_id: Id, actor: Signed, house: TheHouse) -> Response:
    """The photograph; each look is on record."""
    piece, mime = await page_hand_in.give(archive(house), actor, page_id)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": "inline",
        "Content-Length": str(piece.size),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return StreamingResponse(await stream(piece, house.objects, 0, piece.size), 200, headers, mime)


@router.get("/api/papers/{kind}/{subject}/signed")
async def get_signed(kind: Kind, subject: Id, actor: Signed, house: TheHouse) -> SignedPaperView:
    """What came back of a paper, and which pages are missing."""
    return await signed_papers.of_paper(house.database, actor, kind, subject)


@router.post("/api/papers/{kind}/{subject}/signatures", status_code=201)
async def sign_paper(
    kind: Kind, subject: Id, body: NewSignature, actor: Signed, house: TheHouse, request: Request
) -> SignedPaperView:
    """On the screen: one's own signature, or, at the minute taker's device, that of a person of the roster."""
    agent = request.headers.get("user-agent", "")
    return await paper_signing.sign(archive(house), actor, kind, subject, body, agent)


@router.get("/api/decisions/{decision_id}/signed-papers")
async def get_signed_of_decision(decision_id: Id, actor: Signed, house: TheHouse) -> list[SignedPaperView]:
    """Papers of the record of which something came back."""
    return await signed_papers.of_decision(house.database, actor, decision_id)


@router.get("/api/meetings/{meeting_id}/signed-papers")
async def get_signed_of_meeting(meeting_id: Id, actor: Signed, house: TheHouse) -> list[SignedPaperView]:
    return await signed_papers.of_meeting(house.database, actor, meeting_id)


@router.get("/api/desk/village/papers")
async def get_awaited(actor: Signed, house: TheHouse) -> list[SignedPaperView]:
    """Signed sheets of the villages' meetings of the last weeks that did not come back yet, or not whole."""
    return await awaited_papers.awaited(house.database, actor)
