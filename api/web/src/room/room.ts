// One meeting as its page sees it: what the hub says over the channel, what was asked by hand, and the own session.

import { computed, onBeforeUnmount, ref, shallowRef, watch } from "vue"
import { forgetMeeting, INSIDE, keepMeeting, keptMeeting, wasInside } from "../copy/kept"
import { clockNow, copies, earlyOf, startCopy, stopCopy, tellCopy } from "../copy/running"
import { catalogue, me } from "../frame/me"
import { Awake } from "../media/awake"
import { deviceName } from "../media/device"
import { own } from "../media/own"
import { RoomSession } from "../media/session"
import { get, post } from "../wire/http"
import type { Coverage } from "../wire/coverage"
import type { Lines } from "../wire/here"
import type { Health } from "../wire/hub"
import type { Item, Meeting } from "../wire/meetings"
import type { FromHub } from "../wire/messages"
import { nobody, told, type People } from "./people"

// Only while no channel is open (lobby, or the line is away): the channel tells of every change by itself.
const LOOK_MS = 4_000
const MEDIA_WAIT_MS = 5_000
// A page comes into a meeting within this time where the line is as it should be.
const JOIN_MS = 4_000

export interface Quality {
  quality: "good" | "weak" | "lost"
  loss: number
  rtt_ms: number
}

/** So often a meeting is asked for again while something overtakes its answer. */
const TRIES = 5

