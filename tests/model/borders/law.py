"""What the law asks of a vote: body, quorum, majority, sums; just within and just outside."""

from typing import Any

from tests.model.borders.border import Border, Changes, members
from tests.model.told import Act, vote


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
    Border("成员九十人到五十九人", "P1", members(present=59, in_favour=59), "vote resolution", "no_quorum"),
    Border("到六十人，六十票", "P1", members(), "vote resolution", "resolved"),
    Border("五十九票，不到全体三分之二", "P1", members(in_favour=59), "vote resolution", "rejected"),
    # 成员代表大会: two thirds of all pass (B 28), and not in what only the members decide
    Border("成员代表三十人中二十票", "P1", members(20, 20, "member_representatives", 30), "vote resolution",
           "resolved"),
    Border("十九票", "P1", members(20, 19, "member_representatives", 30), "vote resolution", "rejected"),
    Border("土地承包由成员代表表决", "P1",
           members(20, 20, "member_representatives", 30) | {"begin": {"matter": "f1"}}, "vote resolution"),
    Border("土地承包由成员大会表决", "P1", members() | {"begin": {"matter": "f1"}}, "vote resolution", "resolved"),
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
