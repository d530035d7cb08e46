"""The law and the catalogue as literal tables, typed in from DOMAIN.md with the article beside each line.

A: 村民委员会组织法 (2025), B: 农村集体经济组织法, T: 招标投标法, P: 支部工作条例; local: a county's setting.
"""

from typing import NamedTuple

# Matter: its procedure and body, two where the catalogue names two. The first is meant where nobody chooses.
CATALOGUE: dict[str, list[tuple[str, str | None]]] = {
    "a1": [("P1", "V")],  # 村庄规划、建设和年度计划
    "a2": [("P7a", "VA")],  # 村民自治章程、村规民约
    "a3": [("P1", "M"), ("P1", "V")],  # 集体收益使用与分配、财务预决算; money received by the village: V
    "a4": [("P1", "V")],  # 误工补贴人员及标准
    "b1": [("P1", "V")],  # 公益事业与筹资筹劳（一事一议）及建设承包
    "b2": [("P1", "M")],  # 集体经济项目立项、投资
    "b3": [("P6a", None)],  # 工程变更与竣工验收
    "c1": [("P1", "V"), ("P1", "M")],  # 大额资金支出: by whose money
    "c2": [("P6b", None)],  # 日常收支审签与公开
    "c3": [("P1", "M")],  # 借贷与债务
    "d1": [("P3", None)],  # 工程招投标
    "d2": [("P3", None)],  # 物资、服务采购
    "d3": [("P6a", None)],  # 零星工程和用工
    "e1": [("P1", "M")],  # 发包、租赁
    "e2": [("P1", "M")],  # 购置、处置、报废
    "e3": [("P6a", None)],  # 合同签订、变更、续签
    "f1": [("P1", "MA")],  # 土地承包、流转方案
    "f2": [("P1", "MA"), ("P4", None)],  # 宅基地 使用方案 与 申请
    "f3": [("P1", "MA")],  # 征地补偿费使用分配
    "g1": [("P4", None)],  # 低保、特困申请
    "g2": [("P4", None), ("P1", "V")],  # 临时救助、救灾款物、重点帮扶人员与方案; the plan: P1 V
    "g3": [("P4", None)],  # 惠农补贴、危房改造
    "h1": [("P5", None)],  # 入党积极分子、发展对象
    "h2": [("P5", None)],  # 接收预备党员、转正
    "h3": [("P5", None)],  # 民主评议党员、表彰、处分
    "i1": [("P2", None)],  # 聘用人员、公益岗位
    "i2": [("P7b", None), ("P7d", None)],  # 村民代表、村务监督委员会成员推选补选
    "j1": [("P7c", None)],  # 村干部民主评议
    "j2": [("P2", None)],  # 先进评选与积分兑现
    "k1": [("P6b", None)],  # 印章使用与证明出具
}

SERVES = {
    "V": ("assembly", "representatives"),  # A 28
    "VA": ("assembly",),  # A 31
    "M": ("members", "member_representatives"),  # B 26, 28
    "MA": ("members",),  # B 28
}


class Share(NamedTuple):
    """A part of a base. `at_least`: 以上, ≥; otherwise 过半数, >."""

    numerator: int
    denominator: int
    at_least: bool
    base: str

    def met(self, count: int, base: int) -> bool:
        left, right = count * self.denominator, base * self.numerator
        return left >= right if self.at_least else left > right


MORE_THAN_HALF_PRESENT = Share(1, 2, False, "present")
MORE_THAN_HALF_DUE = Share(1, 2, False, "due")
HALF_DUE = Share(1, 2, True, "due")
TWO_THIRDS_DUE = Share(2, 3, True, "due")

