"""What stands on a decision's record form, from what its reader may see of the record."""

from collections.abc import Sequence

from api.acts.decision_words import WAYS
from api.acts.sheet_codes import checkpoint, page, video
from api.acts.sheet_making import make
from api.domain.paper_words import day, moment, span, wall_ns
from api.domain.papers import PAPERS
from api.domain.procedure.table import NAMES
from api.records.decisions import DecisionView, EntryView, SpanView
from api.records.meetings import VoteView
from api.records.paper import PaperPoint, Printing
from api.records.sheets import Sheet

STATES = {"done": "已完成", "passed-by": "不再等待", "due": "待办", "waiting": "未到"}
KINDS = {"law": "法定", "procedure": "程序", "advice": "提示"}
OF = {"decision": "议事记录", "recording": "录像"}
VIDEOS = 12  # codes for votes on one paper; the last ones count


def record(site: str, seen: DecisionView, points: Sequence[PaperPoint], printing: Printing | None) -> Sheet:
    spans = {one.item: one for one in seen.spans}
    standing = seen.standing
    found = [checkpoint(point) for point in points]
    videos = [
        video(site, one.recording, vote.at_ms, f"表决录像：{one.item_title}")
        for vote in seen.votes[-VIDEOS:]
        if (one := spans.get(vote.item)) is not None and one.recording is not None
    ]
    unsigned = [
        f"{OF[point.of]}《{point.title}》尚未签名（共 {point.later} 条），没有校验码。"
        for point in points
        if point.checkpoint is None
    ]
    by_seq = {each.seq: each for each in seen.entries}
    return make(
        "record",
        seen.id,
        seen.title,
        about(seen, listed=standing is not None),
        {
            "steps": [
                {"step": each.name, "state": STATES[each.state], "on": day(each.done_on)}
                for each in (standing.steps if standing else [])
            ],
            "meetings": [
                {
                    "title": f"{each.meeting.title}（{each.meeting.kind_name}）",
                    "at": wall(each, each.start_ms),
                    "item": each.item_title,
                    "film": film(each),
                }
                for each in seen.spans
            ],
            "votes": [vote_row(vote) | {"at": wall(spans.get(vote.item), vote.at_ms)} for vote in seen.votes],
            "missing": [
                *({"what": f"【{KINDS[each.kind]}】{each.zh}（{each.clause}）"}
                  for each in (standing.findings if standing else [])),
                *({"what": f"【待补】{each.zh}"} for each in (standing.missing if standing else [])),
            ],
            "corrections": [
                {"of": f"第 {each.seq} 条", "was": each.text_zh, "now": now.text_zh, "by": f"第 {now.seq} 条"}
                for each in seen.entries
                if (now := by_seq.get(each.corrected_by or 0)) is not None
            ],
            "history": [{"seq": each.seq, "at": moment(each.at), "text": _text(each)} for each in seen.entries],
        },
        codes=[*videos, *(each for each in found if each is not None)],
        notes=[
            *unsigned,
            "校验码证明：打印时系统已为所覆盖的各条记录签了名；以后有人改动、删去或换掉其中任何一条，档案里就再也没有这个"
            "校验码。核验方法：导出归档夹，运行 huilu verify 归档夹 --code 校验码。",
            f"{printing.by_name} 于 {moment(printing.at)} 打印，已记为本议事记录第 {printing.entry} 条。"
            if printing
            else "本次打印没有登记。",
        ],
        page=page(site, "record", seen.id),
    )  # fmt: skip


def _text(of: EntryView) -> str:
    if of.corrected_by:
        return f"{of.text_zh}（已由第 {of.corrected_by} 条更正）"
    return f"{of.text_zh}（因更正而不再成立）" if of.fallen else of.text_zh


def about(seen: DecisionView, listed: bool = False) -> dict[str, object]:
    """The fields at the top of a record's papers; what isn't proper is said once, where a table lists it there."""
    reasons = "；".join(reason.zh for reason in seen.improper_reasons)
    if reasons and listed:
        reasons = f"{len(seen.improper_reasons)} 处，见“{PAPERS['record'].tables['missing'].name}”"
    proper = "未评定" if seen.proper is None else "规范" if seen.proper else "不规范"
    return {
        "unit": seen.unit.name,
        "matter": f"{seen.matter.category_name} · {seen.matter.name}",
        "begun": day(seen.begun_on),
        "procedure": seen.standing.procedure_name if seen.standing else "部分内容已依法删除",
        "outcome": NAMES[seen.outcome][0],
        "proper": proper + (f"：{reasons}" if reasons else ""),
    }


def vote_row(vote: VoteView) -> dict[str, object]:
    way = WAYS[vote.way][0] + ("（第二轮）" if vote.round == 2 else "")
    return {
        "way": way, "due": vote.due, "present": vote.present, "in_favour": vote.in_favour, "against": vote.against,
        "abstained": vote.abstained, "recused": vote.recused, "result": result(vote),
    }  # fmt: skip


def result(vote: VoteView) -> str:
    return "通过" if vote.passed else "未通过"


def wall(one: SpanView | None, ms: int) -> str:
    opened = one.meeting.opened_wall if one is not None else None
    return "" if opened is None else moment(wall_ns(opened) + ms * 1_000_000)


def film(one: SpanView) -> str:
    if one.recording is None:
        return "没有录像"
    if one.end_ms is None:
        return f"{span(one.start_ms)} 起"
    return f"{span(one.start_ms)}–{span(one.end_ms)}，{round((one.end_ms - one.start_ms) / 1000)} 秒"
