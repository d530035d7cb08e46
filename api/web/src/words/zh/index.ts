// The Chinese words of the pages, part by part: what the others are translated from.

import account from "./account"
import accounts from "./accounts"
import attendance from "./attendance"
import branches from "./branches"
import copies from "./copies"
import corrections from "./corrections"
import decisions from "./decisions"
import desks from "./desks"
import frame from "./frame"
import keeping from "./keeping"
import notices from "./notices"
import planning from "./planning"
import replay from "./replay"
import room from "./room"
import rules from "./rules"
import signed from "./signed"

export default { ...frame, ...planning, ...room, ...copies, ...corrections, ...replay, ...keeping, ...decisions, ...desks, ...notices, ...account, ...accounts, ...attendance, ...branches, ...rules, ...signed }
