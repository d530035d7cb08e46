"""Chains: what is appended hangs together, from several processes too, and a closed chain takes nothing."""

import asyncio
import sys
from typing import Any

import pytest

from storage import ledger, merkle
from storage.chained import ZERO, entry_hash, payload_hash
from storage.database import Database
from storage.errors import ChainClosed, ChainEmpty, NoSuchChain, NotCanonical
from storage.keys import Signer, verifies
from tests.fixtures_storage import erase

PROCESSES, APPENDS = 3, 300

APPENDER = """
import asyncio, sys
from storage import ledger
from storage.database import Database

async def main(url, name, count):
    database = await Database.open(url)
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "hub", "hub_1")
    for number in range(int(count)):
        async with database.writing() as session:
            await ledger.append(session, chain, "looked", {"by": name, "number": number})
    await database.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def whole(database: Database, chain: str) -> list[tuple[ledger.EntryRecord, Any]]:
    """The chain's entries and payloads, after it was found to hang together."""
    previous, out = ZERO, []
    async with database.reading() as session:
        async for record, salt, payload in ledger.entries(session, chain):
            assert record.seq == len(out) + 1
            assert record.previous == previous
            assert record.hash == entry_hash(record.chained_bytes())
            if salt is not None:
                assert record.payload_hash == payload_hash(salt, payload)
            previous = record.hash
            out.append((record, payload))
    return out


async def test_three_processes_append_and_none_is_lost(database_url: str) -> None:
    running = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", APPENDER, database_url, str(name), str(APPENDS))
        for name in range(PROCESSES)
    ]
    assert [await each.wait() for each in running] == [0] * PROCESSES
    database = await Database.open(database_url)
    async with database.reading() as session:
        chain = await ledger.open_chain(session, "hub", "hub_1")
    found = await whole(database, chain)
    await database.close()
    assert len(found) == PROCESSES * APPENDS
    for name in range(PROCESSES):
        assert [each["number"] for _, each in found if each["by"] == str(name)] == list(range(APPENDS))


async def test_close(database: Database, signer: Signer) -> None:
    async with database.writing() as session:
        hub = await ledger.open_chain(session, "hub", "hub_1")
        chain = await ledger.open_chain(session, "recording", "rec_1")
        assert await ledger.open_chain(session, "recording", "rec_1") == chain
        for number in range(5):
            await ledger.append(session, chain, "segment", {"number": number})
        last = await ledger.close_chain(session, chain, signer)
    found = await whole(database, chain)
    assert (last.seq, last.head, last.final) == (5, found[-1][0].hash, True)
    assert last.root == merkle.root(bytes.fromhex(record.hash) for record, _ in found).hex()
    assert verifies(signer.public_bytes, bytes.fromhex(last.signature), last.signed_bytes())
    with pytest.raises(ChainClosed):
        async with database.writing() as session:
            await ledger.append(session, chain, "segment", {})
    async with database.writing() as session:
        assert await ledger.close_chain(session, chain, signer) == last
    assert [(record.kind, payload["head"]) for record, payload in await whole(database, hub)] == [("closed", last.head)]


async def test_checkpoints_on_the_way(database: Database, signer: Signer) -> None:
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "decision", "dec_1")
        with pytest.raises(ChainEmpty):
            await ledger.checkpoint(session, chain, signer)
        await ledger.append(session, chain, "opened", {})
        first = await ledger.checkpoint(session, chain, signer)
        assert await ledger.checkpoint(session, chain, signer) == first
        await ledger.append(session, chain, "vote", {"in_favour": 3})
        await ledger.checkpoint(session, chain, signer)
        last = await ledger.close_chain(session, chain, signer)
    assert last.final
    async with database.reading() as session:
        assert [(each.seq, each.final) for each in await ledger.checkpoints(session, chain)] == [
            (1, False), (2, False), (3, True),
        ]  # fmt: skip


async def test_an_erased_payload_leaves_a_whole_chain(database: Database, signer: Signer) -> None:
    async with database.writing() as session:
        hub = await ledger.open_chain(session, "hub", "hub_1")
        chain = await ledger.open_chain(session, "recording", "rec_1")
        await ledger.append(session, chain, "vote", {"who": "张三"})
        await ledger.close_chain(session, chain, signer)
        await erase(session, chain, 1, hub, "本人申请")
    assert [payload for _, payload in await whole(database, chain)] == [None]
    assert (await whole(database, hub))[-1][1] == {"chain": chain, "seq": 1, "reason": "本人申请"}


async def test_many_entries_go_on_several_chains_at_once_or_not_at_all(database: Database, signer: Signer) -> None:
    async with database.writing() as session:
        chains = [await ledger.open_chain(session, "recording", f"rec_{number}") for number in range(3)]
        wanted = [(chains[number % 3], "segment", {"number": number}) for number in range(90)]
        records = await ledger.append_all(session, wanted)
        assert await ledger.append_all(session, []) == []
        assert (await ledger.append(session, chains[0], "gap", {})).seq == 31
    assert [(each.chain_id, each.seq) for each in records] == [
        (chains[number % 3], number // 3 + 1) for number in range(90)
    ]
    for place, chain in enumerate(chains):
        found = await whole(database, chain)
        assert [payload["number"] for _, payload in found[:30]] == list(range(place, 90, 3))
    async with database.writing() as session:
        await ledger.close_chain(session, chains[2], signer)
    for refused, chain in ((ChainClosed, chains[2]), (NoSuchChain, "chn_none")):
        with pytest.raises(refused):
            async with database.writing() as session:
                await ledger.append_all(session, [(chains[0], "gap", {}), (chain, "gap", {})])
    assert len(await whole(database, chains[0])) == 31


async def test_equal_payloads_have_different_hashes(database: Database) -> None:
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "decision", "dec_1")
        one = await ledger.append(session, chain, "vote", {"in_favour": 3})
        two = await ledger.append(session, chain, "vote", {"in_favour": 3})
    assert one.payload_hash != two.payload_hash


async def test_refusals(database: Database) -> None:
    with pytest.raises(NoSuchChain):
        async with database.writing() as session:
            await ledger.append(session, "chn_none", "x", {})
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "decision", "dec_1")
        with pytest.raises(NotCanonical):
            await ledger.append(session, chain, "x", {"coverage": 0.97})
    assert await whole(database, chain) == []
