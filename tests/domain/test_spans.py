"""Days that have to lie between two steps, in a county that asks for some: the last one of them, beside the model."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from api.domain.catalogue import shipped, take_up
from api.domain.entries import NotBefore, Procedure
from api.domain.reading import Files
from tests.domain.test_against_model import test_a_rule_holds_and_breaks_at_the_same_border as holds_and_breaks
from tests.model import tables
from tests.model.borders import Border


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """So many days between the two committees' consultation and the members' review of P1."""

    def ask(days: int) -> None:
        p1 = next(each for each in shipped().placed if isinstance(each.entry, Procedure) and each.entry.key == "P1")
        span = NotBefore(after="consultation", days=days)
        steps = tuple(
            step.model_copy(update={"not_before": span}) if step.key == "members" else step for step in p1.entry.step
        )
        changed = replace(p1, entry=p1.entry.model_copy(update={"step": steps}))
        take_up(Files(tuple(changed if each is p1 else each for each in shipped().placed)))
        monkeypatch.setitem(tables.NOT_BEFORE, ("P1", "members"), ("consultation", days))

    yield ask
    take_up(None)


TOO_EARLY = ("too-early members",)


# In the story the committees meet on Friday, the 6th of March, and the members on Monday, the 9th.
@pytest.mark.parametrize(("days", "border"), [
    (3, Border("第三天", "P1", {}, "sealed members", standing="members done")),
    (4, Border("要隔四天，第三天就开", "P1", {}, "vote members", marks=TOO_EARLY, standing="members done")),
    (3, Border("第二天还在等", "P1", {}, "sealed consultation", standing="members waiting", today="2026-03-08")),
    (3, Border("第三天轮到", "P1", {}, "sealed consultation", standing="members due", today="2026-03-09")),
    (4, Border("紧急事项不等", "P1", {"begin": {"urgent": "山洪冲断道路"}}, "sealed members", standing="members done")),
    (4, Border("前一步没做，是次序问题", "P1", {f"{act} consultation": None for act in ("sitting", "vote", "sealed")},
               "sitting members", marks=("order members",))),
])  # fmt: skip
def test_a_step_waits_for_its_days(days: int, border: Border, asked: Callable[[int], None]) -> None:
    asked(days)
    holds_and_breaks(border)
