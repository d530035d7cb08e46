"""A review by several offices of the township, where it holds and where it breaks; a county names them."""

from tests.model.borders import Border
from tests.model.told import Act, ask, correct, opinion, plan, sitting

DONE, DUE = "review done", "review due"
FARMING, JUSTICE = "农业农村办公室", "司法所"
ASKED = {"b1": (FARMING, JUSTICE)}  # tables.OFFICES of that county


def _said(on: str, office: str | None, says: str = "agree", version: int = 1) -> Act:
    return opinion("review", on, says, plan=version, office=office, reasons=None if says == "agree" else "缺预算")


def _border(says: str, *then: Act, marks: tuple[str, ...] = (), **more: str) -> Border:
    """Asked on Monday, the 2nd of March: the third working day is Thursday, the 5th. The first agrees on the 3rd."""
    first = {"opinion review": {"office": FARMING}}
    return Border(says, "P1", first, "opinion review", marks=marks, then=then, **more)  # type: ignore[arg-type]


PROPOSED = sitting("proposal", "支委会", "2026-03-04", "branch_committee", 5, 5, plan=1)
A_DAY_LATER = PROPOSED | {"on": "2026-03-05"}
AGREED = _said("2026-03-03", FARMING)

BORDERS = [
    _border("两家只有一家同意", standing=DUE),
    _border("同一家同意两次", _said("2026-03-04", FARMING), standing=DUE),
    _border("两家都同意", _said("2026-03-04", JUSTICE), standing=DONE),
    _border("一家提示风险", _said("2026-03-04", JUSTICE, "risk"), standing=DONE),
    _border("一家退回补正", _said("2026-03-04", JUSTICE, "return"), standing=DUE),
    _border("退回以后同意", _said("2026-03-04", JUSTICE, "return"), _said("2026-03-05", JUSTICE), standing=DONE),
    _border("同意以后退回", _said("2026-03-04", JUSTICE), _said("2026-03-05", FARMING, "return"), standing=DUE),
    _border("后一家同意的当天开会", _said("2026-03-05", JUSTICE), A_DAY_LATER),
    _border("前一天开会", _said("2026-03-05", JUSTICE), PROPOSED, marks=("review proposal",)),
    _border("只有一家同意就开会", PROPOSED, marks=("review proposal",), standing="review passed-by"),
    _border("后一家第三个工作日答复", _said("2026-03-05", JUSTICE), standing=DONE),
    _border("后一家第四个工作日答复", _said("2026-03-06", JUSTICE), marks=("review-late review",), standing=DONE),
    _border("第三个工作日还欠一家", standing=DUE, today="2026-03-05"),
    _border("第四个工作日还欠一家", marks=("review-late review",), standing="review passed-by", today="2026-03-06"),
    _border("退回也算答复", _said("2026-03-05", JUSTICE, "return"), standing=DUE, today="2026-03-09"),
    _border("还欠一家时再提请，期限不变", ask("review", "2026-03-04"), marks=("review-late review",),
            today="2026-03-06"),
    _border("实质变动后要两家重新同意", _said("2026-03-03", JUSTICE), plan("2026-03-04", "b2", material=True),
            _said("2026-03-05", JUSTICE, version=2), standing=DUE),
    _border("实质变动后两家又同意", _said("2026-03-03", JUSTICE), plan("2026-03-04", "b2", material=True),
            _said("2026-03-05", JUSTICE, version=2), _said("2026-03-05", FARMING, version=2), standing=DONE),
    _border("没说是哪一家", _said("2026-03-04", None), refused="act.form"),
    _border("不是这两家", _said("2026-03-04", "财政所"), refused="act.form"),
    _border("一家的意见改不成另一家的", correct(4, AGREED | {"office": JUSTICE}, "2026-03-04", agreed=True),
            refused="act.form"),
    _border("一家的意见可以更正", correct(4, AGREED | {"opinion": "return", "reasons": "缺预算"}, "2026-03-04"),
            standing=DUE),
    Border("别的步骤不分几家", "P4", {"opinion opinion": {"office": FARMING}}, "opinion opinion", refused="act.form"),
    Border("没有分几家的事项", "P3", {"opinion review": {"office": FARMING}}, "opinion review", refused="act.form"),
]  # fmt: skip
