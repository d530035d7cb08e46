// What a device recorded by itself, and films that are handed in.

import type zh from "../zh/copies"

const copies: Record<keyof typeof zh, string> = {
  "copy.recording": "The line is bad: this device is recording by itself",
  "copy.recording-text": "The meeting goes on; {length} are saved. They are sent by themselves when the line is back. Please keep this page open.",
  "copy.full": "This device is running out of space; please make room. What is saved stays.",
  "copy.delivering": "{length} saved on this device, {percent}% sent",
  "copy.progress": "Sending",
  "copy.done": "All that this device recorded has been sent, and the hub has checked it.",
  "copy.refused": "A recording on this device can't be sent:",
  "copy.save": "Save as a file",
  "copy.throw-away": "Delete it",

  "films.head": "From devices, and handed in",
  "films.legend": "From a device, or handed in",
  "films.late": "After three working days: not counted in coverage",
  "films.within": "placed within {seconds} s",
  "films.receiving": "On its way",
  "films.copying": "A copy to play is being made, {percent}%; the original is sealed as it came",
  "films.copy-rewrapped": "Kept as it came; what plays is a copy with the same pictures",
  "films.copy-encoded": "Kept as it came; what plays is a converted copy, no evidence",
  "films.copy-failed": "Kept as it came; it can't be played, please check it and hand it in again",
  "films.countersign": "Countersign",
  "films.countersigned": "Countersigned by {who}",
  "films.not-countersigned": "Waits for the supervisor",

  "handin.head": "Hand in a film",
  "handin.go-there": "Hand in a film",
  "handin.text": "A film made with a telephone or camera where there was no signal can be handed in here. It is sealed as it is, and marked as handed in.",
  "handin.until": "Please hand it in by {day} (three working days after the meeting); later it is taken, marked as late, and not counted.",
  "handin.file": "The film",
  "handin.taken": "When filming began",
  "handin.place": "Where it was filmed",
  "handin.reason": "Why it is handed in",
  "handin.go": "Hand it in",
  "handin.sending": "Sending, {percent}%; please keep this page open",
  "handin.waiting": "The line is down; it goes on where it was when the line is back",
  "handin.done": "It is here and sealed.",
  "handin.next": "Next: a copy to play is made, the supervisor countersigns, then it is in the replay. Please keep your own file for now.",
  "handin.not-for-you": "You may not hand in films for this meeting, or it was not recorded.",
}
export default copies
