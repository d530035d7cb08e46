"""A device's own copy and a film handed in: in pieces over a bad line, sealed as what they are, copied for viewing,
countersigned, stored, exported, verified."""

import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.acts.meetings import end_by_absence
from recorder.book import Book
from recorder.delivered import Deliveries
from storage.database import Database
from storage.export import export_meeting
from storage.keys import Signer
from storage.notary import Notary
from storage.objects import Objects
from storage.receiving import PIECE_BYTES
from storage.tables import Delivery, MediaSession, Meeting, Site
from storage.verify import verify_folder
from tests.api.conftest import Hub, config_for, serving
from tests.film import film

DEVICE = "abcdefgh23456789"
DEVICE_CLOCK = {"error_ms": 40, "samples": 12, "drift_ms": 3}


@asynccontextmanager
async def opened(hub: Hub) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A village meeting that runs, with the secretary's device in it."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        plan = {"title": "修渠", "kind": "representatives_meeting", "unit": unit}
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        await secretary.post(f"/api/meetings/{meeting['id']}/open")
        await was_there(hub, secretary, meeting["id"])
        yield secretary, meeting["id"]


async def was_there(hub: Hub, client: httpx.AsyncClient, meeting: str) -> None:
    """The row that a session at the relay leaves."""
    user = (await client.get("/api/me")).json()["user"]["id"]
    async with hub.database.writing() as session:
        site = (await client.get(f"/api/meetings/{meeting}")).json()["sites"][0]["id"]
        session.add(
            MediaSession(
                id=f"ses_{time.time_ns()}", meeting_id=meeting, user_id=user, site_id=site, mode="room",
                publisher=f"{site}.{DEVICE}", relay_epoch="e", started_wall=time.time_ns(), ended_wall=time.time_ns(),
            )
        )  # fmt: skip


def said_of(data: bytes, mime: str = "video/x-matroska;codecs=avc1,opus", **more: Any) -> dict[str, Any]:
    return {
        "origin": "device", "key": f"take-{hashlib.sha256(data).hexdigest()[:16]}", "mime": mime, "bytes": len(data),
        "pieces": -(-len(data) // PIECE_BYTES), "start_ms": 1000, "end_ms": 5000, "clock": DEVICE_CLOCK,
        "device": DEVICE,
    } | more  # fmt: skip


def pieces_of(data: bytes) -> list[tuple[bytes, str]]:
    cut = [data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)]
    return [(each, hashlib.sha256(each).hexdigest()) for each in cut]


def list_of(data: bytes) -> dict[str, str]:
    return {"list_sha256": hashlib.sha256(b"".join(bytes.fromhex(name) for _, name in pieces_of(data))).hexdigest()}


async def deliver(client: httpx.AsyncClient, meeting: str, data: bytes, said: dict[str, Any]) -> dict[str, Any]:
    begun = await client.post(f"/api/meetings/{meeting}/deliveries", json=said)
    assert begun.status_code == 201, begun.text
    url = f"/api/deliveries/{begun.json()['delivery']['id']}"
    for number, (piece, name) in enumerate(pieces_of(data)):
        answer = await client.put(f"{url}/pieces/{number}", params={"sha256": name}, content=piece)
        assert answer.status_code == 204, answer.text
    done = await client.post(f"{url}/complete", json=list_of(data))
    assert done.status_code == 200, done.text
    found: dict[str, Any] = done.json()
    return found


async def close(hub: Hub, tmp_path: Path) -> None:
    """The recorder's part: nothing arrived."""
    book = Book(hub.database, Notary(tmp_path / "keys" / "signing.pem"))
    for recording in (await book.desired())[1]:
        await book.ending.close(recording, [])


