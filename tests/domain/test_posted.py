"""What a notice may say: its matter's list and nothing else; and how long it hangs."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.catalogue import Catalogue, catalogue
from api.domain.checking import LONGEST_NOTICE, NEVER_POSTED
from api.domain.posted import Period, checked, over_on, period, shown
from api.domain.reading import read_files, taken_up
from api.errors.county import WrongCatalogue
from api.errors.papers import NoPosting, PrivateNumbers, WrongNotice
from tests.domain.test_catalogue import OURS

NOW = catalogue("2026-11-28")
LOW = {"household": ["王建国"], "persons": 3, "income": 480000, "amount": 62000}
FILL = {"text": "内容", "number": 3, "money": 1234567, "date": "2026-11-28", "people": ["王建国", "李秀英"]}


def filled(matter: str, step: str | None) -> dict[str, Any]:
    return {field.key: FILL[field.kind] for field in NOW.postings[matter].fields_of(step)}


def test_every_matter_but_what_stays_within_the_party_has_a_list() -> None:
    assert set(NOW.matters) - set(NOW.postings) == {"h3"}


def test_every_posting_step_of_every_matter_can_be_filled() -> None:
    for matter in NOW.postings:
        for step in NOW.procedure(NOW.matters[matter].procedure).step:
            if step.form == "posting":
                fields = filled(matter, step.key)
                assert checked(NOW, matter, step.key, "公示", fields) == fields, (matter, step.key)
                assert sum(each.longest for each in NOW.postings[matter].fields_of(step.key)) <= LONGEST_NOTICE


def test_relief_says_the_household_its_persons_income_and_amount_and_nothing_else() -> None:
    for matter in ("g1", "g2", "g3"):
        for step in ("posting", "list"):
            said = {field.key for field in NOW.postings[matter].fields_of(step)}
            assert {"household", "persons", "amount"} <= said <= {"household", "persons", "income", "amount"}
    assert list(checked(NOW, "g1", "posting", "低保公示", dict(reversed(LOW.items())))) == list(LOW)
    assert "income" not in checked(NOW, "g1", "posting", "低保公示", LOW | {"income": None})


def test_no_list_asks_for_what_is_never_posted() -> None:
    for posting in NOW.postings.values():
        for field in posting.field:
            assert not any(word in field.name for word in NEVER_POSTED)


def wrong(error: type[Exception], matter: str, fields: dict[str, Any], title: str = "公示") -> list[tuple[str, str]]:
    with pytest.raises(error) as refusal:
        checked(NOW, matter, "posting", title, fields)
    said = refusal.value.more["fields"]  # type: ignore[attr-defined]
    assert all(each["zh"] and each["en"] for each in said)
    return [(each["field"], each["code"]) for each in said]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"illness": "糖尿病"}, "illness", "notice.field-unknown"),
        ({"household": None}, "household", "notice.field-missing"),
        ({"household": []}, "household", "notice.field-missing"),
        ({"household": "王建国"}, "household", "notice.field-kind"),
        ({"household": ["王建国" * 7]}, "household", "notice.field-too-long"),
        ({"household": ["王" * 41]}, "household", "notice.field-kind"),
        ({"household": ["王\n建国"]}, "household", "notice.field-kind"),
        ({"persons": -1}, "persons", "notice.field-kind"), ({"persons": True}, "persons", "notice.field-kind"),
        ({"persons": "3"}, "persons", "notice.field-kind"), ({"persons": 12345}, "persons", "notice.field-too-long"),
        ({"amount": 3.5}, "amount", "notice.field-kind"), ({"amount": 10**16}, "amount", "notice.field-kind"),
    ],
)  # fmt: skip
def test_each_mistake_is_named(change: dict[str, Any], field: str, code: str) -> None:
    assert wrong(WrongNotice, "g1", LOW | change) == [(field, code)]


def test_every_mistake_at_once() -> None:
    assert wrong(WrongNotice, "g1", {"persons": -1}, "\u0007") == [
        ("title", "notice.field-kind"), ("household", "notice.field-missing"), ("persons", "notice.field-kind"),
        ("amount", "notice.field-missing"),
    ]  # fmt: skip
    with pytest.raises(NoPosting):
        checked(NOW, "h3", "posting", "评议", {})
    with pytest.raises(NoPosting):
        checked(NOW, "f9", None, "公示", {})


def test_a_number_of_a_person_is_refused_and_not_repeated() -> None:
    for fields, title, field in (
        (LOW | {"household": ["王建国13800138001"]}, "公示", "household"), (LOW, "公示 11010519491231002X", "title"),
        (LOW | {"amount": 13800138001}, "公示", "amount"),
    ):  # fmt: skip
        if field == "amount":  # 138,001,380.01 is an amount
            assert checked(NOW, "g1", "posting", title, fields)
            continue
        with pytest.raises(PrivateNumbers) as refusal:
            checked(NOW, "g1", "posting", title, fields)
        assert [each["field"] for each in refusal.value.more["fields"]] == [field]
        assert "1380013" not in str(refusal.value.more)
        assert "1949" not in str(refusal.value.more)


@given(
    st.dictionaries(st.text(max_size=9), st.recursive(st.none() | st.text() | st.integers() | st.floats(), st.lists))
)
def test_anything_is_refused_or_kept_as_it_is(fields: dict[str, Any]) -> None:
    try:
        kept = checked(NOW, "g1", "posting", "公示", LOW | fields)
    except (WrongNotice, PrivateNumbers):
        return
    assert set(kept) <= set(LOW)
    assert all(shown(field.kind, kept[field.key]) for field in NOW.postings["g1"].field if field.key in kept)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [("money", 123456789, "1,234,567.89 元"), ("money", 500000, "5,000 元"), ("date", "2026-01-05", "2026年1月5日"),
     ("people", ["王建国", "李秀英"], "王建国、李秀英"), ("number", 12, "12"), ("text", "a", "a")],
)  # fmt: skip
def test_as_people_read_it(kind: str, value: Any, text: str) -> None:
    assert shown(kind, value) == text


def test_the_first_day_is_not_counted() -> None:
    assert period(NOW, "a1", "publication") == Period(15)
    assert over_on("2026-11-28", Period(15)) == "2026-12-14"  # 29 November to 13 December
    assert period(NOW, "g1", "posting") == Period(7)
    assert period(NOW, "h1", "posting") == Period(5, working=True)
    assert over_on("2026-11-27", Period(5, working=True)) == "2026-12-05"  # Monday to Friday
    assert period(NOW, "g1", "list") == period(NOW, "a1", None) == Period(15)
    assert period(NOW, "i2", "roster") == Period(20, stops=False)


def test_an_objection_stops_the_clock_until_its_answer() -> None:
    assert over_on("2026-11-28", Period(15), [("2026-12-01", "2026-12-04")]) == "2026-12-17"
    assert (
        over_on("2026-11-28", Period(15), [("2026-12-01", "2026-12-04"), ("2026-12-02", "2026-12-05")]) == "2026-12-18"
    )
    assert over_on("2026-11-28", Period(15), [("2026-12-01", "2026-12-01")]) == "2026-12-14"
    assert over_on("2026-11-28", Period(15), [("2026-12-13", None)]) is None
    assert over_on("2026-11-28", Period(15), [("2026-12-14", None)]) == "2026-12-14"
    assert over_on("2026-11-28", Period(20, stops=False), [("2026-12-01", None)]) == "2026-12-19"


@given(
    st.integers(1, 30),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=5),
)
def test_days_without_an_open_objection_add_up(days: int, spans: list[tuple[int, int]]) -> None:
    start = date(2026, 11, 28)

    def day(number: int) -> str:
        return (start + timedelta(days=number)).isoformat()

    objections = [(day(since), day(since + length)) for since, length in spans]
    over = over_on(day(0), Period(days), objections)
    assert over is not None
    number = (date.fromisoformat(over) - start).days
    free = [n for n in range(1, number) if not any(since <= n < since + length for since, length in spans)]
    assert len(free) == days
    assert free[-1] == number - 1


COUNTY = """\
[[posting]]
key = "g1"
from_on = "2027-01-01"
field = [
  { key = "household", name = "户主", name_en = "Head", kind = "people", longest = 20 },
  { key = "idcard", name = "身份证号", name_en = "ID", kind = "text", longest = 18 },
  { key = "household", name = "户主", name_en = "Head", kind = "people", longest = 20, steps = ["dance"] },
]