export function useRoom(id: string) {
  const meeting = shallowRef<Meeting | null>(null)
  const people = shallowRef<People>(nobody)
  const lines = shallowRef<Lines>({ weak: 0, lost: 0, sites: [] })
  const speaker = ref<string | null>(null)
  const quality = shallowRef<Quality | null>(null)
  const coverage = shallowRef<Coverage | null>(null)
  const recorder = shallowRef<Health | null>(null)
  const session = shallowRef<RoomSession | null>(null)
  const inside = ref(false)
  const voting = shallowRef<Item | null>(null) // whose form is open, whichever page of the room is behind it
  let asking: Promise<unknown> = Promise.resolve() // questions on their way
  const secretly = ref("") // the item whose vote this page's form takes in secret
  const relayRestarted = ref(false)
  const awake = new Awake()
  const now = ref(performance.now())
  let heardAt = performance.now()
  let heard = 0 // how many times the meeting was taken
  const timers = [
    window.setInterval(() => (now.value = performance.now()), 500),
    window.setInterval(() => void (session.value?.state.channel || over.value || load().catch(() => undefined)), LOOK_MS),
  ]

  // What is over is followed by its own page, until it is archived.
  const over = computed(() => meeting.value?.state === "ended" || meeting.value?.state === "cancelled")
  const running = computed(() => meeting.value?.state === "open" || meeting.value?.state === "break")
  const elapsed = computed(() => {
    const base = meeting.value?.elapsed_ms ?? 0
    return running.value ? base + Math.max(0, now.value - heardAt) : base
  })

  // The device records by itself while the hub can't be relied on: no path, no channel, no recorder, too thin a line.
  let joined = 0 // when it came in, or was last all there
  const unwell = computed(() => {
    const is = session.value?.state
    if (!is || !running.value || is.phase === "waiting") return false
    if (is.phase === "connected" && is.channel) return recorder.value?.well === false || is.soundOnly
    return true
  })
  function watchLine(): void {
    const is = session.value?.state
    if (!inside.value || !is) return
    const whole = is.phase === "connected" && is.channel
    if (whole) joined = -Infinity
    tellCopy(unwell.value && (whole || performance.now() - joined > JOIN_MS))
  }
  watch([unwell, now], watchLine, { flush: "sync" })

  /** What a reload without a line needs. */
  async function remember(): Promise<void> {
    const is = meeting.value
    if (is && me.value && inside.value) keepMeeting({ meeting: { ...is, elapsed_ms: elapsed.value }, me: me.value, catalogue: catalogue.value, clock: clockNow(), device: await deviceName(), early: earlyOf(is) })
  }

  function take(fresh: Meeting): void {
    meeting.value = fresh
    heard += 1
    heardAt = performance.now()
    // Over HTTP only the first are told: a page that looks further down keeps its rows, which its channel keeps true.
    if (fresh.people && !(session.value?.state.channel && people.value.total)) {
      const total = fresh.people_total ?? fresh.people.length
      people.value = { ...nobody, rows: fresh.people, total, found: total }
    }
    session.value?.follow(fresh.waiting)
    void remember()
    if (fresh.coverage) coverage.value = fresh.coverage
  }

  /** Answers and the channel come on different lines. An answer that was overtaken may be the older one, and nothing
   *  would tell what it undid: it is asked for again. */
  async function load(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const before = heard
      const fresh = await get<Meeting>(`/api/meetings/${id}`, { quiet: true })
      if (heard === before || tries === TRIES) return take(fresh)
    }
  }

  /** A verb of the meeting; the answer is the meeting, or a part of it, then the whole is asked for. What the hub has
   *  done stays done when that asking fails: the channel tells of it, or the next look does. */
  async function act(path: string, body: unknown = {}): Promise<void> {
    const before = heard
    const answer = await post<Partial<Meeting> | undefined>(`/api/meetings/${id}${path}`, body)
    if (heard === before && answer && "sites" in answer && "items" in answer) take(answer as Meeting)
    else await load().catch(() => undefined)
  }

  function question(item: string, again = false): Promise<void> {
    const mine = act(`/items/${item}/question`, { again })
    asking = Promise.all([asking, mine.catch(() => undefined)])
    return mine
  }

  /** What was read out has come to the hub, or never will: a question that its figures overtook would open the vote once
   *  more. */
  const asked = (): Promise<unknown> => asking

  function hear(message: FromHub): void {
    if (message.type === "meeting") {
      if (message.meeting.people) people.value = nobody // told anew
      take(message.meeting)
    } else if (message.type === "people") people.value = told(people.value, message)
    else if (message.type === "lines") lines.value = message
    else if (message.type === "speaker") speaker.value = message.publisher
    else if (message.type === "quality") quality.value = message
    else if (message.type === "coverage") {
      const { coverage: figures } = message
      coverage.value = figures && { ...figures, gaps: figures.gaps ?? coverage.value?.gaps ?? [] }
      recorder.value = message.recorder
    } else if (message.type === "relay") relayRestarted.value = true
    else if (message.type === "slots") relayRestarted.value = false
    else if (message.type === "ended") void ended()
  }

  /** `offline`: the hub could not be asked. */
  async function enter(offline = false): Promise<void> {
    inside.value = true
    sessionStorage.setItem(INSIDE, id)
    own.wanted = true
    awake.start()
    joined = offline ? -Infinity : performance.now()
    const opened = own.open()
    if (meeting.value && copies(meeting.value)) void startCopy(id, meeting.value.title, keptMeeting(id)?.clock ?? null)
    await opened
    void remember()
    const fresh = new RoomSession(id, own, hear)
    session.value = fresh
    window.huilu = { stats: () => fresh.stats() }
    await fresh.start()
  }

  /** The chair's way in: media first, then the opening, so that the recording has its first picture at once. The
   *  opening waits for media only so long: a meeting begins whatever camera and line do. */
  async function begin(): Promise<void> {
    const entered = enter()
    const until = performance.now() + MEDIA_WAIT_MS
    while (performance.now() < until && !(await sending())) await new Promise((resolve) => window.setTimeout(resolve, 20))
    try {
      await act("/open")
    } catch (error) {
      await entered
      await leave()
      throw error
    }
    if (meeting.value?.recorded) void post(`/api/meetings/${id}/notice`, { version: meeting.value.notice.version }, { quiet: true }).catch(() => undefined)
    await entered
  }

  /** Whether what we have to send is on its way, or nothing ever will be. */
  async function sending(): Promise<boolean> {
    const is = session.value
    if (!is) return false
    if (is.state.phase === "refused") return true
    if (is.state.phase !== "connected") return false
    if (!own.live("camera")) return true
    return ((await is.stats()).framesSent.camera ?? 0) > 0
  }

  async function leave(): Promise<void> {
    sessionStorage.removeItem(INSIDE)
    forgetMeeting()
    awake.stop()
    void stopCopy()
    const before = session.value
    session.value = null
    inside.value = false
    if (before) await before.close()
    else own.stop()
  }

  async function ended(): Promise<void> {
    // At once, or the lobby would show for a moment and open the camera again.
    if (meeting.value) meeting.value = { ...meeting.value, state: "ended", people: [], people_total: 0 }
    people.value = nobody
    heard += 1
    await Promise.all([leave(), load().catch(() => undefined)])
  }

  const vanish = (): void => session.value?.vanish()
  window.addEventListener("pagehide", vanish)
  onBeforeUnmount(() => {
    window.removeEventListener("pagehide", vanish)
    for (const timer of timers) window.clearInterval(timer)
    void stopCopy()
    if (session.value) void leave()
    else own.stop()
  })

  return {
    id, meeting, people, lines, speaker, quality, coverage, recorder, session, inside, voting, secretly, relayRestarted, running, over, elapsed,
    take, load, act, question, asked, enter, begin, leave,
    /** The page was closed or reloaded in this meeting: it goes straight back in. */
    wasInside: () => wasInside(id),
  }
}

export type Room = ReturnType<typeof useRoom>
