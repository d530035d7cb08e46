import { afterEach, beforeEach, expect, test, vi } from "vitest"
import type { Channel } from "../wire/channel"
import { RestartLines } from "./restart"

const MINE = { ufrag: "mine", pwd: "p".repeat(24) }
const THEIRS = { ufrag: "theirs", pwd: "q".repeat(24) }
const ANSWER = `a=ice-ufrag:${THEIRS.ufrag}\r\na=ice-pwd:${THEIRS.pwd}\r\n`
const said: unknown[] = []
const channel = (alive: boolean): Channel => ({ alive: () => alive, send: (what: unknown) => said.push(what) }) as unknown as Channel

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal("window", globalThis)
  said.length = 0
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test("the channel's answer to these credentials is taken, and HTTP is left alone", async () => {
  const fetch = vi.fn()
  vi.stubGlobal("fetch", fetch)
  const lines = new RestartLines()
  const asked = lines.ask(MINE, channel(true), "/session")
  expect(said).toEqual([{ type: "restart", ice: MINE }])
  lines.heard({ ufrag: "older", pwd: "o".repeat(24) }, "before")
  lines.heard(THEIRS, "mine")
  expect(await asked).toEqual(THEIRS)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(fetch).not.toHaveBeenCalled()
})

test("a channel that says nothing and a request that hangs are not waited for", async () => {
  const fetch = vi.fn()
  fetch.mockReturnValueOnce(new Promise(() => undefined)).mockRejectedValueOnce(new TypeError("network changed"))
  fetch.mockResolvedValueOnce(new Response(ANSWER))
  vi.stubGlobal("fetch", fetch)
  const asked = new RestartLines().ask(MINE, channel(true), "/session")
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await asked).toEqual(THEIRS)
  const [path, about] = fetch.mock.calls[0] as [string, RequestInit]
  expect(path).toBe("/session")
  expect(about.method).toBe("PATCH")
  expect(about.headers).toMatchObject({ "If-Match": "*", "Content-Type": "application/trickle-ice-sdpfrag" })
})

test("a session that is gone is a refusal at once", async () => {
  const gone = { code: "media.no-such-session", status: 404, zh: "没有", en: "none" }
  vi.stubGlobal("fetch", vi.fn().mockResolvedValue(new Response(JSON.stringify(gone), { status: 404 })))
  const asked = new RestartLines().ask(MINE, null, "/session")
  const refused = expect(asked).rejects.toMatchObject({ status: 404 })
  await vi.advanceTimersByTimeAsync(1)
  await refused
})
