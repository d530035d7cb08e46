"""Each rule where it just holds and where it just breaks: a story told with one thing changed, up to that thing."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from tests.model.stories import STORIES
from tests.model.told import (
    Act,
    answer,
    ask,
    begin,
    correct,
    done,
    end,
    objection,
    off,
    opinion,
    plan,
    post,
    sealed,
    sign,
    sitting,
    vote,
    withdraw,
)

Changes = dict[str, Any]


class Border(NamedTuple):
    says: str
    procedure: str
    changed: dict[str, Changes | None]  # by act and step; None: that act is left out
    upto: str  # the last act of the story that is told
    outcome: str | None = None
    marks: tuple[str, ...] = ()  # rule and step
    refused: str | None = None  # the last act
    then: tuple[Act, ...] = ()  # told behind
    standing: str = ""  # step and how it stands on `today`
    today: str = ""  # left out: the day of the newest act
    compliant: str = ""  # yes | no | none, where it is asked
    lifted: tuple[str, ...] = ()  # rule, step and the number of the correction


def named(act: Act) -> str:
    return f"{act['act']} {act.get('step', '')}".strip()


def told(procedure: str, changed: dict[str, Changes | None], upto: str, then: Iterable[Act] = ()) -> list[Act]:
    """The story's acts with what is changed in them; a name stands for the first act of that name."""
    story = STORIES[procedure]
    acts, left = [], dict(changed)
    for act in [story.begin, *(each.act for each in story.told)]:
        change = left.pop(named(act), {})
        if change is not None:
            acts.append(act | change)
        if named(act) == upto:
            break
    else:
        raise ValueError(f"{procedure}: no {upto}")
    assert not left, left
    return [*acts, *then]


def _supervisor(present: bool = True, away_ms: int = 0, confirmed: bool = True) -> Changes:
    return {"supervisor": {"present": present, "away_ms": away_ms, "confirmed": confirmed}}


def _members(present: int = 60, in_favour: int = 60, body: str = "members", due: int = 90) -> dict[str, Changes | None]:
    """The road as a project of the collective: its members decide (b2, M)."""
    return {
        "begin": {"matter": "b2"},
        "sitting resolution": {"body": body, "due": due, "present": present, "called_on": "2026-03-13"},
        "vote resolution": {
            "due": due, "present": present, "in_favour": in_favour, "against": present - in_favour, "abstained": 0
        },
    }  # fmt: skip


def _ballot(returned: int, in_favour: int) -> dict[str, Changes | None]:
    against = returned - in_favour
    return {
        "vote ballot": {"returned": returned, "in_favour": in_favour, "against": against, "abstained": 0}
        | {"invalid": 0, "other": 0}
    }


def _second(returned: int, in_favour: int) -> Act:
    counted = (in_favour, returned - in_favour, 0)
    return vote("ballot", "选举大会", 1204, 801, counted, way="secret", issued=800, returned=returned, round=2)


def _elected(body: str, due: int, present: int, in_favour: int, **sitting_: Any) -> dict[str, Changes | None]:
    """Chosen in a meeting: everybody there has a paper, and hands it in."""
    counted = {"issued": present, "returned": present, "in_favour": in_favour, "against": present - in_favour}
    return {
        "sitting election": {"body": body, "due": due, "present": present, **sitting_},
        "vote election": {"due": due, "present": present, **counted, "abstained": 0, "invalid": 0},
    }


