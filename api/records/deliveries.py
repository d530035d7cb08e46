"""Deliveries: a device's own copy, a film that is handed in; what the sender says of it, and how far it is."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.records.base import Answer, Device, Milliseconds, Name, Request

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Mime = Annotated[str, StringConstraints(max_length=100, pattern=r"^(video|audio)/[A-Za-z0-9.+\-]+(;[ -~]*)?$")]
Origin = Literal["device", "handed-in"]


class ClockFound(Request):
    """How a device knows the meeting's time: its clock against the hub's, before and after what it recorded."""

    error_ms: Annotated[int, Field(ge=0, le=86_400_000)]
    samples: Annotated[int, Field(ge=0, le=10_000)]  # questions to the hub, of which the quickest counted
    drift_ms: Annotated[int, Field(ge=-86_400_000, le=86_400_000)] | None = None  # between before and after


class NewDelivery(Request):
    origin: Origin
    key: Annotated[str, StringConstraints(pattern=r"^[a-z0-9\-]{8,64}$")]
    mime: Mime
    bytes: Annotated[int, Field(ge=1, le=64 * 1024**3)]
    pieces: Annotated[int, Field(ge=1, le=1_000_000)]
    start_ms: Milliseconds  # meeting time
    end_ms: Milliseconds
    clock: ClockFound | None = None
    device: Device | None = None  # with origin `device`
    place: Name | None = None
    taken_wall: Annotated[str, StringConstraints(max_length=40)] | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00]+$")] | None = None


class WholeFile(Request):
    list_sha256: Sha256  # over the digests of its pieces, in order


class DeliveryView(Answer):
    id: str
    recording: str
    origin: Origin
    said_zh: str  # 来自设备，14:05 收到
    said_en: str
    by: str
    site: str | None
    start_ms: int
    end_ms: int
    error_ms: int | None  # how far that may be off, as the device found it
    place: str | None
    taken_wall: str | None
    reason: str | None
    late: bool
    bytes: int
    state: Literal["receiving", "sealed", "stored"]
    received_wall: str | None
    sha256: str | None
    sm3: str | None
    copy_kind: Literal["rewrapped", "encoded", "failed"] | None
    copy_percent: int | None  # while it is being made
    playable: bool
    picture: bool | None
    sound: bool | None
    countersigned_as: str | None
    countersigned_wall: str | None
    may_countersign: bool


class DeliveryProgress(Answer):
    delivery: DeliveryView
    have: list[int]


class DeliveriesView(Answer):
    deliveries: list[DeliveryView]
    may_hand_in: bool
    until_on: str | None  # in time until this day


class MeetingClock(Answer):
    """`ended_ms`: when somebody ended it; what a device recorded later is nobody's business. None also after an end by
    absence: whoever sat there without a line was not told, and what his device recorded is of the meeting."""

    elapsed_ms: int
    running: bool
    ended_ms: int | None
