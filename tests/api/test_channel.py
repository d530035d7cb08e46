"""The control channel and media sessions against a real relay on a real bus: who comes, who goes, a new relay."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api.acts import sessions
from api.acts.absence import absent_meetings
from api.acts.sign_in import SECOND
from api.domain.meeting import Patience
from media_server.process import RelayConfig, run
from storage.ledger import entries
from storage.tables import MediaSession, Meeting, Presence, Recording, SignIn
from tests.api.conftest import Hub

OFFER = "\r\n".join([
    "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=mid:0", "a=sendonly", "a=rtcp-mux",
    "a=ice-ufrag:abcd", "a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa", "a=setup:actpass",
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "a=rtpmap:111 opus/48000/2", "a=ssrc:1111 cname:x",
    "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:1", "a=sendonly", "a=rtcp-mux",
    "a=ice-ufrag:abcd", "a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa", "a=setup:actpass",
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "a=rtpmap:96 H264/90000",
    "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1", "a=ssrc:2222 cname:x", "",
])  # fmt: skip


@contextlib.asynccontextmanager
async def relay(bus_url: str, folder: Path) -> AsyncIterator[None]:
    stop = asyncio.Event()
    config = RelayConfig(bus_url, None, 0, ("127.0.0.1",), folder / "relay.sock", folder / "certificate", silent_s=60.0)
    task = asyncio.create_task(run(config, stop))
    try:
        yield
    finally:
        stop.set()
        await task


class Page:
    """One channel; what came is kept."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def until(self, type_: str, **wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.recv())
                if message["type"] == type_ and all(message.get(key) == value for key, value in wanted.items()):
                    return message

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))


@contextlib.asynccontextmanager
async def channel(hub: Hub, meeting: str, token: str, query: str = "") -> AsyncIterator[Page]:
    url = f"{hub.url.replace('http', 'ws')}/api/meetings/{meeting}/channel{query}"
    async with connect(url, additional_headers={"Authorization": token}) as socket:
        yield Page(socket)


async def open_meeting(hub: Hub) -> str:
    async with await hub.client("shuji") as secretary:
        plan = {"title": "会", "kind": "two_committees", "unit": await hub.unit("shuji")}
        meeting = (await secretary.post("/api/meetings", json=plan)).json()["id"]
        assert (await secretary.post(f"/api/meetings/{meeting}/open")).status_code == 200
    return str(meeting)


async def ready(hub: Hub) -> None:
    while not await hub.house.relay.reconcile():  # no responder: refused at once, until the bus knows of it
        pass


