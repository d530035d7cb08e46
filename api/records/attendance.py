"""One's own attendance: each meeting at which one was due, by quarter."""

from api.records.base import Answer, UnitRef


class OwnMeeting(Answer):
    meeting: str
    part: int  # of a meeting of several parts
    title: str
    kind_name: str
    kind_name_en: str
    unit: UnitRef
    on: str
    begun_at: str | None
    present: bool
    late: bool
    left_early: bool
    came_at: str | None
    left_at: str | None
    reason: str | None  # why not, where somebody noted it


class OwnQuarter(Answer):
    quarter: str  # 2026Q4
    due: int
    present: int  # with those who came late or left early
    late: int
    left_early: int
    absent: int
    meetings: list[OwnMeeting]  # the newest first


class OwnAttendance(Answer):
    year: int
    quarters: list[OwnQuarter]  # in which one was due, the newest first
