"""TURN and STUN servers, told to who is signed in and to nobody else: as JSON for pages, as Link for programs."""

import time

from fastapi import APIRouter, Response

from api.acts.actor import Actor
from api.domain.turn import VALID_S, TurnAccount, accounts
from api.house import House
from api.records.service import IceServer, IceServers
from api.routes.signed import Signed, TheHouse

router = APIRouter(tags=["media"])


def servers_for(house: House, actor: Actor) -> list[TurnAccount]:
    return accounts(house.config.turn, actor.user_id, int(time.time()))


@router.get("/api/ice-servers", response_model_exclude_none=True)
async def ice_servers(actor: Signed, house: TheHouse, response: Response) -> IceServers:
    """What a page gives to RTCPeerConnection."""
    response.headers["Cache-Control"] = "no-store"
    servers = [
        IceServer(urls=list(one.urls), username=one.username, credential=one.credential)
        for one in servers_for(house, actor)
    ]
    return IceServers(servers=servers, valid_s=VALID_S)


def links(servers: list[TurnAccount]) -> dict[str, str]:
    """The Link header of a WHIP answer (RFC 9725 §4.6); empty without servers."""
    found: list[str] = []
    for one in servers:
        about = '; rel="ice-server"'
        if one.username is not None:
            about += f"; username={_quoted(one.username)}; credential={_quoted(one.credential or '')}"
            about += '; credential-type="password"'
        found += [f"<{url}>{about}" for url in one.urls]
    return {"Link": ", ".join(found)} if found else {}


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
