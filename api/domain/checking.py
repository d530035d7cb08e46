"""What entries owe each other, over all files: what they name is there, each once, and a procedure can be walked."""

from collections.abc import Iterator, Sequence
from string import Formatter

from api.domain.day import holds
from api.domain.entries import (
    BodyRule,
    Category,
    Dated,
    Duty,
    Filing,
    Judging,
    Kind,
    Matter,
    Posting,
    Procedure,
    ReportColumn,
    Retention,
    Rule,
    Step,
)
from api.domain.mistakes import Mistake, Placed
from api.domain.procedure.rules import RULES, names

# form → the fields that it may have beside those of every step
FIELDS = {
    "sitting": {"bodies", "vote", "bidders", "recorded", "supervised"},
    "posting": {"days", "working", "as_notice", "answer_days"},
    "opinion": {"approves", "before"},
    "done": set[str](),
    "sign": {"persons", "not_of"},
}
NEEDED = {"posting": "days", "sign": "persons"}
OF_EVERY_FORM = {"key", "name", "name_en", "form", "who", "decides", "optional", "urgent", "within", "not_before"}
SERVES = {"V", "VA", "M", "MA"}
# What a notice of a household's application says, and what none ever says (DOMAIN "Publication").
OF_A_HOUSEHOLD = {"household", "persons", "income", "amount"}
NEVER_POSTED = (
    "身份证", "证件号", "银行", "账号", "帐号", "卡号", "电话", "手机", "联系方式", "住址", "地址", "门牌", "病",
    "残疾", "未成年", "儿童", "学校", "班级",
)  # fmt: skip
# Characters of one notice: with every one of them written out as HTML it still leaves a page below 50 kB.
LONGEST_NOTICE = 4000


def cross_check(placed: Sequence[Placed]) -> Iterator[Mistake]:
    yield from _twice(placed)
    bodies = [each.entry for each in placed if isinstance(each.entry, BodyRule)]
    procedures = [each.entry for each in placed if isinstance(each.entry, Procedure)]
    for each in placed:
        entry = each.entry
        if entry.until_on is not None and entry.until_on <= entry.from_on:
            yield each.mistake("失效日期不晚于生效日期", "it ends before it begins", "until_on")
        if isinstance(entry, Kind):
            yield from _kind(each, entry, placed)
        elif isinstance(entry, BodyRule):
            yield from _body(each, entry)
        elif isinstance(entry, Matter):
            yield from _matter(each, entry, placed, procedures)
        elif isinstance(entry, Procedure):
            yield from _procedure(each, entry, bodies)
            yield from _rules_of(each, entry, placed)
        elif isinstance(entry, Rule):
            yield from _rule(each, entry)
        elif isinstance(entry, Posting):
            yield from _posting(each, entry, placed, procedures)
        elif isinstance(entry, Duty):
            yield from _duty(each, entry, placed)
    if not any(isinstance(each.entry, Judging) and each.entry.key == "default" for each in placed):
        yield Mistake("judging.toml", 1, "缺少 default", "there is no judging `default`")
    if not any(isinstance(each.entry, Filing) and each.entry.key == "default" for each in placed):
        yield Mistake("party.toml", 1, "缺少 filing default", "there is no filing `default`")
    if not any(isinstance(each.entry, ReportColumn) for each in placed):
        yield Mistake("party.toml", 1, "缺少 report_column", "a report has at least one column")


def _twice(placed: Sequence[Placed]) -> Iterator[Mistake]:
    first: dict[tuple[str, str, str], Placed] = {}
    for each in placed:
        before = first.setdefault((each.table, each.entry.key, each.entry.from_on), each)
        if before is not each:
            at = f"{before.file}:{before.lines.get(before.place, 1)}"
            yield each.mistake(f"同一日期起有两条，另一条在 {at}", f"a key twice from one day on, also at {at}", "key")


def _known(placed: Sequence[Placed], table: type[Dated]) -> set[str]:
    return {each.entry.key for each in placed if isinstance(each.entry, table)}


def _unknown(what_zh: str, what: str, key: str) -> tuple[str, str]:
    return f"没有“{key}”这个{what_zh}", f"there is no {what} {key}"


def _kind(each: Placed, kind: Kind, placed: Sequence[Placed]) -> Iterator[Mistake]:
    if kind.body is not None and kind.body not in _known(placed, BodyRule):
        yield each.mistake(*_unknown("组织", "body", kind.body), "body")
    if not any(isinstance(rule.entry, Retention) and kind.group in rule.entry.groups for rule in placed):
        yield each.mistake("没有规定保管期限", "nothing says how long it is kept", "group")


