"""Checkpoints on the way: each root is the whole chain's, whatever became of what was kept between them; a chain that
is no longer what was signed is not signed again."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, text, update

from storage import ledger, merkle
from storage.chained import NOT_VERIFIED, ZERO, CheckpointRecord, read_checkpoint
from storage.database import Database
from storage.errors import ChainBroken
from storage.keys import Signer, verifies
from storage.tables import Checkpoint, Frontier

SPOILT = ("kept", "lost", "wrong", "late", "short", "no hexadecimal")


async def filled(database: Database, count: int, chain: str | None = None) -> str:
    async with database.writing() as session:
        chain = chain or await ledger.open_chain(session, "recording", "rec_1")
        for number in range(count):
            await ledger.append(session, chain, "segment", {"number": number})
    return chain


async def signed(database: Database, chain: str, signer: Signer) -> CheckpointRecord:
    async with database.writing() as session:
        return await ledger.checkpoint(session, chain, signer)


async def whole_root(database: Database, chain: str) -> str:
    async with database.reading() as session:
        return merkle.root([bytes.fromhex(each.hash) async for each, _, _ in ledger.entries(session, chain)]).hex()


async def spoil(database: Database, chain: str, how: str) -> None:
    async with database.writing() as session:
        row = await session.get_one(Frontier, chain)
        if how == "lost":
            await session.execute(delete(Frontier))
        values = {
            "wrong": {"nodes": "0" * 64 + row.nodes[64:]},
            "late": {"seq": row.seq - 1},
            "short": {"nodes": row.nodes[:-64]},
            "no hexadecimal": {"nodes": "zz" + row.nodes[2:]},
        }
        if how in values:
            await session.execute(update(Frontier).values(**values[how]))


@pytest.mark.parametrize("how", SPOILT)
async def test_a_frontier_that_is_no_good_is_made_anew(database: Database, signer: Signer, how: str) -> None:
    chain = await filled(database, 11)
    first = await signed(database, chain, signer)
    await spoil(database, chain, how)
    await filled(database, 6, chain)
    second = await signed(database, chain, signer)
    assert second.root == await whole_root(database, chain)
    assert (first.previous, second.previous) == (ZERO, first.mark())
    assert second.clock == NOT_VERIFIED
    assert verifies(signer.public_bytes, bytes.fromhex(second.signature), second.signed_bytes())
    async with database.reading() as session:
        row = await session.get_one(Frontier, chain)
        assert (row.seq, len(row.nodes)) == (17, 64 * (17).bit_count())


@settings(max_examples=25, deadline=None)
@given(runs=st.lists(st.tuples(st.integers(1, 9), st.sampled_from(SPOILT)), min_size=1, max_size=6))
async def test_every_root_is_the_whole_chain_s(
    runs: list[tuple[int, str]], tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: object
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    async with opened(folder / "huilu.sqlite", str(migrated_sqlite)) as database:
        signer = Signer.load_or_create(folder / "signing.pem")
        chain = None
        for count, how in runs:
            chain = await filled(database, count, chain)
            assert (await signed(database, chain, signer)).root == await whole_root(database, chain)
            await spoil(database, chain, how)


@asynccontextmanager
async def opened(path: object, template: str) -> AsyncIterator[Database]:
    shutil.copy(template, str(path))
    database = await Database.open(f"sqlite+aiosqlite:///{path}")
    yield database
    await database.close()


async def test_only_what_is_new_is_read(sqlite_database: Database, signer: Signer) -> None:
    chain = await filled(sqlite_database, 300)
    await signed(sqlite_database, chain, signer)
    await filled(sqlite_database, 2, chain)
    asked: list[tuple[str, object]] = []
    event.listen(
        sqlite_database.engine.sync_engine,
        "before_cursor_execute",
        lambda _c, _u, statement, parameters, _x, _m: asked.append((statement, parameters)),
    )
    await signed(sqlite_database, chain, signer)
    read = [parameters for statement, parameters in asked if "FROM entries" in statement]
    assert read == [(chain, 300)]  # entries above 300


TAMPERED = {
    "entry_hash": "UPDATE entries SET hash = '{zero}' WHERE seq = 12",
    "entry_kind": "UPDATE entries SET kind = 'gap' WHERE seq = 12",
    "entry_gone": "DELETE FROM entries WHERE seq = 12",
    "head": "UPDATE chains SET head_hash = '{zero}'",
    "head_back": "UPDATE chains SET head_seq = 11",
    "checkpoint_root": "UPDATE checkpoints SET root = '{zero}'",
    "checkpoint_head": "UPDATE checkpoints SET head = '{zero}'",
    "checkpoint_signature": "UPDATE checkpoints SET signature = '{zero}{zero}'",
    "key": "UPDATE signing_keys SET public = replace(public, 'M', 'N')",
    # The whole past is read where the frontier was touched as well.
    "past": "UPDATE entries SET kind = 'gap' WHERE seq = 3; DELETE FROM frontiers",
}


@pytest.mark.parametrize("how", sorted(TAMPERED))
async def test_a_chain_that_was_altered_is_never_signed(sqlite_database: Database, signer: Signer, how: str) -> None:
    """By whoever owns the database, and so can drop its triggers."""
    chain = await filled(sqlite_database, 10)
    await signed(sqlite_database, chain, signer)
    await filled(sqlite_database, 3, chain)
    async with sqlite_database.writing() as session:
        names = await session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for name in names.all():
            await session.execute(text(f"DROP TRIGGER {name}"))
        await session.execute(text("PRAGMA defer_foreign_keys = ON"))
        for statement in TAMPERED[how].format(zero=ZERO).split("; "):
            await session.execute(text(statement))
        if how == "entry_gone":
            await session.execute(text("DELETE FROM payloads WHERE seq = 12"))
    with pytest.raises(ChainBroken):
        await signed(sqlite_database, chain, signer)
    async with sqlite_database.reading() as session:
        assert len(await ledger.checkpoints(session, chain)) == 1


async def test_a_checkpoint_of_the_first_version_is_gone_on_from(database: Database, signer: Signer) -> None:
    """As an older program left it: without a frontier, and without the clock in what it signed."""
    await signed(database, await filled(database, 1), signer)  # so that the key is known
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "decision", "dec_1")
        head = [await ledger.append(session, chain, "vote", {"number": number}) for number in range(5)][-1]
    root = await whole_root(database, chain)
    old = CheckpointRecord(chain, 5, head.at, head.hash, root, False, signer.algorithm, signer.key_id, signature="")
    line = {**old.line(), "signature": signer.sign(old.signed_bytes()).hex()}
    assert len(line) == 9
    assert b"clock" not in old.signed_bytes()
    async with database.writing() as session:
        session.add(Checkpoint(**line))
    await filled(database, 7, chain)
    second = await signed(database, chain, signer)
    assert second.previous == read_checkpoint(line).mark()
    assert second.root == await whole_root(database, chain)
