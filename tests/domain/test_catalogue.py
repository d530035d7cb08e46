"""A county's data files: refused with every mistake by its file and line, or taken up from a day to come."""

import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.catalogue import Catalogue, shipped
from api.domain.entries import Procedure, Rule
from api.domain.reading import read_files, taken_up
from api.domain.toml_lines import line_of, lines
from api.errors.county import WrongCatalogue

TODAY = "2026-11-24"
DATA = files("api.domain") / "data"
OURS = {each.name: each.read_text("utf-8") for each in DATA.iterdir() if each.name.endswith(".toml")}

WRONG = """\
[[matter]]
key = "a1"
category = "Z"
name = "村庄规划"
name_en = "Planning"
procedure = "P9"
from_on = "2027-01-01"

[[matter]]
key = "a2"
category = "A"
name = 7
procedure = "P1"
colour = "red"
from_on = "2027-02-30"

[[body]]
key = "assembly"
name = "村民会议"
name_en = "Assembly"
quorum = { base = "due", numerator = 1, denominator = 0, at_least = true }
online = false
source = "local"
from_on = "2026-11-24"

[[procedure]]
key = "P2"
name = "两委"
name_en = "Two"
from_on = "2027-01-01"

[[procedure.step]]
key = "consultation"
name = "商议"
name_en = "Consultation"
form = "sitting"
who = "committees"
bodies = ["two_comittees"]
days = 3
vote = {}

[[procedure.step]]
key = "publication"
name = "公开"
name_en = "Publication"
form = "posting"
who = "mayor"

[[rule]]
key = "coverage"
kind = "law"
whose = "village"
clause = "local"
figures = { least_permill = 900 }
zh = '''
太低：
{percent}'''
en = "too low"
from_on = "2027-01-01"
until_on = "2027-01-01"

[[meal]]
key = "lunch"
"""


def mistakes(**texts: str) -> list[str]:
    with pytest.raises(WrongCatalogue) as refused:
        taken_up(shipped(), [(f"{name}.toml", text) for name, text in texts.items()], TODAY)
    for each in refused.value.more["mistakes"]:
        assert re.search("[\u4e00-\u9fff]", each["zh"]), each
    return [f"{each['file']}:{each['line']}: {each['en']}" for each in refused.value.more["mistakes"]]


def test_every_mistake_is_named_by_its_line() -> None:
    assert mistakes(county=WRONG) == [
        "county.toml:3: matter a1: there is no category Z",
        "county.toml:6: matter a1: there is no procedure P9",
        "county.toml:9: name_en is missing",
        "county.toml:12: name is a text in quotes",
        "county.toml:14: there is no field colour",
        "county.toml:15: from_on is wrong: Value error, day is out of range for month",
        "county.toml:21: denominator is at least 1",
        "county.toml:24: body assembly: may hold from a day after 2026-11-24 only",
        "county.toml:47: who is one of 'village', 'branch', 'committees', 'representatives', 'town', 'county' or "
        "'supervisor'",
        "county.toml:51: rule coverage: it can't be made law",
        "county.toml:54: rule coverage: the figure least_permille is missing",
        "county.toml:54: rule coverage: there is no figure least_permill",
        "county.toml:55: rule coverage: nothing can stand for {percent}",
        "county.toml:60: rule coverage: it ends before it begins",
        "county.toml:62: there is no table meal, or it is to be written [[meal]]",
        # The assembly of above has none.
        "procedures.toml:117: procedure P2: step resolution: nothing says by what majority it passes",
    ]


