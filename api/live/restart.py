"""An ICE restart at the relay: the client's new credentials in, the relay's and its candidates out."""

from media_server.bus import Bus
from media_server.records import Candidate, Ice


async def restart_ice(bus: Bus, session_id: str, ice: Ice) -> tuple[Ice, list[Candidate]]:
    """Raises Refused (no such session), NoAnswer."""
    reply = await bus.request("huilu.relay.restart", {"session": session_id, "ice": ice.model_dump()})
    candidates = [Candidate.model_validate(each) for each in reply.get("candidates", [])]
    return Ice.model_validate(reply["ice"]), candidates
