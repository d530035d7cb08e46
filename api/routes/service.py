"""How the hub is: health for supervisors, metrics of all processes, a status for people before a meeting."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client.parser import text_string_to_metric_families

from api.errors.accounts import NotSignedIn
from api.house import House
from api.records.service import Health, ProcessHealth, SpoolView, Status, Wellness
from api.routes.address import address_of, is_loopback
from api.routes.signed import Signed, TheHouse, recognised
from media_server.bus import Message, unpacked
from media_server.errors import RelayError
from storage.errors import StorageError

router = APIRouter(tags=["service"])

WAIT_S = 1.0
# Without these no meeting can be held or recorded; what else is away is caught up later.
NEEDED = frozenset({"api", "bus", "database", "relay", "recorder"})
RELAY_AWAY = (
    "relay.away",
    "媒体中继没有应答，正在恢复，请稍候",
    "The media relay does not answer; it is being restarted.",
)
OBJECTS_AWAY = (
    "objects.away",
    "归档存储暂时连接不上，录像先保存在本机",
    "The object store cannot be reached; recordings stay on this machine until it is back.",
)


@router.get("/healthz", responses={503: {"model": Health, "description": "A needed part is away"}})
async def healthz(house: TheHouse, response: Response) -> Health:
    names = house.config.processes
    found = dict(zip(names, await asyncio.gather(*(_health(house, name) for name in names)), strict=True))
    found["bus"] = ProcessHealth(ok=house.bus.connected)
    found["database"] = ProcessHealth(ok=await _database_answers(house))
    if house.objects is not None:
        found["objects"] = ProcessHealth(ok=await house.objects.ready())
    ok = all(found[name].ok for name in NEEDED & set(found))
    response.status_code = 200 if ok else 503
    return Health(ok=ok, processes=found)


async def _health(house: House, name: str) -> ProcessHealth:
    try:
        reply = await house.bus.request(f"huilu.health.{name}", {}, timeout=WAIT_S)
    except RelayError:
        return ProcessHealth(ok=False, detail="no answer")
    detail = reply.get("detail", "")
    return ProcessHealth(ok=bool(reply.get("ok")), pid=reply.get("pid"), detail=detail if detail else "")


async def _database_answers(house: House) -> bool:
    try:
        async with house.database.reading() as session:
            await session.connection()
    except StorageError:
        return False
    return True


@router.get("/api/status")
async def status(_: Signed, house: TheHouse) -> Status:
    """For people, before a meeting: is everything there, and what to do if not."""
    relay, objects = await asyncio.gather(_health(house, "relay"), _objects_ready(house))
    return Status(
        recorder=Wellness(**house.recorder.wellness()),
        relay=_wellness(relay.ok, RELAY_AWAY),
        objects=_wellness(objects, OBJECTS_AWAY),
        spool=SpoolView(**house.recorder.spool()),
    )


async def _objects_ready(house: House) -> bool:
    return house.objects is None or await house.objects.ready()


def _wellness(well: bool, away: tuple[str, str, str]) -> Wellness:
    if well:
        return Wellness(well=True, code=None, zh=None, en=None)
    code, zh, en = away
    return Wellness(well=False, code=code, zh=zh, en=en)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(request: Request, house: TheHouse) -> Response:
    """Of every process, each with a label `process`. From this machine, or by a token."""
    await _check_reader(request, house)
    names = house.config.processes
    texts = await asyncio.gather(*(_metrics(house, name) for name in names))
    joined = join_metrics(dict(zip(names, texts, strict=True)))
    return Response(joined, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _check_reader(request: Request, house: House) -> None:
    if is_loopback(address_of(request)):
        return
    token = house.config.metrics_token
    if token and request.headers.get("authorization") == f"Bearer {token}":
        return
    actor = await recognised(request, house)
    if not actor.subtrees("user.write"):
        raise NotSignedIn


async def _metrics(house: House, name: str) -> str | None:
    try:
        reply: Message = await house.bus.request(f"huilu.metrics.{name}", {}, timeout=WAIT_S)
    except RelayError:
        return None
    return unpacked(reply)


def join_metrics(texts: dict[str, str | None]) -> str:
    """One text: a family stands once, its samples carry the process that they come from."""
    families: dict[str, dict[str, Any]] = {}
    for process, text in texts.items():
        for family in text_string_to_metric_families(text or ""):
            known = families.setdefault(family.name, {"help": family.documentation, "type": family.type, "samples": []})
            for sample in family.samples:
                known["samples"].append((sample.name, {**sample.labels, "process": process}, sample.value))
    lines = ["# HELP huilu_up Whether a process answers.", "# TYPE huilu_up gauge"]
    lines += [f'huilu_up{{process="{process}"}} {int(text is not None)}' for process, text in texts.items()]
    for name, known in families.items():
        if name == "huilu_up":
            continue
        shown = f"{name}_total" if known["type"] == "counter" else name
        lines += [f"# HELP {shown} {_escaped(known['help'])}", f"# TYPE {shown} {known['type']}"]
        for sample_name, labels, value in known["samples"]:
            inner = ",".join(f'{key}="{_escaped(str(each), quote=True)}"' for key, each in sorted(labels.items()))
            lines.append(f"{sample_name}{{{inner}}} {value}")
    return "\n".join(lines) + "\n"


def _escaped(text: str, quote: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quote else text