# Body: quorum (of those due), majority.
BODIES: dict[str, tuple[Share | None, Share]] = {
    "assembly": (MORE_THAN_HALF_DUE, MORE_THAN_HALF_PRESENT),  # A 26; by households: below
    "representatives": (TWO_THIRDS_DUE, MORE_THAN_HALF_PRESENT),  # A 30
    "villagers_group": (TWO_THIRDS_DUE, MORE_THAN_HALF_PRESENT),  # A 32: of adults; by households: below
    "members": (TWO_THIRDS_DUE, TWO_THIRDS_DUE),  # B 27: two thirds of all members
    "member_representatives": (None, TWO_THIRDS_DUE),  # B 28: two thirds of all representatives
    "two_committees": (MORE_THAN_HALF_DUE, MORE_THAN_HALF_PRESENT),  # local
    "branch": (HALF_DUE, MORE_THAN_HALF_DUE),  # P 11
    "branch_committee": (HALF_DUE, MORE_THAN_HALF_PRESENT),  # P 12
}
OF_HOUSEHOLDS = {"assembly": TWO_THIRDS_DUE, "villagers_group": TWO_THIRDS_DUE}  # which meet in two ways: A 26, 32
PRESENT_BY_VIDEO = {"members", "member_representatives"}  # B 27; no online attendance is mentioned by A
MEETING_OF_NO_BODY = (None, MORE_THAN_HALF_PRESENT)
ELECTION = (MORE_THAN_HALF_DUE, Share(1, 2, False, "returned"))  # A 16: of ballots returned
SECOND_ROUND = Share(1, 3, True, "returned")  # A 16, once a first round elected nobody
PROXIES_AT_MOST = 3  # held by one voter; none by a candidate: A 15 to 18

NOTICE_DAYS = {"assembly": 10, "members": 10}  # A 25; B 26
TOWN_ANSWERS_WITHIN_WORKING_DAYS = 3  # local
BIDDERS_AT_LEAST = 3  # T 28
SMALL_BELOW_FEN = {"d3": 5_000_000}  # local: what isn't below goes the way of a project
SMALL_WITHIN_DAYS = 90  # local: a project may come in pieces (T 4)
COVERAGE_AT_LEAST_PERMILLE = 950  # local, as are the next three
BREAK_AT_MOST_MS = 15 * 60 * 1000
BREAKS_AT_MOST_PERMILLE = 250
AWAY_AT_MOST_MS = 3 * 60 * 1000
ROSTER_OBJECTION_ANSWERED_WITHIN_DAYS = 3  # A 15


class Step(NamedTuple):
    key: str
    kind: str  # sitting | posting | opinion | done | sign
    bodies: tuple[str, ...] | str = ()  # of a sitting: `matter`, what the matter asks for; none: no body is asked
    vote: bool = False
    secret: bool = False
    proxies: bool = False  # an absent voter may have another hand in his ballot, by his written word
    recorded: bool = True  # a sitting: recording, coverage and breaks are asked for
    supervised: bool = True  # a sitting: supervisor and confirmation are asked for
    days: int = 0  # of a posting; 0: it only has to begin
    counted: str = "posted"  # posted | working | before (as a notice is counted)
    persons: int = 0  # of `sign`
    decides: bool = False
    optional: bool = False
    urgent: bool = False  # of an urgent record alone


PARTY = ("branch_committee", "branch")

