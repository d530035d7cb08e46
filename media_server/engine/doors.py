"""How clients get in: credentials by ufrag, ways by which they come, and whose datagram is whose.

A way is learned only from a connectivity check whose integrity holds; the last nominated one is where media go.
"""

from random import Random

from media_server.engine import ice
from media_server.engine.drops import DropReason, Drops
from media_server.engine.outputs import Output, Path, SetViewer, Transmit
from media_server.engine.session import Session
from media_server.records import Ice


class Doors:
    def __init__(self, random: Random, outputs: list[Output], drops: Drops) -> None:
        self._random = random
        self._outputs = outputs
        self._drops = drops
        self._by_ufrag: dict[str, Session] = {}
        self._by_path: dict[Path, Session] = {}

    def credentials(self) -> ice.Credentials:
        """RFC 8839 §5.4: at least 24 and 128 random bits."""
        while True:
            ufrag = f"{self._random.getrandbits(48):012x}"
            if ufrag not in self._by_ufrag:
                return ice.Credentials(ufrag, f"{self._random.getrandbits(128):032x}")

    def add(self, session: Session) -> Ice:
        """The session's newest credentials."""
        newest = session.credentials[-1]
        self._by_ufrag[newest.ufrag] = session
        return Ice(ufrag=newest.ufrag, pwd=newest.pwd)

    def restart(self, now: int, session: Session) -> Ice:
        """New credentials; the old ones stay valid for a while (MEDIA.md)."""
        for credentials in session.credentials:
            if credentials.until is None:
                credentials.until = now + ice.GRACE_NS
        for forgotten in session.credentials[:-3]:
            self._by_ufrag.pop(forgotten.ufrag, None)
        session.credentials = [*session.credentials[-3:], self.credentials()]
        return self.add(session)

    def expire(self, now: int, session: Session) -> None:
        for credentials in list(session.credentials):
            if credentials.until is not None and credentials.until < now:
                session.credentials.remove(credentials)
                self._by_ufrag.pop(credentials.ufrag, None)

    def remove(self, session: Session) -> None:
        for credentials in session.credentials:
            self._by_ufrag.pop(credentials.ufrag, None)
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
        session = self._by_ufrag.get(ufrag)
        credentials = next((known for known in session.credentials if known.ufrag == ufrag), None) if session else None
        if session is None or credentials is None or (credentials.until is not None and credentials.until < now):
            self._drops.add(DropReason.UNKNOWN_UFRAG)
            return None
        check = ice.answer(data, credentials, path.address)
        if check is None:
            self._drops.add(DropReason.BAD_INTEGRITY)
            return None
        if not session.checks.allows(now):
            self._drops.add(DropReason.FLOOD)
            return None
        self._learn(session, path)
        if check.nominated and session.path != path:
            self._use(session, path)
        self._outputs.append(Transmit(path, check.response))
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
