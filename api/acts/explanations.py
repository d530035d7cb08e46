"""Technical gaps of a closed recording are explained in writing by who chaired, and countersigned by a supervisor;
nothing waits for it. Entries go to the chain of what came later to the recording, as its own is closed by then."""

import time
from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.coverage_of import gap_view
from api.acts.meeting_access import Access, access_of
from api.acts.meeting_views import hidden_spans
from api.acts.persons import same_person
from api.acts.recording_access import open_recording, refused
from api.acts.secluded import secluded_from
from api.acts.spoken import spoken_as
from api.domain.catalogue import catalogue
from api.domain.day import utc_text
from api.domain.entries import Judging
from api.domain.technical import technical
from api.errors.recordings import GapNotWaiting, OwnExplanation
from api.errors.request import Forbidden, NotFound
from api.records.gaps import ExplanationView, GapsView, NewExplanation, TechnicalGap, WaitingGaps
from recorder.spans import Spans
from storage.chained import COUNTERSIGNED, EXPLANATION, RESTS_ON
from storage.database import Database
from storage.ids import new_id
from storage.ledger import append, last_checkpoint, open_chain
from storage.statements import countersigned_statement, explanation_statement, rests_on
from storage.tables import Break, Countersignature, ExplainedGap, Explanation, Gap, Meeting, Recording, Track

EXPLAIN, COUNTERSIGN, CHAIR = "gap.explain", "gap.countersign", "meeting.chair"
LISTED = 50


async def explain(database: Database, actor: Actor, recording_id: str, new: NewExplanation) -> None:
    """One text for one gap or several. What was said but not countersigned may be said anew; then that counts. Raises
    Forbidden, GapNotWaiting."""
    async with database.writing() as session:
        recording, access = await open_recording(session, actor, recording_id)
        await session.refresh(recording, with_for_update=True)
        right = _explains(actor, access)
        if right is None:
            raise Forbidden(EXPLAIN)
        said = await spoken_as(session, actor, right, access)
        gaps = {gap.id: gap for gap in await _technical(session, recording, access.meeting)}
        signed = await session.scalars(
            select(ExplainedGap.gap_id)
            .join(Countersignature, Countersignature.explanation_id == ExplainedGap.explanation_id)
            .where(ExplainedGap.gap_id.in_(list(gaps)))
        )
        waiting = gaps.keys() - set(signed)
        wanted = sorted(set(new.gaps))
        if not waiting.issuperset(wanted):
            raise GapNotWaiting
        row = Explanation(
            id=new_id("exp"), recording_id=recording_id, text=new.text, explained_by=actor.user_id, explained_as=said,
            explained_wall=time.time_ns(),
        )  # fmt: skip
        session.add(row)
        await session.flush()
        session.add_all(ExplainedGap(explanation_id=row.id, gap_id=gap) for gap in wanted)
        await session.flush()
        ground = await last_checkpoint(session, recording.chain_id)
        more: dict[str, Any] = {RESTS_ON: [rests_on(ground)]} if ground is not None else {}
        statement = explanation_statement(row, [gaps[gap] for gap in wanted])
        chain = await open_chain(session, "delivered", recording_id)
        await append(session, chain, EXPLANATION, statement | access.by(actor, right) | more)


async def countersign(database: Database, actor: Actor, recording_id: str, explanation_id: str) -> None:
    """Once; pressed again it changes nothing. Raises Forbidden, NotFound, OwnExplanation."""
    async with database.writing() as session:
        recording, access = await open_recording(session, actor, recording_id)
        await session.refresh(recording, with_for_update=True)
        said = await spoken_as(session, actor, COUNTERSIGN, access)
        row = await session.get(Explanation, explanation_id)
        if row is None or row.recording_id != recording_id:
            raise NotFound(f"explanation {explanation_id}")
        if await same_person(session, actor, row.explained_by, row.explained_wall):
            raise OwnExplanation
        if await session.get(Countersignature, explanation_id) is not None:
            return
        signed = Countersignature(
            explanation_id=explanation_id, signed_by=actor.user_id, signed_as=said, signed_wall=time.time_ns()
        )
        session.add(signed)
        await session.flush()
        chain = await open_chain(session, "delivered", recording_id)
        await append(session, chain, COUNTERSIGNED, countersigned_statement(signed) | access.by(actor, COUNTERSIGN))


async def gaps_of(database: Database, actor: Actor, recording_id: str) -> GapsView:
    """Those that are to be explained, and what was said. Of a part that he may not see the reader gets no text."""
    async with database.reading() as session:
        recording, access = await open_recording(session, actor, recording_id)
        secluded = (await secluded_from(session, actor, [recording_id])).get(recording_id, [])
        hidden = await hidden_spans(session, actor, access) + secluded
        gaps = await _technical(session, recording, access.meeting)
        explanations = await _explanations(session, recording_id)
        newest = {gap: (row, signed) for row, signed, of in explanations for gap in of}
        by_id = {gap.id: gap for gap in gaps}
        tracks = await session.execute(select(Track.id, Track.kind).where(Track.recording_id == recording_id))
        kinds: dict[str, str] = {track: kind for track, kind in tracks}
        return GapsView(
            above_ms=_judging(access.meeting).explained_above_ms,
            gaps=[_gap(gap, kinds.get(gap.track_id or ""), *newest.get(gap.id, (None, None))) for gap in gaps],
            explanations=[
                await _view(session, actor, access, row, signed, of, [by_id[gap] for gap in of if gap in by_id], hidden)
                for row, signed, of in explanations
            ],
            may_explain=_explains(actor, access) is not None,
        )


