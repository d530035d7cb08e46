// How large each slot is on screen, told to the relay when it changes: once in a while, and not for a few pixels.

type Size = [number, number]

const PAUSE_MS = 250
const WORTH = 0.1

export function differs(before: Size | undefined, now: Size): boolean {
  if (!before) return true
  const apart = (a: number, b: number): boolean => Math.abs(a - b) > WORTH * Math.max(a, b)
  return apart(before[0], now[0]) || apart(before[1], now[1])
}

export class Sizes {
  private readonly shown = new Map<string, Map<unknown, Size>>()
  private readonly told = new Map<string, Size>()
  private timer: number | null = null
  private readonly hidden = (): void => this.soon()

  constructor(private readonly tell: (sizes: Record<string, Size>) => void) {
    document.addEventListener("visibilitychange", this.hidden)
  }

  set(mid: string, element: unknown, size: Size | null): void {
    const elements = this.shown.get(mid) ?? new Map<unknown, Size>()
    this.shown.set(mid, elements)
    if (size) elements.set(element, size)
    else elements.delete(element)
    this.soon()
  }

  /** To a new channel, which may lead to a new session. */
  again(): void {
    this.told.clear()
    this.soon()
  }

  close(): void {
    document.removeEventListener("visibilitychange", this.hidden)
    if (this.timer !== null) window.clearTimeout(this.timer)
    this.timer = null
  }

  private soon(): void {
    this.timer ??= window.setTimeout(() => {
      this.timer = null
      this.look()
    }, PAUSE_MS)
  }

  private look(): void {
    const fresh: Record<string, Size> = {}
    for (const [mid, elements] of this.shown) {
      const size: Size = [0, 0]
      // Of several elements that show it the largest one counts; nobody looks at a page that is hidden.
      for (const [width, height] of document.visibilityState === "hidden" ? [] : elements.values()) {
        size[0] = Math.max(size[0], Math.round(width))
        size[1] = Math.max(size[1], Math.round(height))
      }
      if (differs(this.told.get(mid), size)) {
        this.told.set(mid, size)
        fresh[mid] = size
      }
    }
    if (Object.keys(fresh).length) this.tell(fresh)
  }
}
