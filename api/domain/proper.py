"""Whether a decision was done properly: judged apart from what was decided, each failure with its reason.

Procedure never stops a village and never hides a decision (DESIGN §7): the outcome stands, the record is marked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.domain.entries import BodyRule, Judging

Span = tuple[int, int]  # milliseconds of meeting time, half open

REASONS: dict[str, tuple[str, str]] = {
    "proper.no-item": ("没有关联任何议题", "No agenda item belongs to the decision."),
    "proper.no-recording": ("议题没有录音录像", "An item of it was not recorded."),
    "proper.item-coverage": ("议题讨论过程录像不完整", "The recording of an item has a hole."),
    "proper.meeting-coverage": ("会议录制覆盖率低于规定", "The meeting's coverage is below the limit."),
    "proper.vote-in-hole": ("表决过程录像不完整，应当重新表决", "The recording has a hole at the vote."),
    "proper.no-vote": ("没有表决记录", "No vote was recorded."),
    "proper.due-unknown": ("没有登记应到人数", "The number due was not noted."),
    "proper.present-unknown": ("没有登记实到人数", "The number present was not noted."),
    "proper.vote-outside-item": ("表决时议题尚未开始或已经结束", "The vote was taken while its item was not running."),
    "proper.break-too-long": ("休会时间过长", "A break was too long."),
    "proper.notice-missing": ("开会时没有告知录音录像", "The recording was not announced."),
    "proper.wrong-body": ("决议机构与事项要求不符", "The matter needs another body."),
}


@dataclass(frozen=True, slots=True)
class Sitting:
    """One agenda item in which the matter was dealt with, and the meeting around it."""

    item: Span | None  # none: the item was never started
    recorded: bool
    holes: Sequence[Span]  # of the meeting's main picture and sound
    meeting_sealed_ms: int
    meeting_due_ms: int
    breaks: Sequence[Span] = ()
    notice_given: bool = True
    votes_at_ms: Sequence[int] = ()
    body: str | None = None  # key of the body that met


@dataclass(frozen=True, slots=True)
class VoteNote:
    due: int | None
    present: int | None


BODIES_OF_MATTER: dict[str, frozenset[str]] = {
    # DOMAIN.md "Which body": V, VA, M, MA
    "V": frozenset({"assembly", "representatives"}),
    "VA": frozenset({"assembly"}),
    "M": frozenset({"members", "member_representatives"}),
    "MA": frozenset({"members"}),
}


def judge(
    sittings: Sequence[Sitting],
    votes: Sequence[VoteNote],
    rule: BodyRule | None,
    judging: Judging,
    matter_body: str | None = None,
) -> list[str]:
    """The reasons why a decision is 不规范, each once and in the order of REASONS; none: done properly."""
    found: set[str] = set()
    if not sittings:
        found.add("proper.no-item")
    voted = {sitting.body for sitting in sittings if sitting.votes_at_ms}
    if matter_body is not None and voted and not voted & BODIES_OF_MATTER[matter_body]:
        found.add("proper.wrong-body")
    for sitting in sittings:
        found |= _judge_sitting(sitting, judging)
    if not votes:
        found.add("proper.no-vote")
    else:
        last = votes[-1]
        if last.present is None:
            found.add("proper.present-unknown")
        if last.due is None and rule is not None and rule.quorum is not None:
            found.add("proper.due-unknown")
    return [code for code in REASONS if code in found]


def _judge_sitting(sitting: Sitting, judging: Judging) -> set[str]:
    found: set[str] = set()
    if sitting.item is None or not sitting.recorded:
        return {"proper.no-recording"}
    if not sitting.notice_given:
        found.add("proper.notice-missing")
    length = max(1, sitting.item[1] - sitting.item[0])
    # A hole below the tolerance is none, unless it leaves next to nothing of a short item. It is cut where its causes
    # change, and is long or short as a whole.
    due = length - overlap(sitting.breaks, [sitting.item])
    swallowed = overlap(sitting.holes, [sitting.item]) * 10 >= due * 9
    real = [hole for hole in _joined(sitting.holes) if swallowed or hole[1] - hole[0] >= judging.hole_tolerated_ms]
    lost = overlap(real, [sitting.item]) - overlap(_cut(real, sitting.breaks), [sitting.item])
    if (length - lost) * 1000 < length * judging.item_coverage_permille:
        found.add("proper.item-coverage")
    if sitting.meeting_sealed_ms * 1000 < sitting.meeting_due_ms * judging.meeting_coverage_permille:
        found.add("proper.meeting-coverage")
    for at in sitting.votes_at_ms:
        if not sitting.item[0] <= at <= sitting.item[1]:
            found.add("proper.vote-outside-item")
        if overlap(real, [(max(sitting.item[0], at - judging.vote_span_ms), at)]) > 0:
            found.add("proper.vote-in-hole")
    whole = sitting.meeting_due_ms + sum(end - start for start, end in sitting.breaks)
    if any(end - start > judging.break_longest_ms for start, end in sitting.breaks) or (
        sum(end - start for start, end in sitting.breaks) * 1000 > whole * judging.break_share_permille
    ):
        found.add("proper.break-too-long")
    return found


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _cut(spans: Iterable[Span], to: Sequence[Span]) -> list[Span]:
    return [(max(a, c), min(b, d)) for a, b in spans for c, d in to if max(a, c) < min(b, d)]


def overlap(spans: Iterable[Span], within: Sequence[Span]) -> int:
    """Milliseconds of `within` that `spans` cover; overlapping spans count once."""
    total, reached = 0, -1
    for start, end in sorted(_cut(spans, within)):
        start = max(start, reached)
        if end > start:
            total += end - start
            reached = end
    return total
