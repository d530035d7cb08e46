// How a second player keeps step with the first: nudge its speed for a little, jump for much. Pure arithmetic.

// Below this an ear hears one room (about two frames of picture).
export const IN_STEP_S = 0.03
// Above this a nudge would take too long to be heard as anything but an echo.
export const JUMP_S = 0.35
const NUDGE = 0.04

export type Step = { jumpTo: number } | { rate: number }

/** What the follower does, `ahead` seconds before (+) or behind (−) the leader, at the leader's speed. */
export function step(leader: number, follower: number, rate: number): Step {
  const ahead = follower - leader
  if (Math.abs(ahead) >= JUMP_S) return { jumpTo: leader }
  if (Math.abs(ahead) <= IN_STEP_S) return { rate }
  return { rate: rate * (ahead > 0 ? 1 - NUDGE : 1 + NUDGE) }
}
