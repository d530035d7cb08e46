"""Acting in another's place, over random rights, lendings and days: never more, never on, never both words."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.catalogue import Catalogue, shipped
from api.domain.day import holds
from api.domain.rights import NEVER_LENT, Giver, Grant, Place, may, subtrees
from api.domain.substitutes import APART, Lending, clash, lent, one_person, with_lent

FIRST = date(2026, 11, 1)
days = st.integers(0, 12).map(lambda number: (FIRST + timedelta(number)).isoformat())
roles = st.sampled_from(["admin", "security", "auditor", "inspector", "reviewer", "secretary", "minutes", "supervisor",
                         "member", "terminal"])  # fmt: skip
units = st.sampled_from(["u_county", "u_town", "u_village"])
people = st.sampled_from(["a", "b", "c", "d"])
grants = st.builds(
    Grant,
    role=roles,
    unit_id=units,
    category=st.none() | st.sampled_from(["A", "D"]),
    access_class=st.none() | st.sampled_from(["restricted", "award"]),
    from_on=days,
    until_on=st.none() | days,
)
lendings = st.builds(
    Lending,
    giver=people.map(lambda name: Giver(name, name)),
    substitute_id=people,
    role=st.none() | roles,
    unit_id=st.none() | units,
    from_on=days,
    until_on=days,
)
places = st.builds(
    Place,
    path=st.sampled_from([("u_village", "u_town", "u_county"), ("u_town", "u_county"), ("u_county",)]),
    category=st.none() | st.sampled_from(["A", "D"]),
    access_class=st.sampled_from(["open", "restricted", "file", "award"]),
)
acts = st.sampled_from(sorted({act for role in Catalogue(shipped(), "2026-11-01").roles.values() for act in role.acts}))
held = st.dictionaries(people, st.lists(grants, max_size=4).map(tuple))


@given(held, st.lists(lendings, max_size=5), people, days, acts, places)
def test_nobody_may_by_another_what_that_one_may_not_by_himself(
    own: dict[str, tuple[Grant, ...]], given_out: list[Lending], who: str, on: str, act: str, place: Place
) -> None:
    catalogue = Catalogue(shipped(), on)
    to_him = [lending for lending in given_out if lending.substitute_id == who]
    all_his = with_lent(own.get(who, ()), to_him, own, on)
    assert all_his[: len(own.get(who, ()))] == own.get(who, ()), "his own come first"
    if may(act, place, all_his, catalogue) and not may(act, place, own.get(who, ()), catalogue):
        givers = {each.giver.user_id for each in to_him if holds(each.from_on, each.until_on, on)}
        assert any(may(act, place, own.get(giver, ()), catalogue) for giver in givers), "never wider, never handed on"
        assert act not in NEVER_LENT
    if act in NEVER_LENT:
        assert subtrees(act, all_his, catalogue) == subtrees(act, own.get(who, ()), catalogue)


@given(held, lendings, days)
def test_what_is_lent_lasts_no_longer_than_either(own: dict[str, tuple[Grant, ...]], lending: Lending, on: str) -> None:
    for grant in lent(lending, own.get(lending.giver.user_id, ()), on):
        assert grant.giver == lending.giver
        assert holds(grant.from_on, grant.until_on, on)
        assert lending.from_on <= grant.from_on
        assert grant.until_on is not None
        assert grant.until_on <= lending.until_on
        assert grant.role != "terminal"


@given(held, lendings, lendings, days)
def test_what_was_lent_is_not_lent_again(
    own: dict[str, tuple[Grant, ...]], first: Lending, second: Lending, on: str
) -> None:
    middle = lent(first, own.get(first.giver.user_id, ()), on)
    assert lent(second, middle, on) == ()


@given(held, st.lists(lendings, max_size=5), people, days)
def test_no_lending_brings_two_posts_into_one_hand_that_are_apart(
    own: dict[str, tuple[Grant, ...]], given_out: list[Lending], who: str, on: str
) -> None:
    mine = own.get(who, ())
    found = with_lent(mine, [each for each in given_out if each.substitute_id == who], own, on)
    for grant in found[len(mine) :]:
        assert not clash(grant.role, {other.role for other in found})


@pytest.mark.parametrize("pair", APART)
def test_posts_apart_are_apart_both_ways(pair: frozenset[str]) -> None:
    one, other = sorted(pair)
    assert clash(one, {other, "member"})
    assert clash(other, {one})
    assert not clash(one, {one})


pairs = st.lists(st.tuples(people, people), max_size=6)


@given(people, people, pairs)
def test_two_words_are_never_one_persons(first: str, second: str, stood: list[tuple[str, str]]) -> None:
    """Whom each could have spoken for is told here by looking at every human: nobody may be behind both words."""
    behind_both = [
        human
        for human in ["a", "b", "c", "d"]
        if (human == first or (first, human) in stood) and (human == second or (second, human) in stood)
    ]
    assert one_person(first, second, stood) is bool(behind_both)
    assert one_person(first, second, stood) == one_person(second, first, stood)
    assert one_person(first, first, stood)


@given(people, people, pairs, st.tuples(people, people))
def test_one_more_substitution_never_frees_two_words(
    first: str, second: str, stood: list[tuple[str, str]], more: tuple[str, str]
) -> None:
    if one_person(first, second, stood):
        assert one_person(first, second, [*stood, more])


def test_giver_and_substitute_and_two_substitutes_of_one_giver_are_one_person() -> None:
    assert one_person("shuji", "zhuren", [("zhuren", "shuji")])
    assert one_person("zhuren", "jilu", [("zhuren", "shuji"), ("jilu", "shuji")])
    # What is lent is not handed on: the third one's word is not the first one's.
    assert not one_person("shuji", "jilu", [("zhuren", "shuji"), ("jilu", "zhuren")])
