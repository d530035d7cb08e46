"""Which rules the engine asks, of which kind they may be, what figures they need, what their sentence may name.

Which of procedure and advice a rule is, whose failure, its figures, clause and sentence are data (`data/rules.toml`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    evidence: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    law: bool = False


# In the order in which they are shown. Sums are law as well: what can't be is refused (`vote.sums`), so nothing stands
# in a record that could break them.
RULES: dict[str, Asked] = {
    "body": Asked(("body",), law=True),
    "quorum": Asked(("present", "due"), law=True),
    "majority": Asked(("in_favour", "base"), law=True),
    "bidders": Asked(("bidders", "least"), law=True),
    "review": Asked(("on",)),
    "review-late": Asked(("asked_on", "due_on"), ("working_days",)),
    "order": Asked(("earlier",)),
    "notice": Asked(("called_on", "on", "days")),
    "recorded": Asked(),
    "coverage": Asked(("coverage_permille", "least_permille"), ("least_permille",)),
    "vote-coverage": Asked(("vote",)),
    "breaks": Asked(("longest_ms", "breaks_permille"), ("longest_ms", "share_permille")),
    "supervisor": Asked(("away_ms",), ("away_ms",)),
    "confirmed": Asked(),
    "way": Asked(("way",)),
    "proxies": Asked(("held", "most", "candidates"), ("most",)),
    "plan": Asked(("plan", "newest")),
    "post-days": Asked(("days", "least")),
    "objection": Asked(("number", "object_on")),
    "too-early": Asked(("on", "from_on")),
    "deadline": Asked(("on", "due_on")),
    "threshold": Asked(("amount_fen", "below_fen")),
    "split": Asked(("others", "together_fen", "below_fen", "days")),
    "risk": Asked(("reasons",)),
    "no-plan": Asked(),  # these two are told before a meeting only (`foresight`)
    "roster": Asked(),
}


def names(rule: str) -> frozenset[str]:
    """What may stand in braces in the rule's sentence: evidence, also in minutes, per cent and yuan, and the step."""
    given = RULES[rule].evidence
    minutes = [name.removesuffix("_ms") + "_min" for name in given if name.endswith("_ms")]
    shares = [name.removesuffix("_permille") + "_percent" for name in given if name.endswith("_permille")]
    money = [name.removesuffix("_fen") + "_yuan" for name in given if name.endswith("_fen")]
    return frozenset(("step", *given, *minutes, *shares, *money))
