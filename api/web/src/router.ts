// Which address shows which page, and who is sent to sign in first.

import { createRouter, createWebHistory } from "vue-router"
import { signInAgain } from "./frame/again"
import { keptMeeting, wasInside } from "./copy/kept"
import { forgetMe, me, remember, whoAmI } from "./frame/me"
import { whenSignedOut } from "./wire/http"

/** A hub that is there answers sooner. */
export const PATIENCE_MS = 800

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/signin", name: "signin", component: () => import("./pages/SignIn.vue"), meta: { open: true } },
    { path: "/", name: "home", component: () => import("./pages/Home.vue") },
    { path: "/start", name: "start", component: () => import("./pages/Start.vue") },
    { path: "/plan", name: "plan", component: () => import("./pages/Plan.vue") },
    { path: "/meetings/:id", name: "meeting", component: () => import("./pages/MeetingRoom.vue"), meta: { stage: true } },
    { path: "/meetings/:id/hand-in", name: "hand-in", component: () => import("./pages/HandIn.vue") },
    { path: "/meetings/:id/sheet", name: "sheet", component: () => import("./pages/Sheet.vue"), meta: { bare: true } },
    { path: "/recordings", name: "recordings", component: () => import("./pages/Recordings.vue") },
    { path: "/recordings/:id", name: "replay", component: () => import("./pages/Replay.vue"), meta: { wide: true } },
    { path: "/decisions", name: "decisions", component: () => import("./pages/Decisions.vue") },
    { path: "/decisions/:id", name: "decision", component: () => import("./pages/DecisionRecord.vue") },
    { path: "/notices", name: "notices", component: () => import("./pages/Notices.vue") },
    { path: "/notices/:id/paper", name: "notice-paper", component: () => import("./pages/NoticePaper.vue"), meta: { bare: true } },
    { path: "/papers/:kind/:id", name: "paper", component: () => import("./pages/Paper.vue"), meta: { bare: true } },
    { path: "/papers/:kind/:id/sign", name: "sign-paper", component: () => import("./pages/Sign.vue") },
    { path: "/signed-pages", name: "signed-pages", component: () => import("./pages/SignedPages.vue") },
    { path: "/branches", name: "branches", component: () => import("./pages/Branches.vue"), meta: { wide: true } },
    { path: "/branches/:id", name: "branch", component: () => import("./pages/Branch.vue") },
    { path: "/attendance", name: "attendance", component: () => import("./pages/Attendance.vue") },
    { path: "/desk", name: "desk", component: () => import("./pages/TownDesk.vue") },
    { path: "/county", name: "county", component: () => import("./pages/CountyDesk.vue") },
    { path: "/county/affairs", name: "affairs", component: () => import("./pages/Affairs.vue") },
    { path: "/rules", name: "rules", component: () => import("./pages/Rules.vue") },
    { path: "/keeping", name: "keeping", component: () => import("./pages/Keeping.vue") },
    { path: "/people", name: "people", component: () => import("./pages/People.vue") },
    { path: "/account", name: "account", component: () => import("./pages/Account.vue") },
    { path: "/users", name: "users", component: () => import("./pages/Users.vue") },
    { path: "/feedback", name: "feedback", component: () => import("./pages/FeedbackAnswers.vue") },
    { path: "/:rest(.*)*", name: "nowhere", component: () => import("./pages/Nowhere.vue"), meta: { open: true } },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

router.beforeEach(async (to) => {
  if (to.meta.open) return true
  const id = String(to.params.id)
  const kept = to.name === "meeting" && wasInside(id) ? keptMeeting(id) : null
  if (kept) {
    // Reloaded in a meeting, perhaps without a line: nobody waits for an answer that may never come.
    const asked = whoAmI().then((who) => who !== null, () => false)
    const soon = await Promise.race([asked, new Promise<null>((resolve) => window.setTimeout(() => resolve(null), PATIENCE_MS))])
    if (soon) return true
    if (!me.value && soon === null) remember(kept.me, kept.catalogue)
  }
  try {
    const who = await whoAmI()
    if (who && !who.user.must_change) return who.must_enrol && to.name !== "account" ? { name: "account" } : true
    return { name: "signin", query: { next: to.fullPath, ...(who ? { change: "1" } : {}) } }
  } catch {
    // The hub is away: show the page, which says so and tries again.
    return true
  }
})

// An idle time-out never ends a running meeting: media and recording go on, and the room asks for the password in place.
whenSignedOut(() => {
  if (router.currentRoute.value.meta.stage && me.value) {
    signInAgain.value = true
    return
  }
  forgetMe()
  if (router.currentRoute.value.name !== "signin") {
    void router.push({ name: "signin", query: { next: router.currentRoute.value.fullPath } })
  }
})

// A new release replaced the files of an open page: load it afresh at the next step.
router.onError((error: unknown, to) => {
  if (String(error).includes("dynamically imported module")) location.assign(to.fullPath)
})
