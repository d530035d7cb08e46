"""An ICE restart at the relay: the client's new credentials in, the relay's and its candidates out."""

from dataclasses import dataclass

from media_server.bus import Bus
from media_server.records import Candidate, Ice


@dataclass(frozen=True, slots=True)
class Restarted:
    ice: Ice  # the relay's, which hold now
    candidates: list[Candidate]
    new: bool  # False: the client named the credentials that are known of it


async def restart_ice(bus: Bus, session_id: str, ice: Ice, tags: list[str] | None = None) -> Restarted:
    """`tags`: only while one of them is the relay's ufrag. Raises Refused (no such session, other ufrag), NoAnswer."""
    asked = {"session": session_id, "ice": ice.model_dump(), "tags": tags}
    reply = await bus.request("huilu.relay.restart", asked)
    candidates = [Candidate.model_validate(each) for each in reply["candidates"]]
    return Restarted(Ice.model_validate(reply["ice"]), candidates, bool(reply["restarted"]))