LAW = [
    # 支委会: at least half (P 12)
    Border("支委六人到三人", "P1", {"sitting proposal": {"due": 6, "present": 3}}, "sitting proposal",
           standing="proposal done"),
    Border("支委六人到二人", "P1", {"sitting proposal": {"due": 6, "present": 2}}, "sitting proposal",
           standing="proposal due"),
    # 两委: more than half of the members, of those present (local)
    Border("两委六人到三人", "P6a", {"sitting meeting": {"present": 3}}, "sitting meeting", "no_quorum"),
    Border("两委六人到四人", "P6a", {}, "vote meeting", "resolved"),
    Border("四人中两人赞成", "P6a", {"vote meeting": {"in_favour": 2, "against": 2}}, "vote meeting", "rejected"),
    # 党员大会: at least half; more than half of those due (P 11)
    Border("党员二十八人到十三人", "P7a", {"sitting proposal": {"present": 13}}, "vote proposal",
           standing="proposal due"),
    Border("十四人到会，十五票", "P7a", {}, "vote proposal", standing="proposal done"),
    Border("十四票，正好应到的一半", "P7a", {"vote proposal": {"in_favour": 14, "against": 1}}, "vote proposal",
           standing="proposal due"),
    Border("书面意见在这里不算", "P7a",
           {"vote proposal": {"in_favour": 14, "against": 1, "written_in_favour": 1}}, "vote proposal",
           standing="proposal due"),
    # 村民代表会议: at least two thirds; more than half of those present (A 30)
    Border("代表三十人到十九人", "P2", {"sitting resolution": {"present": 19}}, "sitting resolution", "no_quorum"),
    Border("开会时二十人，表决时十九人", "P2", {"vote resolution": {"present": 19, "recused": 0}}, "vote resolution",
           "no_quorum"),
    Border("一人回避，十九人中十票", "P2", {}, "vote resolution", "resolved"),
    Border("无人回避，二十人中十票", "P2", {"vote resolution": {"recused": 0, "abstained": 1}}, "vote resolution",
           "rejected"),
    Border("无人回避，二十人中十一票", "P2", {"vote resolution": {"recused": 0, "in_favour": 11}}, "vote resolution",
           "resolved"),
    Border("村民会议也能决议", "P2",
           {"sitting resolution": {"body": "assembly", "way": "adults", "due": 39, "called_on": "2026-04-05"},
            "vote resolution": {"due": 39}}, "vote resolution", "resolved"),
    Border("村民会议三十九人到十九人", "P2",
           {"sitting resolution": {"body": "assembly", "way": "adults", "due": 39, "present": 19,
                                   "called_on": "2026-04-05"}}, "sitting resolution", "no_quorum"),
    Border("党员大会不能决议", "P2", {"sitting resolution": {"body": "branch"}}, "vote resolution"),
    # 村民会议: more than half of the adults or two thirds of the households; more than half of those present (A 26)
    Border("成年村民一千二百零四人到六百零二人", "P7a",
           {"sitting resolution": {"way": "adults", "due": 1204, "present": 602}}, "sitting resolution", "no_quorum"),
    Border("到六百零三人", "P7a",
           {"sitting resolution": {"way": "adults", "due": 1204, "present": 603},
            "vote resolution": {"due": 1204, "present": 603, "in_favour": 302}}, "vote resolution", "resolved"),
    Border("三百一十二户到二百零七户", "P7a", {"sitting resolution": {"present": 207}}, "sitting resolution",
           "no_quorum"),
    Border("到二百零八户", "P7a",
           {"sitting resolution": {"present": 208}, "vote resolution": {"present": 208, "in_favour": 105,
            "against": 103, "abstained": 0}}, "vote resolution", "resolved"),
    Border("二百三十户中一百一十五票", "P7a", {"vote resolution": {"in_favour": 115}}, "vote resolution", "rejected"),
    Border("一百一十六票", "P7a", {"vote resolution": {"in_favour": 116, "against": 104}}, "vote resolution",
           "resolved"),
    # 成员大会: two thirds come, two thirds of all pass (B 27)
    Border("成员九十人到五十九人", "P1", _members(present=59, in_favour=59), "vote resolution", "no_quorum"),
    Border("到六十人，六十票", "P1", _members(), "vote resolution", "resolved"),
    Border("五十九票，不到全体三分之二", "P1", _members(in_favour=59), "vote resolution", "rejected"),
    # 成员代表大会: two thirds of all pass (B 28), and not in what only the members decide
    Border("成员代表三十人中二十票", "P1", _members(20, 20, "member_representatives", 30), "vote resolution",
           "resolved"),
    Border("十九票", "P1", _members(20, 19, "member_representatives", 30), "vote resolution", "rejected"),
    Border("土地承包由成员代表表决", "P1",
           _members(20, 20, "member_representatives", 30) | {"begin": {"matter": "f1"}}, "vote resolution"),
    Border("土地承包由成员大会表决", "P1", _members() | {"begin": {"matter": "f1"}}, "vote resolution", "resolved"),
    # The right body (A 28, 31; B 26)
    Border("村规民约由代表会议表决", "P7a",
           {"sitting resolution": {"body": "representatives"}}, "vote resolution"),
    Border("集体的钱由代表会议表决", "P1", {"begin": {"matter": "c1", "body": "M"}}, "vote resolution"),
    Border("村里的钱由代表会议表决", "P1", {"begin": {"matter": "c1", "body": "V"}}, "vote resolution", "resolved"),
    # 投标人 (T 28)
    Border("三家投标", "P3", {"sitting opening": {"bidders": 3}}, "sitting opening", standing="opening done"),
    Border("两家投标", "P3", {"sitting opening": {"bidders": 2}}, "sitting opening", standing="opening due"),
    # 评标: more than half of those present
    Border("评标四人中两票", "P3", {"vote evaluation": {"in_favour": 2, "against": 2}}, "vote evaluation",
           "rejected"),
    # 选举 (A 16)
    Border("一千二百零四人收回六百零二票", "P7b", _ballot(602, 602), "vote ballot", "no_quorum"),
    Border("收回六百零三票", "P7b", _ballot(603, 302), "vote ballot", "resolved"),
    Border("收回六百零四票，得三百零二票", "P7b", _ballot(604, 302), "vote ballot", "rejected"),
    Border("收回六百零四票，得三百零三票", "P7b", _ballot(604, 303), "vote ballot", "resolved"),
    # 第二轮 (A 16): a third of the ballots returned, once the first round elected nobody
    Border("第一轮无人当选，第二轮六百零三票中得二百零一票", "P7b", _ballot(604, 302), "vote ballot", "resolved",
           then=(_second(603, 201),)),
    Border("第二轮得二百票", "P7b", _ballot(604, 302), "vote ballot", "rejected", then=(_second(603, 200),)),
    Border("第二轮只收回六百零二票", "P7b", _ballot(604, 302), "vote ballot", "no_quorum", then=(_second(602, 300),)),
    Border("第二轮没有成，再投一次", "P7b", _ballot(604, 302), "vote ballot", "resolved",
           then=(_second(603, 200), _second(603, 201))),
    Border("没有第一轮，就说是第二轮", "P7b", {"vote ballot": {"round": 2}}, "vote ballot",
           refused="vote.unknown"),
    Border("第一轮票数不够，选举无效，没有第二轮", "P7b", _ballot(602, 301), "vote ballot", "no_quorum",
           then=(_second(603, 300),), refused="vote.unknown"),
    Border("第一轮已经选出，没有第二轮", "P7b", _ballot(604, 303), "vote ballot", "resolved",
           then=(_second(600, 200),), refused="vote.unknown"),
    Border("接收党员没有第二轮", "P5", {"vote assembly": {"written_in_favour": 0}}, "vote assembly", "rejected",
           then=(vote("assembly", "党员大会", 24, 20, (13, 7, 0), way="secret", issued=20, returned=20, round=2),),
           refused="vote.unknown"),
    # 书面委托 (A 15 to 18)
    Border("一人代投三票", "P7b", {"vote ballot": {"proxies": 3, "proxies_most": 3}}, "vote ballot", "resolved"),
    Border("一人代投四票", "P7b", {"vote ballot": {"proxies": 4, "proxies_most": 4}}, "vote ballot", "resolved",
           marks=("proxies ballot",)),
    Border("候选人代投一票", "P7b",
           {"vote ballot": {"proxies": 3, "proxies_most": 1, "proxies_of_candidates": 1}}, "vote ballot", "resolved",
           marks=("proxies ballot",)),
    # 接收党员 (P 11)
    Border("党员二十四人，十二票加一份书面同意", "P5", {}, "vote assembly", "resolved"),
    Border("没有书面同意", "P5", {"vote assembly": {"written_in_favour": 0}}, "vote assembly", "rejected"),
    Border("党员二十四人到十二人", "P5",
           {"sitting assembly": {"present": 12}, "vote assembly": {"present": 12, "in_favour": 12, "against": 0,
            "abstained": 0, "invalid": 0, "issued": 12, "returned": 12}}, "vote assembly", "resolved"),
    Border("到十一人", "P5", {"sitting assembly": {"present": 11}}, "sitting assembly", "no_quorum"),
    # 不经选民登记的推选: a group's meeting by households or adults (A 32), the representatives, the assembly (A 29, 37)
    Border("小组六十三户到四十一户", "P7d", {"sitting election": {"present": 41}}, "sitting election", "no_quorum"),
    Border("小组成年人一百五十到九十九人", "P7d",
           {"sitting election": {"way": "adults", "due": 150, "present": 99}}, "sitting election", "no_quorum"),
    Border("小组成年人一百五十到一百人", "P7d", _elected("villagers_group", 150, 100, 51, way="adults"),
           "vote election", "resolved"),
    Border("四十二户到场，得二十一票", "P7d", {"vote election": {"in_favour": 21, "against": 18}}, "vote election",
           "rejected"),
    Border("四十二户到场，收回四十票，得二十一票", "P7d",
           {"vote election": {"in_favour": 21, "against": 16, "returned": 40}}, "vote election", "rejected"),
    Border("推选时举了手", "P7d", {"vote election": {"way": "hands"}}, "vote election", "resolved",
           marks=("way election",)),
    Border("代表会议推选，三十六人到二十四人", "P7d", _elected("representatives", 36, 24, 13), "vote election",
           "resolved"),
    Border("到二十三人", "P7d", _elected("representatives", 36, 23, 13), "vote election", "no_quorum"),
    Border("村民会议推选", "P7d", _elected("assembly", 1204, 603, 302, way="adults", called_on="2026-04-02"),
           "vote election", "resolved"),
    Border("村民会议推选，只提前九日通知", "P7d",
           _elected("assembly", 1204, 603, 302, way="adults", called_on="2026-04-03"), "vote election", "resolved",
           marks=("notice election",)),
    Border("两委不能推选", "P7d", _elected("two_committees", 7, 7, 7), "vote election"),
    # 民主评议: quorum alone
    Border("评议没有一票称职", "P7c", {"vote report": {"in_favour": 0, "against": 27}}, "vote report", "resolved"),
    Border("评议三十六人到二十三人", "P7c", {"sitting report": {"present": 23}}, "sitting report", "no_quorum"),
    Border("评议到二十四人", "P7c",
           {"sitting report": {"present": 24}, "vote report": {"present": 24, "issued": 24, "returned": 24,
            "in_favour": 4, "against": 14}}, "vote report", "resolved"),
    # A decision that isn't a sitting's
    Border("县里不批准", "P4", {"opinion approval": {"opinion": "refuse", "reasons": "收入超过标准"}},
           "opinion approval", "rejected"),
    Border("县里退回补正", "P4", {"opinion approval": {"opinion": "return", "reasons": "缺存款证明"}},
           "opinion approval", standing="approval due"),
    Border("镇党委不批准", "P5", {"opinion approval": {"opinion": "refuse", "reasons": "政审材料不全"}},
           "opinion approval", "resolved", standing="approval due"),
]  # fmt: skip