async def test_whip_channel_restart_and_a_new_relay(hub: Hub, bus_url: str, tmp_path: Path) -> None:
    meeting = await open_meeting(hub)
    async with await hub.client("shuji") as secretary, await hub.client("zhongduan2") as foreign:
        token = secretary.headers["Authorization"]
        whip = f"/api/meetings/{meeting}/whip"
        sdp = {"Content-Type": "application/sdp"}
        fragment = {"Content-Type": "application/trickle-ice-sdpfrag"}
        away = await secretary.post(whip, content=OFFER, headers=sdp)
        assert (away.status_code, away.json()["code"]) == (503, "bus.no-answer")
        async with relay(bus_url, tmp_path):
            await ready(hub)
            assert (await secretary.post(whip, content=OFFER)).status_code == 415
            bad = await secretary.post(whip, content="v=0\r\n", headers=sdp)
            assert (bad.status_code, bad.json()["code"]) == (400, "media.bad-offer")
            no_h264 = OFFER.replace("H264", "H265")
            assert (await secretary.post(whip, content=no_h264, headers=sdp)).json()["code"] == "media.no-common-codec"
            answer = await secretary.post(whip, content=OFFER, headers=sdp)
            assert answer.status_code == 201, answer.text
            assert answer.headers["content-type"] == "application/sdp"
            location = answer.headers["location"]
            session = location.rsplit("/", 1)[-1]
            async with channel(hub, meeting, token, f"?session={session}") as page:
                whole = await page.until("meeting")
                assert [p["unit"]["name"] for p in whole["meeting"]["people"]] == ["孙家寨村"]
                await page.say(type="ping")
                await page.until("pong")
                await page.say(type="dance")
                assert (await page.until("problem"))["code"] == "request.invalid"
                ice = {"ufrag": "efgh", "pwd": "b" * 24}
                await page.say(type="restart", ice=ice)
                restarted = await page.until("restarted")
                assert restarted["ice"]["ufrag"]
                # The same over HTTP; somebody else's session is unknown.
                text = "a=ice-ufrag:ijkl\r\na=ice-pwd:" + "c" * 24 + "\r\n"
                any_ = fragment | {"If-Match": "*"}
                patched = await secretary.patch(location, content=text, headers=any_)
                assert patched.headers["content-type"] == "application/trickle-ice-sdpfrag"
                assert "a=ice-ufrag:" in patched.text
                assert (await foreign.patch(location, content=text, headers=any_)).status_code == 404
                coverage = await page.until("coverage")
                assert coverage["coverage"]["live"] in (0.0, 1.0)
                assert not coverage["recorder"]["well"]
                assert (await secretary.delete(location)).status_code == 200
                await page.until("people", total=0)
            assert (await secretary.delete(location)).status_code == 404
            again = (await secretary.post(whip, content=OFFER, headers=sdp)).headers["location"].rsplit("/", 1)[-1]
        async with channel(hub, meeting, token, f"?session={again}") as page, relay(bus_url, tmp_path):
            await page.until("relay", state="restarted")
            await page.until("people", total=0)
            await page.say(type="restart", ice=ice)
            await page.until("relay", state="restarted")
    async with hub.database.reading() as db:
        causes = (await db.scalars(select(MediaSession.ended_cause).order_by(MediaSession.id))).all()
        spans = (await db.scalars(select(Presence.end_ns))).all()
    assert causes == ["closed", "relay"]
    assert all(end is not None for end in spans)


def sdpfrag(ufrag: str) -> str:
    candidate = "a=candidate:1 1 udp 2130706431 198.51.100.1 39132 typ host"
    return "\r\n".join([
        "a=group:BUNDLE 0 1", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", f"a=ice-ufrag:{ufrag}",
        "a=ice-pwd:" + "c" * 24, candidate, "a=end-of-candidates", "",
    ])  # fmt: skip


async def test_a_session_is_changed_only_by_who_knows_it_as_it_is(hub: Hub, bus_url: str, tmp_path: Path) -> None:
    meeting = await open_meeting(hub)
    async with await hub.client("shuji") as secretary, relay(bus_url, tmp_path):
        await ready(hub)

        async def change(at: str, ufrag: str, if_match: str | None) -> httpx.Response:
            headers = {"Content-Type": "application/trickle-ice-sdpfrag"}
            headers |= {} if if_match is None else {"If-Match": if_match}
            return await secretary.patch(at, content=sdpfrag(ufrag), headers=headers)

        for mode in ("whip", "whep"):
            offer = OFFER if mode == "whip" else OFFER.replace("sendonly", "recvonly")
            path = f"/api/meetings/{meeting}/{mode}"
            opened = await secretary.post(path, content=offer, headers={"Content-Type": "application/sdp"})
            assert opened.status_code == 201, opened.text
            at, tag = opened.headers["location"], opened.headers["etag"]
            assert f"a=ice-ufrag:{tag[1:-1]}\r\n" in opened.text

            # Candidates under the known ufrag: nothing to say, and nothing has changed.
            for named in (tag, f'"other", {tag}'):
                assert (await change(at, "abcd", named)).status_code == 204
            for named, status, code in (
                (None, 428, "media.if-match-missing"), ('"other"', 412, "media.ice-changed"),
                (f"W/{tag}", 412, "media.ice-changed"), ("nonsense", 412, "media.ice-changed"),
            ):  # fmt: skip
                for ufrag in ("abcd", "efgh"):
                    refused = await change(at, ufrag, named)
                    assert (refused.status_code, refused.json()["code"]) == (status, code)

            # A restart has a new ufrag, and `*` or the tag; asked once more it is the same restart.
            first = await change(at, "efgh", "*")
            assert first.status_code == 200
            assert first.headers["etag"] != tag
            assert "a=ice-ufrag:" + first.headers["etag"].strip('"') in first.text
            again = await change(at, "efgh", "*")
            assert (again.status_code, again.headers["etag"], again.text) == (200, first.headers["etag"], first.text)
            assert (await change(at, "efgh", tag)).status_code == 412, "the tag of before the restart"
            assert (await change(at, "efgh", first.headers["etag"])).status_code == 204
            second = await change(at, "ijkl", first.headers["etag"])
            assert second.status_code == 200
            assert second.headers["etag"] not in (tag, first.headers["etag"])


