// The records that api and pages exchange. Times: `*_wall` ISO-8601 UTC, `*_ms` milliseconds of meeting time.

export interface Told {
  code: string
  zh: string
  en: string
}

export interface UnitRef {
  id: string
  name: string
  level: string
}

export interface Unit extends UnitRef {
  code: string | null
  parent: UnitRef | null
  closed_on: string | null
  successor: string | UnitRef | null
  path: string
}

/** The Chinese text is the notice; the English one tells what it says. */
export interface Notice {
  version: string
  text: string
  text_en: string
}

export interface Me {
  user: { id: string; username: string; name: string; must_change: boolean }
  rights: { role: string; unit: UnitRef }[]
  home: UnitRef | null
  notice: { classification: string; recording: Notice }
}

export interface Kind {
  key: string
  name: string
  name_en: string
  body: string | null
  recording: "always" | "choice" | "never"
  access_class: string
  group: string
}

export interface Matter {
  key: string
  name: string
  category: string
  procedure: string
  body: string | null
  access: string
}

export interface Catalogue {
  kinds: Kind[]
  categories: { key: string; name: string }[]
  matters: Matter[]
}

export type MeetingState = "planned" | "open" | "break" | "ended" | "cancelled"

export interface MeetingBrief {
  id: string
  title: string
  kind: string
  kind_name: string
  unit: UnitRef
  state: MeetingState
  planned_wall: string | null
  opened_wall: string | null
  ended_wall: string | null
  elapsed_ms: number | null
  recording: string | null
  recorded: boolean
}

export interface Vote {
  id: string
  decision: string
  item: string
  way: "hands" | "named" | "secret"
  due: number | null
  present: number | null
  in_favour: number
  against: number
  abstained: number
  passed: boolean
  at_ms: number
}

export interface Item {
  id: string
  position: number
  title: string
  matter: string | null
  access_class: string
  start_ms: number | null
  end_ms: number | null
  decision: { id: string; title: string } | null
  votes: Vote[]
  /** A restricted part, seen only as a span. */
  hidden: boolean
}

export interface Gap {
  track: string | null
  start_ms: number
  end_ms: number
  cause: string
  cause_zh: string
  cause_en: string
  packets: number | null
}

export interface Coverage {
  live: number
  device: number | null
  later: number | null
  device_ms?: number
  later_ms?: number
  sealed_ms: number
  due_ms: number
  gaps: Gap[]
}

export interface Person {
  publisher: string
  name: string
  unit?: UnitRef | null
  /** A village's town. */
  within?: string | null
  since_ms: number
  publishing: string[]
  /** Of each site, for who chairs. */
  line?: Line | null
}

export type Line = "good" | "weak" | "lost"
export type Troubled = Exclude<Line, "good">

/** The rows that the page shows, whole or as what has changed among them. */
export interface PeopleTold {
  total: number
  found: number
  first?: number
  query?: string
  line?: Troubled | null
  people?: Person[]
  left?: string[]
  /** Places in the list, in rising order. */
  came?: [number, Person][]
}

/** For who chairs: the sites whose line is weak or lost, the worst first. */
export interface Lines {
  weak: number
  lost: number
  sites: { publisher: string; name: string; line: Line }[]
}

export interface Meeting extends MeetingBrief {
  sites: { id: string; unit: UnitRef; main: boolean }[]
  items: Item[]
  breaks: { id: string; reason: string; start_ms: number; end_ms: number | null }[]
  coverage: Coverage | null
  /** `closed` only when every part is: then coverage and gaps are final. */
  recording_state: "recording" | "closing" | "closed" | null
  may: { chair: boolean; publish: boolean; vote: boolean }
  access_class: string
  notice: Notice
  picture: string | null
  /** A restricted part runs that is not for who asks. */
  waiting: boolean
  /** The first of those who are here; left out where the channel tells of them. */
  people?: Person[]
  people_total?: number
  sites_total: number
  warnings?: Told[]
}