async def test_a_break_in_the_middle_costs_no_piece_twice(hub: Hub, tmp_path: Path) -> None:
    data = film(tmp_path / "take.mkv", 4).read_bytes() + bytes(3 * PIECE_BYTES)  # of the size of a real one
    async with opened(hub) as (secretary, meeting):
        said = said_of(data)
        begun = (await secretary.post(f"/api/meetings/{meeting}/deliveries", json=said)).json()
        url = f"/api/deliveries/{begun['delivery']['id']}"
        cut = pieces_of(data)
        for number in (0, 2):
            await secretary.put(f"{url}/pieces/{number}", params={"sha256": cut[number][1]}, content=cut[number][0])
        early = await secretary.post(f"{url}/complete", json=list_of(data))
        assert (early.status_code, early.json()["code"]) == (409, "delivery.pieces-missing")
        again = (await secretary.post(f"/api/meetings/{meeting}/deliveries", json=said)).json()
        assert (again["delivery"]["id"], again["have"]) == (begun["delivery"]["id"], [0, 2])
        spoilt = await secretary.put(f"{url}/pieces/1", params={"sha256": cut[1][1]}, content=b"!" * PIECE_BYTES)
        assert (spoilt.status_code, spoilt.json()["code"]) == (422, "delivery.piece-differs")
        done = await deliver(secretary, meeting, data, said)
        assert (done["state"], done["sha256"]) == ("sealed", hashlib.sha256(data).hexdigest())
        assert done["said_en"].startswith("from the device, received ")
        assert (await deliver(secretary, meeting, data, said))["id"] == done["id"]  # asked once more
    [kept] = (tmp_path / "spool" / "delivered").rglob("*.mkv")
    assert kept.read_bytes() == data
    assert not list((tmp_path / "spool" / "receiving").iterdir())


