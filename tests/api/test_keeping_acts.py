"""Terms, holds, two persons' words and deletions as acts, against the real store, on SQLite and PostgreSQL."""

import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from api.acts import holds, keeping, proposals
from api.acts.actor import Actor
from api.acts.terms import settle
from api.domain.day import day_of
from api.domain.rights import Grant
from api.errors.recordings import AlreadyHeld, KeepingState, NotDue, ProposalOver, SamePerson, UnderHold
from api.errors.request import Forbidden
from api.records.keeping import NewProposal
from recorder.keeping import Keeping
from storage import ledger
from storage.database import Database
from storage.keys import Signer
from storage.locks import DAY, SECOND
from storage.objects import Objects
from storage.tables import AgendaItem, Lock, Mark, Meeting, Presence, Proposal, Recording, Substitute, Term, User
from tests.storage.keeping import archive, hub_chain, in_the_store, locks_of, until
from tests.storage.village import MEETING, RECORDING, WALL

HUB = "hub_1"


def actor(name: str, role: str, person: str | None = None) -> Actor:
    grant = Grant(role, "u_1", None, None, "2018-01-01", None)
    return Actor(f"w_{name}", name, name, person, False, (grant,), day_of(time.time_ns()))


ADMIN, INSPECTOR, OTHER = actor("gly", "admin"), actor("ducha", "inspector"), actor("ducha2", "inspector")
SECRETARY = actor("shuji", "secretary")


@pytest.fixture
async def ends(database: Database, objects: Objects, tmp_path: Path, signer: Signer) -> int:
    """The village's meeting in the store, locked for 3 s; gives when that is over."""
    over = await archive(database, objects, tmp_path / "spool", signer, 3)
    async with database.writing() as session:
        for each in (ADMIN, INSPECTOR, OTHER, SECRETARY):
            session.add(User(id=each.user_id, username=each.username, name=each.name, created_wall=WALL))
    return over


async def said(database: Database) -> list[tuple[str, dict[str, Any]]]:
    hub = await hub_chain(database)
    async with database.reading() as session:
        return [(entry.kind, payload or {}) async for entry, _, payload in ledger.entries(session, hub)]


async def propose(database: Database, who: Actor, kind: str, **more: Any) -> str:
    new = NewProposal(kind=kind, reason="会后误录", **more)  # type: ignore[arg-type]
    return await proposals.propose(database, HUB, who, RECORDING, new)


