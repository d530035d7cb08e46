"""What is asked of some matters alone: urgent ones, and those that are meant for what is small."""

from tests.model.borders.border import Border, Changes
from tests.model.stories import STORIES
from tests.model.told import Act, begin, correct, end, plan, sealed, sitting, vote

URGENT: dict[str, Changes | None] = {"begin": {"urgent": "山洪冲断道路"}}


def _ratified(on: str, body: str = "representatives", present: int = 30, in_favour: int = 16) -> tuple[Act, ...]:
    way = {"way": "adults"} if body == "assembly" else {}
    return (
        sitting("ratification", "追认会", on, body, 36, present, plan=1, **way),
        vote("ratification", "追认会", 36, present, (in_favour, present - in_favour, 0)),
    )


URGENCY = [
    # DOMAIN: ratified at the next meeting
    Border("紧急事项没有追认，一直等着", "P1", URGENT, "off result", "resolved", standing="ratification due",
           compliant="none"),
    Border("没有追认也先公开、实施", "P1", URGENT, "done work", "resolved", standing="result due"),
    Border("追认以后才算办结", "P1", URGENT, "off result", "resolved", compliant="yes",
           then=(*_ratified("2026-06-23"), sealed("ratification", "追认会"))),
    Border("追认会没有封存", "P1", URGENT, "off result", "resolved", compliant="none", then=_ratified("2026-06-23")),
    Border("三个月零一天追认", "P1", URGENT, "off result", "resolved", ("deadline ratification",), compliant="no",
           then=_ratified("2026-06-24"), standing="ratification done"),
    Border("决议当天自己追认", "P1", URGENT, "sealed resolution", "resolved", ("too-early ratification",),
           then=_ratified("2026-03-23"), standing="ratification done"),
    Border("决议当天还不能追认", "P1", URGENT, "sealed resolution", "resolved", standing="ratification waiting"),
    Border("第二天就该追认", "P1", URGENT, "sealed resolution", "resolved", standing="ratification due",
           today="2026-03-24"),
    Border("第二天追认", "P1", URGENT, "sealed resolution", "resolved", then=_ratified("2026-03-24"),
           standing="ratification done"),
    Border("三十人中十五票，没有追认", "P1", URGENT, "sealed resolution", "resolved",
           then=_ratified("2026-03-24", in_favour=15), standing="ratification due"),
    Border("到二十三人，没有追认", "P1", URGENT, "sealed resolution", "resolved",
           then=_ratified("2026-03-24", present=23), standing="ratification due"),
    Border("两委不能追认", "P1", URGENT, "sealed resolution", "resolved",
           then=_ratified("2026-03-24", "two_committees"), standing="ratification due"),
    Border("村民会议追认代表会议的决议", "P1", URGENT, "sealed resolution", "resolved",
           then=_ratified("2026-03-24", "assembly"), standing="ratification done"),
    Border("没有追认，终止", "P1", URGENT, "sealed resolution", "ended",
           then=(*_ratified("2026-03-24", in_favour=15), sealed("ratification", "追认会"),
                 end("2026-03-25", "代表会议不予追认")), compliant="yes"),
    Border("不紧急的没有追认这一步", "P1", {}, "sealed resolution", "resolved", then=_ratified("2026-03-24")[:1],
           refused="step.unknown"),
    Border("还没决议就追认", "P1", URGENT, "sealed members", then=_ratified("2026-03-24")[:1],
           refused="decision.not-resolved"),
    Border("追认以后不能重新表决", "P1", URGENT, "vote resolution", "resolved",
           then=(*_ratified("2026-03-24"), vote("resolution", "代表会议", 36, 30, (1, 29, 0))),
           refused="decision.resolved"),
    Border("其实不紧急，一个人改不了", "P1", URGENT, "vote resolution", "resolved", ("too-early ratification",),
           then=(*_ratified("2026-03-23"), correct(1, STORIES["P1"].begin, "2026-03-25")),
           refused="correction.alone"),
    Border("其实不紧急，追认不算了", "P1", URGENT, "sealed resolution", "resolved",
           then=(*_ratified("2026-03-23"), correct(1, STORIES["P1"].begin, "2026-03-25", agreed=True)),
           lifted=("too-early ratification 18",), standing="publication due"),
    Border("其实紧急，要追认", "P1", {}, "off result", "resolved",
           then=(correct(1, STORIES["P1"].begin | URGENT["begin"], "2026-07-02", agreed=True),),
           standing="ratification due", compliant="none"),
]  # fmt: skip


ENTERED = begin("d3", "2026-05-11", amount=380_000)


AMOUNTS = [
    # 零星工程: below 50,000 yuan (local); in pieces (T 4)
    Border("四万九千九百九十九元九角九分", "P6a", {"begin": {"amount": 4_999_999}}, "sitting meeting"),
    Border("五万元", "P6a", {"begin": {"amount": 5_000_000}}, "sitting meeting", marks=("threshold meeting",),
           compliant="no"),
    Border("五万元，还没开会", "P6a", {"begin": {"amount": 5_000_000}}, "begin", then=(plan("2026-05-11", "a1"),)),
    Border("五万元，流会", "P6a", {"begin": {"amount": 5_000_000}, "sitting meeting": {"present": 3}},
           "sitting meeting", "no_quorum", ("threshold meeting",)),
    Border("金额没写", "P6a", {"begin": {"amount": None, "others": [4_999_999]}}, "sitting meeting"),
    Border("别的事项不看", "P6a", {"begin": {"matter": "e3", "amount": 5_000_000, "others": [1]}}, "sitting meeting"),
    Border("另有两件，合计差一分", "P6a", {"begin": {"amount": 2_000_000, "others": [1_000_000, 1_999_999]}},
           "sitting meeting"),
    Border("另有两件，合计正好五万", "P6a", {"begin": {"amount": 2_000_000, "others": [1_000_000, 2_000_000]}},
           "sealed meeting", "resolved", ("split meeting",), compliant="none"),
    Border("疑似拆分只是提示，不算不规范", "P6a", {"begin": {"amount": 2_000_000, "others": [1_000_000, 2_000_000]}},
           "post list", "resolved", ("split meeting",), compliant="yes"),
    Border("另一件自己就到五万，不算拆分", "P6a", {"begin": {"amount": 1, "others": [5_000_000]}}, "sitting meeting"),
    Border("另一件差一分到五万", "P6a", {"begin": {"amount": 1, "others": [4_999_999]}}, "sitting meeting",
           marks=("split meeting",)),
    Border("自己到五万，只记一条", "P6a", {"begin": {"amount": 5_000_000, "others": [4_999_999]}}, "sitting meeting",
           marks=("threshold meeting",)),
    Border("金额抄错，一个人消不掉", "P6a", {"begin": {"amount": 5_000_000}}, "sitting meeting",
           then=(correct(1, ENTERED, "2026-05-12"),), marks=("threshold meeting",), refused="correction.alone"),
    Border("金额抄错，镇街和监督人一起更正", "P6a", {"begin": {"amount": 5_000_000}}, "sitting meeting",
           then=(correct(1, ENTERED, "2026-05-12", agreed=True),), lifted=("threshold meeting 3",)),
    Border("金额改大，一个人能改", "P6a", {}, "sitting meeting", marks=("threshold meeting",),
           then=(correct(1, ENTERED | {"amount": 5_000_000}, "2026-05-12"),)),
    Border("另外几件不能改没", "P6a", {"begin": {"amount": 1, "others": [4_999_999]}}, "sitting meeting",
           then=(correct(1, ENTERED, "2026-05-12", agreed=True),), marks=("split meeting",), refused="act.form"),
]  # fmt: skip
