"""A review by several offices of the township, beside the model; which offices owe their opinion; what is no list."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from api.domain.catalogue import Catalogue, shipped, take_up
from api.domain.entries import Category, Matter
from api.domain.procedure.awaited import cached
from api.domain.procedure.standing import standing
from api.domain.procedure.walk import walked
from api.domain.reading import Files, taken_up
from tests.domain.test_against_model import test_a_rule_holds_and_breaks_at_the_same_border as holds_and_breaks
from tests.domain.test_catalogue import mistakes
from tests.domain.test_county import entry
from tests.domain.village import Village
from tests.model import offices, tables
from tests.model.borders import Border, told
from tests.model.offices import ASKED, FARMING, JUSTICE


def named(**of: tuple[str, ...]) -> Files:
    """Ours, with these offices of a matter or category."""
    return Files(tuple(
        replace(each, entry=each.entry.model_copy(update={"offices": of[each.entry.key]}))
        if isinstance(each.entry, Matter | Category) and each.entry.key in of else each
        for each in shipped().placed
    ))  # fmt: skip


@pytest.fixture
def county(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tables, "OFFICES", ASKED)
    take_up(named(**ASKED))
    yield
    take_up(None)


@pytest.mark.parametrize("border", offices.BORDERS, ids=[f"{each.procedure} {each.says}" for each in offices.BORDERS])
def test_it_holds_and_breaks_where_the_model_says(border: Border, county: None) -> None:
    holds_and_breaks(border)


def test_who_still_owes_an_opinion_is_said(county: None) -> None:
    village = Village("b1").do("ask", step="review")
    assert village.stands.step("review").owing == (FARMING, JUSTICE)
    village.do("opinion", step="review", opinion="agree", office=FARMING)
    assert [each.zh for each in village.stands.missing] == [f"事前审核：已提请，{JUSTICE}尚未答复"]
    (waits,) = [each for each in cached(village.record, village.stands).awaited if each.act == "opinion"]
    assert (waits.name, waits.due_on) == (f"事前审核（{JUSTICE}）", "2026-03-05")
    village.do("opinion", step="review", opinion="return", reasons="缺预算", office=JUSTICE)
    assert (village.stands.step("review").owing, village.state["review"]) == ((JUSTICE,), "due")
    assert ("ask", "review") in {(each.act, each.step) for each in village.stands.next}
    village.do("ask", step="review")
    assert village.stands.step("review").owing == (FARMING, JUSTICE)  # all of them are asked again
    village.do("opinion", step="review", opinion="agree", office=JUSTICE)
    assert (village.state["review"], village.stands.step("review").owing) == ("done", (FARMING,))


def test_a_matter_may_ask_other_offices_than_its_category_or_none() -> None:
    def asked(**of: tuple[str, ...]) -> tuple[str, ...]:
        acts = told("P1", {}, "ask review")
        record = walked(acts, lambda on: Catalogue(named(**of), on))
        return standing(record, "2026-03-02").step("review").offices

    assert asked() == ()
    assert asked(B=(FARMING, JUSTICE)) == (FARMING, JUSTICE)
    assert asked(B=(FARMING, JUSTICE), b1=("财政所", JUSTICE)) == ("财政所", JUSTICE)
    assert asked(B=(FARMING, JUSTICE), b1=()) == ()


@pytest.mark.parametrize("names", ['["甲"]', '["甲", "甲"]', '["甲", " "]'])
def test_one_office_alone_or_twice_is_a_mistake_of_its_line(names: str) -> None:
    text = entry("matters.toml", "b1").rstrip() + "\noffices = {}\n"
    assert taken_up(shipped(), [("county.toml", text.format('["甲", "乙"]'))], "2026-11-24")
    (mistake,) = mistakes(county=text.format(names))
    assert mistake.startswith(f"county.toml:{len(text.splitlines())}: ")
    assert "at least two different offices" in mistake
