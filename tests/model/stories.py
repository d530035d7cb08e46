"""The ten procedures, each told once from first word to last as it should go: data for model, engine and interface.

After each act stands what is due on its day (steps, a space between) and, from there on, the outcome.
"""

from typing import NamedTuple

from tests.model.told import (
    Act,
    answer,
    ask,
    begin,
    done,
    objection,
    off,
    opinion,
    plan,
    post,
    sealed,
    sign,
    sitting,
    vote,
)

# 国务院办公厅关于2026年部分节假日安排的通知: free days in the week, and worked Saturdays and Sundays.
EXCEPTIONAL = (
    "2026-01-01", "2026-01-02", "2026-01-04", "2026-02-14", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19",
    "2026-02-20", "2026-02-23", "2026-02-28", "2026-04-06", "2026-05-01", "2026-05-04", "2026-05-05", "2026-05-09",
    "2026-06-19", "2026-09-20", "2026-09-25", "2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07",
    "2026-10-10",
)  # fmt: skip


class Told(NamedTuple):
    says: str
    act: Act
    due: str
    outcome: str | None = None


class Story(NamedTuple):
    procedure: str
    title: str
    village: str
    begin: Act
    told: tuple[Told, ...]
    ends_on: str  # the first day on which the record is compliant


P1 = Story(
    "P1",
    "村内主路硬化，每人筹资十五元",
    "青龙镇柳树湾村",
    begin("b1", "2026-03-02", amount=18_600_000),
    (
        Told("村党支部书记陈国梁拟好方案第一版", plan("2026-03-02", "a1"), "review"),
        Told("报青龙镇农业农村办公室审核", ask("review", "2026-03-02"), "review"),
        Told("镇里孙倩第二天同意", opinion("review", "2026-03-03", plan=1), "proposal"),
        Told("支委五人全到，提议修路", sitting("proposal", "支委会", "2026-03-06", "branch_committee", 5, 5, plan=1),
             "consultation"),
        Told("全程录制，包村干部李向东在场", sealed("proposal", "支委会"), "consultation"),
        Told("两委七人到六人", sitting("consultation", "两委会", "2026-03-06", "two_committees", 7, 6, plan=1),
             "consultation"),
        Told("六人都赞成", vote("consultation", "两委会", 7, 6, (6, 0, 0)), "members"),
        Told("录像封存", sealed("consultation", "两委会"), "members"),
        Told("党员三十一人到二十二人",
             sitting("members", "党员大会", "2026-03-09", "branch", 31, 22, plan=1), "members"),
        Told("二十票赞成，超过应到三十一人的一半", vote("members", "党员大会", 31, 22, (20, 1, 1)), "resolution"),
        Told("中途休会十二分钟",
             sealed("members", "党员大会", longest_break_ms=720_000, breaks_permille=110), "resolution"),
        Told("村民代表三十六人到三十人",
             sitting("resolution", "代表会议", "2026-03-23", "representatives", 36, 30, plan=1), "resolution"),
        Told("二十七票赞成，王桂英等两人反对，一人弃权",
             vote("resolution", "代表会议", 36, 30, (27, 2, 1)), "publication", "resolved"),
        Told("录像封存", sealed("resolution", "代表会议", coverage_permille=998), "publication", "resolved"),
        Told("贴上公开栏", post("publication", "2026-03-24"), "publication", "resolved"),
        Told("赵满仓提出异议：五保户不该出钱", objection("publication", "2026-03-30", 1), "publication", "resolved"),
        Told("两天后书面答复：五保户免交", answer(1, "2026-04-01"), "publication", "resolved"),
        Told("停了两天，第十八天揭下", off("publication", "2026-04-11"), "work", "resolved"),
        Told("路修好，通过验收", done("work", "2026-06-15"), "result", "resolved"),
        Told("公开决算", post("result", "2026-06-16"), "result", "resolved"),
        Told("满十五天揭下", off("result", "2026-07-02"), "", "resolved"),
    ),
    "2026-07-02",
)  # fmt: skip

