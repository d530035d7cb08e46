// What a part of a meeting is called where it counts as one of its own: the first as the meeting itself.
export const partName = (meeting: string, part: number): string => (part === 1 ? meeting : `${meeting}-${part}`)
