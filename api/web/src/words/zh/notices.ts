// Notices in public.

export default {
  "posted.seen": "{day} 已张贴，{by}确认",
  "posted.day": "查看公示栏的日期",
  "posted.tick": "确认已张贴",
}