def _body(each: Placed, body: BodyRule) -> Iterator[Mistake]:
    for name in ("quorum", "quorum_of_households", "majority"):
        share = getattr(body, name)
        if share is None:
            continue
        if share.base == "returned":
            yield each.mistake("收回票数只用于选举", "only an election has ballots returned for a base", name)
        if share.numerator > share.denominator:
            yield each.mistake("比例大于一", "the share is more than one", name)


def _matter(each: Placed, matter: Matter, placed: Sequence[Placed], all_: Sequence[Procedure]) -> Iterator[Mistake]:
    if matter.category not in _known(placed, Category):
        yield each.mistake(*_unknown("类别", "category", matter.category), "category")
    for walk, field in ((matter, "procedure"), (matter.other, "other")):
        if walk is None:
            continue
        mine = [procedure for procedure in all_ if procedure.key == walk.procedure]
        if not mine:
            yield each.mistake(*_unknown("程序", "procedure", walk.procedure), field)
        if walk.body is None and any("matter" in step.bodies for procedure in mine for step in procedure.step):
            yield each.mistake("须写明由哪个组织决定（V、VA、M、MA）", "its body is missing (V, VA, M, MA)", field)


def _procedure(each: Placed, procedure: Procedure, bodies: Sequence[BodyRule]) -> Iterator[Mistake]:
    deciding = [step for step in procedure.step if step.decides]
    if len(deciding) != 1:
        yield each.mistake("须有且只有一步作出决定（decides）", "exactly one step decides", "key")
    seen: dict[str, Step] = {}
    for at, step in enumerate(procedure.step):
        for zh, en, field in (*_fields(step), *_sitting(step, bodies), *_links(step, seen, procedure)):
            yield each.mistake(f"步骤 {step.key}：{zh}", f"step {step.key}: {en}", "step", at, field)
        seen[step.key] = step


Wrong = tuple[str, str, str]


def _fields(step: Step) -> Iterator[Wrong]:
    for field in step.model_fields_set - OF_EVERY_FORM - FIELDS[step.form]:
        yield f"{step.form} 没有“{field}”这一项", f"a step of the form {step.form} has no {field}", field
    needed = NEEDED.get(step.form)
    if needed is not None and getattr(step, needed) is None:
        yield f"缺少“{needed}”", f"{needed} is missing", "key"
    if step.decides and (
        step.optional
        or step.urgent
        or step.form in ("posting", "sign")
        or (step.form == "opinion" and not step.approves)
    ):
        yield "这样的步骤不能作出决定", "such a step can't decide", "decides"
    if step.within is not None and (step.within.days is None) == (step.within.months is None):
        yield "期限须以日或月计，二者取一", "a deadline is in days or in months", "within"


def _sitting(step: Step, bodies: Sequence[BodyRule]) -> Iterator[Wrong]:
    able: list[BodyRule] = []
    for word in step.bodies:
        found = [b for b in bodies if word == b.key or word in b.serves or word == "matter"]
        if not found and word not in SERVES:
            yield (*_unknown("组织", "body", word), "bodies")
        able += found
    if step.decides and step.form == "sitting" and step.vote is None:
        yield "作出决定须经表决", "what decides is voted on", "vote"
    if step.vote is None or step.vote.counts_only or step.vote.majority is not None:
        return
    serving = [body for body in able if body.serves] if "matter" in step.bodies else able
    if not serving or any(body.majority is None for body in serving):
        yield "没有规定以何种多数通过", "nothing says by what majority it passes", "vote"


def _links(step: Step, seen: dict[str, Step], procedure: Procedure) -> Iterator[Wrong]:
    """What a step says of others; `seen` stand before it."""
    if step.key in seen:
        yield "同一步骤写了两次", "a step twice", "key"
    if step.before is not None:
        later = procedure.find(step.before)
        if later is None or later.form not in ("sitting", "posting") or later.key in seen:
            yield "before 应为其后的一次会议或张贴", "`before` names a sitting or posting behind it", "before"
    if step.within is not None and step.within.after not in seen:
        yield "within 应从其前的步骤起算", "`within` counts from a step before it", "within"
    if step.not_before is not None and step.not_before.after not in seen:
        yield "not_before 应从其前的步骤起算", "`not_before` counts from a step before it", "not_before"
    for field, named in _named(step):
        if not step.urgent and (there := procedure.find(named)) is not None and there.urgent:
            yield f"“{named}”只在紧急事项中才有", f"{named} is there in an urgent record alone", field
    if step.not_of is not None and (step.not_of not in seen or seen[step.not_of].form != "sign"):
        yield "not_of 应为其前的签字步骤", "`not_of` names a step before it that is signed", "not_of"


def _named(step: Step) -> Iterator[tuple[str, str]]:
    """By which field a step names another one."""
    if step.before is not None:
        yield "before", step.before
    if step.not_of is not None:
        yield "not_of", step.not_of
    if step.within is not None:
        yield "within", step.within.after
    if step.not_before is not None:
        yield "not_before", step.not_before.after


