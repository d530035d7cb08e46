"""What failed, in words: the rule and its kind, whose failure, the step and meeting, clause, evidence, a sentence."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from api.domain.procedure.counts import opening_breaks, vote_breaks
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


def findings(record: Record, marks: Iterable[Mark]) -> tuple[Finding, ...]:
    """Of law (of every vote there was, also of one taken again), procedure, and advice; in the order of the steps."""
    return in_order(record, (finding(record, mark) for mark in (*_law(record), *marks, *_advice(record))))


def in_order(record: Record, found: Iterable[Finding]) -> tuple[Finding, ...]:
    steps, rules = [step.key for step in record.procedure.step], list(RULES)
    return tuple(sorted(found, key=lambda each: (steps.index(each.step), rules.index(each.rule))))


def _law(record: Record) -> Iterator[Mark]:
    for step in record.procedure.step:
        for sitting in record.steps[step.key].sittings:
            said = sitting.said
            broken = list(opening_breaks(record, step, said))
            if not any(rule == "body" for rule, _ in broken):
                for vote in sitting.votes:
                    broken += [each for each in vote_breaks(record, step, said, vote) if each not in broken]
            for rule, evidence in broken:
                yield Mark(rule, step.key, said.meeting, evidence)


def _advice(record: Record) -> Iterator[Mark]:
    for step in record.procedure.step:
        for opinion in record.steps[step.key].opinions:
            if opinion.said.opinion == "risk":
                yield Mark("risk", step.key, None, {"reasons": opinion.said.reasons or "—"})


def finding(record: Record, mark: Mark) -> Finding:
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
    )


def _words(record: Record, mark: Mark, name: str) -> dict[str, Any]:
    """The evidence as people read it: names in the language, minutes, per cent."""
    words = {"step": mark.step, **mark.evidence}
    for key, value in mark.evidence.items():
        if key.endswith("_ms"):
            words[key.removesuffix("_ms") + "_min"] = f"{value / 60_000:.1f}"
        elif key.endswith("_permille"):
            words[key.removesuffix("_permille") + "_percent"] = f"{value / 10:g}"
    for key in ("step", "earlier"):
        if key in words and (step := record.step(words[key])) is not None:
            words[key] = getattr(step, name)
    if "body" in words and words["body"] in record.rules.bodies:
        words["body"] = getattr(record.rules.bodies[words["body"]], name)
    return words
