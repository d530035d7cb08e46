"""How long what is kept, and who may take it away: requests and answers."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.records.base import Answer, Milliseconds, Request, UnitRef

# A reason is a sentence, not a full stop.
Reason = Annotated[str, StringConstraints(min_length=2, max_length=500, pattern=r"^[^\x00]+$")]
ProposalKind = Literal["seclude", "look", "reveal", "delete"]


class Why(Request):
    reason: Reason


class NewProposal(Request):
    kind: ProposalKind
    reason: Reason
    start_ms: Milliseconds | None = None  # seclude: the recording's own time; without both, all of it
    end_ms: Milliseconds | None = None
    minutes: Annotated[int, Field(ge=5, le=1440)] = 60  # look: for so long, both
    erase: bool = False  # delete: also what the ledger says of who came and went, and of marks


class NewAnswer(Request):
    answer: Literal["confirm", "refuse", "withdraw"]


class Subject(Answer):
    """A recording as it stands in the lists of keeping."""

    recording: str
    title: str
    title_hidden: bool  # all of it is secluded from this reader
    unit: UnitRef
    kind_name: str
    opened_on: str | None
    duration_ms: int
    bytes: int


class HoldView(Answer):
    id: str
    subject: Subject
    reason: str
    placed_as: str
    placed_wall: str
    lifted_as: str | None
    lifted_reason: str | None
    lifted_wall: str | None
    objects: int
    held: int  # of them, in the store


class ProposalView(Answer):
    id: str
    kind: ProposalKind
    subject: Subject
    reason: str
    start_ms: int | None
    end_ms: int | None
    minutes: int | None
    erase: bool
    state: Literal["open", "confirmed", "refused", "withdrawn", "expired"]
    proposed_as: str
    proposed_wall: str
    expires_wall: str
    answered_as: str | None
    answered_wall: str | None
    until_wall: str | None
    own: bool  # this reader proposed it: he may withdraw it, another answers


class DueView(Answer):
    """A recording whose term is over."""

    subject: Subject
    retention_name: str
    retention_name_en: str
    until_on: str
    locked_until_wall: str | None
    held: bool
    secluded: bool
    proposed: bool


class SecludedView(Answer):
    subject: Subject
    start_ms: int
    end_ms: int
    reason: str
    begun_wall: str
    opened_until_wall: str | None  # for this reader


class DeletionView(Answer):
    subject: Subject
    ordered_wall: str
    proposed_as: str
    confirmed_as: str
    reason: str
    erase: bool
    objects: int
    removed: int
    waits_until_wall: str | None  # the last lock runs out then
    held: bool  # it waits for a hold, or for what is secluded
    done_wall: str | None


class KeepingView(Answer):
    proposals: list[ProposalView]
    due: list[DueView]
    due_total: int
    holds: list[HoldView]
    secluded: list[SecludedView]
    deletions: list[DeletionView]
    objects: int  # stored, not taken away
    next_lock_end_wall: str | None
    waiting: int  # locks that are due to be prolonged
    late: int


class KeepingMay(Answer):
    hold: bool
    keep: bool
    take: bool


class RecordingKeeping(Answer):
    """On a recording's own page."""

    retention_name: str | None
    retention_name_en: str | None
    until_on: str | None
    for_ever: bool
    settled: bool
    locked_until_wall: str | None
    holds: list[HoldView]
    secluded: list[SecludedView]  # for those who may propose
    proposals: list[ProposalView]
    deletion: DeletionView | None
    may: KeepingMay