export interface RosterRow {
  person: { id: string; name: string; known_as: string | null }
  title: string
  votes: boolean
  present: boolean
}

export interface Slot {
  mid: string
  kind: "audio" | "video"
  source: string | null
  publisher: string | null
  unit: string | null
  within?: string | null
  source_kind: string | null
}

export interface Ice {
  ufrag: string
  pwd: string
}

export interface Health extends Told {
  well: boolean
}

export type FromHub =
  | { type: "meeting"; meeting: Meeting }
  | ({ type: "people" } & PeopleTold)
  | ({ type: "lines" } & Lines)
  | { type: "slots"; slots: Slot[]; sound_only: boolean }
  | { type: "layers"; kind: string; layers: string[] }
  | { type: "speaker"; publisher: string | null }
  | { type: "quality"; quality: "good" | "weak" | "lost"; loss: number; rtt_ms: number }
  | { type: "coverage"; coverage: (Omit<Coverage, "gaps"> & { gaps?: Gap[] }) | null; recorder: Health }
  | { type: "relay"; state: "restarted" }
  | { type: "restarted"; ice: Ice; to: string }
  | { type: "ended"; by: string }
  | { type: "pong" }

export type SilenceCause = "muted" | "call" | "locked"

export type ToHub =
  | { type: "ping" }
  | { type: "mute"; kind: string; muted: boolean; cause: SilenceCause }
  | { type: "show"; mid: string; publisher: string | null; source_kind: string }
  | { type: "sizes"; sizes: Record<string, [number, number]> }
  | { type: "restart"; ice: Ice }
  | { type: "people"; first: number; count: number; query: string; line: Troubled | null }

export interface DecisionBrief {
  id: string
  title: string
  unit: UnitRef
  matter: { key: string; name: string; category: string; category_name: string }
  state: string
  outcome: string | null
  proper: boolean | null
  created_wall: string
}

export interface Decision extends DecisionBrief {
  improper_reasons: Told[]
  spans: {
    item: string
    item_title: string
    meeting: MeetingBrief
    recording: string | null
    start_ms: number
    end_ms: number | null
  }[]
  votes: Vote[]
  entries: { seq: number; kind: string; at: string; text_zh: string; text_en: string }[]
}

export interface RecordingBrief {
  id: string
  meeting: MeetingBrief
  duration_ms: number
  coverage_live: number | null
  state: "recording" | "closing" | "closed"
  poster: string | null
  title_hidden: boolean
  /** Its media are gone, at the end of their term. */
  deleted: boolean
}

export interface Span {
  start_ms: number
  end_ms: number
}

export interface Track {
  id: string
  kind: string
  codec: string
  name: string
  site: UnitRef | null
  segments: number
  bytes: number
  start_ms: number
  end_ms: number
  frames: number
  width: number | null
  height: number | null
  /** In which it was recorded. */
  spans: Span[]
  /** Its viewing copy is being made: it can't be played yet. */
  copying: boolean
}

export interface Mark {
  id: string
  kind: string
  label: string
  start_ms: number
  end_ms: number | null
  item: string | null
  decision: string | null
}

export interface QualityMark {
  /** None: a first guess, to which nobody answers. */
  id: string | null
  /** None: all microphones of the main site. */
  track: string | null
  kind: "black" | "plain" | "frozen" | "silent"
  start_ms: number
  end_ms: number
  state: "rough" | "proposed" | "confirmed" | "dismissed"
  answered_as: string | null
  answered_wall: string | null
  remark: string | null
}

export interface Quality {
  /** From end to end; else what was seen and heard in passing. */
  measured: boolean
  marks: QualityMark[]
}

export interface Recording {
  id: string
  meeting: Meeting
  state: "recording" | "closing" | "closed"
  start_ms: number
  duration_ms: number
  /** shown: of cameras only what was on the main picture, or spoke, was kept. */
  pictures: "all" | "shown"
  tracks: Track[]
  gaps: Gap[]
  marks: Mark[]
  coverage: Coverage | null
  checkpoint: { seq: number; root: string; key_id: string; short: string } | null
  viewable: boolean
  title_hidden: boolean
  deleted_wall: string | null
  /** What this reader is refused; without an end while it lasts. */
  restricted: { start_ms: number; end_ms: number | null }[]
  may: { download: boolean; answer: boolean }
}

