"""`huilu bench first-picture`: from a viewer's offer to its first decodable frame, and from a meeting's end to its
playable archive, at a running hub.

One film sender, N viewers through WHEP, one after the other or several at once, at moments spread over the speaker's
key frame interval. Prints a table, and one JSON line for machines.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ops.bench.machine import machine, percentile
from ops.sender.film import FilmMissing, bunny, load, transcode
from ops.sender.hub import Hub, HubRefused
from ops.sender.sender import Sender
from ops.sender.session import SessionFailed
from ops.sender.viewer import Viewer

TARGET_MS = 300.0  # p95
VIEWER_LIMIT_S = 5.0
PLAYABLE_TARGET_S = 5.0
CLOSED_LIMIT_S = 30.0
STEPS = {"answer": "the hub's answer", "path": "way to the relay", "keys": "keys agreed"}  # since the offer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", default="https://127.0.0.1:8443", help="the hub")
    parser.add_argument("--username", default="", help="sign in as")
    parser.add_argument("--password", default="")
    parser.add_argument("--token", default="", help="instead of signing in")
    parser.add_argument("--authority", type=Path, default=None, help="certificate that signed the hub's")
    parser.add_argument("--meeting", default="", help="an open meeting; without it one is made and ended")
    parser.add_argument("--kind", default="", help="kind of the meeting that is made (default: the catalogue's first)")
    parser.add_argument("--unit", default="", help="unit of the meeting that is made (default: the user's own)")
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--at-once", type=int, default=1, help="viewers that join in the same moment")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "huilu-film")


def main(args: argparse.Namespace) -> int:
    try:
        result = asyncio.run(measure(args))
    except (HubRefused, SessionFailed, FilmMissing, TimeoutError) as error:
        print(f"first-picture: {error or 'no session in time'}", file=sys.stderr)
        return 2
    rows = [("viewers with a picture", f"{result['shown']} of {result['viewers']}")]
    rows += [(f"offer to first frame, {name}", f"{result[name + '_ms']:.0f} ms") for name in ("p50", "p95", "max")]
    rows += [(f"  offer to {words}, p50", f"{result[name + '_p50_ms']:.0f} ms") for name, words in STEPS.items()]
    rows += [
        ("target", f"p95 ≤ {TARGET_MS:.0f} ms"),
        ("key frames asked of the speaker", str(result["key_frames_asked"])),
        ("missing packets, broken frames", f"{result['missing']}, {result['broken']}"),
        ("machine", result["machine"]),
    ]
    if "playable_s" in result:
        rows += [
            ("end of the meeting to playable", f"{result['playable_s']:.1f} s"),
            ("target", f"≤ {PLAYABLE_TARGET_S:.0f} s"),
        ]
    width = max(len(name) for name, _ in rows)
    print("\n".join(f"{name:<{width}}  {value}" for name, value in rows))
    print(json.dumps(result, ensure_ascii=False))
    return 0 if result["shown"] == result["viewers"] else 1


async def measure(args: argparse.Namespace) -> dict[str, Any]:
    film = await asyncio.to_thread(lambda: load(transcode(bunny(), args.cache)))
    async with Hub(args.url, args.token, args.authority) as hub:
        if not args.token:
            await hub.sign_in(args.username, args.password)
        meeting = args.meeting or await _open(hub, args.kind, args.unit)
        stop = asyncio.Event()
        sender = Sender(film, hub.whip(meeting), hub.token, authority=args.authority)
        sending = asyncio.create_task(sender.run(stop))
        try:
            async with asyncio.timeout(15):
                waiting = asyncio.create_task(sender.sent.connected.wait())
                await asyncio.wait({waiting, sending}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
            if sending.done():
                await sending
            await asyncio.sleep(1.5)  # the relay has a key frame
            result = _figures(await views(hub, meeting, args.viewers, args.at_once), args.at_once)
            result |= {"key_frames_asked": sender.sent.key_frames_asked, "machine": machine()}
        finally:
            stop.set()
            await asyncio.wait({sending}, timeout=5)
            ended = time.monotonic()
            if not args.meeting:
                await hub.end_meeting(meeting)
        if not args.meeting:
            result["playable_s"] = round(await _playable(hub, meeting) - ended, 2)
        return result


async def _open(hub: Hub, kind: str, unit: str) -> str:
    if not kind:
        kind = (await hub.ask("GET", "/api/catalogue"))["kinds"][0]["key"]
    if not unit:
        home = (await hub.ask("GET", "/api/me"))["home"]
        unit = home["id"] if home else (await hub.ask("GET", "/api/units"))[0]["id"]
    return await hub.open_meeting("first-picture", kind, unit)


async def views(hub: Hub, meeting: str, count: int, at_once: int = 1) -> list[Viewer]:
    """So many viewers join and leave again, at moments spread over the interval of key frames."""
    viewers: list[Viewer] = []
    while len(viewers) < count:
        group = [
            Viewer(hub.whep(meeting), hub.token, authority=hub.authority, http=hub.http)
            for _ in range(min(at_once, count - len(viewers)))
        ]
        viewers += group
        await asyncio.gather(*(_view(viewer) for viewer in group))
        await asyncio.sleep(random.uniform(0.0, 0.3))
    return viewers


def first_pictures(viewers: list[Viewer]) -> list[float]:
    """Milliseconds from the offer, of those that got a picture."""
    return [viewer.seen.first_frame_s * 1000 for viewer in viewers if viewer.seen.first_frame_s is not None]


def _figures(viewers: list[Viewer], at_once: int) -> dict[str, Any]:
    times = first_pictures(viewers)
    steps = {
        f"{name}_p50_ms": round(
            percentile([v.steps[name] * 1000 for v in viewers if name in v.steps] or [-1.0], 0.5), 1
        )
        for name in STEPS
    }
    return {
        "bench": "first-picture",
        "viewers": len(viewers),
        "shown": len(times),
        "at_once": at_once,
        "p50_ms": round(percentile(times, 0.5), 1) if times else -1.0,
        "p95_ms": round(percentile(times, 0.95), 1) if times else -1.0,
        "max_ms": round(max(times), 1) if times else -1.0,
        "target_p95_ms": TARGET_MS,
        **steps,
        "missing": sum(viewer.seen.missing for viewer in viewers),
        "broken": sum(viewer.seen.broken for viewer in viewers),
    }


async def _playable(hub: Hub, meeting: str) -> float:
    """The moment at which the recording is closed and every track's playlist is whole. Raises TimeoutError."""
    recording = (await hub.ask("GET", f"/api/meetings/{meeting}"))["recording"]
    path = f"/api/recordings/{recording}"
    async with asyncio.timeout(CLOSED_LIMIT_S):
        while True:
            seen = await hub.ask("GET", path)
            if seen["state"] == "closed":
                lists = [await hub.http.get(f"{hub.url}{path}/{track['id']}.m3u8") for track in seen["tracks"]]
                if lists and all("#EXT-X-ENDLIST" in each.text for each in lists):
                    return time.monotonic()
            await asyncio.sleep(0.05)


async def _view(viewer: Viewer) -> None:
    """Joins, stays 200 ms after its first frame, leaves."""
    stop = asyncio.Event()
    watching = asyncio.create_task(viewer.run(stop))
    shown = asyncio.create_task(viewer.shown.wait())
    await asyncio.wait({watching, shown}, timeout=VIEWER_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
    if not watching.done():
        await asyncio.sleep(0.2)
    stop.set()
    shown.cancel()
    await asyncio.wait({watching}, timeout=VIEWER_LIMIT_S)
    if watching.done():
        error = watching.exception()
        if error is not None and not isinstance(error, SessionFailed):
            raise error
        if error is not None:
            print(f"a viewer failed: {error}", file=sys.stderr)
    else:
        watching.cancel()


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="huilu bench first-picture", description=__doc__)
    add_arguments(parser)
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main(parse(sys.argv[1:])))
