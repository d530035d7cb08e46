"""Feedback, status and health."""

from api.records.base import Answer, Name, Request, Text


class NewFeedback(Request):
    page: Name
    text: Text


class FeedbackAnswer(Request):
    answer: Text


class FeedbackView(Answer):
    id: str
    user: str | None
    name: str | None
    page: str
    text: str
    sent_wall: str
    answer: str | None
    answered_wall: str | None


class Wellness(Answer):
    well: bool
    code: str | None
    zh: str | None
    en: str | None


class SpoolView(Answer):
    bytes: int | None
    limit_bytes: int | None


class Status(Answer):
    recorder: Wellness
    relay: Wellness
    objects: Wellness
    spool: SpoolView


class IceServer(Answer):
    """As RTCIceServer; a STUN server has no account."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class IceServers(Answer):
    servers: list[IceServer]
    valid_s: int


class ProcessHealth(Answer):
    ok: bool
    pid: int | None = None
    detail: str = ""


class Health(Answer):
    ok: bool
    processes: dict[str, ProcessHealth]
