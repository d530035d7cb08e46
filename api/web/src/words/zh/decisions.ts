// Decision records.

export default {
  "decisions.search": "按事项名称或单位查找",
  "decisions.all-matters": "全部事项",
  "decisions.none": "没有找到议事记录",

  "decision.matter": "事项",
  "decision.since": "开始",
  "decision.improper": "程序上不规范的地方",
  "decision.spans": "哪些会上议过",
  "decision.no-spans": "还没有在会上议过",
  "decision.length": "议了 {length}",
  "decision.watch": "观看这项决定",
  "decision.watch-vote": "看表决",
  "decision.votes": "表决",
  "decision.no-votes": "还没有表决",
  "decision.history": "经过",
  "decision.paper": "打印纸质记录",
  "paper.noted": "打印后，系统会记下本次打印和纸上的校验码。",
  "paper.not-noted": "您没有登记权限：可以打印，但系统不会记下本次打印。",
  "decision.chained": "以上经过逐条连成链，改动任何一条都会被查出。",

  "outcome.none": "办理中",
  "outcome.passed": "通过",
  "outcome.rejected": "未通过",
  "outcome.no_quorum": "流会",
  "outcome.withdrawn": "撤回",
  "outcome.ended": "终止",
  "proper.open": "规范与否未评定",
  "proper.yes": "规范",
  "proper.no": "不规范",
}