SUMS = [
    Border("各项相加少一张", "P5", {"vote assembly": {"against": 4}}, "vote assembly", refused="vote.sums"),
    Border("收回多于发出", "P5", {"vote assembly": {"issued": 19}}, "vote assembly", refused="vote.sums"),
    Border("发出多于到会", "P5", {"vote assembly": {"issued": 21}}, "vote assembly", refused="vote.sums"),
    Border("回避的人也领了票", "P5", {"vote assembly": {"recused": 1}}, "vote assembly", refused="vote.sums"),
    Border("书面意见四份，缺席四人", "P5", {"vote assembly": {"written_in_favour": 4}}, "vote assembly", "resolved"),
    Border("书面意见五份，缺席四人", "P5", {"vote assembly": {"written_in_favour": 5}}, "vote assembly",
           refused="vote.sums"),
    Border("委托三票，多发三张票", "P7b", {"vote ballot": {"proxies": 3, "proxies_most": 1, "issued": 804}},
           "vote ballot", "resolved"),
    Border("委托三票，多发四张票", "P7b", {"vote ballot": {"proxies": 3, "proxies_most": 1, "issued": 805}},
           "vote ballot", refused="vote.sums"),
    Border("缺席的四百零三人都委托", "P7b", {"vote ballot": {"proxies": 403, "proxies_most": 3}}, "vote ballot",
           "resolved"),
    Border("委托多于缺席", "P7b", {"vote ballot": {"proxies": 404, "proxies_most": 3}}, "vote ballot",
           refused="vote.sums"),
    Border("一人代投多于委托", "P7b", {"vote ballot": {"proxies": 2, "proxies_most": 3}}, "vote ballot",
           refused="vote.sums"),
    Border("候选人代投多于委托", "P7b",
           {"vote ballot": {"proxies": 2, "proxies_most": 1, "proxies_of_candidates": 3}}, "vote ballot",
           refused="vote.sums"),
    Border("有委托，没有说一人最多几票", "P7b", {"vote ballot": {"proxies": 2}}, "vote ballot", refused="vote.sums"),
    Border("接收党员没有委托", "P5", {"vote assembly": {"proxies": 1, "proxies_most": 1}}, "vote assembly",
           refused="vote.sums"),
    Border("举手二十人，到会二十人，一人回避", "P2", {"vote resolution": {"abstained": 1}}, "vote resolution",
           refused="vote.sums"),
    Border("该无记名的举手，也要发票收票", "P5", {"vote assembly": {"way": "hands", "returned": 0}}, "vote assembly",
           refused="vote.sums"),
    Border("表决时到会多于应到", "P2", {"vote resolution": {"present": 31}}, "vote resolution", refused="vote.sums"),
    Border("反对负一票", "P2", {"vote resolution": {"against": -1}}, "vote resolution", refused="vote.sums"),
    Border("开会时到会多于应到", "P2", {"sitting resolution": {"present": 31}}, "sitting resolution",
           refused="vote.sums"),
    Border("应到零人", "P2", {"sitting resolution": {"due": 0, "present": 0}}, "sitting resolution",
           refused="vote.sums"),
]  # fmt: skip

