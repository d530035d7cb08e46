// What stands on a paper; the same record fills the document.

export interface SheetCode {
  key: string
  title: string
  text: string
  code: string | null
  holds: string
  qr: string
}

export type PaperKind = "record" | "dossier" | "minutes" | "roster" | "ballot" | "tally" | "notice"

/** What of it stands on one page of A4. */
export interface Leaf {
  number: number
  fields: Sheet["fields"]
  tables: Sheet["tables"]
  signs: string[]
  codes: SheetCode[]
  notes: string[]
  code: SheetCode
}

export interface Sheet {
  kind: PaperKind
  subject: string
  name: string
  title: string
  fields: { key: string; name: string; value: string; by_hand: boolean }[]
  tables: { key: string; name: string; columns: { key: string; name: string; share: number }[]; rows: Record<string, string>[]; tall: boolean }[]
  signs: string[]
  codes: SheetCode[]
  notes: string[]
  copies: number
  page: SheetCode | null
  digest: string
  pages: Leaf[]
  parts: Sheet[]
}

export const documentOf = (kind: string, subject: string): string => `/api/papers/${kind}/${subject}/docx`
