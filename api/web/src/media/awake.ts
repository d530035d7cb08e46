// Keeps the screen on while a meeting runs (Screen Wake Lock, Chromium 84 and Safari 16.4).

interface Sentinel {
  release(): Promise<void>
}

export class Awake {
  private lock: Sentinel | null = null
  private wanted = false
  private readonly again = (): void => {
    if (this.wanted && document.visibilityState === "visible") void this.take()
  }

  start(): void {
    this.wanted = true
    document.addEventListener("visibilitychange", this.again)
    void this.take()
  }

  stop(): void {
    this.wanted = false
    document.removeEventListener("visibilitychange", this.again)
    void this.lock?.release()
    this.lock = null
  }

  private async take(): Promise<void> {
    const wakeLock = (navigator as Navigator & { wakeLock?: { request(kind: "screen"): Promise<Sentinel> } }).wakeLock
    if (!wakeLock) return
    try {
      this.lock = await wakeLock.request("screen")
    } catch {
      // Refused on a low battery; the notice on screen asks to keep the phone on its charger.
      this.lock = null
    }
  }
}
