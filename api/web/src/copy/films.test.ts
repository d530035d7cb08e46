import { expect, test } from "vitest"
import type { Delivery } from "../wire/deliveries"
import { filmAt, shifted } from "./films"

const film = (id: string, origin: "device" | "handed-in", start_ms: number, end_ms: number, playable = true): Delivery => ({ id, origin, start_ms, end_ms, playable, picture: true }) as Delivery

test("the device's own copy stands before one that was handed in", () => {
  const all = [film("a", "handed-in", 0, 100), film("b", "device", 20, 60), film("c", "device", 60, 90, false)]
  expect([filmAt(all, 10)?.id, filmAt(all, 20)?.id, filmAt(all, 60)?.id, filmAt(all, 100)]).toEqual(["a", "b", "a", null])
})

test("a later part's films lie on its own line", () => {
  expect(shifted([film("a", "device", 500, 900)], 400).map((one) => [one.start_ms, one.end_ms])).toEqual([[100, 500]])
})
