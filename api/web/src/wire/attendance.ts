// One's own attendance, by quarter. Moments: ISO; days: `YYYY-MM-DD` in Shanghai.

import { get } from "./http"
import type { UnitRef } from "./hub"

export interface OwnMeeting {
  meeting: string
  part: number
  title: string
  kind_name: string
  kind_name_en: string
  unit: UnitRef
  on: string
  begun_at: string | null
  present: boolean
  late: boolean
  left_early: boolean
  came_at: string | null
  left_at: string | null
  reason: string | null
}

export interface OwnQuarter {
  quarter: string
  due: number
  present: number
  late: number
  left_early: number
  absent: number
  meetings: OwnMeeting[]
}

export const ownAttendance = async (year: number): Promise<OwnQuarter[]> => (await get<{ quarters: OwnQuarter[] }>(`/api/me/attendance?year=${year}`)).quarters
