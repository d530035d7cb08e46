"""三会一课: a branch's quarter, its plan, its meetings' reports, who was there."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.records.base import Answer, Day, Id, Key, Name, Request, UnitRef
from api.records.meetings import PartNumber
from api.records.people import PersonRef

QuarterKey = Annotated[str, StringConstraints(pattern=r"^(20|21)[0-9]{2}Q[1-4]$")]
Year = Annotated[int, Field(ge=2000, le=2199)]
Words = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00]*$")]
LineState = Literal["held", "planned", "open", "ahead", "overdue"]
Why = Literal["no_members", "few_members", "no_groups"]
PlanState = Literal["none", "late", "waiting", "agreed", "returned"]
ReportState = Literal["due", "late", "checked", "checked_late"]


class PlanBrief(Answer):
    state: PlanState
    late: bool  # the first version came after its day
    due_on: str


class ReportCounts(Answer):
    due: int
    late: int
    checked: int  # in time or not


class DutyCounts(Answer):
    """What a branch owes of one duty in the quarter, over all its periods and groups."""

    duty: str
    name: str
    name_en: str
    kind: str
    required: int
    held: int
    planned: int
    overdue: int
    state: LineState | None  # the most urgent; none: it owes nothing
    exempt: Why | None


class BranchRow(Answer):
    id: str
    name: str
    unit: UnitRef
    town: str | None
    full_members: int
    duties: list[DutyCounts]
    plan: PlanBrief
    reports: ReportCounts


class LineView(Answer):
    """What one body owes in one period."""

    duty: str
    name: str
    name_en: str
    kind: str
    first_on: str
    last_on: str
    group: str | None
    group_name: str | None
    required: int
    held: int
    planned: int
    short: int  # held without a quorum, and not counted
    state: LineState
    source: str


class GroupView(Answer):
    id: str
    name: str


class EntryView(Answer):
    key: str
    kind: str
    kind_name: str
    kind_name_en: str
    on: str
    topic: str
    group: str | None
    group_name: str | None
    by_secretary: bool
    meeting: str | None  # what was made of it
    state: Literal["open", "passed", "planned", "running", "ended"]  # passed: its day has gone by


class PlanView(Answer):
    id: str
    version: int
    entries: list[EntryView]
    fixed_day: int | None
    filed_as: str
    filed_on: str
    opinion: Literal["agree", "return"] | None
    reasons: str | None
    reviewed_as: str | None
    reviewed_on: str | None


class BranchMeetingView(Answer):
    id: str
    part: int  # of a meeting of several parts
    title: str
    kind: str
    kind_name: str
    kind_name_en: str
    on: str
    state: Literal["planned", "running", "ended"]
    group_name: str | None
    by_secretary: bool
    counted: bool  # for a duty; not one without a quorum
    off_day: bool  # a theme day on another day than the branch's own
    report: ReportState | None
    report_due_on: str | None
    checked_on: str | None


class UnclaimedView(Answer):
    """What the party did in a meeting of the unit, of which nobody has said whose it is."""

    id: str
    part: int
    title: str
    kind: str
    kind_name: str
    on: str


class MayOnBranch(Answer):
    write: bool
    review: bool
    attendance: bool


class BranchView(BranchRow):
    quarter: str
    today: str
    first_on: str
    last_on: str
    groups: list[GroupView]
    lines: list[LineView]
    versions: list[PlanView]  # the newest first
    meetings: list[BranchMeetingView]
    unclaimed: list[UnclaimedView]
    may: MayOnBranch


class NewEntry(Request):
    key: Key | None = None  # of an entry of an older version that goes on
    kind: Key
    on: Day
    topic: Name
    group: Id | None = None
    by_secretary: bool = False


class NewPlan(Request):
    quarter: QuarterKey
    fixed_day: Annotated[int, Field(ge=1, le=31)] | None = None
    entries: Annotated[list[NewEntry], Field(min_length=1, max_length=100)]


class PlanReview(Request):
    opinion: Literal["agree", "return"]
    reasons: Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]+$")] | None = None


class Claim(Request):
    """Whose a part of a meeting is, and whether the secretary himself lectured."""

    meeting: Id
    part: PartNumber | None = None  # none: all of the party's in the branch's unit
    group: Id | None = None
    by_secretary: bool = False


class MeetingMade(Answer):
    meeting: str


class MemberAttendance(Answer):
    """In the order of the roster: nobody is ranked."""

    person: PersonRef
    title: str
    votes: bool
    due: int
    present: int
    absent: list["AbsenceView"]


class AbsenceView(Answer):
    meeting: str
    title: str
    kind_name: str
    on: str
    reason: str | None


class AttendanceView(Answer):
    branch: str
    name: str
    year: int
    meetings: int  # that were held
    members: list[MemberAttendance]


class AbsenceNote(Request):
    reason: Name | None = None  # none: it is taken back


class ReportFields(Answer):
    branch: str
    unit: str
    kind: str
    title: str
    begin: str
    end: str
    place: str
    chair: str
    taker: str
    due: str
    present: str
    absent: str
    agenda: str
    decided: str


class ReportCheck(Answer):
    version: int
    by: str
    on: str


class ReportView(Answer):
    """As it was checked; before that, as the hub writes it."""

    meeting: str
    part: int
    branch: str
    fields: ReportFields
    text: str
    state: ReportState
    due_on: str
    checks: list[ReportCheck]  # the newest first
    without_reason: int  # absent members of whom no reason is on the roster
    may_check: bool


class NewReport(Request):
    """What is changed of the hub's own words; left out: as the hub writes them."""

    place: Words | None = None
    chair: Words | None = None
    taker: Words | None = None
    agenda: Words | None = None
    decided: Words | None = None
