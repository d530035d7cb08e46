// My attendance.

import type zh from "../zh/attendance"

const attendance: Record<keyof typeof zh, string> = {
  "nav.attendance": "My attendance",
  "attended.head": "My attendance",
  "attended.note": "From the rosters of meetings, for yourself to check. What is wrong, the meeting's minute taker mends.",
  "attended.before": "Year before",
  "attended.after": "Year after",
  "attended.year": "{year}",
  "attended.none": "You were due at no meeting in {year}",
  "attended.quarter": "{year}, quarter {number}",
  "attended.counts": "due {due}, present {present} (late {late}, left early {early}), absent {absent}",
  "attended.present": "present",
  "attended.late": "came at {at}",
  "attended.early": "left at {at}",
  "attended.absent": "absent",
  "attended.absent-why": "absent: {reason}",
}

export default attendance
