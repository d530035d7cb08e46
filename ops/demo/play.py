"""The story of the demonstration and what must hold of it: two sites, two items, a vote, the inspector's replay."""

import asyncio
import contextlib
import logging
import os
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops import archive
from ops.addresses import free_port
from ops.bench.first_picture import first_pictures, views
from ops.bench.machine import percentile
from ops.demo import browser
from ops.demo.inspector import Inspector
from ops.errors import DemoFailed
from ops.secrets import first_password
from ops.sender.film import FilmMissing, bunny, load, transcode
from ops.sender.hub import Hub as Site
from ops.sender.hub import HubRefused
from ops.sender.sender import Sender
from ops.setting_table import Settings
from ops.start import Start
from ops.supervisor import Hub
from ops.terminal import say, table
from ops.up import show
from storage.verify import verify_folder

KIND, MATTER = "representatives_meeting", "d1"  # 村民代表会议, 工程招投标
FILM_FPS = 25
CONNECT_S = 15.0
CLOSED_S = 30.0
RECOVERED_S = 30.0
BETWEEN_KILLS_S = 2.0
VIEWERS = 12  # for the first picture's p95


@dataclass
class Figures:
    """What is printed, and whether all of it held."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def note(self, zh: str, en: str, value: object) -> None:
        self.rows.append(("", f"{zh} {en}", str(value)))

    def check(self, zh: str, en: str, held: bool, value: object) -> None:
        self.rows.append(("✓" if held else "✗", f"{zh} {en}", str(value)))
        if not held:
            self.failed.append(f"{zh} {en}: {value}")


def demo(folder: Path | None, keep: bool, kill: tuple[str, ...], seconds: float, with_browser: bool) -> int:
    with contextlib.ExitStack() as stack:
        if folder is None:
            made = tempfile.mkdtemp(prefix="huilu-demo-")
            if not keep:
                stack.callback(_remove, Path(made))
            folder = Path(made)
        return asyncio.run(_demo(folder.absolute(), keep, kill, seconds, with_browser))


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


async def _demo(folder: Path, keep: bool, kill: tuple[str, ...], seconds: float, with_browser: bool) -> int:
    try:
        film_path = await asyncio.to_thread(transcode, bunny(), Path(tempfile.gettempdir()) / "huilu-film")
        film = await asyncio.to_thread(load, film_path)
    except FilmMissing as error:
        raise DemoFailed(str(error)) from error
    settings = Settings(
        data=folder / "data",
        port=free_port(),
        media_port=free_port(),
        demo=True,
        admin_password=first_password(),
    )
    logging.basicConfig(level=logging.WARNING, format="%(name)s %(message)s")
    figures = Figures()
    hub = Hub(settings, say)
    say("会录正在启动", "Huilu is starting")
    start = await hub.start()
    show(hub, start)
    try:
        story = Story(hub, start, figures, folder, kill, seconds, with_browser)
        address = await story.play(film)
        print("\n" + table(("", "事项 what", "结果 figure"), figures.rows) + "\n")
        say(f"督查回放 {address}", f"the replay page: {address}")
        if figures.failed:
            raise DemoFailed("; ".join(figures.failed))
        say("全部成立", "all of it held")
        if keep:
            stop = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            await hub.run(stop)
    except HubRefused as error:
        raise DemoFailed(str(error)) from error
    finally:
        await hub.stop()
    return 0


class Story:
    def __init__(
        self,
        hub: Hub,
        start: Start,
        figures: Figures,
        folder: Path,
        kill: tuple[str, ...],
        seconds: float,
        with_browser: bool,
    ) -> None:
        assert hub.first is not None
        self.accounts = {one["username"]: one for one in hub.first.demo}
        self.hub, self.start, self.figures, self.folder = hub, start, figures, folder
        self.kill, self.seconds = kill, seconds
        self.chromium = browser.chromium() if with_browser else None
        self.url = start.local_url
        self.authority = Path(start.authority) if start.authority else None

    async def sign_in(self, role: str, number: int = 0) -> Site:
        one = [account for account in self.accounts.values() if account["role"] == role][number]
        site = Site(self.url, authority=self.authority)
        await site.sign_in(one["username"], one["password"])
        return site

    async def play(self, film: Any) -> str:
        """The address of the replay."""
        async with await self.sign_in("secretary") as secretary, await self.sign_in("inspector") as inspector:
            meeting = await self._plan(secretary)
            await self._hold(secretary, meeting, film)
            return await self._inspect(inspector, meeting)

    async def _plan(self, secretary: Site) -> dict[str, Any]:
        village = (await secretary.ask("GET", "/api/me"))["home"]
        async with await self.sign_in("terminal", 1) as town:
            guest = (await town.ask("GET", "/api/me"))["home"]
        meeting: dict[str, Any] = await secretary.ask(
            "POST",
            "/api/meetings",
            {
                "title": f"{village['name']}村民代表会议：道路硬化工程招投标",
                "kind": KIND,
                "unit": village["id"],
                "sites": [village["id"], guest["id"]],
                "items": [
                    {"title": "通报上次会议决议落实情况"},
                    {"title": "审议道路硬化工程招投标方案", "matter": MATTER, "decision": "new"},
                ],
            },
        )
        return meeting

    async def _hold(self, secretary: Site, meeting: dict[str, Any], film: Any) -> None:
        path = f"/api/meetings/{meeting['id']}"
        roster = await secretary.ask("GET", f"{path}/roster")
        opened = await secretary.ask("POST", f"{path}/open")
        for warning in opened["warnings"]:
            self.figures.note("开会提示", "warning at the opening", f"{warning['zh']} / {warning['en']}")
        version = (await secretary.ask("GET", "/api/me"))["notice"]["recording"]["version"]
        await secretary.ask("POST", f"{path}/notice", {"version": version})
        stop = asyncio.Event()
        async with contextlib.AsyncExitStack() as stack:
            terminals = [await stack.enter_async_context(await self.sign_in("terminal", number)) for number in (0, 1)]
            senders = [Sender(film, one.whip(meeting["id"]), one.token, authority=self.authority) for one in terminals]
            sending = [asyncio.create_task(sender.run(stop)) for sender in senders]
            try:
                await _all_connected(senders, sending)
                watching = None
                if self.chromium:
                    supervisor = next(one for one in self.accounts.values() if one["role"] == "supervisor")
                    account = (supervisor["username"], supervisor["password"])
                    watching = await stack.enter_async_context(
                        browser.watching(self.chromium, self.url, account, meeting["id"])
                    )
                await self._first_pictures(secretary, meeting["id"])
                roster.sort(key=lambda person: not person["supervises"])
                for person in roster[:-1]:  # one of those with a vote stays at home
                    await secretary.ask("PUT", f"{path}/roster/{person['person']['id']}", {"present": True})
                first, second = meeting["items"]
                await self._item(secretary, path, first["id"], self.seconds * 0.3)
                await secretary.ask("POST", f"{path}/items/{second['id']}/start")
                await asyncio.sleep(self.seconds * 0.2)
                for name in self.kill:
                    await self._kill(name, senders)
                    await asyncio.sleep(BETWEEN_KILLS_S)
                await asyncio.sleep(self.seconds * 0.4)
                due = sum(person["votes"] for person in roster)
                votes = {"due": due, "present": due - 1, "in_favour": due - 3, "against": 1, "abstained": 1}
                await secretary.ask("POST", f"{path}/items/{second['id']}/votes", {"way": "hands", **votes})
                await secretary.ask("POST", f"{path}/items/{second['id']}/end")
                await asyncio.sleep(self.seconds * 0.1)
                if watching is not None:
                    seen = await watching.seen()
                    held = seen["frames"] > 0 or "relay" in self.kill
                    self.figures.check("浏览器解码帧数", "frames decoded by Chromium", held, seen["frames"])
                    self.figures.note("浏览器首帧", "offer to first picture in Chromium", _ms(seen["firstMs"]))
                self.sessions = [await self._whip_ended(task, stop) for task in sending]
            finally:
                stop.set()
                for task in sending:
                    task.cancel()
                await asyncio.gather(*sending, return_exceptions=True)
        self.senders = senders
        await asyncio.sleep(0.5)
        self.ended_at = time.monotonic()
        await secretary.ask("POST", f"{path}/end")

    async def _first_pictures(self, site: Site, meeting: str) -> None:
        viewers = await views(site, meeting, VIEWERS)
        times = first_pictures(viewers)
        self.figures.check(
            "有画面的观看端", "viewers with a picture", len(times) == VIEWERS, f"{len(times)} / {VIEWERS}"
        )
        if times:
            p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
            self.figures.note("首帧", "offer to first picture, p50, p95", f"{p50:.0f} ms, {p95:.0f} ms")

    async def _item(self, secretary: Site, path: str, item: str, seconds: float) -> None:
        await secretary.ask("POST", f"{path}/items/{item}/start")
        await asyncio.sleep(seconds)
        await secretary.ask("POST", f"{path}/items/{item}/end")

    @staticmethod
    async def _whip_ended(task: "asyncio.Task[Any]", stop: asyncio.Event) -> int:
        stop.set()
        async with asyncio.timeout(10):
            sent = await asyncio.shield(task)
        return int(sent.sessions)

    async def _kill(self, name: str, senders: list[Sender]) -> None:
        child = self.hub.children[name]
        pid, before = child.pid, [sender.sent.sessions for sender in senders]
        assert pid is not None
        began = time.monotonic()
        os.kill(pid, signal.SIGKILL)

        async def until(what: Any) -> float:
            async with asyncio.timeout(RECOVERED_S):
                while not what():  # noqa: ASYNC110  # another process changes it
                    await asyncio.sleep(0.01)
            return time.monotonic() - began

        took = await until(lambda: child.healthy and child.pid != pid)
        self.figures.note(f"{name} 被强杀后恢复", f"{name} healthy again after kill -9", f"{took:.2f} s")
        if name == "relay":
            back = await until(
                lambda: all(
                    sender.sent.sessions > seen and sender.sent.connected.is_set()
                    for sender, seen in zip(senders, before, strict=True)
                )
            )
            self.figures.note("会场重新发送", "both sites send again after", f"{back:.2f} s")

    async def _inspect(self, inspector: Site, meeting: dict[str, Any]) -> str:
        figures = self.figures
        found = await inspector.ask("GET", f"/api/decisions?query={MATTER}&unit={meeting['unit']['id']}")
        found = found or await inspector.ask("GET", f"/api/decisions?unit={meeting['unit']['id']}")
        record = await inspector.ask("GET", f"/api/decisions/{found[0]['id']}") if found else {"spans": []}
        outcome = record.get("outcome")
        figures.check("督查员找到议事记录", "the inspector finds the decision", outcome == "resolved", outcome)
        spans = [span for span in record["spans"] if span["recording"] and span["end_ms"] is not None]
        figures.check("议题对应录像片段", "its span of the recording", len(spans) == 1, len(spans))
        if not spans:
            raise DemoFailed("; ".join(figures.failed))
        recording_id, span = spans[0]["recording"], (spans[0]["start_ms"], spans[0]["end_ms"])

        player = Inspector(self.url, inspector.token, self.authority)
        try:
            recording = await self._until_playable(inspector, player, recording_id)
            await self._tell_tracks(recording, player, span)
        finally:
            await player.close()
        await self._verify(meeting["id"])
        return f"{self.start.public_url}/recordings/{recording_id}?t={span[0] / 1000:.0f}"

    async def _until_playable(self, inspector: Site, player: Inspector, recording_id: str) -> dict[str, Any]:
        limit = self.ended_at + CLOSED_S
        while True:
            recording: dict[str, Any] = await inspector.ask("GET", f"/api/recordings/{recording_id}")
            tracks = [track["id"] for track in recording["tracks"]]
            if recording["state"] == "closed" and tracks and await player.playable(recording_id, tracks):
                took = f"{time.monotonic() - self.ended_at:.2f} s"
                self.figures.note("散会到可回放", "from the end to playable and closed", took)
                return recording
            if time.monotonic() > limit:
                raise DemoFailed(f"recording {recording_id} is {recording['state']}, {len(tracks)} tracks")
            await asyncio.sleep(0.1)

    async def _tell_tracks(self, recording: dict[str, Any], player: Inspector, span: tuple[int, int]) -> None:
        figures = self.figures
        tracks = recording["tracks"]
        cameras = [track for track in tracks if track["kind"] == "camera"]
        figures.check("轨数", "tracks (two cameras, two microphones)", len(tracks) == 4, len(tracks))
        for track in tracks:
            size = f" {track['width']}×{track['height']}" if track["width"] else ""
            figures.note(
                f"{track['name']} {track['kind']}",
                f"{track['codec']}{size}",
                f"{track['segments']} segments, {track['bytes'] / 1e6:.1f} MB, {track['frames']} frames, "
                f"{(track['end_ms'] - track['start_ms']) / 1000:.1f} s",
            )
        sent = sum(sender.sent.frames for sender in self.senders)
        kept = sum(track["frames"] for track in cameras)
        # To within a camera's first key frame: packets that come before the relay has finished the handshake are lost,
        # and the archive begins with the next key frame. A killed relay loses what was on its way.
        held = sent - len(cameras) * FILM_FPS <= kept <= sent if "relay" not in self.kill else kept > 0
        figures.check("发送帧数与存档帧数", "pictures sent and archived", held, f"{sent}, {kept}")
        for track in tracks:
            target = self.folder / "replay"
            target.mkdir(exist_ok=True)
            decoded = await player.decode(recording["id"], track["id"], span, target)
            held = decoded.frames > 0 and not decoded.errors
            said = f"{decoded.frames} frames" + (f"; {decoded.errors[:200]}" if decoded.errors else ", 0 errors")
            figures.check(f"第二议题解码 {track['name']}", f"{track['kind']} of item 2 decoded", held, said)
        coverage = recording["coverage"]
        figures.note("录制覆盖率", "coverage, live", f"{coverage['live']:.1%}")
        for gap in recording["gaps"]:
            where = f"{gap['start_ms'] / 1000:.2f} to {gap['end_ms'] / 1000:.2f} s"
            figures.note(f"断点 {gap['cause_zh']}", f"gap: {gap['cause_en']}", where)
        figures.note("断点数", "gaps", len(recording["gaps"]))

    async def _verify(self, meeting: str) -> None:
        target = self.folder / "export"
        summary = await archive.write(self.start, meeting, target)
        report = await asyncio.to_thread(verify_folder, target)
        said = "sound" if report.sound else "; ".join(finding.en for finding in report.findings[:5])
        self.figures.check("导出并核验", "exported and verified", report.sound, said)
        self.figures.note("导出", "export", f"{summary.segments} segments, {summary.bytes / 1e6:.1f} MB")


async def _all_connected(senders: list[Sender], sending: "list[asyncio.Task[Any]]") -> None:
    """Raises DemoFailed with the hub's words when a site can't send."""
    waits = [asyncio.create_task(sender.sent.connected.wait()) for sender in senders]
    try:
        async with asyncio.timeout(CONNECT_S):
            for wait in waits:
                await asyncio.wait((wait, *sending), return_when=asyncio.FIRST_COMPLETED)
                for task in sending:
                    if task.done() and (error := task.exception()) is not None:
                        raise DemoFailed(str(error))
    except TimeoutError as error:
        refused = ", ".join(str(sender.sent.refused) for sender in senders)
        raise DemoFailed(f"the sites are not connected after {CONNECT_S:.0f} s; refused: {refused}") from error
    finally:
        for wait in waits:
            wait.cancel()


def _ms(value: float | None) -> str:
    return "none" if value is None else f"{value:.0f} ms"
