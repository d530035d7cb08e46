"""A county changes its procedures and rules in data; a decision under way keeps those under which it began."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.catalogue import Catalogue, shipped
from api.domain.procedure.acts import Act
from api.domain.procedure.standing import standing
from api.domain.procedure.walk import apply, begin, walked
from api.domain.reading import taken_up
from api.errors.request import ApiError
from tests.domain.test_catalogue import OURS
from tests.domain.village import Village

TODAY = "2026-11-24"
FROM = "2026-12-01"


def county(*texts: str) -> Callable[[str], Catalogue]:
    data = taken_up(shipped(), [(f"county{at}.toml", text) for at, text in enumerate(texts)], TODAY)
    return lambda day: Catalogue(data, day)


def entry(file: str, key: str) -> str:
    """Ours of this key, with its steps, from the county's day on."""
    parts = OURS[file].split("\n[[")
    first = next(at for at, part in enumerate(parts) if re.match(rf'\w+\]\]\nkey = "{key}"\n', part))
    last = first + 1
    while last < len(parts) and parts[last].startswith("procedure.step]]"):
        last += 1
    return re.sub('from_on = ".*?"', f'from_on = "{FROM}"', "[[" + "\n[[".join(parts[first:last]))


def test_a_county_may_have_the_review_after_the_consultation() -> None:
    text = entry("procedures.toml", "P1")
    head, review, *others = text.split("\n[[procedure.step]]")
    review = review.replace('before = "proposal"', 'before = "members"')
    rules = county("\n[[procedure.step]]".join([head, *others[:2], review, *others[2:]]))
    for on, first, second in (("2026-11-30", "review", "waiting"), (FROM, "proposal", "due")):
        record = begin({"act": "begin", "matter": "b1", "on": on}, rules)
        stands = standing(record, on)
        assert (stands.steps[0].key, stands.step("proposal").state) == (first, second)
    members = {"act": "sitting", "step": "members", "meeting": "m", "on": "2026-12-08", "body": "branch", "due": 9,
               "present": 9}  # fmt: skip
    record = walked([{"act": "begin", "matter": "b1", "on": FROM}, members], rules)
    assert {mark.rule for mark in record.marks} == {"review", "order"}


def test_a_county_may_make_a_rule_of_procedure_advice_and_turn_its_figures() -> None:
    breaks = entry("rules.toml", "breaks").replace('kind = "procedure"', 'kind = "advice"')
    coverage = entry("rules.toml", "coverage").replace("950", "990")
    rules = county(breaks, coverage)
    seal = {"recorded": True, "coverage_permille": 980, "longest_break_ms": 1_800_000,
            "supervisor": {"present": True, "away_ms": 0, "confirmed": True}}  # fmt: skip
    for on, expected, compliant in ((TODAY, {"breaks": "procedure"}, False), (FROM, {"coverage": "procedure"}, False)):
        acts = [{"act": "begin", "matter": "d3", "on": on},
                {"act": "sitting", "step": "meeting", "meeting": "m", "on": on, "body": "two_committees", "due": 7,
                 "present": 7},
                {"act": "sealed", "step": "meeting", "meeting": "m", **seal}]  # fmt: skip
        # Begun before: its own rules hold to the end, on whatever day it is looked at.
        stands = standing(walked(acts, rules), "2026-12-20")
        assert {f.rule: f.kind for f in stands.findings if f.kind == "procedure"} == expected
        assert stands.compliant is compliant
    seal["coverage_permille"] = 990
    acts[-1] = {"act": "sealed", "step": "meeting", "meeting": "m", **seal}
    stands = standing(walked(acts, rules), "2026-12-20")
    assert [(f.rule, f.kind) for f in stands.findings] == [("breaks", "advice")]
    assert stands.compliant is None  # it goes on


def test_two_thirds_in_the_branch_is_a_countys_choice() -> None:
    text = entry("bodies.toml", "branch").replace("numerator = 1, denominator = 2, at_least = true",
                                                  "numerator = 2, denominator = 3, at_least = true")  # fmt: skip
    rules = county(text)
    for on, outcome in ((TODAY, None), (FROM, "no_quorum")):
        record = walked([{"act": "begin", "matter": "h2", "on": on},
                         {"act": "sitting", "step": "assembly", "meeting": "m", "on": on, "body": "branch", "due": 10,
                          "present": 6},
                         ], rules)  # fmt: skip
        assert record.outcome == outcome


# --- what a stranger may send

NAMES = sorted({name for act in Act.__args__ for name in act.model_fields} | {"colour"})
KINDS = [act.model_fields["act"].default for act in Act.__args__]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=8)
    | st.sampled_from(("2026-03-02", "9999-12-31", "0001-01-01", "review", "resolution", "secret", "agree")),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(NAMES), JUNK, max_size=8), st.sampled_from(KINDS) | JUNK)
def test_whatever_is_sent_is_taken_or_refused_in_words(fields: dict[str, Any], kind: Any) -> None:
    record = Village("b1").record
    for send in (begin, lambda raw: apply(record, raw)):
        refused: int | None = None
        try:
            standing(send({**fields, "act": kind}), "2199-12-31")
        except ApiError as error:
            refused = error.status
        assert refused in (None, 404, 409, 422)


@pytest.mark.parametrize("day", ["2200-01-01", "9999-12-31"])
def test_no_day_runs_past_the_calendar(day: str) -> None:
    with pytest.raises(ApiError) as refused:
        Village("i2").do("ask", step="roster", on=day)
    assert refused.value.code == "act.form"
    village = Village("i2", on="2199-12-31").do("post", step="roster")
    assert village.state["roster"] == "waiting"
