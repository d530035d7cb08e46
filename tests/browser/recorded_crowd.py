"""A recorded training of hundreds of sites with changing speakers: is what is due kept, and what does it cost?

    nice -n -15 python -m tests.browser.recorded_crowd --sites 600 --minutes 5

A hub of its own with the sample county, the organiser's page in Chromium, and `tests.browser.crowd`. Due are each sound
of each open microphone, and each picture of a site from its being heard to its last word. Prints one JSON line; exit 1
when something that was due is missing, when a process was restarted, or when the export does not verify.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import select

from ops import archive
from ops.bench.usage import usage
from ops.chaos import numbered
from ops.chaos.account import Account, Hole, account
from ops.chaos.reading import by_place, samples
from storage.database import Database
from storage.tables import Gap, Meeting, Recording, Segment, Track
from storage.verify import verify_folder
from tests.browser.conftest import FLAGS, at_the_door, chromium_path, sign_in
from tests.browser.crowd import gathered
from tests.browser.steps import archived, ask, figures, post, until_encoded
from tests.fixtures_hub import RunningHub, started_hub

PARTS = ("relay", "recorder", "api", "worker", "objects", "bus")
OPEN = 40  # microphones of sites that don't speak, ten packets a second each
LOOK_S = 5.0
TURN_S = (8.0, 20.0)
BETWEEN_S = 1.0
# A picture is due from the first key frame on with which its site is kept: that it speaks is noticed within half a
# second, and its camera sends a key frame each second.
HEARD_NS = 2_500_000_000
EDGE_NS = 2_500_000_000


@dataclass
class Cost:
    cpu: dict[str, list[float]] = field(default_factory=dict)  # % of a core, one a look
    mb: dict[str, list[float]] = field(default_factory=dict)

    def told(self) -> dict[str, dict[str, float]]:
        return {
            name: {
                "cpu_mean": round(sum(self.cpu[name]) / len(self.cpu[name]), 1), "cpu_most": max(self.cpu[name]),
                "mb_first": self.mb[name][0], "mb_last": self.mb[name][-1], "mb_most": max(self.mb[name]),
            }
            for name in self.cpu
            if self.cpu[name]
        }  # fmt: skip


class Meter:
    def __init__(self, pids: dict[str, int]) -> None:
        self.pids, self.cost = pids, Cost()
        self._at = time.monotonic()
        self._last = {name: usage(pid) for name, pid in pids.items()}

    def look(self) -> None:
        now = time.monotonic()
        for name, pid in self.pids.items():
            used = usage(pid)
            share = (used.cpu_s - self._last[name].cpu_s) / (now - self._at) * 100
            self.cost.cpu.setdefault(name, []).append(round(share, 1))
            self.cost.mb.setdefault(name, []).append(round(used.rss_bytes / 1e6, 1))
            self._last[name] = used
        self._at = now


def hold(hub: RunningHub, page: Page, given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The meeting; gives what was seen of it while it ran."""
    sign_in(page, hub, hub.account("organiser"))
    unit = ask(page, "/api/me")["home"]["id"]
    meeting = str(post(page, "/api/meetings", {"title": "全县村务管理培训", "kind": "training", "unit": unit})["id"])
    dice, told, pids = random.Random(given.seed), Counter[str](), {name: hub.pid(name) for name in PARTS}
    crowd: list[int] = []
    post(page, f"/api/meetings/{meeting}/open", {})
    began = time.monotonic()
    with gathered(hub.data, meeting, given.sites, folder / "sent.json", crowd.append) as do:
        came = time.monotonic() - began
        print(f"{given.sites} sites are in after {came:.1f} s", file=sys.stderr, flush=True)
        page.goto(f"/meetings/{meeting}")
        page.click("[data-press=enter]")
        page.wait_for_selector("[data-press=end]")
        until_encoded(page, 1)
        do("good " + " ".join(str(number) for number in range(given.open)))
        meter = Meter({**pids, "crowd": crowd[0]})
        until, spoke = time.monotonic() + given.minutes * 60, Counter[int]()
        while time.monotonic() < until:
            speakers = dice.sample(range(given.open, given.sites), 2 if dice.random() < 0.25 else 1)
            words = " ".join(map(str, speakers))
            do(f"speak {words}")
            spoke.update(speakers)
            ends = time.monotonic() + dice.uniform(*TURN_S)
            while (left := ends - time.monotonic()) > 0:
                page.wait_for_timeout(min(LOOK_S, left) * 1000)
                meter.look()
                told[_state(page)] += 1
            do(f"hush {words}")
            page.wait_for_timeout(BETWEEN_S * 1000)
            if given.shots and len(spoke) in (3, 8):
                page.screenshot(path=given.shots / f"crowd-{len(spoke)}.png")
        seen = figures(page)
        ended = time.monotonic()
        page.click("[data-press=end]")
        page.click("[data-press=end-sure]")
        page.wait_for_selector("text=看录像")
        said = time.monotonic() - ended
        archived(page, meeting)
        closed = time.monotonic() - ended
    return {
        "meeting": meeting, "came_s": round(came, 1), "turns": sum(spoke.values()), "told": dict(told),
        "moved": [name for name, pid in pids.items() if hub.pid(name) != pid],
        "said_s": round(said, 1), "closed_s": round(closed, 1), "cost": meter.cost.told(),
        "page_frames": seen.get("framesEncoded"),
    }  # fmt: skip


def _state(page: Page) -> str:
    recorder = ask(page, "/api/status")["recorder"]
    return str(recorder["code"] or "well")


