// Which secret vote is due: the camera has to turn away from who writes before the first ballot is handed out. Pure.

import type { Item, Meeting } from "../wire/meetings"

/** `chosen`: the item whose vote this page's form takes in secret, though nothing asks for it. */
export function secretVote(meeting: Meeting, chosen = ""): Item | null {
  if (meeting.state !== "open" && meeting.state !== "break") return null
  return meeting.items.find((item) => item.asked_ms !== null && (item.voting?.secret || item.id === chosen)) ?? meeting.items.find((item) => item.start_ms !== null && item.end_ms === null && item.voting?.secret && !item.votes.length) ?? null
}
