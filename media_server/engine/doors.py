"""How clients get in: credentials by ufrag, ways by which they come, and whose datagram is whose.

A way is learned only from a connectivity check whose integrity holds; the last nominated one is where media go.
"""

from random import Random

from media_server.engine import ice
from media_server.engine.drops import DropReason, Drops
from media_server.engine.outputs import Output, Path, SetViewer, Transmit
from media_server.engine.session import Session
from media_server.records import Ice

HELD_NS = 5_000_000_000  # an address belongs to whoever was heard from it so lately: a browser checks it every 2.5 s


class Doors:
    def __init__(self, random: Random, outputs: list[Output], drops: Drops) -> None:
        self._random = random
        self._outputs = outputs
        self._drops = drops
        self._by_ufrag: dict[bytes, tuple[Session, ice.Credentials]] = {}
        self._by_path: dict[Path, Session] = {}

    def credentials(self) -> ice.Credentials:
        """RFC 8839 §5.4: at least 24 and 128 random bits."""
        while True:
            ufrag = f"{self._random.getrandbits(48):012x}"
            if ufrag.encode() not in self._by_ufrag:
                return ice.Credentials(ufrag, f"{self._random.getrandbits(128):032x}")

    def add(self, session: Session) -> Ice:
        """The session's newest credentials."""
        newest = session.credentials[-1]
        self._by_ufrag[newest.ufrag.encode()] = (session, newest)
        return Ice(ufrag=newest.ufrag, pwd=newest.pwd)

    def restart(self, now: int, session: Session) -> Ice:
        """New credentials; the old ones stay valid for a while (MEDIA.md)."""
        for credentials in session.credentials:
            if credentials.until is None:
                credentials.until = now + ice.GRACE_NS
        for forgotten in session.credentials[:-3]:
            self._by_ufrag.pop(forgotten.ufrag.encode(), None)
        session.credentials = [*session.credentials[-3:], self.credentials()]
        return self.add(session)

    def expire(self, now: int, session: Session) -> None:
        for credentials in list(session.credentials):
            if credentials.until is not None and credentials.until < now:
                session.credentials.remove(credentials)
                self._by_ufrag.pop(credentials.ufrag.encode(), None)

    def remove(self, session: Session) -> None:
        for credentials in session.credentials:
            self._by_ufrag.pop(credentials.ufrag.encode(), None)
        for path in session.paths:
            self._by_path.pop(path, None)

    def session(self, path: Path) -> Session | None:
        return self._by_path.get(path)

    def check(self, path: Path, now: int, data: bytes) -> Session | None:
        """Answer a STUN message; the session that it vouched for."""
        ufrag = ice.local_ufrag(data)
        if ufrag is None:
            self._drops.add(DropReason.BAD_STUN)
            return None
        named = self._by_ufrag.get(ufrag)
        if named is None:
            self._drops.add(DropReason.UNKNOWN_UFRAG)
            return None
        session, credentials = named
        if credentials.until is not None and credentials.until < now:
            self._drops.add(DropReason.UNKNOWN_UFRAG)
            return None
        # Said before: by a client whose answer was lost, or by whoever overheard it, who may come from anywhere, as
        # often as he likes. It is answered, opens and moves no way, and takes nothing from what the client may ask.
        repeated = data[4 : ice.HEADER_BYTES] in session.transactions
        if repeated and session.repeats.lacks(now):
            self._drops.add(DropReason.FLOOD)
            return None
        check = ice.verified(data, credentials.key)
        if check is None:
            self._drops.add(DropReason.BAD_INTEGRITY)
            return None
        if not (session.repeats if repeated else session.checks).allows(now):
            self._drops.add(DropReason.FLOOD)
            return None
        holder = self._by_path.get(path)
        if holder is not None and holder is not session and holder.path == path and now - holder.heard_at < HELD_NS:
            self._drops.add(DropReason.ADDRESS_HELD)
            return None
        self._outputs.append(Transmit(path, ice.answer(check, credentials.key, path.address)))
        if repeated:
            return None
        session.remember(check.transaction)
        self._learn(session, path)
        if check.nominated and session.path != path:
            self._use(session, path)
        return session

    def _learn(self, session: Session, path: Path) -> None:
        other = self._by_path.get(path)
        if other is not None and other is not session:
            other.paths.pop(path, None)
            if other.path == path:
                other.path = None
        self._by_path[path] = session
        forgotten = session.learn(path)
        if forgotten is not None:
            self._by_path.pop(forgotten, None)

    def lost(self, path: Path) -> None:
        """A TCP connection has ended."""
        session = self._by_path.pop(path, None)
        if session is not None:
            session.paths.pop(path, None)
            if session.path == path:
                session.path = None
                other = next(reversed(session.paths), None)
                if other is not None:
                    self._use(session, other)

    def _use(self, session: Session, path: Path) -> None:
        session.path = path
        if session.tx is not None:
            self._outputs.append(SetViewer(session.viewer, path, session.tx))
