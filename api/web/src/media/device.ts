// The lasting name of this browser in meetings, by which a recorded track goes on after a reload.

const KEPT = "huilu.device"

function fresh(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => "abcdefghijklmnopqrstuvwxyz234567"[byte & 31]).join("")
}

function kept(store: Storage): string {
  const before = store.getItem(KEPT)
  if (before && /^[a-z0-9]{8,32}$/.test(before)) return before
  const name = fresh()
  store.setItem(KEPT, name)
  return name
}

interface Locks {
  request(name: string, options: { ifAvailable: boolean }, hold: (lock: object | null) => Promise<void>): Promise<void>
}

let claimed: Promise<string> | null = null

/** The browser's name; a second tab that is open at the same time gets one of its own. */
export function deviceName(): Promise<string> {
  claimed ??= new Promise((resolve) => {
    const locks = (navigator as Navigator & { locks?: Locks }).locks
    if (!locks) {
      resolve(kept(localStorage))
      return
    }
    void locks.request(KEPT, { ifAvailable: true }, (lock) => {
      resolve(kept(lock ? localStorage : sessionStorage))
      // Held as long as the page lives.
      return lock ? new Promise<void>(() => undefined) : Promise.resolve()
    })
  })
  return claimed
}