async def test_it_is_refused_from_who_was_not_there_and_beyond_what_is_there_for_it(
    hub: Hub, tmp_path: Path, bus_url: str, county_url: str
) -> None:
    data = b"x" * 1000
    async with opened(hub) as (secretary, meeting):
        url = f"/api/meetings/{meeting}/deliveries"
        other = await secretary.post(url, json=said_of(data, device="zzzzzzzz22222222"))
        assert (other.status_code, other.json()["code"]) == (403, "delivery.not-in-meeting")
        async with await hub.client("jilu") as minutes:
            assert (await minutes.post(url, json=said_of(data))).json()["code"] == "delivery.not-in-meeting"
        many = said_of(data, bytes=9 * 1024**3, pieces=9 * 1024**3 // PIECE_BYTES)
        assert (await secretary.post(url, json=many)).json()["code"] == "delivery.too-much"
        assert (await secretary.post(url, json=said_of(data, end_ms=1000))).status_code == 422
        begun = (await secretary.post(url, json=said_of(data))).json()["delivery"]["id"]
        async with await hub.client("jiandu") as supervisor:
            assert (await supervisor.get(f"/api/deliveries/{begun}")).status_code == 404
        small = config_for(tmp_path, bus_url, county_url, spool_limit_bytes=4000)
        credentials = list(hub.credentials.values())
        async with serving(small, hub.database, credentials) as tight, await tight.client("shuji") as there:
            full = await there.post(url, json=said_of(b"y" * 1001))
            assert (full.status_code, full.json()["code"]) == (507, "delivery.no-room")
            assert (await there.post(url, json=said_of(b"y" * 1000))).status_code == 201


@pytest.mark.parametrize(
    ("name", "picture", "kind"),
    [("take.mkv", "libx264", "rewrapped"), ("take.mp4", "libx264", "rewrapped"), ("take.webm", "libvpx", "encoded")],
)
async def test_it_plays_in_its_place_and_counts_for_itself(
    hub: Hub, tmp_path: Path, objects: Objects, name: str, picture: str, kind: str
) -> None:
    data = film(tmp_path / name, 4, picture).read_bytes()
    mime = {"mkv": "video/x-matroska", "mp4": "video/mp4", "webm": "video/webm"}[name.rpartition(".")[2]]
    async with opened(hub) as (secretary, meeting):
        await until(hub.database, meeting, 6)
        done = await deliver(secretary, meeting, data, said_of(data, mime))
        assert (await secretary.post(f"/api/meetings/{meeting}/end")).status_code == 200
        await close(hub, tmp_path)
        errands = Deliveries(hub.database, objects, tmp_path / "spool", tmp_path / "derived")
        assert await errands.copy_one()
        await errands.upload()
        [seen] = (await secretary.get(f"/api/recordings/{done['recording']}/deliveries")).json()
        assert (seen["copy_kind"], seen["state"], seen["picture"], seen["sound"]) == (kind, "stored", True, True)
        base = f"/api/recordings/{done['recording']}/deliveries/{done['id']}"
        listed = (await secretary.get(f"{base}.m3u8")).text.splitlines()
        uris = [each for each in listed if each.endswith(".mp4")]
        played = b"".join([(await secretary.get(f"{base}/{n}.mp4")).content for n in range(len(uris) + 1)])
        assert played == (tmp_path / "derived" / done["recording"] / "delivered" / f"{done['id']}.mp4").read_bytes()
        seconds = sum(float(each[8:-1]) for each in listed if each.startswith("#EXTINF:"))
        assert seconds == pytest.approx(4, abs=0.2)
        figures = (await secretary.get(f"/api/meetings/{meeting}")).json()["coverage"]
        assert figures["live"] == 0
        assert figures["later"] is None
        assert figures["device_ms"] == pytest.approx(4000, abs=200)
        assert figures["device"] == pytest.approx(figures["device_ms"] / figures["due_ms"], abs=1e-3)


async def until(database: Database, meeting: str, seconds: float) -> None:
    """As if the meeting had been opened so long ago."""
    async with database.writing() as session:
        row = await session.get_one(Meeting, meeting)
        assert row.opened_wall is not None
        assert row.opened_monotonic is not None
        row.opened_wall -= int(seconds * 1e9)
        row.opened_monotonic -= int(seconds * 1e9)


HANDED_IN = {
    "origin": "handed-in", "clock": None, "device": None, "place": "村委会院内", "reason": "开会时没有信号",
    "taken_wall": "2026-11-27T14:00:00+08:00",
}  # fmt: skip


async def test_a_film_is_handed_in_countersigned_by_another_and_verified(
    hub: Hub, tmp_path: Path, signer: Signer, objects: Objects
) -> None:
    data = film(tmp_path / "phone.mp4", 3, sound="aac").read_bytes()
    async with opened(hub) as (secretary, meeting), await hub.client("jiandu") as supervisor:
        await until(hub.database, meeting, 6)
        await secretary.post(f"/api/meetings/{meeting}/end")
        await close(hub, tmp_path)
        url = f"/api/meetings/{meeting}/deliveries"
        refused = await supervisor.post(url, json=said_of(data, "video/mp4", **HANDED_IN))
        assert (refused.status_code, refused.json()["code"]) == (403, "right.missing")
        done = await deliver(secretary, meeting, data, said_of(data, "video/mp4", **HANDED_IN))
        assert done["late"] is False
        assert done["said_zh"].startswith("补录，")
        sign = f"/api/deliveries/{done['id']}/countersign"
        assert (await secretary.post(sign)).json()["code"] == "right.missing"
        assert (await supervisor.get(url)).json()["deliveries"][0]["may_countersign"] is True
        [signed] = (await supervisor.post(sign)).json()["deliveries"]
        assert "村务监督员" in signed["countersigned_as"]
        errands = Deliveries(hub.database, objects, tmp_path / "spool", tmp_path / "derived")
        await errands.upload()
        assert await errands.copy_one()
        figures = (await secretary.get(f"/api/meetings/{meeting}")).json()["coverage"]
        assert figures["device"] is None
        assert figures["later_ms"] == pytest.approx(3000, abs=200)
    [name] = [path.relative_to(tmp_path / "spool") for path in (tmp_path / "spool" / "delivered").rglob("*.mp4")]
    (tmp_path / "spool" / name).unlink()  # 24 h later it is in the store alone
    await export_meeting(hub.database, objects, tmp_path / "spool", meeting, tmp_path / "out", signer)
    assert (tmp_path / "out" / "data" / "media" / name).read_bytes() == data
    report = verify_folder(tmp_path / "out", signer.public_pem.encode())
    assert report.findings == []


async def test_an_export_whose_device_copy_was_touched_is_found(hub: Hub, tmp_path: Path, signer: Signer) -> None:
    data = film(tmp_path / "take.mkv", 2).read_bytes()
    async with opened(hub) as (secretary, meeting):
        await until(hub.database, meeting, 6)
        done = await deliver(secretary, meeting, data, said_of(data))
        await secretary.post(f"/api/meetings/{meeting}/end")
        await close(hub, tmp_path)
    await export_meeting(hub.database, None, tmp_path / "spool", meeting, tmp_path / "out", signer)
    assert verify_folder(tmp_path / "out", signer.public_pem.encode()).findings == []
    [kept] = (tmp_path / "out" / "data" / "media" / "delivered").rglob("*.mkv")
    kept.write_bytes(data[:-1] + b"!")
    found = {(each.step, each.code) for each in verify_folder(tmp_path / "out", None).findings}
    assert (8, "segment.altered") in found
    kept.write_bytes(data)
    async with hub.database.writing() as session:
        row = await session.get_one(Delivery, done["id"])
        row.place = "别处"
    await export_meeting(hub.database, None, tmp_path / "spool", meeting, tmp_path / "again", signer)
    [said] = verify_folder(tmp_path / "again", None).findings
    assert (said.step, said.code) == (10, "document.disagrees")
    assert f"delivery {done['id']}: place" in said.en


async def test_a_film_that_comes_after_the_days_for_it_is_kept_and_marked(hub: Hub, tmp_path: Path) -> None:
    data = film(tmp_path / "phone.mp4", 2).read_bytes()
    async with opened(hub) as (secretary, meeting):
        await until(hub.database, meeting, 20)
        async with hub.database.writing() as session:
            (await session.get_one(Meeting, meeting)).opened_on = "2026-11-01"
        await secretary.post(f"/api/meetings/{meeting}/end")
        done = await deliver(secretary, meeting, data, said_of(data, "video/mp4", **HANDED_IN))
        assert done["late"] is True
        site = (await secretary.get(f"/api/meetings/{meeting}")).json()["sites"][0]["id"]
    async with hub.database.reading() as session:
        row = await session.get_one(Delivery, done["id"])
        assert row.site_id == (await session.get_one(Site, site)).id


WEEK_S = 7 * 86_400.0


async def test_what_a_device_recorded_after_an_end_by_absence_is_asked_for_and_taken_a_week_later(
    hub: Hub, tmp_path: Path, signer: Signer
) -> None:
    """Nobody said that it was over: where a line is lost, people go on, and their device hears of the end only now."""
    data = film(tmp_path / "take.mkv", 4).read_bytes()
    lost_ms = 12 * 60_000
    async with opened(hub) as (secretary, meeting):
        await until(hub.database, meeting, WEEK_S)
        assert await end_by_absence(hub.database, meeting, lost_ms * 1_000_000)
        await close(hub, tmp_path)
        clock = (await secretary.get(f"/api/meetings/{meeting}/clock")).json()
        assert (clock["running"], clock["ended_ms"]) == (False, None)
        assert clock["elapsed_ms"] >= WEEK_S * 1000  # time goes on: by it a take is placed
        after = said_of(data, start_ms=lost_ms + 1000, end_ms=lost_ms + 5000)
        done = await deliver(secretary, meeting, data, after)
        assert (done["state"], done["late"], done["start_ms"]) == ("sealed", False, lost_ms + 1000)
    await export_meeting(hub.database, None, tmp_path / "spool", meeting, tmp_path / "out", signer)
    assert verify_folder(tmp_path / "out", signer.public_pem.encode()).findings == []
    assert [path.read_bytes() for path in (tmp_path / "out" / "data" / "media" / "delivered").rglob("*.mkv")] == [data]


async def test_where_somebody_ended_it_a_device_is_told_when(hub: Hub) -> None:
    async with opened(hub) as (secretary, meeting):
        await until(hub.database, meeting, 6)
        url = f"/api/meetings/{meeting}"
        assert (await secretary.get(f"{url}/clock")).json()["ended_ms"] is None
        await secretary.post(f"{url}/end")
        clock = (await secretary.get(f"{url}/clock")).json()
        assert clock["ended_ms"] == (await secretary.get(url)).json()["elapsed_ms"]
        assert clock["ended_ms"] <= clock["elapsed_ms"]
