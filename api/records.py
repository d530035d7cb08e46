"""What goes over the HTTP interface: requests and answers as records; the pages' contract, and OpenAPI's source.

Wall-clock times are RFC 3339 UTC text (`*_wall`), meeting time is integer milliseconds (`*_ms`), ids are text.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


# PostgreSQL takes no NUL, and no name has control characters.
Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^[^\x00]+$")]
Secret = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Milliseconds = Annotated[int, Field(ge=0, le=1_000_000_000_000)]
Device = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{8,32}$")]
SourceKind = Literal["camera", "screen", "microphone"]
Level = Literal["county", "town", "area", "village", "group", "office", "enterprise", "school"]
PartyLevel = Literal["committee", "general_branch", "branch", "group"]
Access = Literal["open", "restricted", "file", "award"]


class Sentence(Answer):
    code: str
    zh: str
    en: str


class UnitRef(Answer):
    id: str
    name: str
    level: str


# --- signing in


class Login(Request):
    username: Secret
    password: Secret


class LoginByCode(Request):
    username: Secret
    code: Secret
    new_password: Secret


class UserBrief(Answer):
    id: str
    username: str
    name: str
    must_change: bool


class LoggedIn(Answer):
    token: str
    user: UserBrief
    must_change: bool


class PasswordChange(Request):
    old_password: Secret
    new_password: Secret


class RightView(Answer):
    role: str
    role_name: str
    unit: UnitRef


class NoticeText(Answer):
    version: str
    text: str
    text_en: str


class MeNotice(Answer):
    classification: str
    classification_en: str
    recording: NoticeText


class Me(Answer):
    user: UserBrief
    rights: list[RightView]
    home: UnitRef | None
    acts: list[str]  # what any of the rights allows somewhere: which pages make sense
    notice: MeNotice


class UserView(Answer):
    id: str
    username: str
    name: str
    person: str | None
    disabled: bool
    must_change: bool
    rights: list[RightView]


class NewUser(Request):
    username: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\-]{2,40}$")]
    name: Name
    role: Key
    unit: Id
    person: Id | None = None


class OneTimeCode(Answer):
    code: str
    until_wall: str


class NewUserAnswer(UserView):
    code: str
    until_wall: str


# --- the catalogue


class KindView(Answer):
    key: str
    name: str
    name_en: str
    body: str | None
    recording: Literal["always", "choice", "never"]
    access_class: str
    group: str


class CategoryView(Answer):
    key: str
    name: str
    name_en: str


class MatterView(Answer):
    key: str
    name: str
    name_en: str
    category: str
    procedure: str
    body: str | None
    access: str
    note: str | None


class RoleView(Answer):
    key: str
    name: str
    name_en: str


class BodyView(Answer):
    key: str
    name: str
    name_en: str
    source: str


class NoticeView(NoticeText):
    key: str


class CatalogueView(Answer):
    on: str
    kinds: list[KindView]
    categories: list[CategoryView]
    matters: list[MatterView]
    bodies: list[BodyView]
    roles: list[RoleView]
    notices: list[NoticeView]


# --- units, party organisations, people


class UnitView(Answer):
    id: str
    name: str
    level: str
    code: str | None
    parent: UnitRef | None
    closed_on: str | None
    successor: UnitRef | None
    path: str  # 县 / 镇 / 村
    former_names: list[str]


class NewUnit(Request):
    name: Name
    level: Level
    parent: Id | None = None
    code: Code | None = None
    from_on: Day | None = None


class UnitChange(Request):
    name: Name | None = None
    code: Code | None = None
    parent: Id | None = None
    from_on: Day | None = None


class NewSuccessor(Request):
    name: Name
    level: Level = "village"
    parent: Id
    code: Code | None = None


class Merger(Request):
    units: Annotated[list[Id], Field(min_length=1, max_length=50)]
    successor: Id | NewSuccessor
    on: Day


class PartyOrganisationView(Answer):
    id: str
    name: str
    level: str
    parent: str | None
    unit: UnitRef | None
    closed_on: str | None


class NewPartyOrganisation(Request):
    name: Name
    level: PartyLevel
    parent: Id | None = None
    unit: Id
    from_on: Day | None = None


class PersonRef(Answer):
    id: str
    name: str
    known_as: str | None


class PostView(Answer):
    id: str
    body: str
    body_name: str
    title: str
    votes: bool
    from_on: str
    until_on: str | None


class PersonView(PersonRef):
    unit: UnitRef


class PersonWhole(PersonView):
    posts: list[PostView]


class BodyOfUnit(Answer):
    id: str
    kind: str
    name: str
    unit: UnitRef


class RosterEntry(Answer):
    person: PersonRef
    title: str
    votes: bool


class ImportCounts(Answer):
    new: int
    changed: int
    same: int


class ImportError_(Answer):
    model_config = ConfigDict(extra="forbid", title="ImportError")
    sheet: str
    row: int
    column: str
    code: str
    zh: str
    en: str


class ImportAnswer(Answer):
    dry: bool
    counts: dict[str, ImportCounts]
    errors: list[ImportError_]


# --- meetings


class NewItem(Request):
    title: Name
    matter: Key | None = None
    decision: Id | None = None  # an id, or `new`
    access_class: Access | None = None


class ItemChange(Request):
    title: Name | None = None
    matter: Key | None = None
    decision: Id | None = None
    access_class: Access | None = None
    position: Annotated[int, Field(ge=1, le=1000)] | None = None


class NewMeeting(Request):
    title: Name
    kind: Key
    unit: Id
    planned_wall: Annotated[str, StringConstraints(max_length=40)] | None = None
    sites: Annotated[list[Id], Field(max_length=1000)] = []
    items: Annotated[list[NewItem], Field(max_length=100)] = []
    recorded: bool | None = None


class BreakReason(Request):
    reason: Name


class NoticeShown(Request):
    version: Name


class Picture(Request):
    publisher: Annotated[str, StringConstraints(max_length=120)] | None = None


class Present(Request):
    present: bool


class NewVote(Request):
    way: Literal["hands", "named", "secret"]
    in_favour: Count
    against: Count
    abstained: Count
    due: Count | None = None
    present: Count | None = None
    decision: Id | None = None


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
    passed: bool
    at_ms: int


class ItemView(Answer):
    id: str
    position: int
    title: str
    matter: str | None
    access_class: str
    start_ms: int | None
    end_ms: int | None
    decision: DecisionRef | None
    votes: list[VoteView]
    hidden: bool = False  # a restricted part, seen only as a span


class BreakView(Answer):
    id: str
    reason: str
    start_ms: int
    end_ms: int | None


class GapView(Answer):
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
    sealed_ms: int
    due_ms: int
    gaps: list[GapView]


class May(Answer):
    chair: bool
    publish: bool
    vote: bool


class PersonHere(Answer):
    publisher: str
    name: str
    unit: UnitRef | None
    since_ms: int
    publishing: list[str]


class MeetingView(MeetingBrief):
    sites: list[SiteView]
    items: list[ItemView]
    breaks: list[BreakView]
    coverage: CoverageView | None
    may: May
    access_class: str
    notice: NoticeText
    notice_wall: str | None
    picture: str | None
    ended_by: str | None
    people: list[PersonHere]


class MeetingChanged(MeetingView):
    warnings: list[Sentence] = []


class RosterPresence(Answer):
    person: PersonRef
    title: str
    votes: bool
    present: bool


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


# --- decisions


class MatterRef(Answer):
    key: str
    name: str
    category: str
    category_name: str


class DecisionBrief(Answer):
    id: str
    title: str
    unit: UnitRef
    matter: MatterRef
    state: str
    outcome: Literal["passed", "rejected", "no_quorum", "withdrawn", "ended"] | None
    proper: bool | None
    created_wall: str


class SpanView(Answer):
    item: str
    item_title: str
    meeting: MeetingBrief
    recording: str | None
    start_ms: int
    end_ms: int | None


class EntryView(Answer):
    seq: int
    kind: str
    at: str
    text_zh: str
    text_en: str


class DecisionView(DecisionBrief):
    improper_reasons: list[Sentence]
    spans: list[SpanView]
    votes: list[VoteView]
    entries: list[EntryView]


class NewDecision(Request):
    unit: Id
    matter: Key
    title: Name


class DecisionEnd(Request):
    outcome: Literal["withdrawn", "ended"]


# --- recordings


class RecordingBrief(Answer):
    id: str
    meeting: MeetingBrief
    part: int
    duration_ms: int
    coverage_live: float
    state: str
    poster: str | None


class TrackView(Answer):
    id: str
    kind: str
    codec: str
    name: str
    site: UnitRef | None
    segments: int
    bytes: int
    start_ms: int
    end_ms: int
    frames: int
    width: int | None
    height: int | None


class MarkView(Answer):
    id: str
    kind: str
    label: str
    start_ms: int
    end_ms: int | None
    item: str | None
    decision: str | None


class CheckpointView(Answer):
    seq: int
    root: str
    key_id: str
    short: str


class RecordingView(Answer):
    id: str
    meeting: MeetingView
    part: int
    state: Literal["recording", "closing", "closed"]
    start_ms: int
    duration_ms: int
    tracks: list[TrackView]
    gaps: list[GapView]
    marks: list[MarkView]
    coverage: CoverageView
    checkpoint: CheckpointView | None
    viewable: bool


class NewLook(Request):
    sitting: Key
    start_ms: Milliseconds
    end_ms: Milliseconds


class LookView(Answer):
    id: str
    recording: str
    user: str
    sitting: str
    start_ms: int
    end_ms: int
    wall: str


# --- the rest


class NewFeedback(Request):
    page: Name
    text: Text


class FeedbackAnswer(Request):
    answer: Text


class FeedbackView(Answer):
    id: str
    user: str | None
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


class ProcessHealth(Answer):
    ok: bool
    pid: int | None = None
    detail: str = ""


class Health(Answer):
    ok: bool
    processes: dict[str, ProcessHealth]
