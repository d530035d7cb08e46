// Asks the hub for an ICE restart over whatever line still lives; the same wish twice is one restart (RFC 9725 §4.3.3).

import type { Channel } from "../wire/channel"
import { Problem, send } from "../wire/http"
import type { Ice } from "../wire/messages"
import { fragment, iceOf } from "./description"

// A changed address kills the channel without a word: HTTP is asked beside it when it has not answered by then.
const CHANNEL_MS = 300
// Asked on a connection that is dead itself, a request hangs: so another one goes out beside it.
const PATIENCE_MS = 700
const TRIES = 4
const TRY_TIMEOUT_MS = 3_000

export class RestartLines {
  private waiting: { ufrag: string; answered: (ice: Ice | null) => void } | null = null

  /** The channel's answer to the client credentials `to`; null: the relay is a new one and knows no session. */
  heard(ice: Ice | null, to: string | null): void {
    if (this.waiting && (ice === null || to === this.waiting.ufrag)) this.waiting.answered(ice)
  }

  /** The relay's credentials for ours; raises what the hub refused, or that nobody was reached. */
  ask(mine: Ice, channel: Channel | null, location: string): Promise<Ice> {
    return new Promise((resolve, reject) => {
      const timers: number[] = []
      let failed = 0
      const over = (): void => {
        for (const timer of timers) window.clearTimeout(timer)
        if (this.waiting === waiting) this.waiting = null
      }
      const patch = async (): Promise<void> => {
        try {
          const reply = await send("PATCH", location, {
            raw: { type: "application/trickle-ice-sdpfrag", data: fragment(mine) },
            headers: { "If-Match": "*" },
            timeoutMs: TRY_TIMEOUT_MS,
            quiet: true,
          })
          const ice = iceOf(await reply.text())
          over()
          resolve(ice)
        } catch (error) {
          failed += 1
          const refused = error instanceof Problem && error.status >= 400 && error.status < 500
          if (!refused && failed < TRIES) return
          over()
          reject(error as Error)
        }
      }
      const waiting = {
        ufrag: mine.ufrag,
        answered: (ice: Ice | null) => {
          over()
          if (ice) resolve(ice)
          else reject(new Error("the relay was restarted"))
        },
      }
      this.waiting = waiting
      const asked = channel?.alive() ?? false
      if (asked) channel?.send({ type: "restart", ice: mine })
      for (let i = 0; i < TRIES; i += 1) {
        timers.push(window.setTimeout(() => void patch(), (asked ? CHANNEL_MS : 0) + i * PATIENCE_MS))
      }
    })
  }
}
