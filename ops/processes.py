"""What each child runs: its room's `run(config, stop)`, with the config made from run/start.json.

Rooms are imported where they are needed, so that a child loads only what it runs.
"""

import asyncio
import contextlib
import gc
import importlib
import json
import logging
import os
import resource
import signal
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from ops.child import GO
from ops.prepare import LISTEN_FD, PASSWORD
from ops.start import Start, read

Run = Callable[[Start, asyncio.Event], Awaitable[None]]

WEB_DIST = Path(__file__).parents[1] / "api" / "web" / "dist"
_CERTIFICATE_S = 30.0
MAX_FILES = 65_536


async def relay(start: Start, stop: asyncio.Event) -> None:
    from media_server import memory
    from media_server.process import RelayConfig, run

    await run(
        RelayConfig(
            bus_url=start.bus_url,
            bus_token=start.bus_token,
            media_port=start.media_port,
            addresses=start.media_addresses,
            socket_path=start.layout.relay_socket,
            certificate_dir=start.layout.certificates,
            remb_bps=start.remb_bps,
            silent_s=start.silent_s,
            fanout=start.fanout,
        ),
        stop,
        memory.settle,
    )


async def recorder(start: Start, stop: asyncio.Event) -> None:
    from recorder.process import RecorderConfig, run

    await run(
        RecorderConfig(
            bus_url=start.bus_url,
            bus_token=start.bus_token,
            database_url=start.database_url,
            spool=start.layout.spool,
            spool_limit_bytes=start.spool_limit_bytes,
            relay_sockets=(start.layout.relay_socket,),
            objects=start.objects_config(),
            key_path=start.layout.signing_key,
            time_source=start.time_source,
        ),
        stop,
    )


async def worker(start: Start, stop: asyncio.Event) -> None:
    from recorder.worker import WorkerConfig, run

    await run(
        WorkerConfig(
            bus_url=start.bus_url,
            bus_token=start.bus_token,
            database_url=start.database_url,
            spool=start.layout.spool,
            objects=start.objects_config(),
            derived=start.layout.derived,
            stamps=start.stamp_config(),
            webhook=start.webhook_config(),
            hub_id=start.hub_id,
        ),
        stop,
    )


