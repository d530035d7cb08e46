"""No sequence of acts comes to a resolution against the law, or counts as proper against a rule; no failure disappears.

Acts are corrected as well: a record that is closed changes by that alone, and by two persons.
"""

from contextlib import suppress
from datetime import date
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.domain.procedure.awaited import COVERAGE, IDLE, Cached, cached
from api.domain.procedure.judged import law_broken
from api.domain.procedure.record import Mark, Record, Sitting
from api.domain.procedure.standing import standing
from api.domain.procedure.states import closed
from api.domain.procedure.walk import apply, walked
from api.errors.request import ApiError
from tests.domain.village import ORDER, Village, later

MATTERS = ("b1", "c3", "f1", "i1", "d1", "g1", "h2", "d3", "c2", "a2", "i2", "j1")
SMALL = st.integers(0, 7)
# Body: quorum and majority as (numerator, denominator, at least), and of what the majority is a part: DOMAIN's table.
LAW: dict[str, tuple[tuple[int, int, bool] | None, tuple[int, int, bool], str]] = {
    "assembly": ((1, 2, False), (1, 2, False), "present"),
    "representatives": ((2, 3, True), (1, 2, False), "present"),
    "villagers_group": ((2, 3, True), (1, 2, False), "present"),
    "members": ((2, 3, True), (2, 3, True), "due"),
    "member_representatives": (None, (2, 3, True), "due"),
    "two_committees": ((1, 2, False), (1, 2, False), "present"),
    "branch": ((1, 2, True), (1, 2, False), "due"),
    "branch_committee": ((1, 2, True), (1, 2, False), "present"),
}
RIGHT = {"V": {"assembly", "representatives"}, "VA": {"assembly"}, "M": {"members", "member_representatives"},
         "MA": {"members"}}  # fmt: skip


@st.composite
def chains(draw: st.DrawFn) -> Village:
    """What a village does, mostly in its turn, often not as it should; days go back now and then."""
    matter = draw(st.sampled_from(MATTERS))
    village = Village(matter, urgent=draw(st.sampled_from((None, None, "山洪"))))
    _go_on(draw, village, draw(st.integers(1, 30)))
    return village


@st.composite
def closed_ones(draw: st.DrawFn) -> Village:
    """Brought to its end properly, and then anything."""
    village = Village(draw(st.sampled_from(MATTERS)))
    village.through()
    _go_on(draw, village, draw(st.integers(1, 12)))
    return village


def _go_on(draw: st.DrawFn, village: Village, count: int) -> None:
    for _ in range(count):
        keys = [step.key for step in village.record.procedure.step]  # of an urgent record it has one more
        village.today = later(village.today, draw(st.sampled_from((0, 0, 0, 1, 3, 16))))
        if draw(st.integers(0, 9)) == 0 or (closed(village.record, village.today) and draw(st.booleans())):
            _correct(draw, village)
            continue
        turn = [n for n in village.stands.next if n.act in (*ORDER, "ask")]
        if turn and draw(st.integers(0, 5)):
            each = min(turn, key=lambda n: (*ORDER, "ask").index(n.act)) if draw(st.booleans()) else draw(
                st.sampled_from(turn))  # fmt: skip
            act, key = each.act, each.step or keys[0]
        else:
            act = draw(st.sampled_from((*ORDER, "ask", "plan", "object", "end", "withdraw")))
            key = draw(st.sampled_from(keys))
        fields = _fields(draw, village, act, key)
        try:
            village.do(act, **fields)
        except ApiError:
            continue


def _correct(draw: st.DrawFn, village: Village) -> None:
    """One of its acts, as it ought to have been: with other figures, on another day, as it was first, or not at all."""
    of = draw(st.integers(1, len(village.acts)))
    was = village.acts[of - 1]
    should: dict[str, Any] | None = dict(was)
    assert should is not None
    if was["act"] == "vote":
        due, present, in_favour = sorted((draw(SMALL), draw(SMALL), draw(SMALL)), reverse=True)
        should |= village.figures(was["step"], in_favour, present - in_favour, due=due, present=present)
    elif was["act"] == "begin":
        should |= {"urgent": draw(st.sampled_from((None, "疫情")))}
    elif draw(st.booleans()) and "on" in was:
        should["on"] = later(was["on"], draw(st.integers(-5, 3)))
    else:
        should |= _otherwise(draw, village, was["act"]) if was["act"] in ("sitting", "opinion") else {}
        should |= {"meeting": was["meeting"]} if "meeting" in was else {}
    if draw(st.integers(0, 5)) == 0:
        should = None
    with suppress(ApiError):
        village.do("correct", of=of, should=should, reason="抄错", agreed=draw(st.booleans()))


