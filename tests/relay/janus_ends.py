"""The ends of tests/relay/janus.py: the same publisher and viewers, let in by Janus's API over its Unix socket, which
is there in every network namespace.

A publisher offers; a viewer is offered to and answers. Offer and answer are written from the same lines as those that
our relay is asked with, so both servers are asked for the same: no RTX, NACK for both, the level for sound.
"""

import asyncio
import itertools
import json
import socket
import sys
from collections.abc import Iterable
from typing import Any

from media_server.engine import ice
from media_server.records import Candidate, Fingerprint, Ice, MediaLine, SessionAnswer
from ops.sender.session import read_answer
from tests.relay import cost_ends
from tests.relay.client import H264, Client, publisher_lines, receiving, request
from tests.relay.cost_ends import Viewer, certificate

ROOM = FEED = 1
KEEP_ALIVE_S = 20  # Janus ends a session that says nothing for 60 s
REPLY_S = 30
MAX_MESSAGE = 65_536


class Refused(Exception):
    """Janus's own words."""


class Api:
    """One connection, one session, as many handles as there are clients in it."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.connect(path)
        self._socket.setblocking(False)
        self._asked: dict[str, asyncio.Future[Any]] = {}
        self._numbers = itertools.count()
        self._session = 0
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def open(cls, path: str) -> "Api":
        api = cls(path)
        api._tasks = [asyncio.create_task(api._read())]
        api._session = (await api._ask({"janus": "create"}))["data"]["id"]
        api._tasks.append(asyncio.create_task(api._keep_alive()))
        return api

    async def attach(self) -> int:
        return int((await self._ask({"janus": "attach", "plugin": "janus.plugin.videoroom"}))["data"]["id"])

    async def say(self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None) -> str:
        """The plugin's answer to `body`: its SDP, if it has one. Raises Refused."""
        words: dict[str, Any] = {"janus": "message", "handle_id": handle, "body": body}
        answer = await self._ask(words | ({"jsep": jsep} if jsep else {}), "event")
        data = answer.get("plugindata", {}).get("data", {})
        if "error" in data:
            raise Refused(data["error"])
        return str(answer.get("jsep", {}).get("sdp", ""))

    async def _ask(self, words: dict[str, Any], reply: str = "success") -> Any:
        """Of an answer's two parts, `ack` and `event`, the one that is `reply`."""
        name = f"{reply} {next(self._numbers)}"
        asked = self._asked[name] = asyncio.get_running_loop().create_future()
        about = {"session_id": self._session} if self._session else {}
        data = json.dumps(words | about | {"transaction": name}).encode()
        await asyncio.get_running_loop().sock_sendall(self._socket, data)
        async with asyncio.timeout(REPLY_S):
            return await asked

    async def _read(self) -> None:
        while data := await asyncio.get_running_loop().sock_recv(self._socket, MAX_MESSAGE):
            said = json.loads(data)
            name = said.get("transaction", "")
            if said["janus"] not in (name.partition(" ")[0], "error"):
                continue
            asked = self._asked.pop(name)
            if said["janus"] == "error":
                asked.set_exception(Refused(said["error"]["reason"]))
            else:
                asked.set_result(said)
        for asked in self._asked.values():
            asked.set_exception(Refused("Janus has ended"))

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(KEEP_ALIVE_S)
            await self._ask({"janus": "keepalive"}, "ack")


def _checked(data: bytes, own: Ice, way: Candidate) -> bytes | None:
    """What is said to a check of Janus's: it says that it is lite, and libnice checks all the same."""
    if int.from_bytes(data[:2], "big") != ice.BINDING_REQUEST:
        return None
    return ice.answer(
        ice.Check(data[4 : ice.HEADER_BYTES], False, False), ice.Key(own.pwd.encode()), (way.address, way.port)
    )


class Watcher(Viewer):
    picture = 107  # of H.264, whatever number its publisher has for it

    def _other(self, data: bytes) -> None:
        said = _checked(data, self.asked.ice, self.answer.candidates[0])
        if said is None:
            super()._other(data)
        else:
            self._send(said)


class Publisher(Client):
    def take(self, data: bytes) -> None:
        said = _checked(data, self.asked.ice, self.answer.candidates[0])
        if said is None:
            super().take(data)
        else:
            self.send(said)


def description(lines: Iterable[MediaLine], own: Ice, fingerprint: Fingerprint) -> str:
    """An offer or an answer of a client that does DTLS as the client."""
    lines = list(lines)
    out = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE " + " ".join(line.mid for line in lines)]
    for line in lines:
        at = line.formats[0]
        kind = at.payload_type
        rate = f"opus/{at.clock_rate}/{at.channels}" if at.codec == "opus" else f"{at.codec.upper()}/{at.clock_rate}"
        out += [
            f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {kind}",
            "c=IN IP4 0.0.0.0",
            f"a=ice-ufrag:{own.ufrag}",
            f"a=ice-pwd:{own.pwd}",
            f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}",
            "a=setup:active",
            f"a=mid:{line.mid}",
            f"a={line.direction}",
            "a=rtcp-mux",
            f"a=rtpmap:{kind} {rate}",
        ]
        out += [f"a=rtcp-fb:{kind} {each}" for each in at.feedback]
        if at.parameters:
            out.append(f"a=fmtp:{kind} " + ";".join(f"{name}={value}" for name, value in at.parameters.items()))
        out += [f"a=extmap:{number} {uri}" for number, uri in line.extensions.items()]
        out += [f"a=ssrc:{ssrc} cname:load" for ssrc in line.ssrcs]
    return "\r\n".join([*out, ""])


def _answer(sdp: str) -> SessionAnswer:
    there = read_answer(sdp)
    return SessionAnswer(
        session="", epoch="", ice=there.ice, fingerprint=there.fingerprint, candidates=there.candidates, slots=[]
    )


async def publisher(api: Api) -> Publisher:
    ours = certificate()
    asked = request(ours, session="p", media=publisher_lines())
    offer = {"type": "offer", "sdp": description(asked.media, asked.ice, asked.fingerprint)}
    body = {"request": "joinandconfigure", "ptype": "publisher", "room": ROOM, "id": FEED}
    client = Publisher(asked, _answer(await api.say(await api.attach(), body, offer)), ours)
    await client.connect()
    await client.check()
    await client.handshake()
    return client


async def enter(api: Api, viewer: Watcher) -> None:
    handle = await api.attach()
    body = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": [{"feed": FEED}]}
    offer = await api.say(handle, body)
    there = H264.model_copy(update={"payload_type": Watcher.picture})
    picture = receiving("0", "video").model_copy(update={"formats": [there]})
    answer = {
        "type": "answer",
        "sdp": description([picture, receiving("1", "audio")], viewer.asked.ice, viewer.asked.fingerprint),
    }
    await api.say(handle, {"request": "start"}, answer)
    await viewer.connect(_answer(offer))


async def main(part: str, path: str, *numbers: str) -> None:
    api = await Api.open(path)
    if part == "watch":
        count, first = map(int, numbers)
        await cost_ends.watch(Watcher, lambda viewer: enter(api, viewer), count, first)
    else:
        await cost_ends.publish(await publisher(api))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