async def api(start: Start, stop: asyncio.Event) -> None:
    import uvicorn

    from api.app import create_app
    from api.config import ApiConfig
    from api.domain.second_factor import read_rule
    from api.domain.turn import TurnSettings

    class Server(uvicorn.Server):
        """Ends by `stop`, not by signals of its own."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    start.take_up_days()
    app = create_app(
        ApiConfig(
            bus_url=start.bus_url,
            bus_token=start.bus_token,
            database_url=start.database_url,
            spool=start.layout.spool,
            derived=start.layout.derived,
            objects=start.objects_config(),
            web_dist=WEB_DIST,
            hub_id=start.hub_id,
            key_path=start.layout.signing_key,
            public_url=start.public_url,
            notices_url=start.notices_url,
            papers=Path(start.papers) if start.papers else None,
            trust_certificate=Path(start.authority) if start.authority else None,
            spool_limit_bytes=start.spool_limit_bytes,
            absence_limit_s=start.absence_s,
            absence_lost_limit_s=start.absence_lost_s,
            metrics_token=start.metrics_token or None,
            turn=TurnSettings(start.turn_urls, start.turn_username, start.turn_password, start.turn_secret),
            time_source=start.time_source,
            second_factor=read_rule(start.second_factor),
            second_factor_key=bytes.fromhex(start.second_factor_key),
            processes=("relay", "recorder", "worker", "api", "supervisor"),
        )
    )
    config = uvicorn.Config(
        app,
        ssl_certfile=start.certificate,
        ssl_keyfile=start.certificate_key,
        log_level="info",
        log_config=None,
        access_log=False,  # every look at a recording has its own entry in the hub's chain
        server_header=False,
        timeout_graceful_shutdown=1,
        ws_max_size=64 * 1024,
    )
    config.load()
    assert config.ssl is not None
    listening = socket.socket(fileno=int(os.environ[LISTEN_FD]))
    server = Server(config)

    async def end() -> None:
        await stop.wait()
        server.should_exit = True

    ending = asyncio.create_task(end())
    renewing = asyncio.create_task(_follow_certificate(config.ssl, start.certificate, start.certificate_key))
    try:
        await server.serve(sockets=[listening])
    finally:
        ending.cancel()
        renewing.cancel()
    if not stop.is_set():
        raise SystemExit(1)  # its own start-up failed; uvicorn has said why


async def _follow_certificate(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """New connections get a renewed certificate; nobody is disconnected for it."""
    seen = os.stat(certificate).st_mtime_ns
    while True:
        await asyncio.sleep(_CERTIFICATE_S)
        try:
            now = os.stat(certificate).st_mtime_ns
            if now != seen:
                context.load_cert_chain(certificate, key)
                seen = now
                logging.getLogger(__name__).info("serving the renewed certificate")
        except (OSError, ssl.SSLError) as error:  # half replaced: the next look finds it whole
            logging.getLogger(__name__).warning("certificate: %s", error)


# Loaded before a process is told to begin; what SQLAlchemy and uvicorn would load by name later, too.
_DIALECTS = ("sqlalchemy.dialects.sqlite.aiosqlite", "sqlalchemy.dialects.postgresql.asyncpg")
LOADED = {
    "relay": ("media_server.process",),
    "recorder": ("recorder.process", "storage.objects", *_DIALECTS),
    "worker": ("recorder.worker", "storage.objects", *_DIALECTS),
    "api": (
        "api.app",
        "storage.objects",
        "uvicorn",
        "uvicorn.lifespan.on",
        "uvicorn.protocols.http.auto",
        "uvicorn.protocols.websockets.auto",
        *_DIALECTS,
    ),
}
RUNS: dict[str, Run] = {"relay": relay, "recorder": recorder, "worker": worker, "api": api}


def run_child(name: str, data: Path, wait: bool) -> int:
    """Until SIGTERM; the exit status is 1 when the room raised. With `wait` the code is loaded and a line awaited;
    the end of the input instead of it means that the hub is gone."""
    if wait:
        _load(LOADED[name])
        if sys.stdin.buffer.readline() != GO:
            return 0
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # A shell's 1,024 would shut out a county: each site is a connection to the api, and one to the relay without UDP.
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, min(most, MAX_FILES)), most))
    start = read(data)

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await RUNS[name](start, stop)

    asyncio.run(main())
    return 0


def _load(modules: tuple[str, ...]) -> None:
    """What is loaded stays: the collector of cycles, which would look through it again and again, takes a fifth of the
    time that it needs."""
    gc.disable()
    for module in modules:
        importlib.import_module(module)
    gc.freeze()
    gc.enable()


def prepare_database(data: Path, demo: bool, made_up: bool) -> int:
    """Schema, signing key, admin, sample county; what was made is printed as JSON for `ops.prepare`. A password that
    nobody chose (`made_up`) is changed at its first use."""
    _load(("api.acts.seed", "storage.lost_key"))
    from dataclasses import asdict

    from api.acts.seed import ensure_admin, seed_demo
    from storage.database import Database, migrate
    from storage.errors import KeyLost
    from storage.lost_key import settle

    start = read(data)
    password = os.environ[PASSWORD]

    async def main() -> dict[str, object]:
        await migrate(start.database_url)
        database = await Database.open(start.database_url)
        try:
            if (unintroduced := await settle(database, start.layout.signing_key, start.hub_id)) is not None:
                print(f"{KeyLost.code}: {KeyLost.en} {unintroduced}", file=sys.stderr)
            made = await ensure_admin(database, password, must_change=made_up)
            credentials = await seed_demo(database) if demo else []
        finally:
            await database.close()
        return {"admin_made": made, "demo": [asdict(one) for one in credentials], "unintroduced": unintroduced}

    print(json.dumps(asyncio.run(main()), ensure_ascii=False))
    return 0
