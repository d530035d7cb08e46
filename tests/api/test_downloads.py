"""The film of a recording as one MP4 over HTTP: whole, in ranges, of a span, cut, and on record."""

import io
import random
from hashlib import sha256
from pathlib import Path

import av
import pytest
from sqlalchemy import select

from ops.sender.film import Film
from storage.objects import Objects
from storage.tables import AgendaItem, Chain, Entry, Look, Payload, Segment, Stored
from tests.api.conftest import Hub
from tests.api.filmed import SECONDS, Filmed
from tests.fixtures_storage import put_at_last
from tests.recorder.hub import decode_errors
from tests.recorder.pieces import S


@pytest.fixture
async def filmed(hub: Hub, film: Film) -> Filmed:
    made = Filmed(hub, await hub.client("shuji"))
    await made.open()
    await made.play(film)
    return made


def lengths(data: bytes) -> tuple[int, int]:
    """Pictures and packets of sound."""
    with av.open(io.BytesIO(data)) as container:
        kinds = [packet.stream.type for packet in container.demux() if packet.size]
    return kinds.count("video"), kinds.count("audio")


async def noted(hub: Hub, kind: str) -> list[dict[str, object]]:
    async with hub.database.reading() as session:
        rows = await session.scalars(
            select(Payload.payload)
            .join(Entry, (Entry.chain_id == Payload.chain_id) & (Entry.seq == Payload.seq))
            .join(Chain, Chain.id == Entry.chain_id)
            .where(Chain.kind == "hub", Entry.kind == kind)
            .order_by(Entry.seq)
        )
        return list(rows)


async def test_a_download_is_whole_opens_and_is_on_record(hub: Hub, filmed: Filmed, tmp_path: Path) -> None:
    url = f"/api/recordings/{filmed.recording}/film.mp4"
    async with await hub.client("ducha") as inspector:
        assert (await inspector.get(f"/api/recordings/{filmed.recording}")).json()["may"]["download"] is True
        whole = await inspector.get(url)
        assert whole.status_code == 200
        assert int(whole.headers["content-length"]) == len(whole.content)
        assert "filename*=UTF-8''%E6%8B%9B%E6%A0%87%20" in whole.headers["content-disposition"]
        assert lengths(whole.content) == (SECONDS * 25, SECONDS * 50)
        path = tmp_path / "film.mp4"
        path.write_bytes(whole.content)
        assert decode_errors(path) == ""
        with av.open(str(path)) as container:
            assert abs((container.duration or 0) / 1e6 - SECONDS) < 0.1
        await hub.house.looking.write()
        async with hub.database.reading() as session:
            looks = (await session.scalars(select(Look).order_by(Look.start_ns))).all()
        assert (looks[0].start_ns, max(look.end_ns for look in looks)) == (0, SECONDS * S)
        (entry,) = await noted(hub, "download")
        assert entry["recording"] == filmed.recording
        assert (entry["picture"], entry["sound"]) == (filmed.camera, filmed.microphone)

        # Any range is what stands there, and a download that broke off goes on.
        chance = random.Random(5)
        for _ in range(12):
            first = chance.randrange(len(whole.content))
            last = min(len(whole.content) - 1, first + chance.choice((0, 1, 100, 60_000, 2_000_000)))
            part = await inspector.get(
                url, headers={"Range": f"bytes={first}-{last}", "If-Range": whole.headers["etag"]}
            )
            assert part.status_code == 206
            assert part.content == whole.content[first : last + 1]
            assert part.headers["content-range"] == f"bytes {first}-{last}/{len(whole.content)}"
        changed = await inspector.get(url, headers={"Range": "bytes=5-9", "If-Range": '"another"'})
        assert changed.status_code == 200
        assert (await inspector.get(url, headers={"Range": f"bytes={len(whole.content)}-"})).status_code == 416


async def test_a_span_and_a_track_alone(hub: Hub, filmed: Filmed) -> None:
    url = f"/api/recordings/{filmed.recording}/film.mp4"
    async with await hub.client("ducha") as inspector:
        span = await inspector.get(url, params={"from_ms": 5_000, "until_ms": 9_000})
        assert lengths(span.content) == (6 * 25, 6 * 50)  # whole pieces of 2 s
        sound = await inspector.get(url, params={"sound": filmed.microphone})
        assert lengths(sound.content) == (0, SECONDS * 50)
        picture = await inspector.get(url, params={"picture": filmed.camera})
        assert lengths(picture.content) == (SECONDS * 25, 0)
        for wrong in ({"picture": "trk_none"}, {"picture": filmed.microphone}, {"from_ms": 99_000}):
            assert (await inspector.get(url, params=wrong)).status_code == 404


async def test_who_may_not_take_it_away_gets_nothing(hub: Hub, filmed: Filmed) -> None:
    url = f"/api/recordings/{filmed.recording}"
    for username in ("huiwu", "dangyuan"):  # the first may look
        async with await hub.client(username) as client:
            assert (await client.get(f"{url}/film.mp4")).status_code == 403
    async with await hub.client("huiwu") as organiser:
        assert (await organiser.get(url)).json()["may"]["download"] is False
    async with hub.stranger() as stranger:
        assert (await stranger.get(f"{url}/film.mp4")).status_code == 401
    assert await noted(hub, "download") == []


async def test_a_restricted_part_is_cut_out_of_a_download(hub: Hub, filmed: Filmed) -> None:
    async with hub.database.writing() as session:
        item = (await session.scalars(select(AgendaItem))).one()
        item.start_ns, item.end_ns, item.access_class = 11 * S, 13 * S, "restricted"
    url = f"/api/recordings/{filmed.recording}/film.mp4"
    async with await hub.client("admin") as admin, await hub.client("ducha") as inspector:
        cut, whole = (await admin.get(url)).content, (await inspector.get(url)).content
    assert lengths(whole) == (SECONDS * 25, SECONDS * 50)
    assert lengths(cut) == ((SECONDS - 4) * 25, (SECONDS - 4) * 50)
    with av.open(io.BytesIO(whole)) as container:
        inside = {bytes(packet) for packet in container.demux(video=0) if packet.pts and 11 <= packet.pts / 90_000 < 13}
    assert len(inside) == 50
    await hub.house.looking.write()
    async with hub.database.reading() as session:
        rows = (await session.scalars(select(Look))).all()
    # Of the two one was shown 10 s to 14 s, the other was not.
    spans: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        spans.setdefault(row.user_id, []).append((row.start_ns // S, row.end_ns // S))
    covered = sorted(any(start <= 10 and end >= 14 for start, end in own) for own in spans.values())
    assert covered == [False, True]


async def test_what_the_spool_has_no_more_comes_from_the_store(hub: Hub, filmed: Filmed, objects: Objects) -> None:
    hub.house.objects = objects
    url = f"/api/recordings/{filmed.recording}/film.mp4"
    async with await hub.client("ducha") as inspector:
        before = await inspector.get(url)
        async with hub.database.writing() as session:
            for row in (await session.scalars(select(Segment).where(Segment.number > 4))).all():
                path = hub.config.spool / row.name
                kept = await put_at_last(objects, row.name, path, sha256(path.read_bytes()).hexdigest())
                session.add(
                    Stored(segment_id=row.id, bucket=kept.bucket, key=kept.key, version=kept.version,
                           locked_until_wall=0, confirmed_wall=0)
                )  # fmt: skip
                path.unlink()
        after = await inspector.get(url)
        assert after.headers["etag"] == before.headers["etag"]
        assert after.content == before.content
