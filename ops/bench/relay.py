"""`huilu bench relay`: what the relay costs and how well it serves, under a load with real ICE, DTLS and SRTP.

Starts a bus and a relay of its own, plays each scenario to it, and prints one JSON line for each and a table with what
must hold. 20 viewers decrypt everything; the others count sequence numbers and frames by the clear RTP header. With
root, relay and load are in two network namespaces joined by veth, else on loopback.
"""

import argparse
import asyncio
import contextlib
import json
import platform
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from ops.bench.emulator import both, narrow
from ops.bench.figures import Figures, counted, joined, percent, rows, table, turns
from ops.bench.ground import ground
from ops.bench.load.orders import Config, Group
from ops.bench.loads import Load, join, load
from ops.bench.machine import machine
from ops.bench.measured import drops, running
from ops.bench.scenarios import DECRYPTING, FILMS, SCENARIOS, Party, Scenario
from ops.bench.usage import Usage, busy_s, usage
from ops.errors import BenchFailed
from ops.sender.film import FilmMissing, bunny, transcode

AT_ONCE = 8  # joining side by side where there is no storm
KEY_FRAME_S = 1.5  # the film has one a second
SETTLE_S = 2.0
SETTLED_S = 300.0  # from then on (in a short run from half-way on) memory is to stay as it is


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", nargs="*", metavar="SCENARIO", help=f"{', '.join(SCENARIOS)} (default: all)")
    parser.add_argument("--viewers", type=int, metavar="N", help="instead of the scenario's own number")
    parser.add_argument("--seconds", type=float, metavar="S", help="counted so long, instead of the scenario's time")
    parser.add_argument("--generators", type=int, default=1, metavar="K", help="processes that share the viewers")
    parser.add_argument("--fanout", choices=("native", "python", "both"), help="default: the relay's own choice")
    parser.add_argument("--decrypting", type=int, default=DECRYPTING, metavar="N", help="who decrypt all (%(default)s)")
    parser.add_argument("--loopback", action="store_true", help="no namespaces, though root could make them")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "huilu-film")


def main(args: argparse.Namespace) -> int:
    unknown = set(args.scenario) - set(SCENARIOS)
    if unknown or args.generators < 1:
        print(f"huilu bench relay: {', '.join(sorted(unknown)) or args.generators}?", file=sys.stderr)
        return 2
    results = []
    try:
        for name in args.scenario or SCENARIOS:
            for fanout in ("native", "python") if args.fanout == "both" else (args.fanout or "",):
                results.append(asyncio.run(measure(SCENARIOS[name].of(args.viewers, args.seconds), fanout, args)))
                print(json.dumps(results[-1], ensure_ascii=False), flush=True)
    except FilmMissing as error:
        print(f"huilu bench relay: {error}", file=sys.stderr)
        return 2
    except asyncio.CancelledError:  # SIGTERM
        return 2
    print(table([row for result in results for row in rows(result)]))
    return 0 if all(not result["failed"] and result["frames"] for result in results) else 1


async def measure(scenario: Scenario, fanout: str, args: argparse.Namespace) -> Figures:
    """One scenario at a relay of its own. Raises OpsError, FilmMissing; CancelledError on SIGTERM, when processes and
    namespaces are taken down."""
    ourselves = asyncio.current_task()
    assert ourselves is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ourselves.cancel)
    films = await asyncio.to_thread(lambda: _films(scenario, args.cache))
    async with contextlib.AsyncExitStack() as stack:
        here = stack.enter_context(ground(loopback=args.loopback, line=scenario.line))
        relay = await stack.enter_async_context(running(here.address, fanout))
        bad = scenario.line is not None
        made = None if here.netem else scenario.line  # by the load itself
        config = Config(relay.bus_url, relay.bus_token, "bench", here.namespace, scenario.round_ms, made)
        sites = await stack.enter_async_context(load(config))
        if scenario.narrow is not None:
            bad, made = True, both(narrow(scenario.narrow.wide_bps))
            config = replace(config, line=made)
        viewers = [await stack.enter_async_context(load(config)) for _ in range(args.generators)]
        played = await _play(scenario, films, sys.maxsize if bad else args.decrypting, relay.pid, sites, viewers)
        return {
            "bench": "relay", "scenario": scenario.name, "fanout": relay.fanout, "sites": scenario.sites.count,
            "ground": here.words, "line": "netem" if here.netem else "made by the load" if made else "as it is",
            **played, "drops": await drops(relay.bus),
            "kernel": platform.release(), "machine": machine(),
        }  # fmt: skip


