// 我的参会: one's own attendance.

export default {
  "nav.attendance": "我的参会",
  "attended.head": "我的参会",
  "attended.note": "按会议签到记录列出，供您自己核对；有出入的，请找会议记录人更正。",
  "attended.before": "上一年",
  "attended.after": "下一年",
  "attended.year": "{year} 年",
  "attended.none": "{year} 年没有应参加的会议记录",
  "attended.quarter": "{year} 年第 {number} 季度",
  "attended.counts": "应到 {due} 次，到会 {present} 次，其中迟到 {late} 次、早退 {early} 次；缺席 {absent} 次",
  "attended.present": "到会",
  "attended.late": "{at} 到会",
  "attended.early": "{at} 离开",
  "attended.absent": "缺席",
  "attended.absent-why": "缺席：{reason}",
}
