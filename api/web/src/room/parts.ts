// The parts of a meeting: which one an item belongs to, which one is on, and how many make a quorum.

import type { Item, Meeting, Part, Quorum, RosterRow } from "../wire/meetings"

/** A meeting that was kept on the device by an older page knows no parts. */
export const partsOf = (meeting: Meeting): Part[] => meeting.parts ?? []
export const several = (meeting: Meeting): boolean => partsOf(meeting).length > 1
export const partOf = (meeting: Meeting, item: Item): Part | undefined => partsOf(meeting).find((part) => part.number === item.part)

/** The one that began last; before the opening the first. */
export function current(meeting: Meeting): Part | undefined {
  return partsOf(meeting).reduce<Part | undefined>((last, part) => (part.begun_ms !== null && (last === undefined || part.begun_ms >= (last.begun_ms ?? -1)) ? part : last), undefined) ?? partsOf(meeting)[0]
}

/** Its meeting, and whose it is where not all are of one unit. */
export function nameOf(meeting: Meeting, part: Part): string {
  return partsOf(meeting).every((one) => one.unit.id === meeting.unit.id) ? part.kind_name : `${part.unit.name} ${part.kind_name}`
}

/** The least number that makes a quorum of who is due. */
export function needed(due: number, quorum: Quorum): number {
  const share = (due * quorum.numerator) / quorum.denominator
  return quorum.at_least ? Math.ceil(share) : Math.floor(share) + 1
}

/** Whether a person of the roster is present as the law counts: by video only in a body whose rule says so. */
export const counts = (part: Part | undefined, row: RosterRow): boolean => row.present && (!row.by_video || part?.video_counts === true)

/** What is held, as one line. */
export const kindsOf = (meeting: Meeting): string => (several(meeting) ? [...new Set(partsOf(meeting).map((part) => nameOf(meeting, part)))].join("、") : meeting.kind_name)
