import { expect, test } from "vitest"
import { IN_STEP_S, JUMP_S, step } from "./steps"

test("a follower a little off comes into step and stays there", () => {
  for (const start of [-0.3, -0.1, 0.1, 0.3]) {
    let leader = 100
    let follower = 100 + start
    for (let i = 0; i < 60; i += 1) {
      const next = step(leader, follower, 1)
      expect(next).toHaveProperty("rate")
      if ("rate" in next) follower += 0.25 * next.rate
      leader += 0.25
    }
    expect(Math.abs(follower - leader)).toBeLessThanOrEqual(IN_STEP_S)
  }
})

test("a follower far off jumps to the leader", () => {
  expect(step(10, 10.01 + JUMP_S, 2)).toEqual({ jumpTo: 10 })
  expect(step(10, 2, 1)).toEqual({ jumpTo: 10 })
})

test("in step it runs at the leader's speed", () => {
  expect(step(10, 10.01, 1.5)).toEqual({ rate: 1.5 })
})