async def test_a_restricted_part_puts_out_who_may_not_be_there(hub: Hub, bus_url: str, tmp_path: Path) -> None:
    meeting = await open_meeting(hub)
    whip, sdp = f"/api/meetings/{meeting}/whip", {"Content-Type": "application/sdp"}
    async with await hub.client("shuji") as secretary, await hub.client("zhongduan") as own, relay(bus_url, tmp_path):
        await ready(hub)
        async with await hub.client("huiwu") as organiser:
            for client in (secretary, own, organiser):
                assert (await client.post(whip, content=OFFER, headers=sdp)).status_code == 201
            item = {"title": "民主评议", "matter": "h3"}
            item_id = (await secretary.post(f"/api/meetings/{meeting}/items", json=item)).json()["id"]
            await secretary.post(f"/api/meetings/{meeting}/items/{item_id}/start")
            async with hub.database.reading() as session:
                causes = select(MediaSession.ended_cause).order_by(MediaSession.started_wall)
                assert (await session.scalars(causes)).all() == [None, None, "restricted"]
            outside = await organiser.post(whip, content=OFFER, headers=sdp)
            assert (outside.status_code, outside.json()["code"]) == (403, "recording.restricted")
            village = {"unit": await hub.unit("shuji")}
            outside = await organiser.post(whip, params=village, content=OFFER, headers=sdp)
            assert outside.status_code == 403, "nor in the village's own seat"
            async with await hub.client("dangyuan") as villager:
                assert (await villager.post(whip, content=OFFER, headers=sdp)).status_code == 403, "nor from home"
            await secretary.post(f"/api/meetings/{meeting}/items/{item_id}/end")
            assert (await organiser.post(whip, content=OFFER, headers=sdp)).status_code == 201


async def test_a_channel_tells_changes_and_the_end_and_is_closed_to_strangers(hub: Hub) -> None:
    meeting = await open_meeting(hub)
    async with await hub.client("shuji") as secretary, await hub.client("shenji") as auditor:
        for token, code in ((auditor.headers["Authorization"], 4404), ("Bearer nonsense", 4401)):
            async with channel(hub, meeting, token) as page:
                with pytest.raises(ConnectionClosed) as closed:
                    await page.until("meeting")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == code
        async with channel(hub, meeting, secretary.headers["Authorization"]) as page:
            await page.until("meeting")
            await secretary.post(f"/api/meetings/{meeting}/items", json={"title": "一"})
            assert [item["title"] for item in (await page.until("meeting"))["meeting"]["items"]] == ["一"]
            async with hub.database.writing() as session:
                await session.execute(update(SignIn).values(expires_wall=time.time_ns() + SECOND))
            await secretary.post(f"/api/meetings/{meeting}/end")
            await page.until("ended")
            assert (await page.until("meeting"))["meeting"]["state"] == "ended"


