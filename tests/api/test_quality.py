"""Quality marks over HTTP: guesses, then what was measured; an inspector's word, on record; coverage as it was."""

import asyncio

import pytest
from sqlalchemy import select

from media_server.codecs import opus
from ops.sender.film import Film
from recorder.measuring import Measuring
from storage.clock import Origin
from storage.keys import Signer
from storage.tables import AgendaItem, Recording, Segment, Site, Stored
from tests.api.conftest import Hub
from tests.api.filmed import Filmed
from tests.api.test_downloads import noted
from tests.recorder import pieces
from tests.recorder.hub import Opened
from tests.recorder.pieces import Pieces, S

SECONDS = 80


class Dim(Filmed):
    async def play(self, film: Film, seconds: int = SECONDS) -> None:
        """Dark from 20 s to 50 s, silent from 10 s on."""
        async with self.hub.database.reading() as session:
            site = (await session.scalars(select(Site.id).where(Site.meeting_id == self.meeting))).one()
        opened = Opened(self.meeting, self.recording, site, Origin.here_and_now())
        made = Pieces(self.hub.database, self.hub.config.spool, opened)
        self.camera, self.microphone = await made.track("camera"), await made.track("microphone", "opus")
        for at in range(0, seconds, 5):
            data = pieces.darkness(640, 360, 5, at) if 20 <= at < 50 else pieces.picture(film, at + at // 10, 5, at)
            await made.add(self.camera, data, at * S, (at + 5) * S)
            quiet = pieces.packets([opus.SILENCE] * 250, at * 48_000)
            await made.add(self.microphone, pieces.sound(film, at, 5) if at < 10 else quiet, at * S, (at + 5) * S)
        await self.preview()

    async def measure(self) -> None:
        async def read(segment: Segment, stored: Stored | None) -> bytes:
            return await asyncio.to_thread((self.hub.config.spool / segment.name).read_bytes)

        async with self.hub.database.writing() as session:
            row = await session.get(Recording, self.recording)
            assert row is not None
            row.closed_wall = Origin.here_and_now().wall_ns
        worker = Measuring(self.hub.database, read, self.hub.config.derived)
        while await worker.turn():
            pass


@pytest.fixture
async def dim(hub: Hub, film: Film) -> Dim:
    made = Dim(hub, await hub.client("shuji"))
    await made.open()
    await made.play(film)
    return made


async def test_from_a_guess_to_an_inspectors_word(hub: Hub, dim: Dim, signer: Signer) -> None:
    url = f"/api/recordings/{dim.recording}"
    async with await hub.client("ducha") as inspector, await hub.client("huiwu") as organiser:
        rough = (await inspector.get(f"{url}/quality")).json()
        assert rough["measured"] is False
        guesses = [(each["kind"], each["start_ms"], each["end_ms"]) for each in rough["marks"]]
        assert guesses == [("silent", 10_000, 80_000), ("black", 20_000, 50_000)]
        assert {(each["state"], each["id"]) for each in rough["marks"]} == {("rough", None)}

        await dim.close(SECONDS, signer)
        before = (await inspector.get(url)).json()["coverage"]
        assert before["live"] == 1.0
        await dim.measure()
        found = (await inspector.get(f"{url}/quality")).json()
        assert found["measured"] is True
        by_kind = {each["kind"]: each for each in found["marks"]}
        assert set(by_kind) == {"black", "silent"}
        black = by_kind["black"]
        assert (black["track"], black["state"]) == (dim.camera, "proposed")
        assert (round(black["start_ms"] / 1000), round(black["end_ms"] / 1000)) == (20, 50)
        assert by_kind["silent"]["track"] is None

        assert (await organiser.get(url)).json()["may"]["answer"] is False
        path = f"{url}/quality/{black['id']}"
        assert (await organiser.post(path, json={"answer": "confirmed"})).status_code == 403
        assert (await dim.secretary.post(path, json={"answer": "dismissed"})).status_code == 403
        assert (await inspector.post(path, json={"answer": "perhaps"})).status_code == 422
        assert (await inspector.post(f"{url}/quality/qmk_none", json={"answer": "confirmed"})).status_code == 404
        answered = await inspector.post(path, json={"answer": "confirmed", "remark": "镜头被遮挡"})
        assert answered.status_code == 200
        again = await inspector.post(path, json={"answer": "dismissed"})
        assert again.json()["state"] == "dismissed"
        shown = {each["id"]: each for each in (await inspector.get(f"{url}/quality")).json()["marks"]}[black["id"]]
        assert (shown["state"], shown["remark"]) == ("dismissed", None)
        assert "督查员" in shown["answered_as"]
        # Both words stay on record, and none of them changed coverage.
        said = await noted(hub, "quality-answered")
        assert [(each["answer"], each["remark"]) for each in said] == [("confirmed", "镜头被遮挡"), ("dismissed", None)]
        assert {each["as"] for each in said} == {shown["answered_as"]}
        assert (await inspector.get(url)).json()["coverage"] == before


async def test_marks_of_a_restricted_part_are_not_told(hub: Hub, dim: Dim, signer: Signer) -> None:
    async with hub.database.writing() as session:
        item = (await session.scalars(select(AgendaItem))).one()
        item.start_ns, item.end_ns, item.access_class = 22 * S, 24 * S, "restricted"
    url = f"/api/recordings/{dim.recording}/quality"
    async with await hub.client("huiwu") as organiser, await hub.client("ducha") as inspector:
        assert (await organiser.get(url)).json()["marks"] == []
        await dim.close(SECONDS, signer)
        await dim.measure()
        assert (await organiser.get(url)).json()["marks"] == []
        assert len((await inspector.get(url)).json()["marks"]) == 2