P2 = Story(
    "P2",
    "聘用两名保洁员",
    "青龙镇石桥村",
    begin("i1", "2026-04-08"),
    (
        Told("两委五人到三人", sitting("consultation", "两委会", "2026-04-08", "two_committees", 5, 3), "consultation"),
        Told("两票赞成，超过到会三人的一半", vote("consultation", "两委会", 5, 3, (2, 0, 1)), "resolution"),
        Told("录像封存", sealed("consultation", "两委会"), "resolution"),
        Told("村民代表三十人到二十人，正好三分之二",
             sitting("resolution", "代表会议", "2026-04-15", "representatives", 30, 20), "resolution"),
        Told("候选人周秀兰的丈夫吴有田回避；十票赞成，超过十九人的一半",
             vote("resolution", "代表会议", 30, 20, (10, 9, 0), recused=1), "publication", "resolved"),
        Told("录像封存", sealed("resolution", "代表会议"), "publication", "resolved"),
        Told("公开", post("publication", "2026-04-16"), "publication", "resolved"),
        Told("满十五天揭下", off("publication", "2026-05-02"), "work", "resolved"),
        Told("周秀兰、何冬梅上岗", done("work", "2026-05-06"), "result", "resolved"),
        Told("公开聘用结果", post("result", "2026-05-06"), "result", "resolved"),
        Told("满十五天揭下", off("result", "2026-05-22"), "", "resolved"),
    ),
    "2026-05-22",
)  # fmt: skip

P3 = Story(
    "P3",
    "排水渠工程招标",
    "白马镇桥头村",
    begin("d1", "2026-04-07", amount=46_000_000),
    (
        Told("招标文件第一版", plan("2026-04-07", "b2"), "scope"),
        Told("两委七人到七人", sitting("scope", "两委会", "2026-04-07", "two_committees", 7, 7, plan=1), "scope"),
        Told("定下范围和控制价", vote("scope", "两委会", 7, 7, (6, 0, 1)), "review"),
        Told("录像封存", sealed("scope", "两委会"), "review"),
        Told("报白马镇审核", ask("review", "2026-04-07"), "review"),
        Told("镇里提示工期偏紧",
             opinion("review", "2026-04-10", "risk", reasons="汛期前工期偏紧", plan=1), "announcement"),
        Told("发布招标公告", post("announcement", "2026-04-10"), "announcement"),
        Told("满五天", off("announcement", "2026-04-16"), "opening"),
        Told("四家投标，公开开标",
             sitting("opening", "开标会", "2026-04-17", None, 9, 9, plan=1, bidders=4), "evaluation"),
        Told("从验封到唱完最后一个价都录下", sealed("opening", "开标会"), "evaluation"),
        Told("评标五人，马德福与一家有亲属关系，回避",
             sitting("evaluation", "评标会", "2026-04-17", None, 5, 5, plan=1), "evaluation"),
        Told("三票推荐鸿运建筑队", vote("evaluation", "评标会", 5, 5, (3, 1, 0), recused=1), "candidate", "resolved"),
        Told("评标录像封存，不设监会人",
             sealed("evaluation", "评标会", supervisor=None), "candidate", "resolved"),
        Told("公示中标候选人", post("candidate", "2026-04-18"), "candidate", "resolved"),
        Told("满三天", off("candidate", "2026-04-22"), "contract", "resolved"),
        Told("签合同，第三十天", done("contract", "2026-05-22"), "work", "resolved"),
        Told("竣工验收", done("work", "2026-08-20"), "result", "resolved"),
        Told("公开结果", post("result", "2026-08-21"), "result", "resolved"),
        Told("满十五天揭下", off("result", "2026-09-06"), "", "resolved"),
    ),
    "2026-09-06",
)  # fmt: skip

P4 = Story(
    "P4",
    "刘长福户申请低保",
    "白马镇北岭村",
    begin("g1", "2026-03-10"),
    (
        Told("刘长福递交申请", done("application", "2026-03-10"), "check"),
        Told("村干部郑海入户", sign("check", "2026-03-12", "郑海"), "check"),
        Told("镇民政办高敏同去，两人签字", sign("check", "2026-03-12", "高敏"), "appraisal opinion"),
        Told("请镇里出意见", ask("opinion", "2026-03-12"), "appraisal opinion"),
        Told("镇里同意，拟每月四百二十元", opinion("opinion", "2026-03-16"), "posting"),
        Told("在村里公示", post("posting", "2026-03-17"), "posting"),
        Told("满七天揭下", off("posting", "2026-03-25"), "approval"),
        Told("县民政局批准", opinion("approval", "2026-03-30"), "list", "resolved"),
        Told("列入长期公示名单", post("list", "2026-04-01"), "", "resolved"),
    ),
    "2026-03-30",
)  # fmt: skip