def test_a_procedure_that_cannot_be_walked_is_refused() -> None:
    head = '[[procedure]]\nkey = "P2"\nname = "n"\nname_en = "n"\nfrom_on = "2027-01-01"\n'
    step = '[[procedure.step]]\nkey = "{}"\nname = "n"\nname_en = "n"\nwho = "village"\n'
    text = (
        head
        + step.format("a") + 'form = "sitting"\nbodies = ["two_comittees"]\nvote = {}\ndecides = true\ndays = 3\n'
        + step.format("b") + 'form = "posting"\ndecides = true\n'
        + step.format("b") + 'form = "opinion"\nbefore = "a"\nwithin = { after = "c" }\n'
        + step.format("d") + 'form = "sign"\npersons = 1\nnot_of = "a"\n'
        + step.format("e") + 'form = "sitting"\nvote = { counts_only = true }\ndecides = true\nurgent = true\n'
        + step.format("f") + 'form = "done"\nwithin = { after = "e", days = 3 }\n'
        + step.format("g") + 'form = "done"\nnot_before = { after = "h", days = 1 }\n'
        + step.format("h") + 'form = "done"\nnot_before = { after = "e", days = 1 }\n'
    )  # fmt: skip
    assert mistakes(county=text) == [
        "county.toml:2: procedure P2: exactly one step decides",
        "county.toml:12: procedure P2: step a: there is no body two_comittees",
        "county.toml:13: procedure P2: step a: nothing says by what majority it passes",
        "county.toml:15: procedure P2: step a: a step of the form sitting has no days",
        "county.toml:17: procedure P2: step b: days is missing",
        "county.toml:22: procedure P2: step b: such a step can't decide",
        "county.toml:24: procedure P2: step b: a step twice",
        "county.toml:29: procedure P2: step b: `before` names a sitting or posting behind it",
        "county.toml:30: procedure P2: step b: `within` counts from a step before it",
        "county.toml:30: procedure P2: step b: a deadline is in days or in months",
        "county.toml:38: procedure P2: step d: `not_of` names a step before it that is signed",
        "county.toml:46: procedure P2: step e: such a step can't decide",
        "county.toml:54: procedure P2: step f: e is there in an urgent record alone",
        "county.toml:61: procedure P2: step g: `not_before` counts from a step before it",
        "county.toml:68: procedure P2: step h: e is there in an urgent record alone",
    ]


def test_what_is_no_toml_and_what_holds_already_are_refused() -> None:
    role = '[[role]]\nkey = "member"\nname = "n"\nname_en = "n"\nacts = []\nclasses = []\nfrom_on = "{}"\n'
    assert mistakes(broken="a = 1\nb = \n", early=role.format(TODAY), twice=2 * role.format("2026-11-25")) == [
        "broken.toml:2: can't be read: Invalid value (at line 2, column 5)",
        "early.toml:7: role member: may hold from a day after 2026-11-24 only",
        "twice.toml:9: role member: a key twice from one day on, also at twice.toml:1",
    ]


def test_without_a_rule_no_procedure_is_in_force() -> None:
    texts = {name: text for name, text in OURS.items() if name != "rules.toml"}
    rules = OURS["rules.toml"].replace('key = "notice"', 'key = "noticed"')
    with pytest.raises(WrongCatalogue) as refused:
        read_files([*texts.items(), ("rules.toml", rules)])
    found = [each["en"] for each in refused.value.more["mistakes"]]
    assert found.count("rule noticed: the hub knows no such rule") == 1
    assert sum(sentence.endswith("on 2026-01-01 no rule notice is in force") for sentence in found) == 11
    assert len(found) == 12


def test_a_good_one_is_taken_up_and_what_began_before_keeps_its_rules() -> None:
    before = shipped()
    after = taken_up(before, [("county.toml", OURS["rules.toml"].replace("2018-01-01", "2027-01-01").replace(
        "least_permille = 950", "least_permille = 990"))], TODAY)  # fmt: skip
    for day in ("2026-01-01", TODAY, "2026-12-31"):
        then, now = Catalogue(before, day), Catalogue(after, day)
        assert (then.rules, then.procedures, then.matters) == (now.rules, now.procedures, now.matters)
    assert Catalogue(after, "2026-12-31").rule("coverage").figures == {"least_permille": 950}
    assert Catalogue(after, "2027-01-01").rule("coverage").figures == {"least_permille": 990}


def test_every_line_of_ours_is_found() -> None:
    for name, text in OURS.items():
        found, rows = lines(text), text.splitlines()
        places = {place: line for place, line in found.items() if isinstance(place[-1], str)}
        assert len(places) == sum(bool(re.match(r"\w+ = ", row)) for row in rows), name
        for place, line in places.items():
            assert rows[line - 1].startswith(f"{place[-1]} = "), (name, place)
    data = shipped()
    for each in data.placed:
        row = OURS[each.file].splitlines()[line_of(each.lines, (*each.place, "key")) - 1]
        assert row == f'key = "{each.entry.key}"'
    assert len(data.of(Procedure)) == 11
    assert len(data.of(Rule)) == 26


@given(st.text(alphabet="[]{}\"'#=\\\n ab.", max_size=60))
def test_no_text_breaks_the_count_of_lines(text: str) -> None:
    for line in lines(text).values():
        assert 1 <= line <= len(text.splitlines())
