"""What a decision record's entries and standing say, for people, in both languages."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from api.acts.actor import Actor
from api.acts.decision_entries import standing_of
from api.acts.meeting_views import HIDDEN_TITLE
from api.domain.entries import WITH_MATTERS, Step
from api.domain.fold import DecisionState
from api.domain.meeting import named_part
from api.domain.papers import PAPERS
from api.domain.procedure.counts import serves
from api.domain.procedure.findings import Finding
from api.domain.procedure.record import Record
from api.domain.procedure.rights import COUNTERSIGN, REVIEW, right_of
from api.domain.procedure.table import NAMES
from api.domain.rights import Place
from api.records.decisions import FindingView, MissingView, NextView, StandingView, StepView
from storage.chained import PAPER_PAGE, PAPER_SIGNED, PRINTED

Words = tuple[str, str]
HIDDEN = (HIDDEN_TITLE, "a restricted part")
WAYS = {"hands": ("举手表决", "a show of hands"), "named": ("唱名表决", "a vote by name"),
        "secret": ("无记名投票", "a secret vote")}  # fmt: skip
OPINIONS = {
    "agree": ("同意", "agreed"), "return": ("退回补正", "returned"), "risk": ("提示风险", "agreed, with a risk"),
    "refuse": ("不同意", "refused"),
}  # fmt: skip
PAPER_NAMES = {"record": "record form", "minutes": "minutes", "roster": "sign-in sheet", "tally": "tally sheet",
               "notice": "notice"}  # fmt: skip

CORRECTIONS = {"correct": ("更正：", "corrected: "), "correction-asked": ("提请更正：", "asked to correct: ")}
SIDES = {"town": ("镇街", "the township"), "supervisor": ("监督人员", "the supervisor")}


def standing_view(
    actor: Actor, place: Place, own: bool, state: DecisionState, seqs: Sequence[int], closed: Collection[str] = ()
) -> StandingView | None:
    """`own`: the asker proposed it, and so neither reviews nor countersigns it; `seqs`: the entry of each act;
    `closed`: parts of meetings of whose figures he learns nothing."""
    now, record = standing_of(state), state.record
    if now is None or record is None:
        return None
    steps = {step.key: step for step in record.procedure.step}

    def may(act: str, step: str | None) -> bool:
        right = right_of(record, act, step)
        return actor.may(right, place) and not (own and right in (REVIEW, COUNTERSIGN))

    return StandingView(
        on=now.on,
        procedure=record.procedure.key,
        procedure_name=record.procedure.name,
        procedure_name_en=record.procedure.name_en,
        compliant=now.compliant,
        steps=[
            StepView(
                key=each.key, name=steps[each.key].name, name_en=steps[each.key].name_en, form=steps[each.key].form,
                who=each.who, state=each.state, done_on=each.done_on, optional=steps[each.key].optional,
                decides=steps[each.key].decides, kinds=_kinds(actor, record, steps[each.key]),
                offices=list(each.offices), owing=list(each.owing),
            )
            for each in now.steps
        ],
        next=[NextView(act=each.act, step=each.step, who=each.who, may=may(each.act, each.step)) for each in now.next],
        missing=[MissingView(step=each.step, what=each.what, zh=each.zh, en=each.en) for each in now.missing],
        findings=[finding_view(each, seqs, closed) for each in now.findings],
    )  # fmt: skip


def _kinds(actor: Actor, record: Record, step: Step) -> list[str]:
    if step.form != "sitting":
        return []
    kinds = [kind for kind in actor.catalogue.kinds.values() if kind.group in WITH_MATTERS]
    fitting = [kind for kind in kinds if not step.bodies or serves(record, step, kind.body)]
    return [kind.key for kind in sorted(fitting, key=lambda kind: step.key not in kind.steps)]


def finding_view(found: Finding, seqs: Sequence[int] = (), closed: Collection[str] = ()) -> FindingView:
    zh, en = HIDDEN if found.meeting in closed else (found.zh, found.en)
    return FindingView(
        rule=found.rule, kind=found.kind, whose=found.whose, step=found.step,
        meeting=None if found.meeting is None else named_part(found.meeting)[0], clause=found.cited[0],
        clause_en=found.cited[1], zh=zh, en=en,
        corrected=None if found.corrected is None else seqs[found.corrected - 1],
    )  # fmt: skip


def sentence(record: Record | None, kind: str, payload: Mapping[str, Any] | None) -> Words:
    """What an entry says; an erased one says that."""
    if payload is None:
        return "内容已依法删除", "erased"
    if kind in CORRECTIONS:
        zh, en = correction(record, payload)
        return CORRECTIONS[kind][0] + zh, CORRECTIONS[kind][1] + en
    said = _SAID.get(kind)
    return said(_step(record, payload), payload) if said is not None else (kind, kind)


def _step(record: Record | None, payload: Mapping[str, Any]) -> Words:
    key = str(payload.get("step", ""))
    step = record.step(key) if record is not None else None
    return (step.name, step.name_en) if step is not None else (key, key)


def _vote(step: Words, payload: Mapping[str, Any]) -> Words:
    zh, en = WAYS.get(payload["way"], ("表决", "a vote"))
    if payload.get("round") == 2:
        zh, en = f"第二轮{zh}", f"{en}, second round"
    figures = f"{payload['in_favour']} / {payload['against']} / {payload['abstained']}"
    passed = proxies = ("", "")
    if payload.get("proxies"):
        proxies = f"，其中书面委托 {payload['proxies']} 票", f", {payload['proxies']} by proxy"
    if "passed" in payload:
        passed = ("，通过", ", passed") if payload["passed"] else ("，未通过", ", not passed")
    against, abstained = payload["against"], payload["abstained"]
    return (
        f"{zh}：赞成 {payload['in_favour']}，反对 {against}，弃权 {abstained}{proxies[0]}{passed[0]}",
        f"{en}: for / against / abstained {figures}{proxies[1]}{passed[1]}",
    )


def _named(payload: Mapping[str, Any], before: str, after: str) -> str:
    return f"{before}{payload['name']}{after}" if payload.get("name") else ""


def _begun(_: Words, payload: Mapping[str, Any]) -> Words:
    fen = payload.get("amount")
    zh = [f"紧急理由：{payload['urgent']}"] if payload.get("urgent") else ["不紧急"]
    en = [f"urgent: {payload['urgent']}"] if payload.get("urgent") else ["not urgent"]
    if fen is not None:
        zh, en = [*zh, f"金额 {fen / 100:.2f} 元"], [*en, f"{fen / 100:.2f} yuan"]
    return "，".join(zh), ", ".join(en)


def correction(record: Record | None, payload: Mapping[str, Any]) -> Words:
    """What an entry ought to have said, and why."""
    should, reason = payload.get("should"), payload["reason"]
    if should is None:
        return f"第 {payload['seq']} 条作废，理由：{reason}", f"entry {payload['seq']} is struck out: {reason}"
    zh, en = sentence(record, should["act"], should)
    return (f"第 {payload['seq']} 条更正为“{zh}”，理由：{reason}",
            f"entry {payload['seq']} ought to say “{en}”: {reason}")  # fmt: skip


def _finding_said(_: Words, payload: Mapping[str, Any]) -> Words:
    zh, en = ("异议成立", "upheld") if payload["finding"] == "upheld" else ("异议不成立", "not upheld")
    return f"查看录像后认定{zh}：{payload['note']}", f"by the recording the objection is {en}: {payload['note']}"


def _opinion(step: Words, payload: Mapping[str, Any]) -> Words:
    zh, en = OPINIONS[payload["opinion"]]
    reasons, office = payload.get("reasons"), payload.get("office")
    by, by_en = (office, f"{office}, ") if office else ("", "")
    return f"{step[0]}：{by}{zh}" + (f"，{reasons}" if reasons else ""), f"{step[1]}: {by_en}{en}" + (
        f", {reasons}" if reasons else "")  # fmt: skip


def _sealed(step: Words, payload: Mapping[str, Any]) -> Words:
    if not payload["recorded"]:
        return f"{step[0]}：没有录音录像", f"{step[1]}: not recorded"
    share = f"{payload['coverage_permille'] / 10:g}%"
    return f"{step[0]}：录音录像已归档，覆盖率 {share}", f"{step[1]}: recording closed, coverage {share}"


def _ended(step: Words, payload: Mapping[str, Any]) -> Words:
    zh, en = NAMES["ended" if payload.get("act") == "end" else "withdrawn" if "act" in payload else payload["outcome"]]
    return f"{zh}：{payload['reason']}", f"{en}: {payload['reason']}"


def _printed(step: Words, payload: Mapping[str, Any]) -> Words:
    code, name = payload["codes"][0]["code"], payload["by_name"]
    return f"{name}打印了纸质记录，校验码 {code}", f"printed on paper by {name}, code {code}"


def _page_back(step: Words, payload: Mapping[str, Any]) -> Words:
    name, number, of, by = payload["name"], payload["number"], payload["pages"], payload["by_name"]
    hand = payload["placed"] == "hand"
    return (f"{by}交回签字的{name}第 {number} 页（共 {of} 页）的照片" + ("，页码由手工选定" if hand else ""),
            f"{by} handed in a photograph of page {number} of {of} of the signed {PAPER_NAMES[payload['paper']]}"
            + (", placed by hand" if hand else ""))  # fmt: skip


def _signed_here(step: Words, payload: Mapping[str, Any]) -> Words:
    zh, en = payload["name"], PAPER_NAMES[payload["paper"]]
    place = f"（{payload['place']}）" if payload.get("place") else ""
    who, by = payload["signer"], payload["by_name"]
    at = ("", "") if payload["own"] else (f"在{by}的设备上", f" at the device of {by}")
    return f"{who}{at[0]}屏幕签字：{zh}{place}", f"{who} signed the {en} on a screen{at[1]}"


def _stored(step: Words, payload: Mapping[str, Any]) -> Words:
    if "paper" in payload:
        zh, en = PAPERS[payload["paper"]].name, PAPER_NAMES[payload["paper"]]
        return f"签字的{zh}已锁定存档", f"the signed {en} is stored under lock"
    if "notice" in payload:
        return f"公示附表“{payload['name']}”已锁定存档", f"the notice's table “{payload['name']}” is stored under lock"
    return f"方案“{payload['name']}”已锁定存档", f"the plan “{payload['name']}” is stored under lock"


_SAID: dict[str, Callable[[Words, Mapping[str, Any]], Words]] = {
    "created": lambda _, said: (f"建立议事记录：{said['title']}", f"record made: {said['title']}"),
    "item": lambda _, said: (f"在会议中讨论：{said['title']}", f"discussed: {said['title']}"),
    "class": lambda _, said: ("改为限制查看", "made restricted"),
    "plan": lambda _, said: (
        f"{said['on']} 提交方案{_named(said, '“', '”')}，校验值 {said['sha256'][:12]}"
        + ("（重大修改）" if said["material"] else ""),
        f"plan{_named(said, ' “', '”')} of {said['on']}, {said['sha256'][:12]}"
        + (", a material change" if said["material"] else ""),
    ),
    "stored": _stored,
    "ask": lambda step, said: (f"{said['on']} 提请{step[0]}", f"{step[1]} asked for on {said['on']}"),
    "opinion": _opinion,
    "sitting": lambda step, said: (
        f"{step[0]}：{said['on']} 开会，应到 {said['due']}，到会 {said['present']}",
        f"{step[1]}: met on {said['on']}, {said['present']} of {said['due']} due",
    ),
    "vote": _vote,
    "confirmed": lambda _, said: ("监督人员确认", "confirmed by the supervisor"),
    "sealed": _sealed,
    "post": lambda step, said: (f"{step[0]}：{said['on']} 起张贴", f"{step[1]}: posted from {said['on']}"),
    "off": lambda step, said: (f"{step[0]}：{said['on']} 取下", f"{step[1]}: taken off on {said['on']}"),
    "object": lambda step, said: (
        f"{step[0]}：{said['on']} 收到第 {said['number']} 号异议",
        f"{step[1]}: objection {said['number']} of {said['on']}",
    ),
    "answer": lambda _, said: (
        f"{said['on']} 答复第 {said['number']} 号异议", f"objection {said['number']} answered on {said['on']}"
    ),
    "done": lambda step, said: (f"{step[0]}：{said['on']} 办结", f"{step[1]}: done on {said['on']}"),
    "sign": lambda step, said: (f"{step[0]}：{said['on']} 签字", f"{step[1]}: signed on {said['on']}"),
    "withdraw": _ended,
    "end": _ended,
    "begin": _begun,
    "correction-agreed": lambda _, said: (
        f"{SIDES[said['side']][0]}同意更正", f"{SIDES[said['side']][1]} agrees to the correction"
    ),
    "correction-declined": lambda _, said: (
        f"{SIDES[said['side']][0]}不同意更正：{said['reason']}",
        f"{SIDES[said['side']][1]} declines the correction: {said['reason']}",
    ),
    "minutes-objected": lambda _, said: (
        f"对会议记录提出异议：{said['text']}", f"the minutes objected to: {said['text']}"
    ),
    "minutes-found": _finding_said,
    "minutes-agreed": lambda _, said: ("监督人员同意该认定", "the supervisor shares the finding"),
    "minutes-disputed": lambda _, said: (
        f"监督人员不同意该认定：{said['reason']}", f"the supervisor doesn't share the finding: {said['reason']}"
    ),
    "recording": lambda _, said: (
        f"所依据的录音录像已归档，指纹 {said['root'][:16]}", f"rests on recording {said['root'][:16]}"
    ),
    "judged": lambda _, said: ("程序规范", "done properly") if said["proper"] else ("程序不规范", "not done properly"),
    PRINTED: _printed,
    PAPER_PAGE: _page_back,
    PAPER_SIGNED: _signed_here,
}  # fmt: skip