REVIEW = [
    # 2026-03-02 is a Monday: the third working day is Thursday the 5th
    Border("同意的当天开会", "P1", {"sitting proposal": {"on": "2026-03-03", "called_on": None}}, "sitting proposal"),
    Border("前一天开会", "P1", {"sitting proposal": {"on": "2026-03-02", "called_on": None}}, "sitting proposal",
           marks=("review proposal",), standing="review passed-by", today="2026-03-02"),
    Border("退回补正后照样开会", "P1", {"opinion review": {"opinion": "return", "reasons": "没有预算"}},
           "sitting proposal", marks=("review proposal",)),
    Border("没有送审", "P1", {"ask review": None, "opinion review": None}, "sitting proposal",
           marks=("review proposal",)),
    Border("镇里第三个工作日还没答，当天开会", "P1",
           {"opinion review": None, "sitting proposal": {"on": "2026-03-05", "called_on": None}}, "sitting proposal",
           marks=("review proposal",)),
    Border("第四个工作日开会", "P1", {"opinion review": None}, "sitting proposal", marks=("review-late review",),
           standing="review passed-by"),
    Border("紧急事项先开会", "P1", {"begin": {"urgent": "山洪冲断道路"}, "opinion review": None}, "sitting proposal",
           standing="review due", today="2026-03-05"),
    # 清明: 2026-04-03 is a Friday, the 6th is free: the third working day is the 9th
    Border("跨清明第三个工作日答复", "P3",
           {"begin": {"on": "2026-04-01"}, "plan": {"on": "2026-04-01"},
            "sitting scope": {"on": "2026-04-02", "called_on": None}, "ask review": {"on": "2026-04-03"},
            "opinion review": {"on": "2026-04-09"}}, "opinion review", standing="review done"),
    Border("第四个工作日答复", "P3",
           {"begin": {"on": "2026-04-01"}, "plan": {"on": "2026-04-01"},
            "sitting scope": {"on": "2026-04-02", "called_on": None}, "ask review": {"on": "2026-04-03"},
            "opinion review": {"on": "2026-04-10"}}, "opinion review", marks=("review-late review",),
           standing="review done"),
    Border("第三个工作日还没答复", "P3", {}, "ask review", standing="review due", today="2026-04-10"),
    Border("第四个工作日还没答复", "P3", {}, "ask review", marks=("review-late review",),
           standing="review passed-by", today="2026-04-13"),
    Border("没有审核就发公告", "P3", {"ask review": None, "opinion review": None}, "post announcement",
           marks=("review announcement",), standing="review passed-by"),
    Border("民政办第四个工作日答复", "P4", {"opinion opinion": {"on": "2026-03-18"}}, "opinion opinion",
           marks=("review-late opinion",)),
    Border("批准有自己的期限", "P4", {"ask opinion": None}, "off posting",
           then=(ask("approval", "2026-03-25"), opinion("approval", "2026-05-20")), outcome="resolved"),
    # 国庆前的星期日上班: 2026-09-17 is a Thursday, 18, 20 and 21 are worked
    Border("星期日上班，算一个工作日", "P4",
           {"ask opinion": {"on": "2026-09-17"}, "opinion opinion": {"on": "2026-09-21"}}, "opinion opinion"),
    Border("再过一天就晚", "P4",
           {"ask opinion": {"on": "2026-09-17"}, "opinion opinion": {"on": "2026-09-22"}}, "opinion opinion",
           marks=("review-late opinion",)),
]  # fmt: skip

POSTINGS = [
    Border("公开十四天就揭下", "P2", {"off publication": {"on": "2026-05-01"}}, "off publication", "resolved",
           ("post-days publication",), standing="publication due", compliant="no"),
    Border("公开十五天揭下", "P2", {}, "off publication", "resolved", standing="publication done"),
    Border("第十四天还挂着", "P2", {}, "post publication", "resolved", standing="publication due", today="2026-05-01"),
    Border("满十五天还挂着", "P2", {}, "post publication", "resolved", standing="publication done",
           today="2026-05-02"),
    Border("揭早了再贴一次，旧标记还在", "P2", {"off publication": {"on": "2026-05-01"}}, "off publication", "resolved",
           ("post-days publication",), then=(post("publication", "2026-05-03"),), standing="publication done",
           today="2026-05-19"),
    Border("异议停两天，只算十四天", "P1", {"off publication": {"on": "2026-04-10"}}, "off publication", "resolved",
           ("post-days publication",)),
    Border("异议没有答复就揭下", "P1", {"answer": None}, "off publication", "resolved",
           ("post-days publication", "objection publication")),
    Border("异议没有答复，钟一直停", "P1", {}, "object publication", "resolved",
           standing="publication due", today="2026-12-31"),
    Border("异议当天答复，一天不停", "P1", {"answer": {"on": "2026-03-30"}, "off publication": {"on": "2026-04-09"}},
           "off publication", "resolved", standing="publication done"),
    Border("揭下那天才来的异议", "P1", {"object publication": None, "answer": None, "off publication":
           {"on": "2026-04-09"}}, "off publication", "resolved", then=(objection("publication", "2026-04-09", 1),),
           standing="publication done"),
    Border("揭下以后补记公开期间的异议", "P1", {"object publication": None, "answer": None, "off publication":
           {"on": "2026-04-09"}}, "off publication", "resolved", ("objection publication",),
           then=(objection("publication", "2026-04-08", 1),), standing="publication due"),
    Border("救助公示六天", "P4", {"off posting": {"on": "2026-03-24"}}, "off posting", marks=("post-days posting",)),
    Border("党务公示四个工作日", "P5", {"off posting": {"on": "2026-04-09"}}, "off posting",
           marks=("post-days posting",)),
    Border("候选人公示两天", "P3", {"off candidate": {"on": "2026-04-21"}}, "off candidate", "resolved",
           ("post-days candidate",)),
    Border("招标公告四天", "P3", {"off announcement": {"on": "2026-04-15"}}, "off announcement",
           marks=("post-days announcement",)),
    Border("清单当天揭下", "P6a", {}, "post list", "resolved", then=(off("list", "2026-07-03"),),
           standing="list done"),
    Border("选民名单十九天就揭下", "P7b", {"sitting ballot": None, "vote ballot": None, "sealed ballot": None,
           "post result": None, "off roster": {"on": "2026-03-24"}}, "off roster", marks=("post-days roster",)),
    Border("名单公布十九天就投票", "P7b", {"sitting ballot": {"on": "2026-03-24"}}, "sitting ballot",
           marks=("order ballot",)),
    Border("名单异议第三天答复", "P7b", {}, "answer"),
    Border("名单异议第四天答复", "P7b", {"answer": {"on": "2026-03-12"}}, "answer", marks=("objection roster",)),
    Border("名单异议三天还没答复", "P7b", {}, "object roster", today="2026-03-11"),
    Border("名单异议四天还没答复", "P7b", {}, "object roster", marks=("objection roster",), today="2026-03-12"),
]  # fmt: skip