async def over_since_yesterday(database: Database) -> None:
    async with database.writing() as session:
        await session.execute(update(Term).values(until_wall=(time.time_ns() - DAY) // SECOND * SECOND))


async def test_terms_follow_the_rules_and_grow_only(database: Database, ends: int) -> None:
    now = time.time_ns()
    assert await settle(database, now) == 1
    assert await settle(database, now) == 0, "once a day"
    async with database.writing() as session:
        term = await session.get(Term, RECORDING)
        assert term is not None
        assert (term.retention, day_of(term.until_wall or 0)) == ("decisions", "2056-02-02")
        await session.execute(update(Lock).values(due_wall=None))
        # As if it had been a party lecture without a matter until today.
        term.retention, term.until_wall = "party", term.until_wall and term.until_wall - 27 * 365 * DAY
    assert await settle(database, now + DAY) == 1
    async with database.reading() as session:
        term = await session.get(Term, RECORDING)
        assert term is not None
        assert (term.retention, day_of(term.until_wall or 0)) == ("decisions", "2056-02-02")
    assert {each.due_wall for each in await locks_of(database)} == {now + DAY}, "its locks are due again"
    async with database.writing() as session:
        await session.execute(update(Meeting).values(kind="training"))
        await session.execute(update(AgendaItem).values(matter=None))
    await settle(database, now + 2 * DAY)
    async with database.reading() as session:
        term = await session.get(Term, RECORDING)
        assert term is not None
        assert day_of(term.until_wall or 0) == "2056-02-02", "never shorter"


async def test_only_an_inspector_holds_and_every_word_is_in_the_ledger(database: Database, ends: int) -> None:
    with pytest.raises(Forbidden):
        await holds.place(database, HUB, ADMIN, RECORDING, "查证信访件")
    await holds.place(database, HUB, INSPECTOR, RECORDING, "查证信访件")
    with pytest.raises(AlreadyHeld):
        await holds.place(database, HUB, OTHER, RECORDING, "再来一次")
    shown = await keeping.of_recording(database, SECRETARY, RECORDING)
    assert [(hold.reason, hold.placed_as, hold.held, hold.objects) for hold in shown.holds] == [
        ("查证信访件", "ducha（李家<村>督查员）", 0, 6)
    ]
    await holds.lift(database, HUB, OTHER, RECORDING, "已查毕")
    shown = await keeping.of_recording(database, SECRETARY, RECORDING)
    assert shown.holds[0].lifted_as == "ducha2（李家<村>督查员）"
    words = [(kind, payload["reason"], payload["as"]) for kind, payload in await said(database) if "hold" in kind]
    assert words == [
        ("hold", "查证信访件", "ducha（李家<村>督查员）"),
        ("hold-lifted", "已查毕", "ducha2（李家<村>督查员）"),
    ]


async def test_one_persons_word_is_not_enough(database: Database, ends: int) -> None:
    with pytest.raises(Forbidden):
        await propose(database, SECRETARY, "seclude")
    proposal = await propose(database, ADMIN, "seclude")
    with pytest.raises(SamePerson):
        await proposals.answer(database, HUB, ADMIN, proposal, "confirm")
    with pytest.raises(SamePerson):
        await proposals.answer(database, HUB, INSPECTOR, proposal, "withdraw")
    with pytest.raises(KeepingState):
        await propose(database, INSPECTOR, "seclude")
    # Another account of the same person is the same person.
    async with database.writing() as session:
        await session.execute(update(User).where(User.id == ADMIN.user_id).values(person_id="p_1"))
    with pytest.raises(SamePerson):
        await proposals.answer(database, HUB, actor("ducha", "inspector", "p_1"), proposal, "confirm")
    await proposals.answer(database, HUB, INSPECTOR, proposal, "confirm")
    with pytest.raises(ProposalOver):
        await proposals.answer(database, HUB, OTHER, proposal, "refuse")
    kinds = [kind for kind, _ in await said(database)]
    assert kinds[-2:] == ["proposed", "secluded"]


async def test_a_refused_and_an_old_proposal_come_to_nothing(database: Database, ends: int) -> None:
    await proposals.answer(database, HUB, INSPECTOR, await propose(database, ADMIN, "seclude"), "refuse")
    await proposals.answer(database, HUB, ADMIN, await propose(database, ADMIN, "seclude"), "withdraw")
    late = await propose(database, ADMIN, "seclude")
    async with database.writing() as session:
        await session.execute(update(Proposal).where(Proposal.id == late).values(expires_wall=1))
    with pytest.raises(ProposalOver):
        await proposals.answer(database, HUB, INSPECTOR, late, "confirm")
    seen = await keeping.overview(database, INSPECTOR)
    assert seen.secluded == []
    assert sorted(each.state for each in seen.proposals) == ["refused", "withdrawn"]
    assert [kind for kind, _ in await said(database)][-5:] == [
        "proposed", "refused", "proposed", "withdrawn", "proposed",
    ]  # fmt: skip


async def test_what_is_due_is_listed_and_deleted_by_two_persons_only(
    database: Database, objects: Objects, tmp_path: Path, ends: int
) -> None:
    worker = Keeping(database, objects, tmp_path / "spool", tmp_path / "derived")
    await settle(database, time.time_ns())
    with pytest.raises(NotDue):
        await propose(database, ADMIN, "delete")
    await over_since_yesterday(database)
    due = (await keeping.overview(database, ADMIN)).due
    assert [(each.subject.recording, each.retention_name, each.proposed) for each in due] == [
        (RECORDING, "议事决策与选举", False)
    ]
    await holds.place(database, HUB, INSPECTOR, RECORDING, "查证信访件")
    with pytest.raises(UnderHold):
        await propose(database, ADMIN, "delete")
    await holds.lift(database, HUB, INSPECTOR, RECORDING, "已查毕")
    proposal = await propose(database, ADMIN, "delete")
    await worker.turn(time.time_ns())
    assert len(await in_the_store(database, objects)) == 6
    await holds.place(database, HUB, INSPECTOR, RECORDING, "又有线索")
    with pytest.raises(UnderHold):
        await proposals.answer(database, HUB, INSPECTOR, proposal, "confirm")
    await holds.lift(database, HUB, INSPECTOR, RECORDING, "已查毕")
    await proposals.answer(database, HUB, INSPECTOR, proposal, "confirm")
    waiting = (await keeping.overview(database, ADMIN)).deletions[0]
    assert (waiting.removed, waiting.objects, waiting.done_wall) == (0, 6, None)
    await until(ends)
    await worker.turn(time.time_ns())
    await worker.turn(time.time_ns())
    assert await in_the_store(database, objects) == set()
    seen = await keeping.overview(database, ADMIN)
    assert seen.due == []
    assert (seen.deletions[0].removed, seen.deletions[0].done_wall is not None) == (6, True)
    ordered = dict(await said(database))["deletion-ordered"]
    assert (ordered["segments"], ordered["retention"], ordered["detail"]) == (6, "decisions", {"erase": False})
    assert (ordered["proposed"]["by"], ordered["answered"]["by"]) == ("w_gly", "w_ducha")
    with pytest.raises(KeepingState):
        await propose(database, ADMIN, "seclude")


async def test_a_deletion_says_until_when_it_waits(database: Database, ends: int) -> None:
    await settle(database, time.time_ns())
    await over_since_yesterday(database)
    async with database.writing() as session:
        await session.execute(update(Lock).values(until_wall=time.time_ns() // SECOND * SECOND + DAY))
    await proposals.answer(database, HUB, INSPECTOR, await propose(database, ADMIN, "delete"), "confirm")
    waiting = (await keeping.of_recording(database, SECRETARY, RECORDING)).deletion
    assert waiting is not None
    assert waiting.waits_until_wall is not None
    assert day_of(time.time_ns() + DAY) == day_of((await locks_of(database))[0].until_wall)


async def test_payloads_are_erased_where_asked_with_the_rows_that_say_the_same(database: Database, ends: int) -> None:
    await settle(database, time.time_ns())
    await over_since_yesterday(database)
    proposal = await propose(database, ADMIN, "delete", erase=True)
    # The chain was closed by the village's recorder; its people are on it as the api writes them.
    async with database.reading() as session:
        chain = await session.scalar(select(Recording.chain_id).where(Recording.id == RECORDING))
        assert chain is not None
        before = [entry async for entry in ledger.entries(session, chain)]
    named = sum(entry.kind in ("person-in", "mark") for entry, _, _ in before)
    assert named >= 2
    await proposals.answer(database, HUB, INSPECTOR, proposal, "confirm")
    async with database.reading() as session:
        after = [entry async for entry in ledger.entries(session, chain)]
        assert list(await session.scalars(select(Mark).where(Mark.recording_id == RECORDING))) == []
        assert list(await session.scalars(select(Presence).where(Presence.meeting_id == MEETING))) == []
    gone = {entry.kind for entry, _, payload in after if payload is None}
    assert gone == {"person-in", "mark"}
    assert [entry for entry, _, _ in after] == [entry for entry, _, _ in before], "the chain itself is whole"
    kind, payload = (await said(database))[-1]
    assert (kind, payload["payloads"]) == ("erased", named)


async def test_who_acts_in_anothers_place_is_no_second_person(database: Database, ends: int) -> None:
    """From the first word to the second: also one that was ended in between, and two substitutes of one giver."""

    def standing_in(substitute: Actor, giver: Actor, number: int, **more: Any) -> Substitute:
        return Substitute(
            id=f"sub_{number}", giver_id=giver.user_id, substitute_id=substitute.user_id, from_on="2020-01-01",
            until_on="2099-01-01", reason="出差", created_wall=1, **more,
        )  # fmt: skip

    proposal = await propose(database, ADMIN, "seclude")
    async with database.writing() as session:
        session.add(standing_in(INSPECTOR, ADMIN, 1))
    with pytest.raises(SamePerson):
        await proposals.answer(database, HUB, INSPECTOR, proposal, "confirm")
    shown = await keeping.of_recording(database, INSPECTOR, RECORDING)
    assert [each.own for each in shown.proposals] == [True], "the page offers to withdraw, not to confirm"
    async with database.writing() as session:
        ended = await session.get_one(Substitute, "sub_1")
        ended.ended_wall = time.time_ns()
    with pytest.raises(SamePerson):
        await proposals.answer(database, HUB, INSPECTOR, proposal, "confirm")
    await proposals.answer(database, HUB, OTHER, proposal, "refuse")
    # Of a later proposal he is free again; two who stand in for one third are one hand.
    later = await propose(database, ADMIN, "seclude")
    await proposals.answer(database, HUB, INSPECTOR, later, "refuse")
    last = await propose(database, INSPECTOR, "seclude")
    async with database.writing() as session:
        session.add_all([standing_in(INSPECTOR, ADMIN, 2), standing_in(OTHER, ADMIN, 3)])
    with pytest.raises(SamePerson):
        await proposals.answer(database, HUB, OTHER, last, "confirm")
