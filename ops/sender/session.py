"""One media session with a hub over HTTP: an offer posted, the path opened, keys agreed, packets both ways.

WHIP (RFC 9725) and WHEP alike: POST an offer, DELETE the Location.
"""

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path as FilePath
from urllib.parse import urljoin

import httpx

from media_server.errors import BadOffer
from media_server.records import Candidate, Fingerprint, Ice
from media_server.sdp.sections import Description, read
from ops.sender.dtls import HandshakeFailed, Keys, shared_certificate
from ops.sender.path import NoPath, Path, new_ice

MAX_EARLY = 1024  # a cached group of pictures is below 400 kB


class SessionFailed(Exception):
    """There is no session: the hub refused it, or its relay couldn't be reached."""

    def __init__(self, detail: str, status: int = 0) -> None:
        super().__init__(detail)
        self.status = status  # HTTP's, where it was the hub that refused


def client(token: str, authority: FilePath | None) -> httpx.AsyncClient:
    """`authority`: the certificate that signed the hub's; None: the hub's own, which nobody else vouches for."""
    verify: ssl.SSLContext | bool = ssl.create_default_context(cafile=str(authority)) if authority else False
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(headers=headers, verify=verify, timeout=5.0, trust_env=False)


@dataclass(frozen=True, slots=True)
class Answer:
    description: Description
    ice: Ice
    fingerprint: Fingerprint
    candidates: list[Candidate]


def read_answer(text: str) -> Answer:
    try:
        description = read(text)
        accepted = [section for section in description.media if section.port]
        if not accepted:
            raise SessionFailed("the answer accepts no media")
        first = accepted[0]
        ufrag, pwd = description.inherited(first, "ice-ufrag"), description.inherited(first, "ice-pwd")
        fingerprint = description.inherited(first, "fingerprint")
        algorithm, _, value = fingerprint[0].partition(" ")
        candidates = []
        for section in accepted:
            for line in section.values("candidate"):
                fields = line.split()
                transport = fields[2].lower()
                if transport in ("udp", "tcp"):
                    where = {"address": fields[4], "port": int(fields[5]), "transport": transport}
                    candidates.append(Candidate.model_validate(where))
        return Answer(
            description,
            Ice(ufrag=ufrag[0], pwd=pwd[0]),
            Fingerprint(algorithm=algorithm, value=value),
            candidates,
        )
    except (BadOffer, IndexError, ValueError) as error:
        raise SessionFailed(f"the answer can't be read: {error}") from error


class Session:
    """`on_rtp` and `on_rtcp` get decrypted packets as they arrive."""

    def __init__(
        self, http: httpx.AsyncClient, on_rtp: Callable[[bytes], None], on_rtcp: Callable[[bytes], None]
    ) -> None:
        self._http = http
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp
        self.ice = new_ice()
        self._path = Path(self.ice, self._take)
        self._keys = Keys(self._path.send, shared_certificate())
        self.location: str | None = None
        self.undecrypted = 0
        self.steps: dict[str, float] = {}  # seconds since the offer was posted
        # The relay's first packets come right behind its last flight, before the handshake's task has its turn here
        # and before the caller has read the answer: they wait for `begin`.
        self._begun = False
        self._early: list[bytes] = []

    @property
    def fingerprint(self) -> Fingerprint:
        return self._keys.local_fingerprint()

    async def open(self, url: str, offer: str, limit_s: float = 5.0) -> Answer:
        """Raises SessionFailed; nothing of the session is left then."""
        began = time.monotonic()
        try:
            reply = await self._http.post(url, content=offer, headers={"Content-Type": "application/sdp"})
        except httpx.HTTPError as error:
            raise SessionFailed(f"{url}: {type(error).__name__}") from error
        if reply.status_code != 201:
            raise SessionFailed(f"{url}: {reply.status_code} {reply.text[:200]}", reply.status_code)
        self.location = urljoin(url, reply.headers.get("Location", ""))
        self._step("answer", began)
        try:
            answer = read_answer(reply.text)
            await self._path.open(answer.ice, answer.candidates, limit_s)
            self._step("path", began)
            await self._keys.shake_hands(answer.fingerprint, limit_s)
            self._step("keys", began)
        except (NoPath, HandshakeFailed, SessionFailed) as error:
            await self.close()
            raise SessionFailed(f"{type(error).__name__}: {error}") from error
        return answer

    def _step(self, name: str, began: float) -> None:
        self.steps[name] = time.monotonic() - began

    def begin(self) -> None:
        """From now on packets are given out, those first that came already."""
        self._begun = True
        early, self._early = self._early, []
        for datagram in early:
            self._take(datagram)

    def alive(self, now: float, silent_s: float) -> bool:
        """False when the relay said goodbye, its port is closed, or nothing came from it for `silent_s`."""
        return self._keys.open and not self._path.refused and now - self._path.heard < silent_s

    def _take(self, data: bytes) -> None:
        first = data[0]
        if 20 <= first <= 63:  # RFC 7983
            self._keys.receive(data)
        elif not self._begun:
            if len(self._early) < MAX_EARLY:
                self._early.append(data)
        elif 128 <= first <= 191 and len(data) > 8:
            control = 64 <= data[1] & 0x7F <= 95  # RFC 5761 §4
            plain = self._keys.unprotect_rtcp(data) if control else self._keys.unprotect(data)
            if plain is None:
                self.undecrypted += 1
            elif control:
                self._on_rtcp(plain)
            else:
                self._on_rtp(plain)

    def send_rtp(self, packet: bytes) -> None:
        self._path.send(self._keys.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        self._path.send(self._keys.protect_rtcp(packet))

    async def close(self) -> None:
        """Ends the session at the hub too, as far as the hub answers."""
        await self._keys.close()
        await self._path.close()
        location, self.location = self.location, None
        if location:
            try:
                await self._http.delete(location)
            except httpx.HTTPError:
                return  # a hub that is away forgets its sessions by itself


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """True when `stop` was set meanwhile."""
    if seconds <= 0:
        return stop.is_set()
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True