P5 = Story(
    "P5",
    "接收预备党员宋雨桐",
    "青龙镇柳树湾村党支部",
    begin("h2", "2026-03-20"),
    (
        Told("支委五人到四人", sitting("committee", "支委会", "2026-03-20", "branch_committee", 5, 4), "committee"),
        Told("四人都同意", vote("committee", "支委会", 5, 4, (4, 0, 0), supervisor_present=None), "opinions"),
        Told("听取党内外意见", done("opinions", "2026-03-26"), "precheck"),
        Told("报镇党委预审", ask("precheck", "2026-03-26"), "precheck"),
        Told("镇党委同意", opinion("precheck", "2026-03-31"), "posting"),
        Told("公示，跨清明节", post("posting", "2026-04-01"), "posting"),
        Told("满五个工作日", off("posting", "2026-04-10"), "assembly"),
        Told("党员二十四人到二十人", sitting("assembly", "党员大会", "2026-04-10", "branch", 24, 20), "assembly"),
        Told("无记名投票十二票赞成，唐志远在外务工，书面同意，共十三，超过二十四的一半",
             vote("assembly", "党员大会", 24, 20, (12, 5, 2), way="secret", issued=20, returned=20, invalid=1,
                  written_in_favour=1, supervisor_present=None), "approval", "resolved"),
        Told("镇党委在三个月内批准", opinion("approval", "2026-07-10"), "", "resolved"),
    ),
    "2026-07-10",
)  # fmt: skip

P6A = Story(
    "P6a",
    "水塔维修零星用工",
    "白马镇双井村",
    begin("d3", "2026-05-11", amount=380_000),
    (
        Told("两委六人到四人", sitting("meeting", "两委会", "2026-05-11", "two_committees", 6, 4), "meeting"),
        Told("三票赞成", vote("meeting", "两委会", 6, 4, (3, 1, 0), way="named"), "work", "resolved"),
        Told("监委会主任蒋玉珍离开三分钟整", sealed("meeting", "两委会", supervisor={
            "present": True, "away_ms": 180_000, "confirmed": True}), "work", "resolved"),
        Told("修好", done("work", "2026-05-20"), "list", "resolved"),
        Told("进季度清单", post("list", "2026-07-03"), "", "resolved"),
    ),
    "2026-07-03",
)  # fmt: skip

P6B = Story(
    "P6b",
    "报销村部电费",
    "白马镇双井村",
    begin("c2", "2026-05-06", amount=62_350),
    (
        Told("文书丁小荷登记", done("entry", "2026-05-06"), "signatures", "resolved"),
        Told("经手人丁小荷签字", sign("signatures", "2026-05-06", "丁小荷"), "signatures", "resolved"),
        Told("主任韩立军签字", sign("signatures", "2026-05-07", "韩立军"), "countersign", "resolved"),
        Told("监委会蒋玉珍周五会签", sign("countersign", "2026-05-08", "蒋玉珍"), "list", "resolved"),
        Told("进月度清单", post("list", "2026-06-01"), "", "resolved"),
    ),
    "2026-06-01",
)  # fmt: skip

