"""While the api runs, chains of the hub and of decisions that have grown are signed by it each minute (here sooner)."""

from pathlib import Path

from sqlalchemy import select

from api.house import CHAINS
from storage import ledger
from storage.database import Database
from storage.keys import key_id, load_public
from storage.tables import Chain, SigningKey
from tests.api.conftest import Credential, config_for, serving
from tests.recorder.hub import until


async def test_open_chains_are_signed_while_the_api_runs(
    tmp_path: Path, bus_url: str, county: Database, county_url: str, seeded: tuple[Path, list[Credential]]
) -> None:
    async with county.writing() as session:
        chains = {kind: await ledger.open_chain(session, kind, f"{kind}_1") for kind in (*CHAINS, "recording")}
        for chain in chains.values():
            await ledger.append(session, chain, "looked", {})

    async def signed() -> bool:
        async with county.reading() as session:
            return all([await ledger.last_checkpoint(session, chains[kind]) for kind in CHAINS])

    config = config_for(tmp_path, bus_url, county_url, checkpoint_every_s=0.2)
    async with serving(config, county, seeded[1]) as hub:
        await until(signed)
        async with await hub.client("shuji"):  # signing in is an entry of the hub's own chain

            async def own_chain() -> bool:
                async with county.reading() as session:
                    own = await session.scalar(select(Chain).where(Chain.kind == "hub", Chain.subject == config.hub_id))
                    last = await ledger.last_checkpoint(session, own.id) if own is not None else None
                    return own is not None and last is not None and last.seq == own.head_seq

            await until(own_chain)
    async with county.reading() as session:
        assert await ledger.checkpoints(session, chains["recording"]) == []  # the recorder's
        [key] = (await session.scalars(select(SigningKey))).all()
    assert key_id(load_public(key.public.encode())) == key.id
