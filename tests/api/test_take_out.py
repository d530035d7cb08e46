"""A village takes its own meeting out: one streamed file that verifies when it is unpacked; nobody else's."""

import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from api.acts import take_out
from api.acts.take_out import zipped
from storage.hashes import hash_file
from storage.keys import Signer
from storage.ledger import append
from storage.statements import segment_statement
from storage.tables import AgendaItem, Chain, Entry, Payload, Recording, Segment, Track
from storage.verify import verify_folder
from tests.api.conftest import Hub
from tests.api.test_recordings import SECOND, Archive, archive

__all__ = ["archive"]


async def record(hub: Hub, archive: Archive, count: int) -> None:
    """Segments as the recorder seals them, in the spool and on the chain."""
    async with hub.database.writing() as session:
        chain = (await session.scalars(select(Recording.chain_id))).one()
        session.add(Track(id="trk_1", recording_id=archive.recording, publisher="p", kind="microphone", codec="opus",
                          name="话筒"))  # fmt: skip
        await session.flush()
        for number in range(1, count + 1):
            path = hub.config.spool / archive.recording / "trk_1" / f"{number}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.urandom(400_000))
            size, sha256, sm3 = hash_file(path)
            segment = Segment(
                id=f"seg_{number}", recording_id=archive.recording, track_id="trk_1", number=number,
                name=path.relative_to(hub.config.spool).as_posix(), relay_epoch="e", source_id="s", first_index=number,
                last_index=number, start_ns=(number - 1) * 2 * SECOND, end_ns=number * 2 * SECOND, frames=100,
                fillers=0, bytes=size, head_bytes=1, sha256=sha256, sm3=sm3, sealed_wall=number,
            )  # fmt: skip
            session.add(segment)
            await session.flush()
            await append(session, chain, "segment", segment_statement(segment))


async def test_the_secretary_takes_his_own_meeting_out(
    hub: Hub, archive: Archive, signer: Signer, tmp_path: Path
) -> None:
    await record(hub, archive, 5)
    url = f"/api/meetings/{archive.meeting}/archive.zip"
    early = await archive.secretary.get(url)
    assert (early.status_code, early.json()["code"]) == (503, "export.incomplete")
    await archive.close(10, signer)
    for other in ("jilu", "dangyuan", "anquan", "shenhe"):
        async with await hub.client(other) as client:
            assert (await client.get(url)).status_code in (403, 404), other
    answer = await archive.secretary.get(url)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path / "unpacked")
    (top,) = (tmp_path / "unpacked").iterdir()
    assert top.name.endswith(" 招标")
    report = verify_folder(top)
    assert report.findings == []
    assert len(list(top.rglob("*.mp4"))) == 5
    assert not list((hub.config.derived / take_out.FOLDER).iterdir()), "nothing is left on the hub"
    async with hub.database.reading() as session:
        said = (
            await session.execute(
                select(Payload.payload)
                .join(Entry, (Entry.chain_id == Payload.chain_id) & (Entry.seq == Payload.seq))
                .join(Chain, Chain.id == Entry.chain_id)
                .where(Chain.kind == "hub", Entry.kind == "export")
            )
        ).scalars().all()  # fmt: skip
    assert [(each["meeting"], each["segments"]) for each in said] == [(archive.meeting, 5)]
    assert "村书记" in said[0]["as"]


async def test_one_at_a_time_and_only_with_room(
    hub: Hub, archive: Archive, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record(hub, archive, 40)
    await archive.close(80, signer)
    url = f"/api/meetings/{archive.meeting}/archive.zip"
    monkeypatch.setattr(take_out, "MOST", 1)
    async with archive.secretary.stream("GET", url) as first:
        assert first.status_code == 200
        reading = first.aiter_bytes()
        await anext(reading)
        busy = await archive.secretary.get(url)
        assert (busy.status_code, busy.json()["code"]) == (503, "export.busy")
    # The first reader went away in the middle: nothing is left of it. Of one who never came something is, for a while.
    never = hub.config.derived / take_out.FOLDER / "out_never"
    never.mkdir()
    assert (await archive.secretary.get(url)).status_code == 503
    os.utime(never, (1, 1))
    assert (await archive.secretary.get(url)).status_code == 200
    assert not list((hub.config.derived / take_out.FOLDER).iterdir())
    monkeypatch.setattr(take_out, "SPARE_BYTES", shutil.disk_usage(hub.config.derived).total)
    full = await archive.secretary.get(url)
    assert (full.status_code, full.json()["code"]) == (507, "export.no-room")


def test_a_zip_is_never_whole_in_memory(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "film.mp4").write_bytes(os.urandom(5_000_000))
    pieces = list(zipped(tmp_path / "in", "a/b:c"))
    assert max(map(len, pieces)) < 300_000
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as file:
        assert file.namelist() == ["a_b_c/film.mp4"]
        assert file.testzip() is None
        assert file.read("a_b_c/film.mp4") == (tmp_path / "in" / "film.mp4").read_bytes()


async def test_who_is_refused_a_part_gets_the_file_without_it(
    hub: Hub, archive: Archive, signer: Signer, tmp_path: Path
) -> None:
    await record(hub, archive, 5)
    async with hub.database.writing() as session:
        item = (await session.scalars(select(AgendaItem))).one()
        item.title, item.start_ns, item.end_ns, item.access_class = "某某低保复核", 4 * SECOND, 6 * SECOND, "restricted"
    await archive.close(10, signer)
    url = f"/api/meetings/{archive.meeting}/archive.zip"
    async with await hub.client("admin") as admin, await hub.client("ducha") as inspector:
        for client, name, pieces in ((admin, "a", 4), (inspector, "i", 5)):
            zipfile.ZipFile(io.BytesIO((await client.get(url)).content)).extractall(tmp_path / name)
            (top,) = (tmp_path / name).iterdir()
            assert verify_folder(top).findings == []
            assert len(list(top.rglob("*.mp4"))) == pieces
            told = any("某某低保复核" in path.read_text(errors="replace") for path in top.rglob("*.json*"))
            assert told is (client is inspector)