async def _play(
    scenario: Scenario, films: dict[str, str], decrypting: int, relay: int, sites: Load, viewers: list[Load]
) -> Figures:
    party, watched = scenario.sites, scenario.viewers.count + scenario.comers.count
    pictures = FILMS[party.film]
    empty = usage(relay)
    first = await sites.ask(
        "join",
        Group(
            party.mode,
            party.count,
            films=films,
            on_request=any(each.key_every_s > 1 for each in pictures.values()),
            sound=party.sound,
            decrypting=party.count,
            at_once=party.count,
        ),
    )
    if first["failures"]:
        raise BenchFailed(first["failures"][0])
    await asyncio.sleep(KEY_FRAME_S)
    before = usage(relay) if watched else empty
    came = await _come(viewers, scenario.viewers, decrypting, scenario.narrow is not None)
    await asyncio.sleep(SETTLE_S)
    loads = [*viewers, sites]
    await asyncio.gather(*(each.ask("mark") for each in loads))
    began, used, busy = time.monotonic(), usage(relay), busy_s()
    settled, late, _ = await asyncio.gather(
        _later(relay, min(SETTLED_S, scenario.seconds / 2)),
        _come(viewers, scenario.comers, decrypting),
        _pass(scenario, viewers),
    )
    seconds, after, busy = time.monotonic() - began, usage(relay), busy_s() - busy
    told = await asyncio.gather(*(each.ask("tell") for each in loads))
    failures = came["failures"] + late["failures"]
    for failure in failures[:3]:
        print(f"a viewer failed: {failure}", file=sys.stderr)
    relay_s, loads_s = after.cpu_s - used.cpu_s, [each["cpu_s"] for each in told]
    figures = counted(told, seconds)
    return {
        "viewers": watched or party.count, "seconds": round(seconds, 1),
        "relay_us_per_packet": round(relay_s * 1e6 / max(1, figures["packets"]), 2),
        "relay_cpu_percent": percent(relay_s, seconds, 1),
        "load_cpu_percent": [percent(each, seconds, 1) for each in loads_s[:-1]],
        "sites_cpu_percent": percent(loads_s[-1], seconds, 1),
        "others_cpu_percent": percent(max(0.0, busy - relay_s - sum(loads_s)), seconds, 1),
        **figures, **(turns(told, pictures["h"].height, pictures["l"].height) if scenario.narrow else {}),
        **joined((late if scenario.comers.count else came if watched else first)["join_ms"], failures),
        "relay_rss_mb": round(after.rss_bytes / 1e6, 1),
        "rss_grown_mb": round((after.rss_bytes - settled.rss_bytes) / 1e6, 1),
        "rss_kb_per_session": round((after.rss_bytes - before.rss_bytes) / 1e3 / (watched or party.count), 1),
    }  # fmt: skip


async def _later(pid: int, seconds: float) -> Usage:
    await asyncio.sleep(seconds)
    return usage(pid)


async def _pass(scenario: Scenario, viewers: list[Load]) -> None:
    """The time in which it is counted."""
    there, seconds = scenario.narrow, scenario.seconds
    if there is None:
        await asyncio.sleep(seconds)
        return
    await asyncio.sleep(seconds * there.begins)
    for share, bps in ((there.ends - there.begins, there.bps), (1 - there.ends, there.wide_bps)):
        await asyncio.gather(*(each.ask("line", narrow(bps)) for each in viewers))
        await asyncio.sleep(seconds * share)


def _films(scenario: Scenario, cache: Path) -> dict[str, str]:
    return {
        rid: str(
            transcode(
                bunny(), cache, width=each.width, height=each.height, kbps=each.kbps, key_every_s=each.key_every_s
            )
        )
        for rid, each in FILMS[scenario.sites.film].items()
    }


async def _come(loads: list[Load], party: Party, decrypting: int, estimates: bool = False) -> Figures:
    at_once = party.count if party.over_s else AT_ONCE
    most = min(decrypting, party.count)
    group = Group(party.mode, party.count, decrypting=most, at_once=at_once, over_s=party.over_s, estimates=estimates)
    return await join(loads, group)
