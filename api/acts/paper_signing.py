"""A paper signed on a screen: by who is signed in, or by a person of the roster at the minute taker's device.

What is kept is the strokes, and the SHA-256 of the canonical bytes of what stood on the paper at that moment: who signs
names the version that he read, and one that was changed meanwhile is refused. A later change leaves the signature with
the version that was signed. It is sealed, locked and entered as a photographed page is.
"""

import asyncio
import time
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.archive import Archive
from api.acts.page_hand_in import FOLDER, chains, enter
from api.acts.plans import seal
from api.acts.roster import beside, due
from api.acts.sheets import Sites, gather, part_of
from api.acts.signed_papers import SCREEN, SIGNED_HERE, Paper, paper_of, views
from api.domain import signature
from api.domain.device import device_of
from api.domain.papers import PAPERS, Kind
from api.errors.papers import NotSignedHere, PaperChanged, SignatureEmpty, SignerUnknown
from api.errors.request import ApiError, Forbidden
from api.records.signed import NewSignature, SignedPaperView
from storage import receiving
from storage.chained import PAPER_SIGNED
from storage.clock import rfc3339
from storage.ids import new_id
from storage.sealing import remove_sealed
from storage.tables import SignedPaper

MIME = "image/svg+xml"
ROSTERED: tuple[Kind, ...] = ("minutes", "roster")  # papers of a meeting, which has a roster
_DAY = "日期"  # has its line on paper, and is nobody


@dataclass(frozen=True, slots=True)
class Signer:
    name: str
    person_id: str | None
    own: bool  # on his own account
    right: str


async def sign(
    archive: Archive, actor: Actor, kind: Kind, subject: str, new: NewSignature, agent: str
) -> SignedPaperView:
    """Raises NotFound, Forbidden, NotSignedHere, SignerUnknown, SignatureEmpty, PaperChanged, NoRoom."""
    async with archive.database.reading() as session:
        paper, signer = await _signer(session, actor, kind, subject, new)
    if signature.long(new.strokes) < signature.LEAST_LONG:
        raise SignatureEmpty
    device, now, row_id = device_of(agent), time.time_ns(), new_id("sig")
    says = {
        "id": row_id, "paper": kind, "of": subject, "document-sha256": new.document, "signer": signer.name,
        "place": new.place or "", "at": rfc3339(now),
    }  # fmt: skip
    data = signature.svg(new.strokes, new.width, new.height, says)
    await asyncio.to_thread(receiving.check_room, archive.spool, len(data), archive.limit)
    name = f"{FOLDER}/{subject}/{row_id}.svg"
    sealed = await asyncio.to_thread(seal, archive.spool, name, data, {"paper": kind, "of": subject, "mime": MIME})
    try:
        async with archive.database.writing() as session:
            paper, signer = await _signer(session, actor, kind, subject, new)
            if (await gather(session, actor, Sites("", ""), kind, subject)).digest != new.document:
                raise PaperChanged
            row = SignedPaper(
                id=row_id, form=SCREEN, kind=kind, subject=subject, unit_id=paper.unit_id, signer=signer.name,
                placed=None if signer.own else "hand", signer_id=signer.person_id, place=new.place,
                document=new.document,
                device=f"{device.system} {device.browser}", mime=MIME, bytes=sealed.bytes, sha256=sealed.sha256,
                sm3=sealed.sm3, name=name, chains=chains(archive, paper), user_id=actor.user_id,
                user_as=actor.signs(signer.right, paper.place), received_wall=now, state="sealed",
            )  # fmt: skip
            session.add(row)
            await session.flush()
            said = {
                "signer": signer.name, "person": signer.person_id, "own": signer.own, "place": new.place,
                "document": new.document, "device": row.device,
            }  # fmt: skip
            await enter(session, archive, row, PAPER_SIGNED, {**said, **actor.by(signer.right, paper.place)})
            return (await views(session, actor, [paper]))[0]
    except ApiError:  # it never was a signature
        await asyncio.to_thread(remove_sealed, archive.spool, name)
        raise


async def _signer(
    session: AsyncSession, actor: Actor, kind: Kind, subject: str, new: NewSignature
) -> tuple[Paper, Signer]:
    paper = await paper_of(session, actor, kind, subject)
    if kind not in SIGNED_HERE:
        raise NotSignedHere(kind)
    if new.place is not None and (new.place not in PAPERS[kind].signs or new.place == _DAY):
        raise NotSignedHere(new.place)
    if new.person is None:
        return paper, Signer(actor.name, actor.person_id, True, "people.look")
    right = paper.right(actor)
    if right is None:
        raise Forbidden("meeting.minute")
    if kind not in ROSTERED:
        raise SignerUnknown(new.person)
    _, part = await part_of(session, actor, subject)
    rows = await due(session, actor.catalogue, part)
    rows += await beside(session, actor.catalogue, part, rows)
    person = next((person for _, person in rows if person.id == new.person), None)
    if person is None:
        raise SignerUnknown(new.person)
    return paper, Signer(person.name, person.id, False, right)
