"""Film through a real relay to viewers that count; the relay is killed and everybody is back."""

import asyncio
import itertools
import json
import time
from contextlib import AsyncExitStack
from dataclasses import replace

import imageio_ffmpeg
import pytest

from media_server.codecs import h264
from ops import certificates
from ops.bench import first_picture
from ops.bench.emulator import MS, Conditions, both
from ops.sender.clips import flash_and_beep
from ops.sender.film import load, transcode
from ops.sender.sender import Sender
from ops.sender.session import SessionFailed
from ops.sender.viewer import Viewer
from tests.relay.lossy import LossyPort
from tests.sender.front import serving, until
from tests.sender.test_film import beginnings, decoded


async def test_every_frame_comes_through_and_decodes(film, door):
    units, sounds = [], []
    stop, done = asyncio.Event(), asyncio.Event()
    viewer = Viewer(
        f"{door}/api/meetings/m1/whep",
        "t",
        on_unit=units.append,
        on_sound=lambda at, packet: sounds.append((at, packet)),
    )
    watching = asyncio.create_task(viewer.run(stop, silent_s=30))
    await until(lambda: viewer.live)
    sender = Sender(film, f"{door}/api/meetings/m1/whip", "t", loops=1)
    sent = await sender.run(done)
    await asyncio.sleep(0.5)
    stop.set()
    seen = await watching
    assert (sent.frames, sent.key_frames, sent.sessions) == (125, 5, 1)
    assert (seen.frames, seen.broken, seen.missing) == (125, 0, 0)
    pictures = [frame for frame in film.frames if frame.is_video]
    assert [h264.depacketize(unit.payloads) for unit in units] == [list(picture.nals) for picture in pictures]
    assert len(decoded([h264.annex_b(h264.depacketize(unit.payloads)) for unit in units])) == 125
    assert viewer.sounds.missing == 0
    assert [packet for _, packet in sounds] == [f.sound for f in film.frames if not f.is_video][-len(sounds) :]
    assert len(sounds) >= 248
    assert {(later - at) & 0xFFFFFFFF for (at, _), (later, _) in itertools.pairwise(sounds)} == {960}
    assert seen.reports > 0


async def test_a_late_viewer_begins_with_a_key_frame(film, door):
    stop = asyncio.Event()
    sender = Sender(film, f"{door}/api/meetings/m1/whip", "t")
    sending = asyncio.create_task(sender.run(stop))
    await until(lambda: sender.sent.frames > 40)
    viewers = [Viewer(f"{door}/api/meetings/m1/whep", "t") for _ in range(4)]
    watching = [asyncio.create_task(viewer.run(stop)) for viewer in viewers]
    await until(lambda: all(viewer.shown.is_set() for viewer in viewers))
    await asyncio.sleep(1.2)
    stop.set()
    await asyncio.gather(sending, *watching)
    for viewer in viewers:
        assert viewer.seen.missing == 0
        assert viewer.seen.broken == 0
        assert viewer.seen.frames >= 25
    print("offer to first frame, ms:", [round((viewer.seen.first_frame_s or 0) * 1000) for viewer in viewers])


async def test_a_killed_relay_is_noticed_and_everybody_comes_back(film, door, relay):
    stop = asyncio.Event()
    sender = Sender(film, f"{door}/api/meetings/m1/whip", "t")
    sending = asyncio.create_task(sender.run(stop))
    await until(lambda: sender.sent.frames > 5)
    relay.end(kill=True)
    killed = time.monotonic()
    await relay.start()
    print(f"relay up again after {time.monotonic() - killed:.1f} s")
    await until(lambda: sender.sent.sessions == 2)
    print(f"sender back after {time.monotonic() - killed:.1f} s")
    viewer = Viewer(f"{door}/api/meetings/m1/whep", "t")
    watching = asyncio.create_task(viewer.run(stop))
    await until(viewer.shown.is_set)
    stop.set()
    await asyncio.gather(sending, watching)
    assert sender.sent.sessions == 2


async def test_flash_and_beep_stay_together_through_the_relay(door, tmp_path):
    clip = load(transcode(flash_and_beep(tmp_path, 4), tmp_path, width=640, height=360, kbps=500))
    units, sounds = [], []
    stop = asyncio.Event()
    viewer = Viewer(
        f"{door}/api/meetings/m1/whep", "t", on_unit=units.append, on_sound=lambda at, p: sounds.append((at, p))
    )
    watching = asyncio.create_task(viewer.run(stop, silent_s=30))
    await until(lambda: viewer.live)
    await Sender(clip, f"{door}/api/meetings/m1/whip", "t", loops=1).run(asyncio.Event())
    await asyncio.sleep(0.3)
    stop.set()
    await watching
    frames = decoded([h264.annex_b(h264.depacketize(unit.payloads)) for unit in units])
    flashes = [
        viewer.wall_s("video", unit.timestamp)
        for unit, frame in zip(units, frames, strict=True)
        if bytes(frame.planes[0])[1000] > 128
    ]
    beeps = beginnings([(viewer.wall_s("audio", at), sound) for at, sound in sounds])
    assert len(flashes) == 4
    # The first beep falls into the packet before the first key frame.
    for flash, beep in zip(flashes[1:], beeps[-3:], strict=True):
        assert beep == pytest.approx(flash, abs=0.04)
    print("beep − flash, ms:", [round((b - f) * 1000, 1) for f, b in zip(flashes[1:], beeps[-3:], strict=True)])