def _fields(draw: st.DrawFn, village: Village, act: str, key: str) -> dict[str, Any]:
    if act in ("end", "withdraw"):
        return {"reason": "另议"}
    if act == "plan":
        return {"sha256": "0" * 64, "material": draw(st.booleans())}
    if act == "object":
        return {"step": key, "number": len(village.record.objections) + 1}
    try:
        fields = village.proper(act, key)
    except StopIteration:  # no sitting, no objection that waits
        fields = {"step": key, "meeting": "m1"} if act != "answer" else {"number": 1}
        fields |= village.figures(key, 3) if act == "vote" else {}
    if draw(st.integers(0, 3)) == 0:
        fields |= _otherwise(draw, village, act)
    if act == "vote" and draw(st.booleans()):
        due, present, in_favour = sorted((draw(SMALL), draw(SMALL), draw(SMALL)), reverse=True)
        against = draw(st.integers(0, present - in_favour))
        fields |= village.figures(key, in_favour, against, due=due, present=present)
    return fields


def _otherwise(draw: st.DrawFn, village: Village, act: str) -> dict[str, Any]:
    if act == "sitting":
        return draw(st.fixed_dictionaries({}, optional={
            "body": st.sampled_from(list(LAW)), "due": SMALL, "present": SMALL, "plan": st.sampled_from((None, 1, 2)),
            "called_on": st.just(later(village.today, -9)), "way": st.sampled_from(("adults", "households")),
            "meeting": st.sampled_from(("m1", "m2")), "bidders": st.just(2),
        }))  # fmt: skip
    if act == "sealed":
        return draw(st.fixed_dictionaries({}, optional={
            "recorded": st.booleans(), "coverage_permille": st.sampled_from((949, 951)),
            "longest_break_ms": st.just(900_001), "supervisor": st.none(), "gaps": st.sampled_from(([], [1])),
        }))  # fmt: skip
    if act == "vote":
        return draw(st.fixed_dictionaries({}, optional={
            "way": st.sampled_from(("hands", "secret")), "recused": st.integers(0, 3), "against": SMALL,
            "supervisor_present": st.booleans(), "written_in_favour": SMALL,
        }))  # fmt: skip
    if act == "opinion":
        return {"opinion": draw(st.sampled_from(("return", "risk", "refuse"))), "reasons": "须补正"}
    return {"on": later(village.today, -draw(st.integers(0, 4)))}


def enough(share: tuple[int, int, bool], count: int, base: int) -> bool:
    numerator, denominator, at_least = share
    return count * denominator >= base * numerator if at_least else count * denominator > base * numerator


def against_the_law(record: Record) -> str | None:
    """Read from the facts alone, with nothing of the engine's."""
    key = record.procedure.deciding.key
    taken = record.steps[key]
    if record.procedure.key == "P4":
        return None if taken.opinions[-1].said.opinion in ("agree", "risk") else "not approved"
    if record.procedure.key == "P6b":
        return None if taken.done else "nothing entered"
    sitting: Sitting = next(each for each in taken.sittings if each.said.meeting == record.decided_in)
    vote, said = sitting.votes[-1], sitting.said
    voting = vote.present - vote.recused
    if not 0 <= vote.in_favour + vote.against + vote.abstained <= voting or not 1 <= vote.present <= vote.due:
        return "sums"
    if record.procedure.key == "P3":
        return None if vote.in_favour * 2 > voting else "majority"
    right = {"P1": RIGHT.get(record.body or ""), "P2": RIGHT["V"], "P5": {"branch"}, "P6a": {"two_committees"},
             "P7a": {"assembly"}, "P7b": {"assembly"}, "P7c": RIGHT["V"],
             "P7d": RIGHT["V"] | {"villagers_group"}}[record.procedure.key]  # fmt: skip
    if said.body not in (right or set()):
        return "body"
    quorum, majority, base = LAW[said.body or ""]
    if record.procedure.key == "P7b":
        valid, elected = vote.returned * 2 > vote.due, vote.in_favour * 2 > vote.returned
        return None if valid and elected else "election"
    if said.body == "assembly" and said.way == "households":
        quorum = (2, 3, True)
    if quorum and not (enough(quorum, said.present, said.due) and enough(quorum, vote.present, vote.due)):
        return "quorum"
    if record.procedure.key == "P7c":
        return None
    in_favour = vote.in_favour + (vote.written_in_favour if record.procedure.key == "P5" else 0)
    return None if enough(majority, in_favour, vote.due if base == "due" else voting) else "majority"


def against_a_rule(record: Record) -> list[str]:
    """Figures that no proper record has, read from the facts alone."""
    found = []
    for step in record.procedure.step:
        taken = record.steps[step.key]
        for sitting in taken.sittings:
            seal, said = sitting.seal, sitting.said
            if record.procedure.key != "P5":
                if seal is None or not seal.recorded or seal.coverage_permille < 950 or seal.longest_break_ms > 900_000:
                    found.append("recording")
                elif step.key != "evaluation" and not (seal.supervisor.present and seal.supervisor.confirmed):
                    found.append("supervisor")
            if said.body in ("assembly", "members") and not record.urgent:
                called = date.fromisoformat(said.called_on or said.on)
                if (date.fromisoformat(said.on) - called).days < 10:
                    found.append("notice")
            if (said.plan or 0) != sitting.newest:
                found.append("plan")
            secret = (record.procedure.key, step.key) in {
                ("P5", "assembly"), ("P7b", "ballot"), ("P7c", "report"), ("P7d", "election"),
            }  # fmt: skip
            found += ["way"] * sum(secret and vote.way != "secret" for vote in sitting.votes)
        for posting in taken.postings:
            least = {"publication": 15, "candidate": 3, "announcement": 5, "roster": 19}.get(step.key)
            if least is not None and posting.off_on is not None:
                hung = (date.fromisoformat(posting.off_on) - date.fromisoformat(posting.on)).days - 1
                found += ["post-days"] * (hung < least)
    return found


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(chains())
def test_nothing_is_resolved_against_the_law_or_proper_against_a_rule(village: Village) -> None:
    record = walked(village.acts[:1])
    for act in village.acts[1:]:
        record = apply(record, act)
        if record.outcome == "resolved":
            assert against_the_law(record) is None, village.acts
    for days in (0, 40, 400):
        today = later(village.today, days)
        stands = standing(village.record, today)
        if stands.compliant:
            assert against_a_rule(village.record) == [], village.acts
            against = [each for each in stands.findings if each.kind == "procedure" and each.corrected is None]
            assert {finding.whose for finding in against} <= {"town"}
            assert stands.missing == ()


