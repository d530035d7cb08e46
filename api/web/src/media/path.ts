// Tells a dead path from a quiet one: bytes that stop arriving while the relay has reason to send.

// The relay reports twice a second on whatever we send; two reports missed and a little more is a dead path.
const DEAD_MS = 1_300
// With nothing sent and nothing watched only consent checks flow (RFC 7675: about every 5 s).
const QUIET_DEAD_MS = 8_000
// One restart is given this long before the next one.
const PATIENCE_MS = 3_000

export interface PathReading {
  bytesReceived: number
  /** We send media, or a slot is carrying some: the relay must be heard. */
  busy: boolean
}

export class PathWatch {
  private bytes = -1
  private heard: number
  private triedAt = -Infinity

  constructor(now: number) {
    this.heard = now
  }

  /** True when the path is dead and a restart is due. */
  feed(now: number, reading: PathReading): boolean {
    if (reading.bytesReceived !== this.bytes) {
      this.bytes = reading.bytesReceived
      this.heard = now
      return false
    }
    const silent = now - this.heard
    if (silent < (reading.busy ? DEAD_MS : QUIET_DEAD_MS)) return false
    if (now - this.triedAt < PATIENCE_MS) return false
    this.triedAt = now
    return true
  }

  /** How long nothing has been heard. */
  silentMs(now: number): number {
    return now - this.heard
  }

  restarted(now: number): void {
    this.triedAt = now
  }
}
