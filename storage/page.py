"""The export's page for people: what was decided, when, who signed; no scripts, no network, opens anywhere.

It repeats what the chains and documents beside it say, and is signed with them; it proves nothing by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from html import escape
from typing import Any

from storage import bag
from storage.causes import CAUSES
from storage.chained import EntryRecord

_SHANGHAI = timezone(timedelta(hours=8))
_STATES = {"open": "办理中", "decided": "已办结"}
_OUTCOMES = {
    "resolved": "已决议", "rejected": "未通过", "no_quorum": "流会", "withdrawn": "撤回", "ended": "终止",
    None: "尚未决议",
}  # fmt: skip
_PROPER = {True: "规范", False: "不规范", None: "尚未判定"}
_WAYS = {"hands": "举手", "named": "唱名", "secret": "无记名"}
_KINDS = {"camera": "摄像头", "screen": "屏幕共享", "microphone": "话筒"}
_ENTRIES = {
    "created": "建立", "sitting": "开会", "vote": "表决", "post": "公开", "off": "取下", "object": "异议",
    "answer": "答复", "done": "办理", "sign": "签字", "opinion": "意见", "ask": "提请", "plan": "方案",
    "withdraw": "撤回", "end": "终止",
}  # fmt: skip
_FIELDS = {
    "on": "日期", "called_on": "通知日期", "way": "方式", "due": "应到", "present": "实到", "recused": "回避",
    "issued": "发出选票", "returned": "收回选票", "invalid": "无效票", "other": "另选他人", "in_favour": "赞成",
    "against": "反对", "abstained": "弃权", "written_in_favour": "书面意见赞成", "round": "轮次", "proxies": "书面委托",
    "proxies_most": "一人代投最多", "proxies_of_candidates": "候选人代投", "supervisor_present": "监督人在场",
    "bidders": "投标人", "plan": "方案版本", "material": "实质修改", "opinion": "意见", "reasons": "理由",
    "reason": "理由", "urgent": "紧急理由", "amount": "金额（分）", "body": "组织", "person": "签字人",
    "office": "审核单位",
}  # fmt: skip
_FINDINGS = {"upheld": "异议成立", "not-upheld": "异议不成立"}
_KNOWN_BY = {"roster": "名册勾选", "sheet": "签到表", "device": "本人设备", "video": "视频"}

_STYLE = """
body{font:16px/1.6 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1a1a1a;background:#fff}h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid #999}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.3rem .6rem;text-align:left;
vertical-align:top}th{background:#f0f0f0}code{word-break:break-all}@media print{body{margin:0}}
"""


@dataclass(frozen=True, slots=True)
class StampLine:
    """A time stamp, as the page names it."""

    chain: str
    seq: int
    authority: str
    at: str  # RFC 3339 UTC


def page(
    meeting: Mapping[str, Any],
    decisions: Sequence[Mapping[str, Any]],
    entries: Mapping[str, Sequence[EntryRecord]],
    stamps: Sequence[StampLine],
    key_id: str,
) -> str:
    """One HTML document in Chinese."""
    titles = {item["id"]: item["title"] for item in meeting["items"]}
    gaps = [gap for recording in meeting["recordings"] for gap in recording["gaps"]]
    tracks = [track for recording in meeting["recordings"] for track in recording["tracks"]]
    names = {track["id"]: track["name"] for track in tracks}
    explained = _explained(meeting)
    body = [
        f"<h1>{escape(meeting['title'])}</h1>",
        _table(
            ("单位", "开会", "时长", "会场"),
            [
                (
                    meeting["unit"]["name"],
                    _shanghai(meeting["opened"]),
                    _clock(meeting["end_ns"]),
                    "、".join(site["unit"]["name"] for site in meeting["sites"]),
                )
            ],
        ),
        *_parts(meeting.get("parts", ())),
        "<h2>议题</h2>",
        _table(
            ("序号", "议题", "开始", "结束"),
            [
                (item["position"], item["title"], _clock(item["start_ns"]), _clock(item["end_ns"]))
                for item in meeting["items"]
            ],
        ),
        "<h2>议事记录</h2>",
    ]
    for decision in decisions:
        body += [
            f"<h3>{escape(decision['title'])}</h3>",
            f"<p>{escape(_STATES.get(decision['state'], decision['state']))}；"
            f"结果：{_OUTCOMES.get(decision['outcome'], '')}；程序：{_PROPER[decision['proper']]}</p>",
            _table(
                ("议题", "方式", "应到", "实到", "赞成", "反对", "弃权", "结果"),
                [
                    (
                        titles.get(vote["agenda_item_id"], "其他会议"),
                        _WAYS.get(vote["way"], vote["way"]),
                        vote["due"],
                        vote["present"],
                        vote["in_favour"],
                        vote["against"],
                        vote["abstained"],
                        "通过" if vote["passed"] else "未通过",
                    )
                    for vote in decision["votes"]
                ],
            ),
            *_corrected(decision["corrections"]),
            "<p>方案：</p>",
            _table(
                ("版本", "文件", "实质修改", "时间", "存证链"),
                [
                    (
                        f"第 {number} 版",
                        _link(each),
                        "是" if each["material"] else "否",
                        _shanghai(each["at"]),
                        f"第 {each['seq']} 条",
                    )
                    for number, each in enumerate(decision.get("plans", ()), 1)
                ],
            ),
            *_tables(decision.get("tables", ())),
            "<p>签字：</p>",
            _signed(decision.get("signed", ())),
            f"<p>存证链共 {len(entries.get(decision['id'], ()))} 条记录。</p>",
        ]
    if meeting.get("signed"):
        body += ["<h2>会议文书的签字</h2>", _signed(meeting["signed"])]
    objected = [
        *(each for recording in meeting["recordings"] for each in recording["objections"]),
        *meeting.get("objections", ()),
        *(each for decision in decisions for each in decision["objections"]),
    ]
    if objected:
        body += [
            "<h2>对会议记录的异议</h2>",
            _table(
                ("议题", "录像时刻", "异议", "查看录像后的认定", "监督人员"),
                [
                    (titles.get(each["agenda_item"], "其他会议"), _clock(each["at_ms"] * 1_000_000), each["text"],
                     *_found(each))
                    for each in objected
                ],
            ),
        ]  # fmt: skip
    body += [
        "<h2>到会</h2>",
        _table(
            ("姓名", "依据", "到", "离"),
            [
                (each["name"], _KNOWN_BY.get(each["known_by"], each["known_by"]), _clock(each["start_ns"]),
                 _clock(each["end_ns"]))
                for each in meeting["presences"]
            ],
        ),
        "<h2>录音录像</h2>",
        _table(
            ("轨", "类别", "编码", "分段", "字节"),
            [
                (track["name"], _KINDS.get(track["kind"], track["kind"]), track["codec"], len(track["segments"]),
                 sum(segment["bytes"] for segment in track["segments"]))
                for track in tracks
            ],
        ),
        "" if meeting["recordings"] else "<p>本次会议没有录音录像。</p>",
        "<h2>断点</h2>",
        _table(
            ("轨", "开始", "结束", "原因", "书面说明"),
            [
                (names.get(gap["track_id"], "全部"), _clock(gap["start_ns"]), _clock(gap["end_ns"]),
                 CAUSES.get(gap["cause"], (gap["cause"],))[0], explained.get(gap["id"]))
                for gap in gaps
            ],
        ) if gaps else "<p>没有断点。</p>",
        "<h2>时间戳</h2>",
        _table(
            ("存证链", "覆盖记录", "时间戳机构", "时间"),
            [(each.chain, f"1–{each.seq}", each.authority, _shanghai(each.at)) for each in stamps],
        ) if stamps else "<p>没有时间戳：时间以本系统时钟为准。</p>",
        "<h2>如何核验</h2>",
        "<p>在装有本系统的电脑上运行 <code>huilu verify 本文件夹</code>，不需要网络。签名密钥编号："
        f"<code>{escape(key_id)}</code>，请与县里公布的编号核对；核对无误后可用 "
        "<code>--trust 公钥文件</code> 指定。</p>",
    ]  # fmt: skip
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(meeting['title'])}</title><style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _explained(meeting: Mapping[str, Any]) -> dict[str, str]:
    """By gap: what was last said of it, by whom, and who stands for that."""
    out = {}
    for each in (each for recording in meeting["recordings"] for each in recording["explanations"]):
        signed = each["countersigned"]
        said = f"{each['text']}（{each['as']}；{'会签：' + signed['as'] if signed else '尚未会签'}）"
        out.update(dict.fromkeys(each["gaps"], said))
    return out


def _parts(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Said where a meeting has several."""
    if len(parts) < 2:
        return []
    rows = [
        (each["number"], each["unit"]["name"], each["kind"], _clock(each["begun_ns"]), each["due"], each["present"])
        for each in parts
    ]
    return ["<h2>会议的各部分</h2>", _table(("序号", "单位", "会议", "开始", "应到", "实到"), rows)]


def _found(objection: Mapping[str, Any]) -> tuple[str, str]:
    """What was found, and the supervisor's word on it."""
    if objection["finding"] is None:
        return "尚未认定", ""
    words = {None: "尚未表示意见", "agreed": "同意该认定", "disputed": f"不同意：{objection['reason']}"}
    return f"{_FINDINGS.get(objection['finding'], '')}：{objection['note']}", words[objection["word"]]


def _corrected(corrections: Sequence[Mapping[str, Any]]) -> list[str]:
    """The old entry struck through, readable, beside the new one."""
    if not corrections:
        return []
    rows = []
    for each in corrections:
        about = f"第 {each['of']} 条（{_ENTRIES.get(each['kind'], each['kind'])}）"
        changed = [(_field(name), _value(name, old), _value(name, new)) for name, old, new in each["changed"]]
        was = "<br>".join(f"<del>{escape(f'{name} {old}')}</del>" for name, old, _ in changed) or "<del>整条</del>"
        now = "作废" if each["struck"] else "<br>".join(escape(f"{name} {new}") for name, _, new in changed)
        reason = escape(str(each["reason"] or ""))
        rows.append(
            f"<tr><td>{escape(about)}</td><td>{was}</td><td>第 {each['seq']} 条：{now}</td><td>{reason}</td></tr>"
        )
    head = "".join(f'<th scope="col">{each}</th>' for each in ("更正的记载", "原来", "更正为", "理由"))
    return [f"<h4>更正</h4><table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"]


def _field(name: str) -> str:
    return _FIELDS.get(name, name)


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return "无" if value is None else str(_WAYS.get(value, value) if name == "way" else value)


class _Html(str):
    """What is escaped already."""


def _tables(filed: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [(_link(each), _shanghai(each["at"]), f"第 {each['seq']} 条") for each in filed]
    return ["<p>公示附表：</p>", _table(("文件", "张贴时间", "存证链"), rows)] if rows else []


def _signed(papers: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for each in papers:
        if each["way"] == "photo":
            how, who = f"纸质签字，照片第 {each['number']}/{each['pages']} 页", each["by_name"]
        else:
            how, who = "屏幕签字" + (f"（{each['place']}）" if each["place"] else ""), each["signer"]
        rows.append((_link(each), how, who, _shanghai(each["at"])))
    return _table(("文书", "方式", "由谁", "时间"), rows)


def _link(filed: Mapping[str, Any]) -> str:
    """The file beside this page; plain words where it isn't there."""
    if filed.get("path") is None:
        return f"{filed['name']}（随另一次会议导出）" if filed["file"] else "纸质方案"
    path = filed["path"].removeprefix(f"{bag.DATA}/")
    return _Html(f'<a href="{escape(path)}">{escape(filed["name"] or path)}</a>')


def _cell(value: Any) -> str:
    return value if isinstance(value, _Html) else escape("" if value is None else str(value))


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    if not rows:
        return "<p>无。</p>"
    cells = "".join(f'<th scope="col">{escape(each)}</th>' for each in head)
    lines = "".join("<tr>" + "".join(f"<td>{_cell(each)}</td>" for each in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>"


def _clock(ns: int | None) -> str:
    """Meeting time as 1:02:03."""
    if ns is None:
        return ""
    seconds = max(ns, 0) // 1_000_000_000
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _shanghai(at: str | None) -> str:
    if at is None:
        return ""
    moment = datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(_SHANGHAI)
    return f"{moment:%Y-%m-%d %H:%M}"
