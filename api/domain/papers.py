"""What stands on each paper: its fields, tables and places for signatures, by name, in the order of reading.

The page and the templates are made from this one table, and a county's own templates may name nothing else.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["record", "dossier", "minutes", "roster", "ballot", "tally", "notice"]


STRUCK = "was"  # a column whose words were corrected: struck through, readable


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    share: int  # of the sheet's width


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: dict[str, Column]
    tall: bool = False  # room for a signature or a finger's print


@dataclass(frozen=True, slots=True)
class Paper:
    name: str
    fields: dict[str, str]  # one whose value is empty is room to write by hand
    tables: dict[str, Table]
    signs: tuple[str, ...]
    by_hand: tuple[str, ...] = ()  # fields with room to write


def _table(title: str, tall: bool = False, /, **columns: tuple[str, int]) -> Table:
    return Table(title, {key: Column(*each) for key, each in columns.items()}, tall)


_ABOUT = {"unit": "单位", "matter": "事项", "begun": "开始日期", "procedure": "程序", "outcome": "结果",
          "proper": "规范情况"}  # fmt: skip
_FIGURES = {"due": ("应到", 8), "present": ("实到", 8), "in_favour": ("赞成", 8), "against": ("反对", 8),
            "abstained": ("弃权", 8), "recused": ("回避", 8)}  # fmt: skip
_PRESENT = {"no": ("序号", 7), "name": ("姓名", 17), "title": ("职务", 19), "votes": ("表决权", 10),
            "here": ("到会", 9), "sign": ("签名（指印）", 23), "note": ("备注", 15)}  # fmt: skip

PAPERS: dict[Kind, Paper] = {
    "record": Paper(
        "议事记录表",
        _ABOUT,
        {
            "steps": _table("程序步骤", step=("步骤", 40), state=("办理情况", 30), on=("完成日期", 30)),
            "meetings": _table("会议与录像", title=("会议", 30), at=("时间", 24), item=("议题", 24), film=("录像", 22)),
            "votes": _table("表决", False, at=("时间", 24), way=("方式", 14), **_FIGURES, result=("结果", 14)),
            "missing": _table("不规范与缺项", what=("内容", 100)),
            "corrections": _table("更正", of=("记载", 10), was=("原来", 34), now=("更正为", 46), by=("见", 10)),
            "history": _table("经过", seq=("序号", 8), at=("时间", 26), text=("记载", 66)),
        },
        ("主持人", "记录人", "监督委员会", "日期"),
    ),
    "dossier": Paper(
        "档案",
        {**_ABOUT, "count": "文书件数"},
        {"contents": _table("卷内目录", no=("序号", 10), name=("文书", 25), title=("题名", 65))},
        ("立卷人", "检查人", "日期"),
    ),
    "minutes": Paper(
        "会议记录",
        {
            "number": "编号", "unit": "单位", "kind": "会议类型", "time": "起止时间", "place": "地点（会场）",
            "chair": "主持人", "taker": "记录人", "due": "应到", "present": "实到", "observers": "列席监督",
            "film": "录音录像", "said": "发言摘要与不同意见", "tasks": "分工与完成时限", "opinion": "监督委员会意见",
            "attachments": "附件",
        },
        {
            "items": _table("议题", no=("序号", 8), title=("议题", 44), at=("录像时间", 24), record=("议事记录", 24)),
            "votes": _table("表决", False, item=("议题", 24), way=("方式", 14), **_FIGURES, result=("结果", 14)),
            "absent": _table("缺席人员", name=("姓名", 25), title=("职务", 25), reason=("缺席原因", 50)),
            "breaks": _table("休会", at=("录像时间", 40), reason=("原因", 60)),
            "gaps": _table("录像断点", at=("录像时间", 40), cause=("原因", 60)),
            "objections": _table("对会议记录的异议", item=("议题", 18), at=("录像时间", 14), text=("异议", 28),
                                 found=("查看录像后的认定", 24), word=("监督人员", 16)),
        },
        ("主持人", "记录人", "监督人员", "日期"),
        ("said", "tasks", "opinion", "attachments"),
    ),
    "roster": Paper(
        "签到表",
        {"unit": "单位", "kind": "会议类型", "time": "时间", "place": "地点（会场）", "due": "应到", "present": "实到"},
        {
            "persons": _table("应到人员", True, **_PRESENT),
            "observers": _table("列席监督", True, **_PRESENT),
        },
        ("主持人", "记录人", "监督人员", "日期"),
    ),
    "ballot": Paper(
        "选票",
        {"unit": "单位", "meeting": "会议", "on": "日期"},
        {"choices": _table("划票", True, choice=("意见", 50), mark=("划票处", 50))},
        (),
    ),
    "tally": Paper(
        "计票单",
        {
            "unit": "单位", "meeting": "会议", "matter": "事项", "way": "表决方式", "at": "表决时间", "due": "应到",
            "present": "实到", "recused": "回避", "issued": "发出选票", "returned": "收回选票", "valid": "有效票",
            "invalid": "无效票", "in_favour": "赞成", "against": "反对", "abstained": "弃权", "other": "另选他人",
            "written": "书面意见赞成", "result": "结果",
        },
        {},
        ("唱票人", "计票人", "监票人", "记录人", "监督人员", "日期"),
    ),
    "notice": Paper(
        "公示",
        {"unit": "单位", "matter": "事项", "until": "公示期"},
        {
            "said": _table("公示内容", name=("项目", 30), value=("内容", 70)),
            "tables": _table("附表", name=("文件", 34), size=("大小", 14), sha256=("校验值（SHA-256）", 52)),
        },
        ("张贴人", "监督人", "张贴日期"),
    ),
}  # fmt: skip
BALLOTS_A_PAGE = 6
FEW_SIGNS = 4  # so many stand two in a row, more of them three


def abreast(signs: int) -> int:
    return 2 if signs <= FEW_SIGNS else 3
