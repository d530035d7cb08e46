"""What a correction changes, and who has to agree to it."""

from tests.model.borders.border import Border, Changes, named, told
from tests.model.told import Act, ask, begin, correct, done, end, off, plan, post, sealed, sign, vote, withdraw

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
