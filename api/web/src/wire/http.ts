// One call to the api: JSON in, JSON out, and a Problem with a stable code when it was refused.

/** What is wrong in one field of what was sent; both sentences where the hub has them. */
export interface FieldProblem {
  field: string
  code: string
  message: string
  zh?: string
  en?: string
}

/** What is wrong on a line of a file. */
export interface Mistake {
  file: string
  line: number
  zh: string
  en: string
}

export interface ProblemFields {
  code: string
  status: number
  zh: string
  en: string
  detail?: string
  fields?: FieldProblem[] | null
  mistakes?: Mistake[]
  retry_after?: number
}

export class Problem extends Error {
  readonly code: string
  readonly status: number
  readonly zh: string
  readonly en: string
  readonly fields: FieldProblem[]
  readonly mistakes: Mistake[]
  readonly retryAfter: number | null
  /** Everything that the problem says, also what only some say. */
  readonly more: Record<string, unknown>

  constructor(from: ProblemFields) {
    super(`${from.code}: ${from.en}`)
    this.code = from.code
    this.status = from.status
    this.zh = from.zh
    this.en = from.en
    this.fields = from.fields ?? []
    this.mistakes = from.mistakes ?? []
    this.retryAfter = from.retry_after ?? null
    this.more = { ...from }
  }
}

const UNREACHABLE: ProblemFields = {
  code: "page.unreachable",
  status: 0,
  zh: "连不上会录服务器，请检查网线或无线网络；恢复后会自动继续",
  en: "The hub cannot be reached; check the network. The page goes on by itself when it is back.",
}

const UNCLEAR: ProblemFields = {
  code: "page.unclear",
  status: 500,
  zh: "服务器的回答看不懂，请稍后再试",
  en: "The hub's answer could not be read; please try again.",
}

let onSignedOut: () => void = () => undefined

/** What happens when a call finds that nobody is signed in. */
export function whenSignedOut(then: () => void): void {
  onSignedOut = then
}

export function signedOut(): void {
  onSignedOut()
}

export interface Wish {
  body?: unknown
  /** Sent as it is, with this content type; a FormData brings its own. */
  raw?: { type: string | null; data: BodyInit }
  headers?: Record<string, string>
  timeoutMs?: number
  quiet?: boolean
  keepalive?: boolean
}

export async function send(method: string, path: string, wish: Wish = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...wish.headers }
  let body: BodyInit | undefined
  if (wish.raw) {
    if (wish.raw.type) headers["Content-Type"] = wish.raw.type
    body = wish.raw.data
  } else if (wish.body !== undefined) {
    headers["Content-Type"] = "application/json"
    body = JSON.stringify(wish.body)
  }
  const stop = new AbortController()
  const timer = window.setTimeout(() => stop.abort(), wish.timeoutMs ?? 20_000)
  let answer: Response
  try {
    answer = await fetch(path, {
      method,
      headers,
      body,
      signal: stop.signal,
      credentials: "same-origin",
      keepalive: wish.keepalive ?? false,
    })
  } catch {
    throw new Problem(UNREACHABLE)
  } finally {
    window.clearTimeout(timer)
  }
  if (answer.ok) return answer
  const problem = await readProblem(answer)
  if (problem.status === 401 && !wish.quiet) signedOut()
  throw problem
}

async function readProblem(answer: Response): Promise<Problem> {
  try {
    const said = (await answer.json()) as Partial<ProblemFields>
    if (typeof said.code === "string" && typeof said.zh === "string") {
      const waits = Number(answer.headers.get("Retry-After")) || said.retry_after
      return new Problem({ ...UNCLEAR, ...said, status: answer.status, ...(waits ? { retry_after: waits } : {}) })
    }
  } catch {
    // not a problem document: fall through to the general sentence
  }
  return new Problem({ ...UNCLEAR, status: answer.status })
}

export async function call<T>(method: string, path: string, body?: unknown, wish: Wish = {}): Promise<T> {
  const answer = await send(method, path, body === undefined ? wish : { ...wish, body })
  if (answer.status === 204) return undefined as T
  const text = await answer.text()
  try {
    return (text ? JSON.parse(text) : undefined) as T
  } catch {
    throw new Problem({ ...UNCLEAR, status: answer.status })
  }
}

export const get = <T>(path: string, wish?: Wish): Promise<T> => call<T>("GET", path, undefined, wish)
export const post = <T>(path: string, body: unknown = {}, wish?: Wish): Promise<T> => call<T>("POST", path, body, wish)
export const put = (path: string, data: BodyInit): Promise<Response> => send("PUT", path, { raw: { type: "application/octet-stream", data }, quiet: true, timeoutMs: 60_000 })

/** `?a=1&b=2` of what is neither null nor empty. */
export function query(of: Record<string, string | number | null | undefined>): string {
  const pairs = Object.entries(of).filter(([, value]) => value !== null && value !== undefined && value !== "")
  return pairs.length ? "?" + pairs.map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`).join("&") : ""
}

/** Lists come bare or in an envelope {items}. */
export function listOf<T>(answer: T[] | { items: T[] }): T[] {
  return Array.isArray(answer) ? answer : answer.items
}