SITTINGS = [
    Border("十天前通知", "P7a", {}, "sitting resolution"),
    Border("九天前通知", "P7a", {"sitting resolution": {"called_on": "2026-05-07"}}, "sitting resolution",
           marks=("notice resolution",)),
    Border("没有通知", "P7a", {"sitting resolution": {"called_on": None}}, "sitting resolution",
           marks=("notice resolution",)),
    Border("紧急时不看通知", "P7a",
           {"begin": {"urgent": "防汛"}, "sitting resolution": {"called_on": None}}, "sitting resolution"),
    Border("成员大会九天前通知", "P1",
           _members() | {"sitting resolution": {"body": "members", "due": 90, "present": 60,
                                               "called_on": "2026-03-14"}}, "vote resolution", "resolved",
           ("notice resolution",)),
    Border("代表会议当天通知", "P1", {}, "sitting resolution"),
    Border("没有录像", "P1", {"sealed proposal": {"recorded": False, "coverage_permille": 0}}, "sealed proposal",
           marks=("recorded proposal",), compliant="no"),
    Border("覆盖率九百五十", "P1", {"sealed proposal": {"coverage_permille": 950}}, "sealed proposal",
           compliant="none"),
    Border("覆盖率九百四十九", "P1", {"sealed proposal": {"coverage_permille": 949}}, "sealed proposal",
           marks=("coverage proposal",)),
    Border("表决时有断点", "P1", {"sealed members": {"gaps": [1]}}, "sealed members",
           marks=("vote-coverage members",)),
    Border("重新表决，断点在前一次", "P1", {}, "vote members",
           then=(vote("members", "党员大会", 31, 22, (19, 2, 1)), sealed("members", "党员大会", gaps=[1])),
           standing="members done"),
    Border("重新表决又有断点", "P1", {}, "vote members",
           then=(vote("members", "党员大会", 31, 22, (19, 2, 1)), sealed("members", "党员大会", gaps=[1, 2])),
           marks=("vote-coverage members",)),
    Border("休会十五分钟", "P1", {"sealed members": {"longest_break_ms": 900_000}}, "sealed members"),
    Border("休会十五分钟零一毫秒", "P1", {"sealed members": {"longest_break_ms": 900_001}}, "sealed members",
           marks=("breaks members",)),
    Border("休会占四分之一", "P1", {"sealed members": {"breaks_permille": 250}}, "sealed members"),
    Border("休会超过四分之一", "P1", {"sealed members": {"breaks_permille": 251}}, "sealed members",
           marks=("breaks members",)),
    Border("监会人离开三分钟", "P1", {"sealed members": _supervisor(away_ms=180_000)}, "sealed members"),
    Border("离开三分钟零一毫秒", "P1", {"sealed members": _supervisor(away_ms=180_001)}, "sealed members",
           marks=("supervisor members",)),
    Border("监会人没来", "P1", {"sealed members": {"supervisor": None}}, "sealed members",
           marks=("supervisor members", "confirmed members")),
    Border("监会人没有确认", "P1", {"sealed members": _supervisor(confirmed=False)}, "sealed members",
           marks=("confirmed members",)),
    Border("表决时监会人不在", "P1", {"vote members": {"supervisor_present": False}}, "vote members",
           marks=("supervisor members",)),
    Border("评标不设监会人，要录像", "P3", {"sealed evaluation": {"recorded": False}}, "sealed evaluation", "resolved",
           ("recorded evaluation",)),
    Border("党内会议不问录像和监会", "P5", {}, "vote assembly", "resolved",
           then=(sealed("assembly", "党员大会", recorded=False, supervisor=None),)),
    Border("该无记名的举了手", "P5", {"vote assembly": {"way": "hands"}}, "vote assembly", "resolved",
           ("way assembly",)),
    Border("会上用的不是新方案", "P7a", {"sitting resolution": {"plan": 1}}, "sitting resolution",
           marks=("plan resolution",)),
    Border("会上没有方案", "P7a", {"sitting resolution": {"plan": None}}, "sitting resolution",
           marks=("plan resolution",)),
    Border("会后才有的新方案", "P7a", {"plan": None}, "sitting proposal", refused="plan.unknown"),
    Border("会议还没封存，等着", "P6a", {"sealed meeting": None}, "post list", "resolved", compliant="none"),
    Border("否决的也要封存", "P6a", {"vote meeting": {"in_favour": 0}}, "vote meeting", "rejected",
           compliant="none"),
    Border("否决并且规范", "P6a", {"vote meeting": {"in_favour": 0}}, "sealed meeting", "rejected", compliant="yes"),
]  # fmt: skip

ORDER = [
    Border("两委没商议就开党员大会", "P1",
           {"sitting consultation": None, "vote consultation": None, "sealed consultation": None}, "sitting members",
           marks=("order members",)),
    Border("同一天先提议后商议", "P1", {}, "sitting consultation"),
    Border("公开没满就开工", "P1", {"object publication": None, "answer": None, "off publication": None,
           "done work": {"on": "2026-04-08"}}, "done work", "resolved", ("order work",)),
    Border("公开满的那天开工", "P1", {"object publication": None, "answer": None, "off publication": None,
           "done work": {"on": "2026-04-09"}}, "done work", "resolved"),
    Border("民主评议可以没有", "P4", {}, "opinion opinion", standing="appraisal passed-by"),
    Border("只有一人入户", "P4", {"sign check": None}, "ask opinion", then=(opinion("opinion", "2026-03-16"),),
           marks=("order opinion",)),
    Border("同一人签两次", "P4", {"sign check": {"person": "高敏"}}, "ask opinion", standing="check due"),
    Border("签字的人会签", "P6b", {"sign countersign": {"person": "韩立军"}}, "sign countersign", "resolved",
           standing="countersign due"),
    Border("会签的人后来也签字", "P6b", {}, "sign countersign", "resolved",
           then=(sign("signatures", "2026-05-09", "蒋玉珍"),), standing="countersign due"),
    Border("还没决议就公开", "P1", {}, "sitting resolution", then=(post("publication", "2026-03-24"),),
           refused="decision.not-resolved"),
    Border("第三十天签合同", "P3", {}, "done contract", "resolved"),
    Border("第三十一天签合同", "P3", {"done contract": {"on": "2026-05-23"}}, "done contract", "resolved",
           ("deadline contract",)),
    Border("三个月零一天批准", "P5", {"opinion approval": {"on": "2026-07-11"}}, "opinion approval", "resolved",
           ("deadline approval",)),
    Border("十一月三十日的大会，二月二十八日批准", "P5",
           {"sitting assembly": {"on": "2026-11-30", "called_on": None}, "opinion approval": {"on": "2027-02-28"}},
           "opinion approval", "resolved"),
    Border("三月一日批准", "P5",
           {"sitting assembly": {"on": "2026-11-30", "called_on": None}, "opinion approval": {"on": "2027-03-01"}},
           "opinion approval", "resolved", ("deadline approval",)),
]  # fmt: skip

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