async def test_a_channel_ends_with_its_sign_in_and_at_bytes(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = await open_meeting(hub)
    async with await hub.client("shuji") as secretary:
        async with channel(hub, meeting, secretary.headers["Authorization"]) as page:
            await page.socket.send(b"\0\1")
            assert await _closing(page) == 1003
        monkeypatch.setattr("api.routes.channel.TOUCH_EVERY_S", 0.0)
        async with channel(hub, meeting, secretary.headers["Authorization"]) as page:
            await page.until("coverage")
            await secretary.post("/api/logout")
            assert await _closing(page) == 4401


async def _closing(page: Page) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        await page.until("never")
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def test_sizes_go_to_the_relay_and_layers_come_to_the_page_whenever_it_opens(
    hub: Hub, bus_url: str, tmp_path: Path
) -> None:
    meeting = await open_meeting(hub)
    async with await hub.client("shuji") as secretary, relay(bus_url, tmp_path):
        await ready(hub)
        offer = {"sdp": OFFER, "device": "camera01", "sources": {"0": "microphone", "1": "camera"}}
        opened = (await secretary.post(f"/api/meetings/{meeting}/sessions", json=offer)).json()
        told = {"room": meeting, "session": opened["session"], "kind": "camera", "layers": ["h"], "epoch": "e"}
        await hub.house.bus.publish("huilu.event.relay.layers", told)
        query = f"?session={opened['session']}"
        for _ in range(2):  # what holds is told to each new channel
            async with channel(hub, meeting, secretary.headers["Authorization"], query) as page:
                assert (await page.until("layers"))["layers"] == ["h"]
                await page.say(type="sizes", sizes={"1": [640, 360]})
                await page.say(type="sizes", sizes={"1": [640, -1]})
                assert (await page.until("problem"))["status"] == 422
                await page.say(type="ping")
                await page.until("pong")


async def test_nobody_takes_the_place_of_another_accounts_device(hub: Hub, bus_url: str, tmp_path: Path) -> None:
    """A villager at home reads the main camera's publisher in the list of people, and names its device as his own."""
    meeting = await open_meeting(hub)
    sdp, whip = {"Content-Type": "application/sdp"}, f"/api/meetings/{meeting}/whip"
    async with (
        await hub.client("shuji") as secretary,
        await hub.client("dangyuan") as villager,
        relay(bus_url, tmp_path),
    ):
        await ready(hub)
        for who, device in (
            (secretary, "camera01"),
            (villager, "camera01"),
            (villager, "camera01"),
            (secretary, "camera01"),
        ):
            answer = await who.post(f"{whip}?device={device}", content=OFFER, headers=sdp)
            assert answer.status_code == 201, answer.text
        people = (await secretary.get(f"/api/meetings/{meeting}")).json()["people"]
        assert len(people) == 2
        async with hub.database.reading() as db:
            rows = (await db.scalars(select(MediaSession).order_by(MediaSession.id))).all()
        assert [row.publisher.endswith(".camera01") for row in rows] == [True, False, False, True]
        assert rows[1].publisher == rows[2].publisher


async def test_one_account_does_not_fill_the_relay(
    hub: Hub, bus_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MAX_SESSIONS", 2)
    meeting = await open_meeting(hub)
    sdp, whip = {"Content-Type": "application/sdp"}, f"/api/meetings/{meeting}/whip"
    async with await hub.client("shuji") as secretary, relay(bus_url, tmp_path):
        await ready(hub)
        answers = [await secretary.post(f"{whip}?device=camera0{n}", content=OFFER, headers=sdp) for n in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert answers[2].json()["code"] == "media.too-many-sessions"
        await secretary.delete(answers[0].headers["Location"])
        assert (await secretary.post(f"{whip}?device=camera03", content=OFFER, headers=sdp)).status_code == 201


async def test_a_meeting_that_nobody_attends_ends_at_its_last_moment(hub: Hub, bus_url: str, tmp_path: Path) -> None:
    meeting = await open_meeting(hub)
    minutes = 60 * SECOND
    async with hub.database.writing() as session:
        row = (await session.scalars(select(Meeting))).one()
        assert row.opened_wall is not None
        assert row.opened_monotonic is not None
        row.opened_wall -= 30 * minutes
        row.opened_monotonic -= 30 * minutes
        session.add(
            MediaSession(id="ses_1", meeting_id=meeting, user_id=row.created_by, site_id=None, mode="room",
                         publisher="p.abcdefgh", relay_epoch="e", started_wall=row.opened_wall,
                         ended_wall=row.opened_wall + 12 * minutes, ended_cause="silent")
        )  # fmt: skip
    assert await absent_meetings(hub.database, Patience(20 * minutes, 0)) == []
    async with relay(bus_url, tmp_path):
        await ready(hub)
        await hub.house.watches.check_absence()
        async with hub.database.writing() as session:
            # Its line was lost: somebody may sit there, with a device that records by itself.
            assert (await session.scalars(select(Meeting.state))).one() == "open"
            (await session.scalars(select(MediaSession))).one().ended_cause = "closed"
        await hub.house.watches.check_absence()
    async with hub.database.reading() as session:
        row = (await session.scalars(select(Meeting))).one()
        assert (row.state, row.ended_by) == ("ended", "absence")
        assert row.end_ns is not None
        assert abs(row.end_ns - 12 * minutes) < SECOND
    async with await hub.client("shuji") as secretary:
        reopened = (await secretary.post(f"/api/meetings/{meeting}/reopen")).json()
        assert reopened["state"] == "open"
        assert reopened["opened_wall"]
        assert reopened["ended_wall"] is None


async def test_who_chairs_is_there_before_the_opening(hub: Hub, bus_url: str, tmp_path: Path) -> None:
    plan = {"title": "会", "kind": "two_committees", "unit": await hub.unit("shuji")}
    async with (
        await hub.client("shuji") as secretary,
        await hub.client("zhongduan") as terminal,
        relay(bus_url, tmp_path),
    ):
        await ready(hub)
        url = f"/api/meetings/{(await secretary.post('/api/meetings', json=plan)).json()['id']}"
        offer = {"sdp": OFFER, "device": "abcdefgh", "sources": {"0": "microphone", "1": "camera"}}
        refused = await terminal.post(f"{url}/sessions", json=offer)
        assert (refused.status_code, refused.json()["code"]) == (409, "meeting.wrong-state")
        left = await secretary.post(f"{url}/sessions", json=offer | {"device": "leftleft"})
        assert left.status_code == 201, left.text
        assert (await secretary.delete(left.headers["location"])).status_code == 200
        early = await secretary.post(f"{url}/sessions", json=offer)
        assert early.status_code == 201, early.text
        opened = (await secretary.post(f"{url}/open")).json()
        assert [person["publisher"] for person in opened["people"]] == [early.json()["publisher"]]
        late = await secretary.post(f"{url}/sessions", json=offer | {"device": "latelate"})
        await secretary.post(f"{url}/end")
        # The end takes sessions down; a page that closes its own afterwards does nothing wrong.
        assert (await secretary.delete(late.headers["location"])).status_code == 200
        while await open_sessions(hub):  # the relay tells of them one by one
            pass
        assert (await secretary.delete(early.headers["location"])).status_code == 200
        assert (await secretary.delete(left.headers["location"])).status_code == 200
    async with hub.database.reading() as session:
        presences = (await session.scalars(select(Presence).order_by(Presence.start_ns))).all()
        chain = (await session.scalars(select(Recording.chain_id))).one()
        came = [payload async for record, _, payload in entries(session, chain) if record.kind == "person-in"]
    assert presences[0].start_ns == 0 < presences[1].start_ns
    assert [each["publisher"] for each in came if each] == [early.json()["publisher"], late.json()["publisher"]]
    assert came[0] is not None
    assert came[0]["at_ms"] == 0


async def open_sessions(hub: Hub) -> list[str]:
    async with hub.database.reading() as session:
        return list(await session.scalars(select(MediaSession.id).where(MediaSession.ended_wall.is_(None))))


async def test_a_meeting_without_a_recording_is_not_ended_by_an_absence_before_its_reopening(hub: Hub) -> None:
    async with await hub.client("shuji") as secretary:
        plan = {"title": "民主生活会", "kind": "democratic_life", "unit": await hub.unit("shuji")}
        url = f"/api/meetings/{(await secretary.post('/api/meetings', json=plan)).json()['id']}"
        await secretary.post(f"{url}/open")
        await secretary.post(f"{url}/end")
        async with hub.database.writing() as session:
            row = (await session.scalars(select(Meeting))).one()
            assert row.opened_wall is not None
            assert row.opened_monotonic is not None
            row.opened_wall -= 1800 * SECOND
            row.opened_monotonic -= 1800 * SECOND
        assert (await secretary.post(f"{url}/reopen")).json()["recording"] is None
        assert await absent_meetings(hub.database, Patience(600 * SECOND, 0)) == []
        found = await absent_meetings(hub.database, Patience(0, 0))
        assert len(found) == 1
        assert found[0][1] >= 1800 * SECOND
