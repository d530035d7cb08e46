"""A meeting's report: written from what the meeting shows, changed in a few fields by who checks it, then a text and a
row of a table. What was counted (who was due, came, stayed away and why) is entered on the roster and nowhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.domain.entries import ReportColumn

CHANGEABLE = ("place", "chair", "taker", "agenda", "decided")
WAYS = {"hands": "举手表决", "named": "唱名表决", "secret": "无记名投票"}
NO_REASON = "原因未填"


@dataclass(frozen=True, slots=True)
class Absent:
    name: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Voted:
    way: str
    due: int | None
    present: int | None
    in_favour: int
    against: int
    abstained: int
    written_in_favour: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Item:
    title: str
    votes: Sequence[Voted] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Moments as people read them in Shanghai: 2026-11-28 09:00."""

    branch: str
    unit: str
    kind: str
    title: str
    begin: str
    end: str
    place: str
    chair: str
    taker: str
    due: int
    present: int
    absent: Sequence[Absent] = ()
    items: Sequence[Item] = ()
    closed_items: int = 0  # restricted parts: that there were some, and nothing of them
    by_secretary: bool = False


def written(facts: Facts) -> dict[str, str]:
    """The report as the hub writes it, by field."""
    return {
        "branch": facts.branch, "unit": facts.unit, "kind": facts.kind, "title": facts.title, "begin": facts.begin,
        "end": facts.end, "place": facts.place, "chair": facts.chair, "taker": facts.taker, "due": str(facts.due),
        "present": str(facts.present), "absent": _absent(facts.absent), "agenda": _agenda(facts),
        "decided": _decided(facts.items),
    }  # fmt: skip


def changed(fields: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    return {key: changes.get(key, value) if key in CHANGEABLE else value for key, value in fields.items()}


def text(fields: Mapping[str, str]) -> str:
    """As it is pasted."""
    lines = [
        f"{fields['branch']}{fields['kind']}情况",
        f"会议主题：{fields['title']}",
        f"会议时间：{fields['begin']} 至 {fields['end']}",
        f"会议地点：{fields['place']}",
        f"主持人：{fields['chair']}　记录人：{fields['taker']}",
        f"到会情况：应到 {fields['due']} 人，实到 {fields['present']} 人。缺席：{fields['absent']}。",
        "会议内容：",
        fields["agenda"],
        "会议决定：",
        fields["decided"],
    ]
    return "\n".join(lines)


def row(columns: Sequence[ReportColumn], fields: Mapping[str, str]) -> list[str | int]:
    """Of the table: figures as figures, everything else as text."""
    known = {**fields, "text": text(fields)}
    cells: list[str | int] = []
    for column in columns:
        value = known.get(column.field, "")
        cells.append(int(value) if column.field in ("due", "present") and value.isdigit() else value)
    return cells


def _absent(absent: Sequence[Absent]) -> str:
    return "、".join(f"{one.name}（{one.reason or NO_REASON}）" for one in absent) or "无"


def _agenda(facts: Facts) -> str:
    lines = [f"{at}. {item.title}{_results(item.votes)}" for at, item in enumerate(facts.items, 1)]
    if facts.by_secretary:
        lines.append("由党支部书记讲党课。")
    if facts.closed_items:
        lines.append(f"另有不公开的议题 {facts.closed_items} 项。")
    return "\n".join(lines) or facts.title


def _results(votes: Sequence[Voted]) -> str:
    return "".join(f"。{_vote(vote)}" for vote in votes[-1:])  # a vote that was taken again counts no longer


def _vote(vote: Voted) -> str:
    base = "，".join(
        f"{word} {count} 人" for word, count in (("应到", vote.due), ("实到", vote.present)) if count is not None
    )
    written = f"（另有书面同意 {vote.written_in_favour} 票）" if vote.written_in_favour else ""
    figures = f"赞成 {vote.in_favour} 票{written}，反对 {vote.against} 票，弃权 {vote.abstained} 票"
    return f"{WAYS.get(vote.way, '表决')}：{base}{'，' if base else ''}{figures}，{'通过' if vote.passed else '未通过'}"


def _decided(items: Sequence[Item]) -> str:
    lines = [f"“{item.title}”{'通过' if item.votes[-1].passed else '未通过'}。" for item in items if item.votes]
    return "\n".join(lines) or "无"