ENDINGS = [
    Border("流会", "P2", {"sitting resolution": {"present": 19}}, "sitting resolution", "no_quorum",
           compliant="none"),
    Border("流会后再召集，通过", "P2", {"sitting resolution": {"present": 19}}, "sitting resolution", "resolved",
           then=(sitting("resolution", "第二次", "2026-04-20", "representatives", 30, 26),
                 vote("resolution", "第二次", 30, 26, (20, 4, 2))), standing="resolution done"),
    Border("否决后在同一会上重新表决", "P2", {"vote resolution": {"in_favour": 9, "against": 10}}, "vote resolution",
           "resolved", then=(vote("resolution", "代表会议", 30, 20, (11, 9, 0)),)),
    Border("否决后不能再开会", "P2", {"vote resolution": {"in_favour": 9, "against": 10}}, "vote resolution",
           "rejected", then=(sitting("resolution", "第二次", "2026-04-20", "representatives", 30, 26),),
           refused="decision.ended"),
    Border("通过后在同一会上重新表决，否决", "P2", {}, "vote resolution", "rejected",
           then=(vote("resolution", "代表会议", 30, 20, (10, 10, 0)),)),
    Border("通过后在同一会上重新表决，人不够", "P2", {}, "vote resolution", "no_quorum",
           then=(vote("resolution", "代表会议", 30, 19, (10, 9, 0)),)),
    Border("公开以后不能重新表决", "P2", {}, "post publication", "resolved",
           then=(vote("resolution", "代表会议", 30, 20, (10, 10, 0)),), refused="decision.resolved"),
    Border("通过后不能另开会再决", "P2", {}, "vote resolution", "resolved",
           then=(sitting("resolution", "第二次", "2026-04-20", "representatives", 30, 26),),
           refused="decision.resolved"),
    Border("通过后不能改方案", "P2", {}, "vote resolution", "resolved", then=(plan("2026-04-16", "e5"),),
           refused="decision.resolved"),
    Border("通过后不能撤回", "P2", {}, "vote resolution", "resolved", then=(withdraw("2026-04-16", "不办了"),),
           refused="decision.resolved"),
    Border("通过后可以终止", "P2", {}, "sealed resolution", "ended", then=(end("2026-04-16", "资金没有到位"),),
           compliant="yes"),
    Border("通过前撤回", "P2", {}, "sealed consultation", "withdrawn",
           then=(withdraw("2026-04-10", "改为购买服务"),), compliant="yes"),
    Border("撤回以后什么也不收", "P2", {}, "sealed consultation", "withdrawn",
           then=(withdraw("2026-04-10", "改为购买服务"), plan("2026-04-11", "e5")), refused="decision.ended"),
    Border("撤回以后还能封存", "P2", {}, "vote consultation", "withdrawn",
           then=(withdraw("2026-04-10", "改为购买服务"), sealed("consultation", "两委会")), compliant="yes"),
    Border("实质变动，前面重来", "P1", {}, "sealed members", then=(plan("2026-03-10", "f6", material=True),),
           standing="review due"),
    Border("不是实质变动，前面还算", "P1", {}, "sealed members", then=(plan("2026-03-10", "f6"),),
           standing="members done"),
    Border("实质变动后按旧方案表决", "P1", {}, "sealed members",
           then=(plan("2026-03-10", "f6", material=True),
                 sitting("resolution", "代表会议", "2026-03-23", "representatives", 36, 30, plan=1),
                 vote("resolution", "代表会议", 36, 30, (30, 0, 0))),
           marks=("plan resolution", "order resolution")),
    Border("实质变动后没写版本，按当日最新的算", "P1", {}, "sealed members",
           then=(plan("2026-03-10", "f6", material=True),
                 sitting("resolution", "代表会议", "2026-03-23", "representatives", 36, 30),
                 vote("resolution", "代表会议", 36, 30, (30, 0, 0))),
           outcome="resolved", marks=("plan resolution", "order resolution")),
]  # fmt: skip