async def test_a_line_that_loses_five_percent_shows_every_frame(film, bus, relay):
    stop = asyncio.Event()
    lossy = Conditions(delay_ns=20 * MS, loss=0.05)
    line = await LossyPort.open(both(lossy), relay.port)
    async with AsyncExitStack() as stack:
        stack.callback(line.close)
        door = await stack.enter_async_context(serving(bus, through=line.port))
        viewer = Viewer(f"{door}/api/meetings/m1/whep", "t")
        watching = asyncio.create_task(viewer.run(stop, silent_s=30))
        await until(lambda: viewer.live)
        sender = Sender(film, f"{door}/api/meetings/m1/whip", "t", loops=1)
        sending = asyncio.create_task(sender.run(asyncio.Event()))
        await until(lambda: sender.sent.frames >= 115)
        # No number follows the very last packet: that it is lost nobody could tell.
        line.becomes(both(replace(lossy, loss=0)))
        sent = await sending
        await asyncio.sleep(1)
        stop.set()
        await watching
    print(f"lost on the way {line.lost}, sent again {sent.sent_again}; viewer asked for {viewer.seen.nacked}")
    assert line.lost > 50
    assert sent.sent_again > 0
    assert viewer.seen.nacked > 0
    assert (viewer.seen.frames, viewer.seen.missing) == (sent.frames, 0)


async def test_the_hubs_certificate_is_checked_against_its_authority(film, bus, relay, tmp_path):
    own, other = (certificates.ensure(tmp_path / name, ("127.0.0.1",)) for name in ("own", "other"))
    async with serving(bus, certificate=own.certificate, key=own.key) as door:
        for authority in (own.authority, None):
            viewer = Viewer(f"{door}/api/meetings/m1/whep", "t", authority=authority)
            stop = asyncio.Event()
            watching = asyncio.create_task(viewer.run(stop))
            await until(lambda seen=viewer: seen.live)
            stop.set()
            await watching
        with pytest.raises(SessionFailed, match="ConnectError"):
            await Viewer(f"{door}/api/meetings/m1/whep", "t", authority=other.authority).run(asyncio.Event())


async def test_ffmpeg_publishes_as_a_foreign_whip_client(film_cache, film, door):
    source = next(film_cache.glob("*.mkv"))
    arguments = [
        "-loglevel",
        "error",
        "-re",
        "-i",
        str(source),
        "-c",
        "copy",
        "-f",
        "whip",
        "-whip_flags",
        "dtls_active",
    ]
    process = await asyncio.create_subprocess_exec(
        imageio_ffmpeg.get_ffmpeg_exe(), *arguments, f"{door}/api/meetings/m1/whip"
    )
    try:
        units, stop = [], asyncio.Event()
        viewer = Viewer(f"{door}/api/meetings/m1/whep", "t", on_unit=units.append)
        watching = asyncio.create_task(viewer.run(stop, silent_s=30))
        await until(lambda: viewer.seen.frames >= 40 and viewer.sounds.frames >= 50)
        stop.set()
        await watching
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    assert viewer.seen.missing == 0
    assert len(decoded([h264.annex_b(h264.depacketize(unit.payloads)) for unit in units])) == len(units)


async def test_first_picture_is_measured(door, film_cache, film, capsys):
    argv = ["--url", door, "--token", "t", "--meeting", "m1", "--viewers", "4", "--at-once", "2"]
    assert await asyncio.to_thread(first_picture.main, first_picture.parse([*argv, "--cache", str(film_cache)])) == 0
    out = capsys.readouterr().out
    figures = json.loads(out.splitlines()[-1])
    assert (figures["shown"], figures["missing"]) == (4, 0)
    assert 0 < figures["p50_ms"] <= figures["p95_ms"] <= figures["max_ms"]
    assert "p95" in out
    print(out)


async def test_first_picture_says_that_it_could_not_run(film_cache, film, capsys):
    argv = ["--url", "http://127.0.0.1:9", "--username", "x", "--password", "y", "--cache", str(film_cache)]
    assert await asyncio.to_thread(first_picture.main, first_picture.parse(argv)) == 2
    assert "ConnectError" in capsys.readouterr().err


async def test_refusals_are_told(film, door):
    with pytest.raises(SessionFailed) as raised:
        await Sender(film, f"{door}/nowhere", "t").run(asyncio.Event())
    assert raised.value.status in (404, 405)
    with pytest.raises(SessionFailed):
        await Viewer("http://127.0.0.1:9/whep", "t").run(asyncio.Event())