# What stands before what is the order of the lines.
PROCEDURES: dict[str, tuple[Step, ...]] = {
    "P1": (  # 四议两公开
        Step("review", "opinion"),
        Step("proposal", "sitting", PARTY),
        Step("consultation", "sitting", ("two_committees",), vote=True),
        Step("members", "sitting", ("branch",), vote=True),
        Step("resolution", "sitting", "matter", vote=True, decides=True),  # A 28, B 26
        Step("ratification", "sitting", "matter", vote=True, urgent=True),
        Step("publication", "posting", days=15),  # A 35
        Step("work", "done"),
        Step("result", "posting", days=15),  # A 35
    ),
    "P2": (
        Step("consultation", "sitting", ("two_committees",), vote=True),
        Step("resolution", "sitting", ("representatives", "assembly"), vote=True, decides=True),  # A 28, 29
        Step("publication", "posting", days=15),  # A 35
        Step("work", "done"),
        Step("result", "posting", days=15),
    ),
    "P3": (  # 招投标
        Step("scope", "sitting", ("two_committees",), vote=True),
        Step("review", "opinion"),
        Step("announcement", "posting", days=5),  # local
        Step("opening", "sitting"),  # T 36
        Step("evaluation", "sitting", vote=True, supervised=False, decides=True),  # T 37, 38
        Step("candidate", "posting", days=3),  # local
        Step("contract", "done"),  # T 46
        Step("work", "done"),
        Step("result", "posting", days=15),
    ),
    "P4": (  # 一户一申请
        Step("application", "done"),
        Step("check", "sign", persons=2),
        Step("appraisal", "sitting", vote=True, optional=True),
        Step("opinion", "opinion"),
        Step("posting", "posting", days=7),
        Step("approval", "opinion", decides=True),
        Step("list", "posting", optional=True),  # local
    ),
    "P5": (  # 党务
        Step("committee", "sitting", PARTY, vote=True, recorded=False, supervised=False),
        Step("opinions", "done"),
        Step("precheck", "opinion"),
        Step("posting", "posting", days=5, counted="working"),  # local
        Step(
            "assembly", "sitting", ("branch",), vote=True, secret=True, recorded=False, supervised=False, decides=True
        ),
        Step("approval", "opinion"),
    ),
    "P6a": (
        Step("meeting", "sitting", ("two_committees",), vote=True, decides=True),
        Step("work", "done"),
        Step("list", "posting"),
    ),
    "P6b": (
        Step("entry", "done", decides=True),
        Step("signatures", "sign", persons=2),
        Step("countersign", "sign", persons=1),
        Step("list", "posting"),
    ),
    "P7a": (  # 章程、村规民约: A 31
        Step("proposal", "sitting", (*PARTY, "two_committees"), vote=True),
        Step("opinions", "done"),
        Step("resolution", "sitting", SERVES["VA"], vote=True, decides=True),
        Step("filing", "done"),
        Step("publication", "posting", days=15),
    ),
    "P7b": (  # 推选: A 15 to 18, 29, 37
        Step("committee", "sitting", SERVES["V"], vote=True),
        Step("roster", "posting", days=20, counted="before"),
        Step("ballot", "sitting", ("assembly",), vote=True, secret=True, proxies=True, decides=True),
        Step("result", "posting"),
    ),
    "P7c": (  # 民主评议: A 38
        Step("report", "sitting", SERVES["V"], vote=True, secret=True, decides=True),
        Step("filing", "done"),
        Step("result", "posting"),
    ),
    "P7d": (  # 推选村民代表、村务监督委员会成员，不造选民名册: A 29, 32, 37; secret as all elections are
        Step("election", "sitting", ("villagers_group", *SERVES["V"]), vote=True, secret=True, decides=True),
        Step("result", "posting"),
    ),
}

REVIEW_COMES_BEFORE = {"P1": "proposal", "P3": "announcement"}  # local: P1 also "members"
# Local: by matter or category, whose opinions a review needs; the township's own where none are named.
OFFICES: dict[str, tuple[str, ...]] = {}
ANSWERED_IN_ITS_OWN_TIME = {"approval"}  # opinions on which the town's three days don't run

# Procedure and step: the step from which it counts, and how long.
DEADLINES: dict[tuple[str, str], tuple[str, str, int]] = {
    ("P3", "contract"): ("candidate", "days", 30),  # T 46
    ("P5", "approval"): ("assembly", "months", 3),  # (?)
    ("P1", "ratification"): ("resolution", "months", 3),  # the next meeting: quarterly (A 29)
}
# Procedure and step: the step after which so many days have to lie.
NOT_BEFORE: dict[tuple[str, str], tuple[str, int]] = {("P1", "ratification"): ("resolution", 1)}
WRITTEN_OPINIONS_COUNT = {("P5", "assembly")}  # P 11
COUNT_ONLY = {("P7c", "report")}  # what is for is a count, no majority
ELECTED = {("P7b", "ballot")}
