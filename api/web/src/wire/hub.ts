// What nearly every answer is made of: units, who is signed in, the catalogue, how the hub is.

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
  /** `giver`: in whose place, where it was lent; `until_on` is the day after its last. */
  rights: { role: string; unit: UnitRef; giver: string | null; until_on: string | null }[]
  home: UnitRef | null
  must_enrol: boolean
  /** Stands on some body's roster. */
  attends: boolean
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
  /** Its body may meet by adults or by a representative of each household. */
  ways: boolean
}

export interface Matter {
  key: string
  name: string
  category: string
  procedure: string
  body: string | null
  access: string
  guarantee: boolean
  /** Of two the one is chosen when one is begun. */
  walks: Walk[]
  /** It is meant for less, in fen; an amount is asked for. */
  small_below_fen: number | null
}

export interface Walk {
  procedure: string
  name: string
  name_en: string
  body: "V" | "VA" | "M" | "MA" | null
  /** An urgent one is, by the next meeting. */
  ratified: boolean
}

export interface Catalogue {
  kinds: Kind[]
  categories: { key: string; name: string }[]
  matters: Matter[]
}

export interface Health extends Told {
  well: boolean
}

export interface Status {
  recorder: Health
  spool?: { bytes: number; limit_bytes: number }
}