def failures(record: Record, today: str) -> set[Mark]:
    found = standing(record, today).findings
    return {Mark(each.rule, each.step, each.meeting) for each in found if each.kind != "advice"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(chains())
def test_no_failure_disappears_and_replaying_gives_the_same(village: Village) -> None:
    records = [walked(village.acts[:1])]
    for act in village.acts[1:]:
        before = records[-1]
        said = repr(before)
        records.append(apply(before, act))
        assert repr(before) == said  # a record never changes
    assert records[-1] == village.record
    assert standing(records[-1], village.today) == standing(village.record, village.today)
    for (earlier, after), act in zip(pairwise(records), village.acts[1:], strict=True):
        assert after.said[:-1] == earlier.said  # what was written stays
        if act["act"] == "correct":  # what failed is read still: as a failure, or as one that rested on a wrong entry
            failed = failures(earlier, max(act["on"], earlier.newest))
            assert failed <= failures(after, act["on"]), act
        else:
            assert set(earlier.marks) <= set(after.marks)
            assert set(law_broken(earlier)) | set(earlier.lifted) <= failures(after, after.newest)
    # And with the days that go by, where nothing comes any more.
    seen = [set(standing(village.record, later(village.today, days)).marks) for days in (0, 1, 3, 10, 100)]
    assert all(first <= second for first, second in pairwise(seen))
    found = standing(village.record, village.today).findings
    assert all(finding.zh and finding.en and "{" not in finding.zh + finding.en for finding in found)


def held_against(now: Cached, day: str) -> set[tuple[str, str, str | None]]:
    """What of a record counts against a village by a day. A step that merely waited long does so while it waits."""
    return {
        (each.rule, each.step, each.meeting)
        for each in now.broken
        if each.on <= day and each.rule != IDLE and (each.kind, each.whose) == ("procedure", "village")
    }


def by(day: str, first: str | None) -> bool:
    return first is not None and first <= day


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(chains() | closed_ones())
def test_no_failure_disappears_from_the_share(village: Village) -> None:
    """What counts against a village on a day does so on each later one, whatever is done then; only a correction takes
    it back, and is named by it. No affair whose meeting was held leaves the denominator."""
    record, today = walked(village.acts[:1]), village.acts[0]["on"]
    was = cached(record, standing(record, today))
    for act in village.acts[1:]:
        record, today = apply(record, act), max(today, act.get("on", today))
        stands = standing(record, today)
        now = cached(record, stands)
        lost = held_against(was, today) - held_against(now, today)
        if act["act"] == "correct":
            assert {(rule, step) for rule, step, _ in lost} <= {
                (each.rule, each.step) for each in stands.findings if each.corrected is not None
            }
        else:
            assert lost == set(), act
        against = {each.on for each in now.broken if each.kind == "procedure" and each.whose == "village"}
        assert now.share.broken_on == min(against, default=None)
        # A meeting that was left out may be held later; one without its recording lacks it for good.
        lacking = {each.on for each in now.broken if each.rule in COVERAGE}
        assert (now.share.uncovered_on or "9") <= min(lacking, default="9")
        if any(taken.sittings for taken in record.steps.values()):
            assert now.share.due_from == record.begun.on
        was = now
    for days in (1, 30, 400):
        on = later(today, days)
        then = cached(record, standing(record, on))
        assert held_against(was, on) <= held_against(then, on)
        assert then.share.due_from == was.share.due_from
        assert by(on, then.share.broken_on) or standing(record, on).compliant is not False


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(closed_ones() | chains())
def test_a_closed_record_changes_by_corrections_alone_and_by_two_words(village: Village) -> None:
    for before, act in zip(village.records, village.acts[1:], strict=True):
        today = max(before.newest, act.get("on", ""))
        if not closed(before, today):
            continue
        if act["act"] == "correct":
            assert act["agreed"]
        elif act["act"] not in ("sealed", "off", "object", "answer"):
            again = act["act"] == "vote" and before.outcome == "rejected"  # the vote was taken again
            step = before.step(act["step"])
            assert again or (step is not None and step.optional), act
