"""Meetings with their items, votes, breaks, coverage, and media sessions."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.records.accounts import NoticeText
from api.records.base import Access, Answer, Count, Day, Device, Id, Key, Name, Request, Sentence, SourceKind, UnitRef
from api.records.people import PersonRef

Way = Literal["adults", "households"]
MOST_PARTS = 12
PartNumber = Annotated[int, Field(ge=1, le=MOST_PARTS)]


class NewItem(Request):
    title: Name | None = None  # left out: the record's own
    matter: Key | None = None
    decision: Id | None = None  # an id, or `new`
    access_class: Access | None = None
    part: PartNumber | None = None  # left out: the first; in a meeting that runs, the one that began last


class ItemChange(Request):
    title: Name | None = None
    matter: Key | None = None
    decision: Id | None = None
    access_class: Access | None = None
    position: Annotated[int, Field(ge=1, le=1000)] | None = None


class NewPart(Request):
    """What one body of one unit does of a meeting."""

    kind: Key
    unit: Id | None = None  # left out: the meeting's own
    way: Way | None = None  # as a meeting's


class NewMeeting(Request):
    title: Name
    kind: Key
    unit: Id
    parts: Annotated[list[NewPart], Field(max_length=MOST_PARTS)] = []  # left out: one, of its kind and unit
    planned_wall: Annotated[str, StringConstraints(max_length=40)] | None = None
    called_on: Day | None = None  # left out: today, where it is planned for a time
    way: Way | None = None  # of a body that may meet in either; left out: adults
    sites: Annotated[list[Id], Field(max_length=1000)] = []
    items: Annotated[list[NewItem], Field(max_length=100)] = []
    recorded: bool | None = None


class BreakReason(Request):
    # That there is one is asked by the act, whose refusal says so.
    reason: Annotated[str, StringConstraints(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class NewQuestion(Request):
    again: bool = False  # the vote that is open is taken again


class NoticeShown(Request):
    version: Name


class Picture(Request):
    publisher: Annotated[str, StringConstraints(max_length=120)] | None = None


class Present(Request):
    present: bool
    by_video: bool = False  # not in the room; whether he counts is the body's rule


class NewVote(Request):
    way: Literal["hands", "named", "secret"]
    in_favour: Count
    against: Count
    abstained: Count
    recused: Count = 0
    issued: Count | None = None  # ballots of a secret vote; left out: as many as came back
    returned: Count | None = None  # left out: what was counted
    invalid: Count = 0
    other: Count = 0  # for others than who stood, in an election
    written_in_favour: Count = 0
    round: Literal[1, 2] = 1  # of an election; the next three are ballots handed in for others, on their written word
    proxies: Count = 0
    proxies_most: Count = 0  # by one person
    proxies_of_candidates: Count = 0
    due: Count | None = None
    present: Count | None = None
    decision: Id | None = None

    def figures(self, ballots: bool) -> dict[str, int]:
        """Everything that was counted; a second round and proxies only where there were any. `ballots`: in a vote that
        is secret or has to be, and none in another."""
        counted = {
            "recused": self.recused, "in_favour": self.in_favour, "against": self.against,
            "abstained": self.abstained, "written_in_favour": self.written_in_favour, "invalid": 0, "other": 0,
            "returned": 0, "issued": 0,
        }  # fmt: skip
        if ballots:
            given = self.in_favour + self.against + self.abstained + self.invalid + self.other
            returned = given if self.returned is None else self.returned
            issued = returned if self.issued is None else self.issued
            counted |= {"invalid": self.invalid, "other": self.other, "returned": returned, "issued": issued}
        elected = {
            "proxies": self.proxies, "proxies_most": self.proxies_most,
            "proxies_of_candidates": self.proxies_of_candidates,
        }  # fmt: skip
        counted |= {"round": self.round} if self.round > 1 else {}
        return counted | {name: count for name, count in elected.items() if count}


class MeetingBrief(Answer):
    id: str
    title: str
    kind: str
    kind_name: str
    unit: UnitRef
    state: Literal["planned", "open", "break", "ended", "cancelled"]
    planned_wall: str | None
    opened_wall: str | None
    ended_wall: str | None
    elapsed_ms: int
    recording: str | None
    recorded: bool
    way: Way | None
    called_on: str | None


class QuorumView(Answer):
    """A fraction of who is due."""

    numerator: int
    denominator: int
    at_least: bool  # otherwise more than


class PartView(Answer):
    number: int
    name: str  # its papers are found by
    kind: str
    kind_name: str
    unit: UnitRef
    way: Way | None
    quorum: QuorumView | None  # none: its body asks for none
    video_counts: bool  # who is there by video is present, by its body's rule
    begun_ms: int | None
    due: int | None  # counted when it began
    present: int | None
    minute: bool  # may the asker take its minutes
    confirm: bool  # and stand for it as its supervisor
    roster: bool  # and read who was due


class SiteView(Answer):
    id: str
    unit: UnitRef
    main: bool


class DecisionRef(Answer):
    id: str
    title: str


class VoteView(Answer):
    id: str
    decision: str
    item: str
    way: str
    due: int | None
    present: int | None
    in_favour: int
    against: int
    abstained: int
    recused: int
    issued: int
    returned: int
    invalid: int
    other: int
    written_in_favour: int
    round: int
    proxies: int
    proxies_most: int
    proxies_of_candidates: int
    passed: bool
    asked_ms: int | None  # when its question was read
    at_ms: int  # when its result was announced


class Bids(Request):
    bidders: Annotated[int, Field(ge=0, le=1000)]


class VotingView(Answer):
    """How a vote is to be taken, by its step."""

    secret: bool
    election: bool  # by registered voters: two rounds, and ballots handed in for others
    written: bool  # opinions in writing are counted


class ItemView(Answer):
    id: str
    position: int
    part: int = 1  # its number
    title: str
    matter: str | None
    access_class: str
    start_ms: int | None
    end_ms: int | None
    decision: DecisionRef | None
    votes: list[VoteView]
    asked_ms: int | None = None  # since when a vote is open
    confirmed: bool = False  # a supervisor stands for it
    hidden: bool = False  # a restricted part, seen only as a span
    opens_bids: bool = False  # it waits for how many bid
    voting: VotingView | None = None  # while it may be voted on, where its step says so


class BreakView(Answer):
    id: str
    reason: str
    start_ms: int
    end_ms: int | None


class GapView(Answer):
    id: str | None = None  # of a gap of the archive; a hole of the coverage has none
    track: str | None
    start_ms: int
    end_ms: int
    cause: str
    cause_zh: str
    cause_en: str
    packets: int | None


class CoverageView(Answer):
    live: float
    device: float | None
    later: float | None
    device_ms: int = 0
    later_ms: int = 0
    sealed_ms: int
    due_ms: int
    gaps: list[GapView]


class May(Answer):
    chair: bool
    publish: bool
    vote: bool
    confirm: bool  # as a supervisor, at the end of each item


class PersonHere(Answer):
    publisher: str
    name: str
    unit: UnitRef | None
    within: str | None = None  # a village's town: villages of one name are told apart by it
    since_ms: int
    publishing: list[str]
    line: Literal["good", "weak", "lost"] | None = None  # for who chairs


class PeoplePage(Answer):
    people: list[PersonHere]
    total: int  # who is here
    found: int  # of them, who fits the search


class SitesPage(Answer):
    sites: list[SiteView]
    total: int
    found: int


class MeetingView(MeetingBrief):
    sites: list[SiteView]  # the first of them, the main one first; the others by pages
    sites_total: int
    parts: list[PartView]
    items: list[ItemView]
    breaks: list[BreakView]
    coverage: CoverageView | None
    # `closed` only when every part of it is: then coverage and gaps are final
    recording_state: Literal["recording", "closing", "closed"] | None
    may: May
    access_class: str
    notice: NoticeText
    notice_wall: str | None
    picture: str | None
    waiting: bool = False  # a restricted part runs that is not for the asker: no people and no picture until it ends
    ended_by: str | None
    people: list[PersonHere]  # the first of them; the others by pages
    people_total: int


class MeetingChanged(MeetingView):
    warnings: list[Sentence] = []


class RosterPresence(Answer):
    person: PersonRef
    title: str
    votes: bool
    supervises: bool  # sits in for the supervision committee, and isn't due
    present: bool
    by_video: bool  # and never in the room
    reason: str | None = None  # why he isn't there, for who keeps the roster


class NoticeSheet(Answer):
    """The printable sheet for the door."""

    title: str
    unit: str
    version: str
    text: str
    text_en: str
    recorded: bool
    classification: str


class NewSession(Request):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)
    sdp: Annotated[str, StringConstraints(min_length=1, max_length=256 * 1024)]
    device: Device
    unit: Id | None = None
    sources: dict[str, SourceKind] = {}


class SessionView(Answer):
    session: str
    publisher: str
    sdp: str
