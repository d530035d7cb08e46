"""What a desk says, in both languages: each thing that is to be done as one sentence, a rule by a short name, a
calendar that is not known."""

from api.domain.workdays import unknown
from api.records.base import Sentence

Words = tuple[str, str]

# act → what is to be done about the step
TO_DO: dict[str, Words] = {
    "ask": ("为“{title}”提请{step}", "ask for “{step}” of “{title}”"),
    "opinion": ("答复“{title}”的{step}", "give the opinion “{step}” on “{title}”"),
    "sitting": ("为“{title}”开会：{step}", "hold a meeting for “{title}”: {step}"),
    "vote": ("“{title}”的{step}已开会，还要表决并登记结果", "vote on “{title}” and note the figures: {step}"),
    "post": ("张贴“{title}”的{step}", "post “{title}”: {step}"),
    "days": ("“{title}”的{step}正在张贴，不要取下", "“{title}” hangs ({step}): leave it on the board"),
    "off": ("“{title}”的{step}已满，可以取下", "“{title}” ({step}) has hung long enough and may come off"),
    "answer": ("书面答复对“{title}”的异议（{step}）", "answer the objection to “{title}” in writing: {step}"),
    "done": ("完成“{title}”的{step}，并注明日期", "carry out “{title}” and note it: {step}"),
    "sign": ("在“{title}”上签字（{step}）", "sign “{title}”: {step}"),
    "sealed": ("“{title}”的会议录像正在归档（{step}）", "the recording for “{title}” is being closed: {step}"),
}
RULES: dict[str, Words] = {
    "body": ("决定主体", "right body"),
    "quorum": ("法定人数", "quorum"),
    "majority": ("法定多数", "majority"),
    "bidders": ("投标人数", "bidders"),
    "review": ("事前审核", "review beforehand"),
    "review-late": ("镇街按时答复", "township answers in time"),
    "order": ("步骤次序", "order of steps"),
    "notice": ("会议通知", "notice"),
    "recorded": ("录音录像", "recorded"),
    "coverage": ("录制覆盖率", "coverage"),
    "vote-coverage": ("表决录像完整", "whole recording of votes"),
    "breaks": ("休会", "breaks"),
    "supervisor": ("全程监会", "supervisor present"),
    "confirmed": ("监督人确认", "supervisor's confirmation"),
    "way": ("表决方式", "way of voting"),
    "plan": ("方案版本", "version of the plan"),
    "post-days": ("公示天数", "days of posting"),
    "threshold": ("超出小额限额", "too much for the small way"),
    "split": ("疑似拆分", "perhaps one project in pieces"),
    "objection": ("异议答复", "objections answered"),
    "too-early": ("步骤间隔", "days between steps"),
    "deadline": ("办理期限", "deadline"),
    "risk": ("风险提示", "risk pointed out"),
    "idle": ("长期未办", "not taken up for long"),
}
AHEAD_DAYS = 30  # as far as a desk's days are looked at


def to_do(act: str, title: str, step: Words, due_on: str | None, late_on: str | None, today: str) -> Words:
    zh, en = TO_DO.get(act, ("{step}：{title}", "{step}: {title}"))
    zh, en = zh.format(title=title, step=step[0]), en.format(title=title, step=step[1])
    if late_on is not None and late_on <= today:
        zh, en = f"{zh}，已逾期" + (f"（期限 {due_on}）" if due_on else ""), f"{en}; overdue" + (
            f", was due by {due_on}" if due_on else "")  # fmt: skip
    elif act == "days" and due_on is not None:
        zh, en = f"{zh}，{due_on} 满", f"{en} until {due_on}"
    elif due_on is not None:
        zh, en = f"{zh}，{due_on} 以前", f"{en}, by {due_on}"
    return zh + "。", en[0].upper() + en[1:] + "."


def out_of_step(overdue: int, skipped: int) -> Words:
    zh = [f"{overdue} 件事项逾期"] * bool(overdue) + [f"{skipped} 件漏了步骤"] * bool(skipped)
    en = [f"{overdue} overdue"] * bool(overdue) + [f"{skipped} with a step left out"] * bool(skipped)
    return "，".join(zh) + "。", ", ".join(en) + "."


def rule_words(rule: str) -> Words:
    return RULES.get(rule, (rule, rule))


def calendar_notes(today: str) -> list[Sentence]:
    """Days are reckoned into a year whose holidays nobody has told."""
    return [
        Sentence(
            code="calendar.unknown",
            zh=f"系统还没有 {year} 年的放假安排，工作日暂按周一至周五计算；请升级系统，"
            "或在设置 days_off、days_worked 中写明",
            en=f"The holidays of {year} are not known: Monday to Friday are reckoned as worked until the settings "
            "days_off and days_worked say otherwise.",
        )
        for year in unknown(today, AHEAD_DAYS)
    ]