async def waiting(database: Database, actor: Actor) -> list[WaitingGaps]:
    """Where he has something to explain or to countersign: in his villages, and in meetings that he opened."""
    async with database.reading() as session:
        units = await tree.subtree(session, actor.subtrees(EXPLAIN) | actor.subtrees(COUNTERSIGN))
        least = actor.catalogue.judging
        signed = exists().where(
            ExplainedGap.gap_id == Gap.id, Countersignature.explanation_id == ExplainedGap.explanation_id
        )
        rows = await session.execute(
            select(Recording, Meeting)
            .join(Meeting, Meeting.id == Recording.meeting_id)
            .where(
                or_(Meeting.unit_id.in_(units), Meeting.opened_by == actor.user_id),
                Recording.state == "closed",
                exists().where(
                    Gap.recording_id == Recording.id,
                    Gap.cause.not_in(least.own_causes),
                    Gap.end_ns - Gap.start_ns > least.explained_above_ms * 1_000_000,
                    ~signed,
                ),
            )
            .order_by(Recording.closed_wall.desc())
            .limit(LISTED)
        )
        found = [await _waiting(session, actor, recording, meeting) for recording, meeting in rows.all()]
        return [each for each in found if each is not None and (each.explain or each.countersign)]


async def _waiting(session: AsyncSession, actor: Actor, recording: Recording, meeting: Meeting) -> WaitingGaps | None:
    access = await access_of(session, meeting.id)
    if not access.may_in_one(actor, "recording.look"):
        return None
    gaps = {gap.id for gap in await _technical(session, recording, meeting)}
    explanations = await _explanations(session, recording.id)
    said = {gap for _, _, of in explanations for gap in of}
    newest = {gap: row for row, _, of in explanations for gap in of}
    counted = {row.id for row in newest.values()}
    unsigned = [
        row
        for row, signed, _ in explanations
        if signed is None
        and row.id in counted
        and not await same_person(session, actor, row.explained_by, row.explained_wall)
    ]
    return WaitingGaps(
        recording=recording.id,
        meeting=meeting.id,
        title=meeting.title,
        unit=await tree.ref(session, meeting.unit_id, meeting.opened_on),
        opened_wall=utc_text(meeting.opened_wall or 0),
        explain=len(gaps - said) if _explains(actor, access) else 0,
        countersign=len(unsigned) if access.may(actor, COUNTERSIGN) else 0,
    )


def _explains(actor: Actor, access: Access) -> str | None:
    """By which right: the secretary of the unit, or who chaired."""
    if access.may(actor, EXPLAIN):
        return EXPLAIN
    return CHAIR if access.meeting.opened_by == actor.user_id and access.may(actor, CHAIR) else None


def _judging(meeting: Meeting) -> Judging:
    return catalogue(meeting.opened_on or "").judging


async def _technical(session: AsyncSession, recording: Recording, meeting: Meeting) -> list[Gap]:
    """Of a closed recording of a kind that must be recorded, by the rules of the meeting's day."""
    kind = catalogue(meeting.opened_on or "").kinds.get(meeting.kind)
    if recording.state != "closed" or kind is None or kind.recording != "always":
        return []
    gaps = await session.scalars(select(Gap).where(Gap.recording_id == recording.id).order_by(Gap.start_ns, Gap.id))
    breaks = await session.scalars(select(Break).where(Break.meeting_id == meeting.id))
    pauses = [(each.start_ns, each.start_ns if each.end_ns is None else each.end_ns) for each in breaks]
    return technical(gaps, pauses, _judging(meeting))


async def _explanations(
    session: AsyncSession, recording_id: str
) -> list[tuple[Explanation, Countersignature | None, list[str]]]:
    """In the order in which they were given, with the gaps that they speak of."""
    rows = await session.execute(
        select(Explanation, Countersignature)
        .outerjoin(Countersignature, Countersignature.explanation_id == Explanation.id)
        .where(Explanation.recording_id == recording_id)
        .order_by(Explanation.explained_wall, Explanation.id)
    )
    found = [(row, signed) for row, signed in rows.all()]
    of: dict[str, list[str]] = {}
    for explanation, gap in await session.execute(
        select(ExplainedGap.explanation_id, ExplainedGap.gap_id)
        .where(ExplainedGap.explanation_id.in_([row.id for row, _ in found]))
        .order_by(ExplainedGap.gap_id)
    ):
        of.setdefault(explanation, []).append(gap)
    return [(row, signed, of.get(row.id, [])) for row, signed in found]


def _gap(gap: Gap, kind: str | None, row: Explanation | None, signed: Countersignature | None) -> TechnicalGap:
    state: Literal["waiting", "explained", "countersigned"] = "waiting" if row is None else "explained"
    return TechnicalGap(
        **gap_view(gap).model_dump(),
        kind=kind,
        explanation=row.id if row else None,
        state="countersigned" if signed else state,
    )


async def _view(
    session: AsyncSession,
    actor: Actor,
    access: Access,
    row: Explanation,
    signed: Countersignature | None,
    of: list[str],
    gaps: Sequence[Gap],
    hidden: Spans,
) -> ExplanationView:
    seen = not any(refused(hidden, gap.start_ns, gap.end_ns) for gap in gaps)
    may = signed is None and access.may(actor, COUNTERSIGN)
    return ExplanationView(
        id=row.id,
        text=row.text if seen else None,
        gaps=of,
        by=row.explained_as,
        at_wall=utc_text(row.explained_wall),
        countersigned_as=signed.signed_as if signed else None,
        countersigned_wall=utc_text(signed.signed_wall) if signed else None,
        may_countersign=may and not await same_person(session, actor, row.explained_by, row.explained_wall),
    )
