// Notices in public.

import type zh from "../zh/notices"

const notices: Record<keyof typeof zh, string> = {
  "posted.seen": "On the board on {day}, seen by {by}",
  "posted.day": "Day on which you saw it",
  "posted.tick": "It hangs on the board",
}

export default notices
