import type zh from "./zh"

const en: Record<keyof typeof zh, string> = {
  "name.product": "会录 Huilu",
}
export default en