REFUSALS = [
    Border("没有这种事", "P2", {}, "sealed consultation", then=({"act": "shout", "on": "2026-04-09"},),
           refused="act.unknown"),
    Border("日期写错", "P2", {}, "sealed consultation", then=(end("2026-02-30", "错"),), refused="act.form"),
    Border("没有理由", "P2", {}, "sealed consultation", then=(end("2026-04-09", ""),), refused="act.form"),
    Border("退回没有理由", "P3", {"opinion review": {"opinion": "return", "reasons": None}}, "opinion review",
           refused="act.form"),
    Border("审核不能否决", "P3", {"opinion review": {"opinion": "refuse"}}, "opinion review", refused="act.form"),
    Border("开标没有家数", "P3", {"sitting opening": {"bidders": None}}, "sitting opening", refused="act.form"),
    Border("村民会议没说按人还是按户", "P7a", {"sitting resolution": {"way": None}}, "sitting resolution",
           refused="act.form"),
    Border("小组会议没说按人还是按户", "P7d", {"sitting election": {"way": None}}, "sitting election",
           refused="act.form"),
    Border("已经开始了", "P2", {}, "sealed consultation", then=(begin("i1", "2026-04-09"),), refused="decision.begun"),
    Border("没有这一步", "P2", {}, "sealed consultation", then=(done("party", "2026-04-09"),), refused="step.unknown"),
    Border("这一步不是这样做的", "P2", {}, "sealed consultation", then=(done("resolution", "2026-04-09"),),
           refused="step.act"),
    Border("提议不表决", "P1", {}, "sealed proposal", then=(vote("proposal", "支委会", 5, 5, (5, 0, 0)),),
           refused="step.act"),
    Border("早于开始", "P2", {}, "sealed consultation", then=(plan("2026-04-07", "e5"),), refused="act.before"),
    Border("通知晚于开会", "P2", {"sitting consultation": {"called_on": "2026-04-09"}}, "sitting consultation",
           refused="act.before"),
    Border("方案早于上一版", "P7a", {}, "plan", then=(plan("2026-04-14", "e5"), plan("2026-04-13", "f6")),
           refused="act.before"),
    Border("没开的会", "P2", {}, "sealed consultation", then=(vote("consultation", "夜会", 5, 5, (5, 0, 0)),),
           refused="meeting.unknown"),
    Border("同一个会记两次", "P2", {}, "sealed consultation",
           then=(sitting("consultation", "两委会", "2026-04-08", "two_committees", 5, 3),), refused="meeting.twice"),
    Border("封存两次", "P2", {}, "sealed consultation", then=(sealed("consultation", "两委会"),),
           refused="meeting.twice"),
    Border("没有第二次表决", "P2", {"sealed consultation": {"gaps": [2]}}, "sealed consultation",
           refused="vote.unknown"),
    Border("没挂着", "P2", {}, "off publication", "resolved", then=(off("publication", "2026-05-03"),),
           refused="posting.unknown"),
    Border("还没公开就有异议", "P2", {}, "post publication", "resolved",
           then=(objection("publication", "2026-04-15", 1),), refused="posting.unknown"),
    Border("已经挂着", "P2", {}, "post publication", "resolved", then=(post("publication", "2026-04-20"),),
           refused="posting.twice"),
    Border("揭下早于贴上", "P2", {"off publication": {"on": "2026-04-15"}}, "off publication", "resolved",
           refused="act.before"),
    Border("再贴早于揭下", "P2", {}, "off publication", "resolved", then=(post("publication", "2026-05-01"),),
           refused="act.before"),
    Border("异议跳号", "P1", {"object publication": {"number": 2}}, "object publication", "resolved",
           refused="objection.unknown"),
    Border("答复没有的异议", "P1", {"answer": {"number": 2}}, "answer", "resolved", refused="objection.unknown"),
    Border("答复两次", "P1", {}, "answer", "resolved", then=(answer(1, "2026-04-02"),), refused="objection.twice"),
    Border("答复早于异议", "P1", {"answer": {"on": "2026-03-29"}}, "answer", "resolved", refused="act.before"),
    Border("签字的步骤不能办结", "P4", {}, "done application", then=(done("check", "2026-03-11"),),
           refused="step.act"),
    Border("签字在登记之前", "P6b", {"done entry": None}, "sign signatures", refused="decision.not-resolved"),
    Border("第三人签字照收", "P4", {}, "sign check", then=(sign("check", "2026-03-13", "郑海"),)),
]  # fmt: skip

# P2: 1 begin, 2 to 4 the two committees, 5 sitting, 6 vote and 7 seal of the representatives, 8 post, 9 off.
LOST: dict[str, Changes | None] = {"vote resolution": {"in_favour": 9, "against": 10}}
WON = vote("resolution", "代表会议", 30, 20, (10, 9, 0), recused=1)
REALLY_LOST = vote("resolution", "代表会议", 30, 20, (9, 10, 0), recused=1)
# P7a: 8 the assembly's sitting, called ten days before.
SHORT: dict[str, Changes | None] = {"sitting resolution": {"called_on": "2026-05-07"}}


def _assembly(called_on: str) -> Act:
    (said,) = [each for each in told("P7a", {}, "sitting resolution") if named(each) == "sitting resolution"]
    return said | {"called_on": called_on}


