// Tells a dead path from a quiet one: the relay reports twice a second to whoever could send, also while nobody speaks.

// Two reports missed and a little more; read every WATCH_MS, a dead path is found within 1.5 s.
const DEAD_MS = 1_100
export const WATCH_MS = 200
// One restart is given this long before the next one.
const PATIENCE_MS = 2_000

export class PathWatch {
  private bytes = -1
  private heard: number
  private triedAt = -Infinity

  constructor(now: number) {
    this.heard = now
  }

  /** Bytes received so far; true when the path is dead and a restart is due. */
  feed(now: number, bytes: number): boolean {
    if (bytes !== this.bytes) {
      this.bytes = bytes
      this.heard = now
      return false
    }
    if (now - this.heard < DEAD_MS || now - this.triedAt < PATIENCE_MS) return false
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
