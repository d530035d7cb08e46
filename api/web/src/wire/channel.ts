// The control channel of a session: one WebSocket that comes back by itself until it is closed on purpose.

import { signedOut } from "./http"
import type { FromHub, ToHub } from "./messages"

const PING_MS = 2_000
// Three pings unanswered: the line is dead although nobody told us (a changed address sends no RST).
const DEAD_MS = 6_500
const QUEUE_LIMIT = 32
const SIGN_IN = 4401 // nobody is signed in any more

export class Channel {
  private socket: WebSocket | null = null
  private closed = false
  private heard = 0
  private attempt = 0
  private timer: number | null = null
  private retry: number | null = null
  private waiting: ToHub[] = []

  constructor(
    private readonly path: string,
    private readonly onmessage: (message: FromHub) => void,
    private readonly onstate: (open: boolean) => void,
  ) {
    this.connect()
    this.timer = window.setInterval(() => this.beat(), PING_MS)
  }

  /** Whether something was heard from the hub within `ms`. */
  alive(ms = 3_000): boolean {
    return this.socket?.readyState === WebSocket.OPEN && performance.now() - this.heard < ms
  }

  send(message: ToHub): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
    else if (message.type !== "ping" && message.type !== "restart" && this.waiting.length < QUEUE_LIMIT) {
      this.waiting.push(message)
    }
  }

  /** The network changed: don't wait for the old line to be found dead. */
  renew(): void {
    if (this.closed) return
    this.drop()
    this.attempt = 0
    this.connect()
  }

  close(): void {
    this.closed = true
    if (this.timer !== null) window.clearInterval(this.timer)
    if (this.retry !== null) window.clearTimeout(this.retry)
    this.drop()
  }

  private connect(): void {
    this.retry = null
    if (this.closed) return
    const scheme = location.protocol === "https:" ? "wss:" : "ws:"
    const socket = new WebSocket(`${scheme}//${location.host}${this.path}`)
    this.socket = socket
    socket.onopen = () => {
      this.heard = performance.now()
      this.attempt = 0
      this.onstate(true)
      const late = this.waiting
      this.waiting = []
      for (const message of late) this.send(message)
    }
    socket.onmessage = (event: MessageEvent<string>) => {
      this.heard = performance.now()
      this.onmessage(JSON.parse(event.data) as FromHub)
    }
    socket.onclose = (event: CloseEvent) => {
      if (this.socket !== socket) return
      if (event.code === SIGN_IN) signedOut()
      this.socket = null
      this.onstate(false)
      this.again()
    }
  }

  private again(): void {
    if (this.closed || this.retry !== null) return
    const pause = Math.min(3_000, 250 * 2 ** this.attempt)
    this.attempt += 1
    this.retry = window.setTimeout(() => this.connect(), pause)
  }

  private beat(): void {
    const socket = this.socket
    if (!socket || socket.readyState !== WebSocket.OPEN) return
    if (performance.now() - this.heard > DEAD_MS) {
      this.drop()
      this.onstate(false)
      this.again()
      return
    }
    this.send({ type: "ping" })
  }

  private drop(): void {
    const socket = this.socket
    this.socket = null
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }
}
