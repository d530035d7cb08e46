"""Recordings over HTTP: playlists, ranges, looks, restricted parts; and the decision that is judged when one closes."""

import os
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from api.acts.decision_entries import rebuild
from api.acts.looks import join
from api.acts.sittings import meetings_to_seal, seal_sittings
from api.errors.request import BadRange
from api.routes.bytes import read_range
from storage.database import Database
from storage.keys import Signer
from storage.ledger import close_chain, entries
from storage.tables import (
    AgendaItem,
    Chain,
    Decision,
    Entry,
    Look,
    Meeting,
    Recording,
    Segment,
    Site,
    Track,
    Unit,
    Vote,
)
from tests.api.conftest import Hub

SECOND = 1_000_000_000


class Archive:
    """A village meeting whose recorder's rows and files were written here."""

    def __init__(self, hub: Hub, secretary: httpx.AsyncClient) -> None:
        self.hub, self.secretary = hub, secretary
        self.meeting = self.recording = self.camera = self.item = ""
        self.files: dict[str, bytes] = {}

    async def open(self) -> None:
        unit = await self.hub.unit("shuji")
        plan = {"title": "招标", "kind": "representatives_meeting", "unit": unit,
                "items": [{"title": "道路", "matter": "d1"}]}  # fmt: skip
        planned = (await self.secretary.post("/api/meetings", json=plan)).json()
        self.meeting, self.item = planned["id"], planned["items"][0]["id"]
        notice = {"version": planned["notice"]["version"]}
        assert (await self.secretary.post(f"/api/meetings/{self.meeting}/notice", json=notice)).status_code == 204
        self.recording = (await self.secretary.post(f"/api/meetings/{self.meeting}/open")).json()["recording"]

    async def record(self, seconds: int, holes: tuple[int, ...] = (), suffix: str = "mp4") -> None:
        """A camera and a microphone of the main site, a segment every 2 s, without those that begin in `holes`."""
        async with self.hub.database.writing() as session:
            site = (await session.scalars(select(Site.id).where(Site.meeting_id == self.meeting))).one()
            for kind, codec in (("camera", "h264"), ("microphone", "opus")):
                track = Track(id=f"trk_{kind}", recording_id=self.recording, publisher=f"{site}.abcdefgh", kind=kind,
                              codec=codec, site_id=site, name=f"孙家寨村 {kind}")  # fmt: skip
                session.add(track)
                await session.flush()
                for number, start in enumerate(range(0, seconds, 2), 1):
                    if start in holes:
                        continue
                    data = os.urandom(3000)
                    name = f"{self.recording}/{kind}/{number:06d}-0-9.h00.{suffix if kind == 'camera' else 'mp4'}"
                    path = self.hub.config.spool / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(data)
                    self.files[f"seg_{kind}{number}"] = data
                    session.add(
                        Segment(
                            id=f"seg_{kind}{number}", recording_id=self.recording, track_id=track.id, number=number,
                            name=name, relay_epoch="e", source_id=kind, first_index=number, last_index=number,
                            start_ns=start * SECOND, end_ns=(start + 2) * SECOND, frames=50, bytes=len(data),
                            head_bytes=600, sha256="", sm3="", sealed_wall=number,
                        )
                    )  # fmt: skip
            self.camera = "trk_camera"

    async def close(self, seconds: int, signer: Signer) -> None:
        """End after exactly so many seconds, and close the chain as the recorder does."""
        await self.secretary.post(f"/api/meetings/{self.meeting}/end")
        async with self.hub.database.writing() as session:
            recording = (await session.scalars(select(Recording))).one()
            meeting = (await session.scalars(select(Meeting).where(Meeting.id == self.meeting))).one()
            meeting.end_ns = recording.end_ns = seconds * SECOND
            await close_chain(session, recording.chain_id, signer)
            recording.state = "closed"


@pytest.fixture
async def archive(hub: Hub) -> Archive:
    made = Archive(hub, await hub.client("shuji"))
    await made.open()
    return made


