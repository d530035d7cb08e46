"""A door to a real relay: WHIP and WHEP over HTTP, SDP read and written as the api does, without people and rights."""

import asyncio
import contextlib
import itertools
import random
import secrets
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response

from media_server.bus import Bus
from media_server.errors import RelayError
from media_server.records import Candidate, Ice, SessionAnswer
from media_server.sdp import read_offer, read_restart, write_answer, write_restart


def free_port() -> int:
    """Free for UDP and TCP, and below the range from which the kernel gives out ports by itself."""
    while True:
        port = random.randrange(20_000, 32_000)
        stream, datagram = socket.create_server, socket.socket
        with contextlib.suppress(OSError), stream(("127.0.0.1", port)), datagram(type=socket.SOCK_DGRAM) as found:
            found.bind(("127.0.0.1", port))
            return port


async def until(what: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if what():
                return
            await asyncio.sleep(0.01)


class Relay:
    """The relay's process, and what it takes to kill and restart it."""

    def __init__(self, bus_url: str, folder: Path) -> None:
        self._bus_url = bus_url
        self.port = free_port()
        self._command = [sys.executable, "-m", "tests.sender.relay_child", bus_url, str(self.port), str(folder)]
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self.process = subprocess.Popen(self._command)  # noqa: ASYNC220  # a fork takes no time worth awaiting
        bus = await Bus.connect(self._bus_url, "test")
        async with asyncio.timeout(45), contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(bus.close)
            while True:
                assert self.process.poll() is None, "the relay has ended"
                with contextlib.suppress(RelayError):
                    if (await bus.request("huilu.health.relay", {}, 0.5))["pid"] == self.process.pid:
                        return
                await asyncio.sleep(0.05)

    def end(self, *, kill: bool = False) -> None:
        if self.process is not None and self.process.poll() is None:
            (self.process.kill if kill else self.process.terminate)()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def app(bus: Bus, through: int | None) -> FastAPI:
    door = FastAPI()
    numbers = itertools.count()
    own = secrets.token_hex(4)  # rooms and sessions of this door alone, whoever else uses the relay

    async def enter(mode, request: Request) -> Response:
        text = (await request.body()).decode()
        name = f"{own}-{next(numbers)}"
        try:
            room, publisher = f"{own}-{request.path_params['room']}", f"{name}.device01"
            offer = read_offer(text, sources=None, mode=mode, session=name, room=room, publisher=publisher)
            answer = SessionAnswer.model_validate(await bus.request("huilu.relay.open", offer.model_dump()))
            if through is not None:
                bad = [Candidate(address="127.0.0.1", port=through, transport="udp")]
                answer = answer.model_copy(update={"candidates": bad})
        except RelayError as error:
            return Response(str(error), error.status)
        return Response(
            write_answer(text, offer, answer), 201, {"Location": f"/session/{name}"}, media_type="application/sdp"
        )

    @door.post("/api/meetings/{room}/whip")
    async def whip(request: Request) -> Response:
        return await enter("whip", request)

    @door.post("/api/meetings/{room}/whep")
    async def whep(request: Request) -> Response:
        return await enter("whep", request)

    @door.post("/api/meetings/{room}/room")
    async def room(request: Request) -> Response:
        return await enter("room", request)

    @door.get("/page")
    async def page() -> Response:
        return Response("<!doctype html><title>page</title><body>", media_type="text/html")

    @door.patch("/session/{name}")
    async def restart(name: str, request: Request) -> Response:
        frag = (await request.body()).decode()
        try:
            ice = read_restart(frag)
            reply = await bus.request("huilu.relay.restart", {"session": name, "ice": ice.model_dump()})
        except RelayError as error:
            return Response(str(error), error.status)
        text = write_restart(Ice.model_validate(reply["ice"]), [], frag)
        return Response(text, media_type="application/trickle-ice-sdpfrag")

    @door.delete("/session/{name}")
    async def leave(name: str) -> Response:
        try:
            await bus.request("huilu.relay.close", {"session": name})
        except RelayError as error:
            return Response(str(error), error.status)
        return Response()

    return door


@contextlib.asynccontextmanager
async def serving(
    bus: Bus, *, through: int | None = None, certificate: Path | None = None, key: Path | None = None
) -> AsyncIterator[str]:
    """The door's address. `through`: clients are told this port instead of the relay's own."""
    listening = socket.create_server(("127.0.0.1", 0))
    files = {"ssl_certfile": certificate, "ssl_keyfile": key}
    server = uvicorn.Server(uvicorn.Config(app(bus, through), log_level="warning", lifespan="off", **files))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await until(lambda: server.started)
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, 10)
        listening.close()
