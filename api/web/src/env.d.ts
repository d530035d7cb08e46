/// <reference types="vite/client" />
declare module "*.vue" {
  import type { DefineComponent } from "vue"
  const component: DefineComponent<object, object, unknown>
  export default component
}

interface Window {
  /** Read-only figures of the running session, for tests and for a telephone call with the county's IT officer. */
  huilu: { stats: () => Promise<import("./media/session").SessionStats | null> }
  /** public/old.js has told it so. */
  huiluTooOld?: true
}
