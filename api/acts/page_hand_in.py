"""Signed pages come back: a photograph finds its place by the code on it, or is given one by hand, and is sealed.

The photograph is kept as it came, by the ritual and under lock as other evidence; its hash stands on the chain of each
record that the paper belongs to, of a meeting without any on the meeting's own of what came later. Each look is on the
hub's chain first.
"""

import asyncio
import time

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.archive import Archive
from api.acts.decision_entries import add_entry
from api.acts.hub_log import log_to_hub
from api.acts.page_photos import PagePhotos
from api.acts.plans import seal
from api.acts.recording_streams import Piece
from api.acts.signed_papers import PHOTO, RIGHTS, Paper, paper_of, views
from api.domain import page_codes
from api.domain.page_codes import PageCode
from api.domain.papers import PAPERS
from api.errors.papers import (
    PageAnother,
    PageBrokenCode,
    PageForeignCode,
    PageNoCode,
    PageNoNumber,
    PageSeveral,
    PageUnknown,
    PageUsed,
)
from api.errors.request import Forbidden, NotFound
from api.records.signed import PageHandedIn
from storage import receiving
from storage.chained import PAPER_PAGE
from storage.ids import new_id
from storage.ledger import append, open_chain
from storage.sealing import Sealed, remove_sealed
from storage.tables import Decision, SignedPaper

FOLDER = "signed"
SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "image/svg+xml": "svg"}


async def hand_in(
    archive: Archive, photos: PagePhotos, actor: Actor, data: bytes, by_hand: PageCode | None
) -> PageHandedIn:
    """Raises PhotoUnfit, PhotoBusy, Forbidden, NoRoom, what a code is refused for, PageAnother, PageUnknown and
    PageUsed."""
    if not any(actor.subtrees(each) for rights in RIGHTS.values() for each in rights):
        raise Forbidden("meeting.minute")
    photo = await photos.look(data)
    page = _page(photo.codes) if by_hand is None else _by_hand(photo.codes, by_hand)
    async with archive.database.reading() as session:
        await _paper(session, actor, page)
    await asyncio.to_thread(receiving.check_room, archive.spool, len(data), archive.limit)
    page_id = new_id("pge")
    name = f"{FOLDER}/{page.subject}/{page_id}.{SUFFIX[photo.mime]}"
    facts = {"page": page_id, "paper": page.kind, "of": page.subject, "mime": photo.mime}
    sealed = await asyncio.to_thread(seal, archive.spool, name, data, facts)
    try:
        async with archive.database.writing() as session:
            paper, right = await _paper(session, actor, page)
            await _unused(session, page, sealed.sha256)
            row = SignedPaper(
                id=page_id, form=PHOTO, kind=page.kind, subject=page.subject, unit_id=paper.unit_id,
                number=page.number, pages=page.of, placed="hand" if by_hand else "code", mime=photo.mime,
                name=name, user_id=actor.user_id, user_as=actor.signs(right, paper.place), state="sealed",
                chains=chains(archive, paper), received_wall=time.time_ns(), **_bytes(sealed),
            )  # fmt: skip
            session.add(row)
            await session.flush()
            where = {"number": page.number, "pages": page.of, "placed": row.placed}
            await enter(session, archive, row, PAPER_PAGE, {**where, **actor.by(right, paper.place)})
            paper_now = (await views(session, actor, [paper]))[0]
            return PageHandedIn(page=next(each for each in paper_now.pages if each.id == page_id), paper=paper_now)
    except (
        Forbidden,
        PageUnknown,
        PageUsed,
    ):  # it never was a page; what else fails may have been written all the same
        await asyncio.to_thread(remove_sealed, archive.spool, name)
        raise


def _read(codes: tuple[str, ...]) -> tuple[set[PageCode], bool]:
    """Pages that are named, and whether one that looks like a page's is not as it was printed."""
    found, broken = set(), False
    for text in codes:
        try:
            found.add(page_codes.read(text))
        except page_codes.BrokenPageCode:
            broken = True
        except page_codes.NoPageCode:
            continue
    return found, broken


