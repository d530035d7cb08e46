// What stands on a paper; the same record fills the document.

export interface SheetCode {
  key: string
  title: string
  text: string
  code: string | null
  holds: string
  qr: string
}

export interface Sheet {
  kind: "record" | "dossier" | "minutes" | "roster" | "ballot" | "tally" | "notice"
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
  parts: Sheet[]
}

export const documentOf = (kind: string, subject: string): string => `/api/papers/${kind}/${subject}/docx`
