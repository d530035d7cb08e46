// Tells a dead path from a quiet one, in either direction, by what a connection's figures say a few times a second.
//
// What comes: the relay reports four times a second to whoever could send, also while nobody speaks. What goes: a report
// has a block about each source of ours from which something has come since the last one (RFC 3550 §6.4); a page that
// sends and is told of nothing is not heard.

/** Three reports missed and a little more; read every WATCH_MS, a dead path is found within 1.5 s. */
const DEAD_MS = 1_000
export const WATCH_MS = 200
// A page or a machine that stood still has not watched meanwhile: of the time between two readings no more counts.
const MOST_STEP_MS = 2 * WATCH_MS
// Where more than this share is lost, reports are lost in a row too: not so soon.
const LOSSY = 0.05
const LOSSY_PATIENCE = 3
// One restart is given this long before the next one.
const PATIENCE_MS = 2_000

export interface Reading {
  /** When these figures were taken (not when they were read), ms. */
  at: number
  /** Bytes of the whole path. */
  received: number
  /** Packets of ours. */
  sent: number
  /** When the relay last told of one of our sources; null: never, or the browser does not say. */
  reported: number | null
  /** Share of what we sent, by that report. */
  lost: number
}

export class PathWatch {
  private last: Reading | null = null
  private clock = 0 // ms that were watched
  private silent = 0 // of them: since something came
  private unheard = 0 // of them: sent into without being told of it
  private triedAt = -Infinity

  /** True when the path is dead and a restart is due. */
  feed(now: Reading): boolean {
    const before = this.last
    this.last = now
    if (!before) return false
    const step = Math.min(MOST_STEP_MS, Math.max(0, now.at - before.at))
    this.clock += step
    this.silent = now.received === before.received ? this.silent + step : 0
    if (now.reported === null || now.reported !== before.reported) this.unheard = 0
    else if (now.sent > before.sent) this.unheard += step
    const due = DEAD_MS * (now.lost > LOSSY ? LOSSY_PATIENCE : 1)
    if (this.deadMs < due || this.clock - this.triedAt < PATIENCE_MS) return false
    this.triedAt = this.clock
    return true
  }

  /** How long nothing has come, or nothing of ours has arrived. */
  get deadMs(): number {
    return Math.max(this.silent, this.unheard)
  }

  restarted(): void {
    this.triedAt = this.clock
  }
}