[[posting]]
key = "z9"
from_on = "2027-01-01"
field = [{ key = "content", name = "内容", name_en = "Content", kind = "text", longest = 2500 },
         { key = "more", name = "其他", name_en = "More", kind = "text", longest = 2500 }]

[[posting]]
key = "a1"
from_on = "2027-01-01"
field = []
"""


def test_a_countys_own_lists_are_refused_with_every_mistake_or_taken_up() -> None:
    ours = read_files(OURS.items())
    with pytest.raises(WrongCatalogue) as refusal:
        taken_up(ours, [("county.toml", COUNTY)], "2026-11-28")
    said = [(each["line"], each["en"]) for each in refusal.value.more["mistakes"]]
    for part in (
        "idcard is never made public",
        "only its head, persons, income and amount",
        "the field household twice",
        "no step that is posted dance",
        "no matter z9",
        "at most 4000 characters",
        "field is empty",
    ):
        assert any(part in en for _, en in said), (part, said)
    good = COUNTY[: COUNTY.index('  { key = "idcard')] + "]\n"
    after = Catalogue(taken_up(ours, [("county.toml", good)], "2026-11-28"), "2027-01-01")
    assert [field.key for field in after.postings["g1"].field] == ["household"]
    assert after.postings["a1"] == NOW.postings["a1"]