P7A = Story(
    "P7a",
    "修订村规民约",
    "青龙镇石桥村",
    begin("a2", "2026-04-13"),
    (
        Told("草案", plan("2026-04-13", "c3"), "proposal"),
        Told("党员大会二十八人到十四人，正好一半",
             sitting("proposal", "党员大会", "2026-04-13", "branch", 28, 14, plan=1), "proposal"),
        Told("又来一人；十五票都赞成，超过应到二十八人的一半",
             vote("proposal", "党员大会", 28, 15, (15, 0, 0)), "opinions"),
        Told("录像封存", sealed("proposal", "党员大会"), "opinions"),
        Told("征求意见结束", done("opinions", "2026-04-28"), "resolution"),
        Told("按意见改了彩礼一条，不是实质变动", plan("2026-04-29", "d4"), "resolution"),
        Told("十天前通知，三百一十二户到二百三十户",
             sitting("resolution", "村民会议", "2026-05-16", "assembly", 312, 230, way="households",
                     called_on="2026-05-06", plan=2), "resolution"),
        Told("二百零一票赞成", vote("resolution", "村民会议", 312, 230, (201, 19, 10)), "filing", "resolved"),
        Told("录像封存", sealed("resolution", "村民会议"), "filing", "resolved"),
        Told("报青龙镇备案", done("filing", "2026-05-20"), "publication", "resolved"),
        Told("公布", post("publication", "2026-05-21"), "publication", "resolved"),
        Told("满十五天揭下", off("publication", "2026-06-06"), "", "resolved"),
    ),
    "2026-06-06",
)  # fmt: skip

P7B = Story(
    "P7b",
    "补选村务监督委员会委员",
    "白马镇桥头村",
    begin("i2", "2026-03-01"),
    (
        Told("代表会议推选选举委员会，三十三人到二十五人",
             sitting("committee", "代表会议", "2026-03-01", "representatives", 33, 25), "committee"),
        Told("二十四票赞成", vote("committee", "代表会议", 33, 25, (24, 0, 1)), "roster"),
        Told("录像封存", sealed("committee", "代表会议"), "roster"),
        Told("公布选民名单，一千二百零四人", post("roster", "2026-03-05"), "roster"),
        Told("许春生说名单上没有他的儿媳", objection("roster", "2026-03-08", 1), "roster"),
        Told("第三天补上", answer(1, "2026-03-11"), "roster"),
        Told("正好二十天后投票，八百零一人到场",
             sitting("ballot", "选举大会", "2026-03-25", "assembly", 1204, 801, way="adults",
                     called_on="2026-03-05"), "ballot"),
        Told("发票八百张，收回七百九十八张，罗文辉得五百二十票",
             vote("ballot", "选举大会", 1204, 801, (520, 231, 20), way="secret", issued=800, returned=798,
                  invalid=9, other=18), "result", "resolved"),
        Told("录像封存，写票处不入镜", sealed("ballot", "选举大会"), "result", "resolved"),
        Told("当场公布结果", post("result", "2026-03-25"), "", "resolved"),
        Told("名单揭下", off("roster", "2026-03-26"), "", "resolved"),
    ),
    "2026-03-25",
)  # fmt: skip

P7C = Story(
    "P7c",
    "村干部年度民主评议",
    "青龙镇柳树湾村",
    begin("j1", "2026-12-07"),
    (
        Told("代表会议三十六人到三十三人",
             sitting("report", "评议会", "2026-12-08", "representatives", 36, 33), "report"),
        Told("陈国梁述职后无记名测评，称职十二票也成立",
             vote("report", "评议会", 36, 33, (12, 15, 5), way="secret", issued=33, returned=33, invalid=1),
             "filing", "resolved"),
        Told("录像封存", sealed("report", "评议会"), "filing", "resolved"),
        Told("结果报镇", done("filing", "2026-12-09"), "result", "resolved"),
        Told("公布结果", post("result", "2026-12-09"), "", "resolved"),
    ),
    "2026-12-09",
)  # fmt: skip

P7D = Story(
    "P7d",
    "补选第三村民小组的村民代表",
    "青龙镇柳树湾村",
    begin("i2", "2026-04-12", procedure="P7d"),
    (
        Told("小组会议按户，六十三户到四十二户，正好三分之二",
             sitting("election", "第三小组会", "2026-04-12", "villagers_group", 63, 42, way="households"), "election"),
        Told("无记名，杜明霞得二十二票，过到场的一半",
             vote("election", "第三小组会", 63, 42, (22, 17, 2), way="secret", issued=42, returned=42, invalid=1),
             "result", "resolved"),
        Told("录像封存，写票处不入镜", sealed("election", "第三小组会"), "result", "resolved"),
        Told("当天公布", post("result", "2026-04-12"), "", "resolved"),
    ),
    "2026-04-12",
)  # fmt: skip

STORIES = {story.procedure: story for story in (P1, P2, P3, P4, P5, P6A, P6B, P7A, P7B, P7C, P7D)}