async def judge(hub: RunningHub, meeting: str, folder: Path) -> dict[str, Any]:
    """Export, verification, and each frame that was due."""
    exported, began = folder / "export", time.monotonic()
    summary = await archive.write(hub.start, meeting, exported)
    wrote = time.monotonic() - began
    report = await asyncio.to_thread(verify_folder, exported)
    sent = json.loads(await asyncio.to_thread((folder / "sent.json").read_text))
    names = await asyncio.to_thread(lambda: {_place(path): path for path in exported.rglob("*.mp4")})
    database = await Database.open(hub.start.database_url)
    pictures, sounds, causes = Account(), Account(), Counter[str]()
    try:
        async with database.reading() as session:
            opened = await session.get_one(Meeting, meeting)
            row = await session.scalar(select(Recording).where(Recording.meeting_id == meeting))
            assert row is not None
            tracks = (await session.scalars(select(Track).where(Track.recording_id == row.id))).all()
            gaps = (await session.scalars(select(Gap).where(Gap.recording_id == row.id))).all()
            segments = (await session.scalars(select(Segment).order_by(Segment.track_id, Segment.number))).all()
    finally:
        await database.close()
    causes.update(gap.cause for gap in gaps)
    by_track: dict[str, list[Segment]] = {}
    for segment in segments:
        by_track.setdefault(segment.track_id, []).append(segment)
    late: list[str] = []
    for publisher, one in sent.items():
        for kind, total in (("camera", pictures), ("microphone", sounds)):
            mine = [track for track in tracks if track.publisher == publisher and track.kind == kind]
            number_of = numbered.number_of_sound if kind == "microphone" else numbered.number_of_picture
            read = await asyncio.to_thread(
                _numbers, [each for track in mine for each in by_track.get(track.id, [])], names, number_of
            )
            if kind == "camera":
                read = by_place(read)
            moments = [opened.origin().meeting_ns(at) for at in one["pictures" if kind == "camera" else "sounds"]]
            if not moments and not read:
                continue
            holes = [
                Hole(gap.start_ns, gap.end_ns, gap.cause) for gap in gaps if gap.track_id in {each.id for each in mine}
            ]
            due = {number for number, at in enumerate(moments) if kind == "microphone" or _due(opened, one, at)}
            found = _of_due(moments, read, due, holes, row.end_ns or 0)
            total += found
            if found.unexplained:
                spans = [(round(a / 1e9, 2), round(b / 1e9, 2)) for a, b in found.spans]
                near = [(round(h.start_ns / 1e9, 2), round(h.end_ns / 1e9, 2), h.cause) for h in holes][:6]
                late.append(f"{publisher} {kind} {spans[:6]} gaps {near}")
    return {
        "sound": report.sound and pictures.sound and sounds.sound, "findings": [f.en for f in report.findings][:10],
        "pictures": _told(pictures), "sounds": _told(sounds), "gaps": dict(causes), "tracks": len(tracks),
        "cameras": sum(track.kind == "camera" for track in tracks), "segments": summary.segments,
        "mb": round(summary.bytes / 1e6, 1), "export_s": round(wrote, 1), "missing": late[:20],
    }  # fmt: skip


def _due(opened: Meeting, one: dict[str, Any], at: int) -> bool:
    meeting_ns = opened.origin().meeting_ns
    return any(meeting_ns(start) + HEARD_NS <= at <= meeting_ns(end) for start, end in one["spoke"])


def _of_due(moments: list[int], read: list[int | None], due: set[int], holes: list[Hole], end_ns: int) -> Account:
    """What is kept beyond what is due is nobody's loss; what nobody sent is told of wherever it is."""
    last_ns = end_ns - EDGE_NS
    wanted = sorted(number for number in due if moments[number] < last_ns)
    place: dict[int | None, int] = {number: at for at, number in enumerate(wanted)}
    sent = range(len(moments))
    kept = [place.get(number) for number in read if number in place or number not in sent]
    return account([moments[number] for number in wanted], kept, holes, ("network",))


def _numbers(
    segments: list[Segment], names: dict[str, Path], number_of: Callable[[bytes], int | None]
) -> list[int | None]:
    numbers: list[int | None] = []
    for segment in segments:
        fillers = segment.fillers
        for sample in samples(names[_place(Path(segment.name))]):
            number = number_of(sample)
            if number is None and fillers:
                fillers -= 1
            else:
                numbers.append(number)
    return numbers


def _place(path: Path) -> str:
    """Of hundreds of tracks two may have a file of the same name."""
    return "/".join(path.parts[-2:])


def _told(found: Account) -> dict[str, Any]:
    return {
        "due": found.sent, "kept": found.kept, "missing": found.missing, "unexplained": len(found.unexplained),
        "doubled": found.doubled, "foreign": found.foreign, "causes": dict(found.causes),
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=600)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--open", type=int, default=OPEN, help="microphones that are open though nobody speaks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shots", type=Path, help="a folder for screenshots")
    parser.add_argument("--keep", type=Path, help="keep the hub's folder here")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as made:
        folder = given.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        if given.shots is not None:
            given.shots.mkdir(parents=True, exist_ok=True)
        with started_hub(folder / "data", "--demo") as hub:
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
                context = chromium.new_context(
                    base_url=hub.url, ignore_https_errors=True, viewport={"width": 1366, "height": 768}
                )
                seen = hold(hub, at_the_door(context), given, folder)
                chromium.close()
            restarts = {name: one["restarts"] for name, one in asyncio.run(hub.processes()).items() if one["restarts"]}
            found = asyncio.run(judge(hub, seen["meeting"], folder))
    line = {"sites": given.sites, "minutes": given.minutes, "restarts": restarts, **seen, **found}
    print(json.dumps(line, ensure_ascii=False))
    return 0 if found["sound"] and not restarts and not seen["moved"] else 1


if __name__ == "__main__":
    sys.exit(main())
