"""The parts of docs/PROCEDURES.md that are drawn: what may follow what, each procedure's steps, the rules."""

import re

from api.domain.catalogue import Catalogue
from api.domain.entries import Step
from api.domain.procedure.rules import RULES
from api.domain.procedure.table import diagram

MARKED = re.compile(r"(<!-- drawn: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def drawn(text: str, now: Catalogue) -> str:
    """The document with what stands between its marks drawn anew."""
    parts = {"outcomes": f"```mermaid\n{diagram()}\n```", "steps": _steps(now), "rules": _rules(now)}
    return MARKED.sub(lambda found: f"{found[1]}\n{parts[found[2]]}\n\n{found[3]}", text)


def _steps(now: Catalogue) -> str:
    rows = ["| procedure | step | 中文 | form | who | what it asks |", "|---|---|---|---|---|---|"]
    for procedure in now.procedures.values():
        name = f"**{procedure.key}** {procedure.name}"
        for step in procedure.step:
            mark = " (d)" if step.decides else " (o)" if step.optional else " (u)" if step.urgent else ""
            rows.append(f"| {name} | `{step.key}`{mark} | {step.name} | {step.form} | {step.who} | {_asks(step)} |")
            name = ""
    return "\n".join(rows)


def _asks(step: Step) -> str:
    words = [", ".join("the matter's" if word == "matter" else word for word in step.bodies)]
    if step.vote is not None:
        words.append("secret vote" if step.vote.secret else "vote")
        words += ["written opinions count"] * step.vote.written + ["quorum alone"] * step.vote.counts_only
        words += ["quorum by ballots returned"] * (step.vote.quorum_of_returned is not None)
    if step.form == "sitting":
        words += ["not recorded"] * (not step.recorded) + ["no supervisor"] * (not step.supervised)
        words += [f"{step.bidders} bidders"] * (step.bidders is not None)
    if step.days is not None:
        words.append("only begins" if step.days == 0 else f"{step.days} {'working ' * step.working}days")
        words += [f"an answer in {step.answer_days} days"] * (step.answer_days is not None)
    words += ["may be refused"] * step.approves + [f"before `{step.before}`"] * (step.before is not None)
    words += [f"{step.persons} persons"] * (step.persons is not None) + [f"none of `{step.not_of}`"] * bool(step.not_of)
    if step.within is not None:
        span = f"{step.within.days} days" if step.within.days is not None else f"{step.within.months} months"
        words.append(f"within {span} of `{step.within.after}`")
    if step.not_before is not None:
        days = f"{step.not_before.days} day{'s' * (step.not_before.days > 1)}"
        words.append(f"{days} after `{step.not_before.after}` at the earliest")
    return " · ".join(filter(None, words))


def _rules(now: Catalogue) -> str:
    rows = ["| rule | kind | whose | clause | figures | 中文 |", "|---|---|---|---|---|---|"]
    for key in RULES:
        rule = now.rule(key)
        figures = ", ".join(f"{name} {value}" for name, value in rule.figures.items())
        rows.append(f"| `{key}` | {rule.kind} | {rule.whose} | {rule.clause} | {figures} | {rule.zh} |")
    return "\n".join(rows)
