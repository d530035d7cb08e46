// Short words at the edge of the page: what was done, or why it was refused.

import { ElMessage } from "element-plus/es/components/message/index.mjs"
import "element-plus/es/components/message/style/css"
import { Problem } from "../wire/http"
import { said, t } from "../words"

export function tellDone(text: string): void {
  ElMessage({ message: text, type: "success", duration: 3_000, grouping: true })
}

export function tellProblem(error: unknown): void {
  ElMessage({ message: sentence(error), type: "error", duration: 7_000, showClose: true, grouping: true })
}

export function sentence(error: unknown): string {
  if (error instanceof Problem) return said(error)
  console.error(error)
  return t("frame.unclear")
}