def _by_hand(codes: tuple[str, ...], said: PageCode) -> PageCode:
    """What is said holds where no code can be read, or one says the same. Raises PageAnother."""
    found, _ = _read(codes)
    if found and said not in found and PageCode(said.kind, said.subject) not in found:
        raise PageAnother(f"{said.kind} {said.subject}, page {said.number}")
    return said


def _page(codes: tuple[str, ...]) -> PageCode:
    """Of which page the photograph is. Raises what its codes are refused for."""
    found, broken = _read(codes)
    if len(found) > 1:
        raise PageSeveral(f"{len(found)} pages")
    for page in found:
        if page.number is None:
            raise PageNoNumber(page.subject, kind=page.kind, subject=page.subject)
        return page
    raise PageBrokenCode() if broken else PageForeignCode() if codes else PageNoCode()


async def _unused(session: AsyncSession, page: PageCode, sha256: str) -> None:
    """The same photograph is no other page's, nor another meeting's; sent again it is the same page's. Raises
    PageUsed."""
    same = select(SignedPaper).where(SignedPaper.sha256 == sha256, SignedPaper.form == PHOTO)
    for row in await session.scalars(same):
        if (row.kind, row.subject, row.number) != (page.kind, page.subject, page.number):
            raise PageUsed(f"{page.kind} {page.subject}, page {page.number}")


async def _paper(session: AsyncSession, actor: Actor, page: PageCode) -> tuple[Paper, str]:
    """And the right by which its pages are handed in. Raises PageUnknown, Forbidden."""
    if page.kind not in page_codes.HANDED_IN:
        raise PageUnknown(f"{page.kind} {page.subject}")
    try:
        paper = await paper_of(session, actor, page.kind, page.subject)
    except NotFound as error:
        raise PageUnknown(f"{page.kind} {page.subject}") from error
    right = paper.right(actor)
    if right is None:
        raise Forbidden(RIGHTS[page.kind][0])
    return paper, right


def chains(archive: Archive, paper: Paper) -> list[list[str]]:
    of_none = ["delivered", paper.meeting] if paper.meeting else ["hub", archive.hub_id]
    return [["decision", each] for each in paper.decisions] or [of_none]


async def enter(session: AsyncSession, archive: Archive, row: SignedPaper, kind: str, said: dict[str, object]) -> None:
    """On each of its chains: what was signed, the hashes, who brought it."""
    payload = {
        "file": row.id, "paper": row.kind, "of": row.subject, "name": PAPERS[row.kind].name,  # type: ignore[index]
        "mime": row.mime, "bytes": row.bytes, "sha256": row.sha256, "sm3": row.sm3, "by_name": row.user_as, **said,
    }  # fmt: skip
    for of, subject in row.chains:
        if of == "decision":
            decision = await session.get_one(Decision, subject, with_for_update=True)
            await add_entry(session, decision, kind, payload)
        elif of == "delivered":
            await append(session, await open_chain(session, of, subject), kind, payload)
        else:
            await log_to_hub(session, subject, kind, payload)


def _bytes(sealed: Sealed) -> dict[str, object]:
    return {"bytes": sealed.bytes, "sha256": sealed.sha256, "sm3": sealed.sm3}


async def give(archive: Archive, actor: Actor, page_id: str) -> tuple[Piece, str]:
    """And its media type, to who may see its paper. Raises NotFound, Forbidden."""
    async with archive.database.writing() as session:
        row = await session.get(SignedPaper, page_id)
        if row is None:
            raise NotFound(f"page {page_id}")
        try:
            await paper_of(session, actor, row.kind, row.subject)  # type: ignore[arg-type]  # one of them
        except NotFound as error:
            raise NotFound(f"page {page_id}") from error
        said = {"user": actor.user_id, "page": row.id, "paper": row.kind, "of": row.subject, "sha256": row.sha256}
        await log_to_hub(session, archive.hub_id, "paper-page-looked", said)
        return Piece(row.id, "", archive.spool, row.name, row.bytes, 0, 0, False, row.name, row.version), row.mime
