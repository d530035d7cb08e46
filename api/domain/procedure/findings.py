"""What failed, in words: the rule and its kind, whose failure, the step and meeting, clause, evidence, a sentence."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from api.domain.clauses import cited
from api.domain.entries import Procedure
from api.domain.procedure.judged import law_broken
from api.domain.procedure.record import Mark, Record
from api.domain.procedure.rules import RULES


@dataclass(frozen=True, slots=True)
class Finding:
    rule: str
    kind: Literal["law", "procedure", "advice"]
    whose: Literal["village", "town"]
    step: str
    meeting: str | None
    clause: str
    evidence: Mapping[str, Any]
    zh: str
    en: str
    cited: tuple[str, str] = ("", "")  # the clause as people read it, in both languages
    corrected: int | None = None  # rested on an entry that this act of the record corrected; counts no more


def findings(record: Record, marks: Iterable[Mark]) -> tuple[Finding, ...]:
    """Of law, procedure, and advice, and what rested on a wrong entry; in the order of the steps."""
    stand = [*law_broken(record), *marks]
    found = [finding(record, mark) for mark in (*stand, *_advice(record))]
    found += [finding(record, mark, number) for mark, number in record.lifted.items() if mark not in stand]
    return in_order(record, found)


def in_order(record: Record, found: Iterable[Finding]) -> tuple[Finding, ...]:
    steps, rules = [step.key for step in _whole(record).step], list(RULES)
    return tuple(sorted(found, key=lambda each: (steps.index(each.step), rules.index(each.rule))))


def _advice(record: Record) -> Iterator[Mark]:
    for step in record.procedure.step:
        for opinion in record.steps[step.key].opinions:
            if opinion.said.opinion == "risk":
                yield Mark("risk", step.key, None, {"reasons": opinion.said.reasons or "—"})


def _whole(record: Record) -> Procedure:
    """With what is an urgent record's alone: a correction may have taken its urgency, and what failed stays."""
    return record.rules.procedure(record.procedure.key)


def finding(record: Record, mark: Mark, corrected: int | None = None) -> Finding:
    rule = record.rules.rule(mark.rule)
    return Finding(
        rule=mark.rule,
        kind=rule.kind,
        whose=rule.whose,
        step=mark.step,
        meeting=mark.meeting,
        clause=rule.clause,
        evidence=mark.evidence,
        zh=rule.zh.format(**_words(record, mark, "name")),
        en=rule.en.format(**_words(record, mark, "name_en")),
        cited=cited(rule.clause, record.rules.statutes),
        corrected=corrected,
    )


def _words(record: Record, mark: Mark, name: str) -> dict[str, Any]:
    """The evidence as people read it: names in the language, minutes, per cent, yuan."""
    words = {"step": mark.step, **mark.evidence}
    for key, value in mark.evidence.items():
        if key.endswith("_ms"):
            words[key.removesuffix("_ms") + "_min"] = f"{value / 60_000:.1f}"
        elif key.endswith("_permille"):
            words[key.removesuffix("_permille") + "_percent"] = f"{value / 10:g}"
        elif key.endswith("_fen"):
            words[key.removesuffix("_fen") + "_yuan"] = f"{value // 100:,}.{value % 100:02}".removesuffix(".00")
    for key in ("step", "earlier"):
        if key in words and (step := _whole(record).find(words[key])) is not None:
            words[key] = getattr(step, name)
    if "body" in words and words["body"] in record.rules.bodies:
        words["body"] = getattr(record.rules.bodies[words["body"]], name)
    return words