CORRECTIONS = [
    Border("赞成反对抄反了，一个人改不成通过", "P2", LOST, "sealed resolution", "rejected",
           then=(correct(6, WON, "2026-04-16"),), refused="correction.alone"),
    Border("赞成反对抄反了，镇街和监督人一起更正", "P2", LOST, "sealed resolution", "resolved",
           then=(correct(6, WON, "2026-04-16", agreed=True),), standing="publication due", compliant="none"),
    Border("改成未通过，也要镇街和监督人一起", "P2", {}, "post publication", "resolved",
           then=(correct(6, REALLY_LOST, "2026-04-17"),), refused="correction.alone"),
    Border("其实没有通过，已经贴出去的不算了", "P2", {}, "post publication", "rejected",
           then=(correct(6, REALLY_LOST, "2026-04-17", agreed=True),), standing="publication passed-by",
           compliant="yes"),
    Border("更正有误，再更正一次，贴出去的又算数", "P2", {}, "post publication", "resolved",
           then=(correct(6, REALLY_LOST, "2026-04-17", agreed=True), correct(6, WON, "2026-04-18", agreed=True)),
           standing="publication done", today="2026-05-02"),
    Border("不影响什么的，另一个人改", "P2", {}, "sealed resolution", "resolved",
           then=(correct(6, WON | {"in_favour": 11, "against": 8}, "2026-04-16"),), compliant="none"),
    Border("改得更差，另一个人就能改", "P7a", {}, "sitting resolution", marks=("notice resolution",),
           then=(correct(8, _assembly("2026-05-07"), "2026-05-16"),), compliant="no"),
    Border("改得更好，一个人不行", "P7a", SHORT, "sitting resolution",
           then=(correct(8, _assembly("2026-05-06"), "2026-05-16"),), marks=("notice resolution",),
           refused="correction.alone"),
    Border("改得更好，原来的问题还看得见", "P7a", SHORT, "sitting resolution",
           then=(correct(8, _assembly("2026-05-06"), "2026-05-16", agreed=True),),
           lifted=("notice resolution 9",), compliant="none"),
    Border("又改回去，问题又算", "P7a", SHORT, "sitting resolution",
           then=(correct(8, _assembly("2026-05-06"), "2026-05-16", agreed=True),
                 correct(8, _assembly("2026-05-07"), "2026-05-17")), marks=("notice resolution",), compliant="no"),
    Border("等出来的问题也留着", "P1", {}, "ask review",
           then=(correct(3, ask("review", "2026-03-06"), "2026-03-10", agreed=True),),
           lifted=("review-late review 4",)),
    Border("等出来的问题一个人消不掉", "P1", {}, "ask review",
           then=(correct(3, ask("review", "2026-03-06"), "2026-03-10"),), marks=("review-late review",),
           refused="correction.alone", today="2026-03-10"),
    Border("没有的签字划掉，要两方", "P6b", {}, "sign countersign", "resolved",
           then=(correct(4, None, "2026-05-08"),), refused="correction.alone"),
    Border("没有的签字划掉", "P6b", {}, "sign countersign", "resolved",
           then=(correct(4, None, "2026-05-08", agreed=True),), standing="signatures due",
           marks=("order countersign",)),
    Border("办完以后，一个人什么也不能改", "P6b", {}, "post list", "resolved",
           then=(correct(2, done("entry", "2026-05-06"), "2026-06-01"),), refused="correction.same"),
    Border("办完以后，日期也要两方改", "P6b", {}, "post list", "resolved",
           then=(correct(6, post("list", "2026-05-29"), "2026-06-02"),), refused="correction.alone"),
    Border("办完以后，两方一起改", "P6b", {}, "post list", "resolved",
           then=(correct(6, post("list", "2026-05-29"), "2026-06-02", agreed=True),), compliant="yes",
           standing="list done"),
    Border("撤回划掉，接着办", "P2", {}, "sealed consultation",
           then=(withdraw("2026-04-10", "按错了"), correct(5, None, "2026-04-10", agreed=True)),
           standing="resolution due", compliant="none"),
    Border("说成一样的", "P2", {}, "sealed resolution", "resolved", then=(correct(6, WON, "2026-04-16", agreed=True),),
           refused="correction.same"),
    Border("录像显示的没人能改", "P2", {}, "sealed resolution", "resolved",
           then=(correct(7, sealed("resolution", "代表会议"), "2026-04-16", agreed=True),),
           refused="correction.unknown"),
    Border("没有第九件", "P2", {}, "post publication", "resolved", then=(correct(9, None, "2026-04-16", agreed=True),),
           refused="correction.unknown"),
    Border("更正本身不更正", "P2", {}, "sealed resolution", "resolved",
           then=(correct(6, WON | {"in_favour": 11, "against": 8}, "2026-04-16"),
                 correct(8, None, "2026-04-16", agreed=True)), refused="correction.unknown"),
    Border("换成另一步", "P2", {}, "done work", "resolved",
           then=(correct(10, done("result", "2026-05-06"), "2026-05-06", agreed=True),), refused="act.form"),
    Border("换成另一件事", "P2", {}, "sealed consultation",
           then=(correct(1, begin("j2", "2026-04-08"), "2026-04-09", agreed=True),), refused="act.form"),
    Border("开始的日子定了规则", "P2", {}, "sealed consultation",
           then=(correct(1, begin("i1", "2026-04-07"), "2026-04-09", agreed=True),), refused="act.form"),
    Border("更正不出担保来", "P2", {}, "sealed consultation",
           then=(correct(1, begin("i1", "2026-04-08", guarantee=True), "2026-04-09", agreed=True),),
           refused="act.form"),
    Border("开始不能划掉", "P2", {}, "sealed consultation", then=(correct(1, None, "2026-04-09", agreed=True),),
           refused="act.form"),
    Border("金额抄错", "P2", {}, "sealed consultation",
           then=(correct(1, begin("i1", "2026-04-08", amount=3_600_000), "2026-04-09"),), compliant="none"),
    Border("方案换文件是新的一版，不是更正", "P7a", {}, "plan",
           then=(correct(2, plan("2026-04-13", "d4"), "2026-04-14", agreed=True),), refused="act.form"),
    Border("更正后的票数也要加得起来", "P2", {}, "sealed resolution", "resolved",
           then=(correct(6, WON | {"in_favour": 12}, "2026-04-16", agreed=True),), refused="vote.sums"),
    Border("更正早于所改的记录", "P2", {}, "post publication", "resolved",
           then=(correct(6, REALLY_LOST, "2026-04-14", agreed=True),), refused="act.before"),
    Border("没有理由的更正", "P2", LOST, "sealed resolution", "rejected",
           then=(correct(6, WON, "2026-04-16", agreed=True, reason=" "),), refused="act.form"),
    Border("更正成没有这种事", "P2", LOST, "sealed resolution", "rejected",
           then=(correct(6, {"act": "shout"}, "2026-04-16", agreed=True),), refused="act.form"),
    Border("办完以后不再签字", "P6b", {}, "post list", "resolved",
           then=(sign("signatures", "2026-06-02", "郑海"),), refused="decision.closed"),
    Border("办完以后不能终止", "P6b", {}, "post list", "resolved", then=(end("2026-06-02", "不办了"),),
           refused="decision.closed"),
    Border("办完以后只把贴的揭下", "P6b", {}, "post list", "resolved", then=(off("list", "2026-07-01"),),
           compliant="yes"),
]  # fmt: skip

# A meeting of several parts: each counts as a meeting of its own name.
_ONE_MEETING: dict[str, Changes | None] = {
    **{f"{act} consultation": {"meeting": "一次会"} for act in ("sitting", "vote", "sealed")},
    "sitting resolution": {"meeting": "一次会/2", "on": "2026-04-08", "called_on": "2026-04-08"},
    "vote resolution": {"meeting": "一次会/2"},
}

PARTS = [
    Border("上午两委会，同一次会下午接着开代表会议", "P2", _ONE_MEETING, "vote resolution", "resolved"),
    Border("两部分各封各的", "P2", {**_ONE_MEETING, "sealed resolution": {"meeting": "一次会/2"}}, "sealed resolution",
           "resolved"),
    Border("后一部分录像不足，不连累前一部分", "P2",
           {**_ONE_MEETING, "sealed resolution": {"meeting": "一次会/2", "coverage_permille": 949}},
           "sealed resolution", "resolved", ("coverage resolution",)),
    Border("没开过的部分不能表决", "P2", {**_ONE_MEETING, "vote resolution": {"meeting": "一次会/3"}},
           "vote resolution", refused="meeting.unknown"),
    Border("代表流会，同一次会的另一部分由村民会议决定", "P1", {"sitting resolution": {"present": 23}},
           "sitting resolution", "resolved",
           then=(sitting("resolution", "代表会议/2", "2026-03-23", "assembly", 1204, 700, called_on="2026-03-13",
                         way="adults", plan=1), vote("resolution", "代表会议/2", 1204, 700, (400, 200, 100)))),
    Border("同一部分不开两次", "P1", {"sitting resolution": {"present": 23}}, "sitting resolution", "no_quorum",
           refused="meeting.twice",
           then=(sitting("resolution", "代表会议", "2026-03-23", "assembly", 1204, 700, called_on="2026-03-13",
                         way="adults", plan=1),)),
]  # fmt: skip

BORDERS = [
    *LAW,
    *SUMS,
    *REVIEW,
    *POSTINGS,
    *SITTINGS,
    *ORDER,
    *AMOUNTS,
    *URGENCY,
    *ENDINGS,
    *REFUSALS,
    *CORRECTIONS,
    *PARTS,
]
