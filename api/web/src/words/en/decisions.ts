// Decision records.

import type zh from "../zh/decisions"

const decisions: Record<keyof typeof zh, string> = {
  "decisions.search": "Find by title or unit",
  "decisions.all-matters": "All matters",
  "decisions.none": "No decision records found",

  "decision.matter": "Matter",
  "decision.since": "Since",
  "decision.improper": "What was not done properly",
  "decision.spans": "In which meetings it was discussed",
  "decision.no-spans": "Not discussed in a meeting yet",
  "decision.length": "for {length}",
  "decision.watch": "Watch this decision",
  "decision.watch-vote": "Watch the vote",
  "decision.votes": "Votes",
  "decision.no-votes": "No vote yet",
  "decision.history": "History",
  "decision.paper": "Print a paper record",
  "paper.noted": "The printing and the codes on the paper will be noted in the record's history.",
  "paper.not-noted": "You may print it; your account has no right to have the printing noted.",
  "decision.chained": "These entries form a chain: a change of any of them is found.",

  "outcome.none": "Under way",
  "outcome.passed": "Passed",
  "outcome.rejected": "Rejected",
  "outcome.no_quorum": "No quorum",
  "outcome.withdrawn": "Withdrawn",
  "outcome.ended": "Ended",
  "proper.open": "Not judged yet",
  "proper.yes": "Done properly",
  "proper.no": "Not done properly",
}
export default decisions