export type ProposalKind = "seclude" | "look" | "reveal" | "delete"

/** A recording as it stands in the lists of keeping. */
export interface Subject {
  recording: string
  title: string
  title_hidden: boolean
  unit: UnitRef
  kind_name: string
  opened_on: string | null
  duration_ms: number
  bytes: number
}

export interface Hold {
  id: string
  subject: Subject
  reason: string
  placed_as: string
  placed_wall: string
  lifted_as: string | null
  lifted_reason: string | null
  lifted_wall: string | null
  objects: number
  held: number
}

export interface Proposal {
  id: string
  kind: ProposalKind
  subject: Subject
  reason: string
  start_ms: number | null
  end_ms: number | null
  minutes: number | null
  erase: boolean
  state: "open" | "confirmed" | "refused" | "withdrawn" | "expired"
  proposed_as: string
  proposed_wall: string
  expires_wall: string
  answered_as: string | null
  answered_wall: string | null
  until_wall: string | null
  own: boolean
}

export interface Due {
  subject: Subject
  retention_name: string
  retention_name_en: string
  until_on: string
  locked_until_wall: string | null
  held: boolean
  secluded: boolean
  proposed: boolean
}

export interface Secluded {
  subject: Subject
  start_ms: number
  end_ms: number
  reason: string
  begun_wall: string
  opened_until_wall: string | null
}

export interface Deletion {
  subject: Subject
  ordered_wall: string
  proposed_as: string
  confirmed_as: string
  reason: string
  erase: boolean
  objects: number
  removed: number
  waits_until_wall: string | null
  held: boolean
  done_wall: string | null
}

export interface Keeping {
  proposals: Proposal[]
  due: Due[]
  due_total: number
  holds: Hold[]
  secluded: Secluded[]
  deletions: Deletion[]
  objects: number
  next_lock_end_wall: string | null
  waiting: number
  late: number
}

export interface RecordingKeeping {
  retention_name: string | null
  retention_name_en: string | null
  until_on: string | null
  for_ever: boolean
  settled: boolean
  locked_until_wall: string | null
  holds: Hold[]
  secluded: Secluded[]
  proposals: Proposal[]
  deletion: Deletion | null
  may: { hold: boolean; keep: boolean; take: boolean }
}

export interface User {
  id: string
  username: string
  name: string
  disabled?: boolean
  must_change?: boolean
  rights: { role: string; unit: UnitRef }[]
}

export interface ImportReport {
  dry: boolean
  counts: Record<string, Record<string, number>>
  errors: { sheet: string; row: number; column: string | null; code: string; zh: string; en: string }[]
}

export interface FeedbackNote {
  id: string
  page: string
  text: string
  sent_wall: string
  name: string | null
  answer: string | null
  answered_wall: string | null
}

export interface Status {
  recorder: Health
  spool?: { bytes: number; limit_bytes: number }
}

/** What came from a device, or later, beside a recording's own tracks. */
export interface Delivery {
  id: string
  recording: string
  origin: "device" | "handed-in"
  said_zh: string
  said_en: string
  by: string
  site: string | null
  start_ms: number
  end_ms: number
  error_ms: number | null
  place: string | null
  taken_wall: string | null
  reason: string | null
  late: boolean
  bytes: number
  state: "receiving" | "sealed" | "stored"
  received_wall: string | null
  sha256: string | null
  copy_kind: "rewrapped" | "encoded" | "failed" | null
  copy_percent: number | null
  playable: boolean
  picture: boolean | null
  sound: boolean | null
  countersigned_as: string | null
  countersigned_wall: string | null
  may_countersign: boolean
}

export interface Deliveries {
  deliveries: Delivery[]
  may_hand_in: boolean
  until_on: string | null
}