def _rule(each: Placed, rule: Rule) -> Iterator[Mistake]:
    asked = RULES.get(rule.key)
    if asked is None:
        yield each.mistake("系统没有这条规则", "the hub knows no such rule", "key")
        return
    if asked.law != (rule.kind == "law"):
        zh = "这条规则只能是法律规定" if asked.law else "这条规则不能列为法律规定"
        yield each.mistake(zh, "it is law" if asked.law else "it can't be made law", "kind")
    for name in asked.figures:
        if name not in rule.figures:
            yield each.mistake(f"缺少数值“{name}”", f"the figure {name} is missing", "figures")
    for name in rule.figures:
        if name not in asked.figures:
            yield each.mistake(f"没有“{name}”这个数值", f"there is no figure {name}", "figures")
    for language in ("zh", "en"):
        for name in _braces(getattr(rule, language)) - names(rule.key):
            yield each.mistake(f"没有可填入“{{{name}}}”的内容", f"nothing can stand for {{{name}}}", language)


def _braces(sentence: str) -> set[str]:
    try:
        return {f"{name}" for _, name, spec, conversion in Formatter().parse(sentence) if name is not None}
    except ValueError:
        return {sentence}


def _rules_of(each: Placed, procedure: Procedure, placed: Sequence[Placed]) -> Iterator[Mistake]:
    """Every rule is in force on every day on which a record may begin under this procedure."""
    rules = [one.entry for one in placed if isinstance(one.entry, Rule)]
    days = {procedure.from_on, *(rule.from_on for rule in rules), *(rule.until_on or "" for rule in rules)}
    for day in sorted(days):
        if not holds(procedure.from_on, procedure.until_on, day):
            continue
        inforce = {rule.key for rule in rules if holds(rule.from_on, rule.until_on, day)}
        for key in RULES:
            if key not in inforce:
                yield each.mistake(f"{day}没有生效的规则“{key}”", f"on {day} no rule {key} is in force", "key")


def _posting(each: Placed, posting: Posting, placed: Sequence[Placed], all_: Sequence[Procedure]) -> Iterator[Mistake]:
    matters = [one.entry for one in placed if isinstance(one.entry, Matter) and one.entry.key == posting.key]
    if not matters:
        yield each.mistake(*_unknown("事项", "matter", posting.key), "key")
    together = {None, *(step for field in posting.field for step in field.steps)}
    if any(sum(field.longest for field in posting.fields_of(step)) > LONGEST_NOTICE for step in together):
        zh, en = f"一次公示的项目合计不得超过 {LONGEST_NOTICE} 字", f"a notice has at most {LONGEST_NOTICE} characters"
        yield each.mistake(zh, en, "field")
    hangs = {step.key for procedure in all_ for step in procedure.step if step.form == "posting"}
    named = {matter.procedure for matter in matters}
    own = {step.key for one in all_ if one.key in named for step in one.step if step.form == "posting"}
    seen: set[str] = set()
    for at, field in enumerate(posting.field):
        if field.key in seen:
            yield each.mistake(f"项目 {field.key} 写了两次", f"the field {field.key} twice", "field", at, "key")
        seen.add(field.key)
        if any(word in field.name for word in NEVER_POSTED):
            yield each.mistake(f"“{field.name}”不得公示", f"{field.key} is never made public", "field", at, "name")
        for step in field.steps:
            if step not in hangs:
                yield each.mistake(*_unknown("公示步骤", "step that is posted", step), "field", at, "steps")
        if "P4" in named and field.key not in OF_A_HOUSEHOLD and (not field.steps or own & set(field.steps)):
            zh, en = (
                "只能公示户主、人数、收入、金额",
                "of a household only its head, persons, income and amount are said",
            )
            yield each.mistake(f"{field.key}：{zh}", f"{field.key}: {en}", "field", at, "key")


def _duty(each: Placed, duty: Duty, placed: Sequence[Placed]) -> Iterator[Mistake]:
    kinds = [one.entry for one in placed if isinstance(one.entry, Kind) and one.entry.key == duty.kind]
    if not kinds:
        yield each.mistake(*_unknown("会议类型", "kind of meeting", duty.kind), "kind")
        return
    if any(kind.group != "party" for kind in kinds):
        yield each.mistake("不是党组织的会议", "it is no meeting of the party's", "kind")
    ruled = {one.entry.key for one in placed if isinstance(one.entry, BodyRule) and one.entry.quorum is not None}
    if duty.quorum and any(kind.body not in ruled for kind in kinds):
        yield each.mistake("没有规定到会人数", "nothing says how many must come", "quorum")
    if duty.fixed_day and duty.per != "month":
        yield each.mistake("固定日只用于每月的会", "a fixed day is a month's", "fixed_day")