async def test_playlists_ranges_and_looks(hub: Hub, archive: Archive, signer: Signer) -> None:
    await archive.record(60)
    url = f"/api/recordings/{archive.recording}"
    async with await hub.client("ducha") as inspector:
        live = await inspector.get(f"{url}/{archive.camera}.m3u8")
        assert "#EXT-X-ENDLIST" not in live.text
        delta = await inspector.get(f"{url}/{archive.camera}.m3u8", params={"_HLS_skip": "YES"})
        assert "#EXT-X-SKIP:SKIPPED-SEGMENTS=11\n" in delta.text
        assert delta.text.splitlines()[-3:] == live.text.splitlines()[-3:]
        await archive.close(60, signer)
        whole = (await inspector.get(url)).json()
        assert whole["coverage"]["live"] == 1.0
        assert whole["checkpoint"]["short"] == whole["checkpoint"]["root"][:16]
        assert [(t["kind"], t["segments"], t["end_ms"]) for t in whole["tracks"]] == [
            ("camera", 30, 60_000), ("microphone", 30, 60_000),
        ]  # fmt: skip
        master = await inspector.get(f"{url}/master.m3u8", params={"picture": archive.camera})
        assert master.headers["content-type"] == "application/vnd.apple.mpegurl"
        assert "TYPE=AUDIO" in master.text
        assert (await inspector.get(f"{url}/master.m3u8", params={"picture": "trk_none"})).status_code == 404
        listed = await inspector.get(f"{url}/{archive.camera}.m3u8")
        assert listed.headers["content-encoding"] == "gzip"
        assert listed.text.count("#EXTINF") == 30
        assert listed.text.endswith("#EXT-X-ENDLIST\n")

        piece = f"{url}/media/seg_camera3.mp4"
        data = archive.files["seg_camera3"]
        assert (await inspector.get(piece)).content == data
        part = await inspector.get(piece, headers={"Range": "bytes=600-"})
        assert (part.status_code, part.content) == (206, data[600:])
        assert part.headers["content-range"] == "bytes 600-2999/3000"
        assert (await inspector.get(piece, headers={"Range": "bytes=3000-"})).status_code == 416
        assert (await inspector.get(f"{url}/media/seg_camera4.mp4")).status_code == 200
        (hub.config.spool / f"{archive.recording}/camera/000009-0-9.h00.mp4").unlink()
        gone = await inspector.get(f"{url}/media/seg_camera9.mp4")
        assert (gone.status_code, gone.json()["code"]) == (503, "recording.not-here")
        beat = {"sitting": "sitting-1", "start_ms": 0, "end_ms": 1}
        assert (await inspector.post(f"{url}/looks", json=beat)).status_code == 204
    async with await hub.client("dangyuan") as member:
        assert (await member.get(piece)).status_code == 403
        assert (await member.post(f"{url}/looks", json=beat)).status_code == 403
    await hub.house.looking.write()
    async with hub.database.reading() as session:
        looks = [(look.start_ns // SECOND, look.end_ns // SECOND) for look in await session.scalars(select(Look))]
        noted = select(Entry.kind).join(Chain, Chain.id == Entry.chain_id).where(Chain.kind == "hub")
        kinds = (await session.scalars(noted)).all()
    # The first piece at once, what followed as one span, or as two if the writer's turn came between.
    assert sorted(looks) in ([(4, 6), (4, 8)], [(4, 6), (4, 6), (6, 8)])
    assert kinds.count("look") == len(looks)
    async with await hub.client("shenji") as auditor:
        assert len((await auditor.get("/api/looks", params={"recording": archive.recording})).json()) == len(looks)


async def test_of_many_sites_a_camera_that_was_not_shown_is_no_hole_and_the_view_says_when_each_was_recorded(
    hub: Hub, archive: Archive, signer: Signer
) -> None:
    await archive.record(20, holes=(6, 8))
    async with hub.database.writing() as session:
        recording = (await session.scalars(select(Recording))).one()
        assert recording.pictures_up_to is None  # a village keeps all
        main = (await session.scalars(select(Site))).one()
        other = Site(id="sit_other", meeting_id=archive.meeting, unit_id="", main=False)
        other.unit_id = (await session.scalars(select(Unit.id).where(Unit.id != main.unit_id).limit(1))).one()
        session.add(other)
        await session.flush()
        session.add(
            Track(id="trk_other", recording_id=archive.recording, publisher="sit_other.abcdefgh", kind="camera",
                  codec="h264", site_id="sit_other", name="另一村 camera")
        )  # fmt: skip
        await session.flush()
        for track, start, end in (("trk_other", 5, 11), ("trk_microphone", 6, 10)):
            session.add(
                Segment(
                    id=f"seg_{track}", recording_id=archive.recording, track_id=track, number=99, name=track,
                    relay_epoch="e", source_id=track, first_index=99, last_index=99, start_ns=start * SECOND,
                    end_ns=end * SECOND, frames=150, bytes=9, head_bytes=1, sha256="", sm3="", sealed_wall=1,
                )
            )  # fmt: skip
    await archive.close(20, signer)
    url = f"/api/recordings/{archive.recording}"
    async with await hub.client("ducha") as inspector:
        whole = (await inspector.get(url)).json()
        assert whole["pictures"] == "all"
        assert whole["coverage"]["sealed_ms"] == 16_000
        async with hub.database.writing() as session:
            (await session.scalars(select(Recording))).one().pictures_up_to = 1
        whole = (await inspector.get(url)).json()
    assert whole["pictures"] == "shown"
    assert whole["coverage"]["live"] == 1.0
    spans = {track["id"]: [(one["start_ms"], one["end_ms"]) for one in track["spans"]] for track in whole["tracks"]}
    assert spans["trk_camera"] == [(0, 6000), (10000, 20000)]
    assert spans["trk_other"] == [(5000, 11000)]
    assert whole["gaps"] == []


async def test_bytes_of_a_restricted_part_are_refused(hub: Hub, archive: Archive) -> None:
    await archive.record(10)
    async with hub.database.writing() as session:
        item = (await session.scalars(select(AgendaItem))).one()
        item.start_ns, item.end_ns, item.access_class = 4 * SECOND, 6 * SECOND, "restricted"
    url = f"/api/recordings/{archive.recording}/media"
    async with await hub.client("huiwu") as organiser, await hub.client("ducha") as inspector:
        statuses = [(await organiser.get(f"{url}/seg_camera{n}.mp4")).status_code for n in (2, 3, 4)]
        assert statuses == [200, 403, 200]
        # What is refused keeps its place in the list, and the page is told where it lies.
        listed = (await organiser.get(f"/api/recordings/{archive.recording}/{archive.camera}.m3u8")).text.split(
            "#EXTINF"
        )
        assert [number for number, piece in enumerate(listed, 1) if piece.endswith("#EXT-X-GAP\n")] == [3]
        seen = (await organiser.get(f"/api/recordings/{archive.recording}")).json()
        assert (seen["viewable"], seen["restricted"]) == (False, [{"start_ms": 4000, "end_ms": 6000}])
        assert [track["segments"] for track in seen["tracks"]] == [4, 4]
        whole = (await inspector.get(f"/api/recordings/{archive.recording}")).json()
        assert (whole["viewable"], whole["restricted"]) == (True, [])
        assert (
            "EXT-X-GAP" not in (await inspector.get(f"/api/recordings/{archive.recording}/{archive.camera}.m3u8")).text
        )
        assert (await inspector.get(f"{url}/seg_camera3.mp4")).status_code == 200


async def test_a_restricted_part_is_widened_to_whole_pieces_and_hides_who_only_spoke_in_it(
    hub: Hub, archive: Archive
) -> None:
    await archive.record(10)
    async with hub.database.writing() as session:
        item = (await session.scalars(select(AgendaItem))).one()
        item.start_ns, item.end_ns, item.access_class = 5 * SECOND, 7 * SECOND, "restricted"
        visitor = Track(id="trk_visitor", recording_id=archive.recording, publisher="visitor.abcdefgh",
                        kind="microphone", codec="opus", site_id=None, name="王五")  # fmt: skip
        session.add(visitor)
        await session.flush()
        session.add(
            Segment(
                id="seg_visitor", recording_id=archive.recording, track_id=visitor.id, number=1, name="v/1-0-9.h00.mp4",
                relay_epoch="e", source_id="visitor", first_index=1, last_index=1, start_ns=5 * SECOND,
                end_ns=9 * SECOND, frames=200, bytes=3000, head_bytes=600, sha256="", sm3="", sealed_wall=1,
            )
        )  # fmt: skip
    url = f"/api/recordings/{archive.recording}"
    async with await hub.client("huiwu") as organiser:
        seen = await organiser.get(url)
        assert seen.json()["restricted"] == [{"start_ms": 4000, "end_ms": 9000}]
        assert [track["id"] for track in seen.json()["tracks"]] == ["trk_camera", "trk_microphone"]
        assert "王五" not in seen.text
        master = await organiser.get(f"{url}/master.m3u8")
        assert "trk_microphone" in master.text
        assert "trk_visitor" not in master.text
        async with hub.database.writing() as session:
            (await session.scalars(select(AgendaItem))).one().end_ns = None
        assert (await organiser.get(url)).json()["restricted"] == [{"start_ms": 4000, "end_ms": None}]
    assert "王五" in (await archive.secretary.get(url)).text


async def test_a_machine_that_others_use_keeps_no_bytes_without_asking(hub: Hub, archive: Archive) -> None:
    await archive.record(4)
    url = f"/api/recordings/{archive.recording}/media/seg_camera1.mp4"
    first = await archive.secretary.get(url)
    assert first.headers["cache-control"] == "private, no-cache"
    known = {"If-None-Match": f'"other", {first.headers["etag"]}'}
    again = await archive.secretary.get(url, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    async with await hub.client("dangyuan") as villager:
        assert (await villager.get(url, headers=known)).status_code == 403
    assert (await archive.secretary.get(url, headers=known | {"Range": "bytes=0-1"})).status_code == 206


@pytest.mark.parametrize(("holes", "codes"), [((), []), ((4,), ["vote-coverage"])])
async def test_a_decision_is_judged_when_its_recording_closes(
    hub: Hub, archive: Archive, signer: Signer, holes: tuple[int, ...], codes: list[str]
) -> None:
    await archive.record(60, holes)
    item = f"/api/meetings/{archive.meeting}/items/{archive.item}"
    await archive.secretary.post(f"{item}/start")
    vote = {"way": "hands", "in_favour": 10, "against": 1, "abstained": 1, "due": 15, "present": 12}
    voted = (await archive.secretary.post(f"{item}/votes", json=vote)).json()
    assert await meetings_to_seal(hub.database) == []
    await archive.close(60, signer)
    async with hub.database.writing() as session:
        row = (await session.scalars(select(AgendaItem))).one()
        row.end_ns = 30 * SECOND
        vote_row = (await session.scalars(select(Decision))).one()
        assert vote_row.proper is False  # nobody had reviewed it
        (await session.scalars(select(Vote))).one().at_ns = 8 * SECOND
    await seal_sittings(hub.database, archive.meeting)
    assert await seal_sittings(hub.database, archive.meeting) == []
    decision = (await archive.secretary.get(f"/api/decisions/{voted['decision']}")).json()
    assert decision["outcome"] == "resolved"
    # Straight to the representatives, and nobody supervised it.
    always = {"order", "supervisor", "confirmed"}
    found = {reason["code"] for reason in decision["improper_reasons"]}
    assert found - always - {"coverage"} == set(codes), decision["improper_reasons"]
    assert [entry["kind"] for entry in decision["entries"]] == [
        "created", "item", "sitting", "judged", "vote", "recording", "sealed"
    ]  # fmt: skip
    await _row_is_a_cache(hub.database, voted["decision"])


async def _row_is_a_cache(database: Database, decision_id: str) -> None:
    """Spoil the row; the chain alone makes it again. Entries rest on the recording's chain."""
    columns = [column.key for column in Decision.__table__.columns]
    async with database.reading() as session:
        row = await session.get(Decision, decision_id)
        before = {key: getattr(row, key) for key in columns}
        chain = (await session.scalars(select(Chain.id).where(Chain.subject == decision_id))).one()
        resting = [record.kind async for record, _, payload in entries(session, chain) if "rests_on" in (payload or {})]
    assert resting == ["vote", "recording"]
    async with database.writing() as session:
        row = await session.get(Decision, decision_id)
        assert row is not None
        row.outcome, row.proper, row.title, row.state, row.improper_reasons = "rejected", None, "?", "open", ["?"]
    async with database.writing() as session:
        rebuilt = await rebuild(session, decision_id)
        assert {key: getattr(rebuilt, key) for key in columns} == before


SIZES = st.integers(1, 5000)


@given(SIZES, st.integers(0, 6000), st.integers(0, 6000))
def test_ranges_stay_inside_the_file(size: int, first: int, last: int) -> None:
    for header in (f"bytes={first}-{last}", f"bytes={first}-", f"bytes=-{last}"):
        try:
            wanted = read_range(header, size)
        except BadRange:
            assert first >= size or last == 0
            continue
        if wanted is None:
            assert last < first
        else:
            assert 0 <= wanted[0] < wanted[1] <= size
    for header in (None, "", "bytes=-", "lines=0-1", "bytes=0-1,3-4", "bytes=a-b"):
        assert read_range(header, size) is None


SPAN = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda p: (min(p), max(p) + 1))


@given(st.lists(SPAN, max_size=10))
def test_looks_join_without_losing_a_moment(spans: list[tuple[int, int]]) -> None:
    joined: list[tuple[int, int]] = []
    for span in spans:
        joined = join(joined, span)
    assert {m for a, b in spans for m in range(a, b)} == {m for a, b in joined for m in range(a, b)}
    assert all(b < c for (_, b), (c, _) in pairwise(joined))


async def test_of_a_vp8_track_copies_are_played_and_it_waits_for_them(
    hub: Hub, archive: Archive, signer: Signer
) -> None:
    await archive.record(8, suffix="webm")
    url = f"/api/recordings/{archive.recording}"
    folder = hub.config.derived / archive.recording / "copies"
    folder.mkdir(parents=True)

    def copy(*numbers: int) -> None:
        for number in numbers:
            (folder / f"seg_camera{number}~600.h0a.mp4").write_bytes(b"copy" * 500 + bytes([number]))

    async with await hub.client("ducha") as inspector:

        async def copying() -> bool:
            (camera,) = [t for t in (await inspector.get(url)).json()["tracks"] if t["kind"] == "camera"]
            listed = (await inspector.get(f"{url}/master.m3u8")).text
            assert ("trk_camera.m3u8" in listed) is not camera["copying"]
            assert "trk_microphone.m3u8" in listed  # the rest plays
            return bool(camera["copying"])

        assert await copying()
        copy(1, 2)
        assert not await copying()  # a running meeting plays from the first copy on
        running = (await inspector.get(f"{url}/trk_camera.m3u8")).text
        assert running.count("#EXTINF") == 2
        await archive.close(8, signer)
        assert await copying()
        assert "#EXT-X-ENDLIST" not in (await inspector.get(f"{url}/trk_camera.m3u8")).text
        assert (await inspector.get(f"{url}/media/seg_camera3.mp4")).status_code == 404
        copy(3, 4)
        assert not await copying()
        whole = (await inspector.get(f"{url}/trk_camera.m3u8")).text
        assert whole.count("#EXTINF") == 4
        assert whole.count("#EXT-X-MAP") == 1
        assert "#EXT-X-BYTERANGE:1401@600" in whole
        assert whole.endswith("#EXT-X-ENDLIST\n")
        piece = await inspector.get(f"{url}/media/seg_camera3.mp4")
        assert piece.content == b"copy" * 500 + b"\x03"
