"""A wrong act is corrected by a later one: the record is walked anew with the one in the place of the other.

What was written stays (`said`); no failure disappears (`lifted`); docs/PROCEDURES.md, Corrections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.model.forms import Act, wrong
from tests.model.refused import day_of

if TYPE_CHECKING:
    from tests.model.record import Record

NOBODYS_WORD = ("sealed", "correct")
NEVER_STRUCK_OUT = ("begin", "plan")
STAYS = ("act", "step", "meeting", "number", "sha256", "office")
BEGIN_STAYS = ("matter", "on", "procedure", "body", "others")


def correct(record: Record, act: Act) -> str | None:
    """None: it is corrected. Otherwise why not."""
    code = wrong(act) or _cannot_be(record, act)
    if code is not None:
        return code
    of, should, on = act["of"], act.get("should"), day_of(act)
    after = _walked(record, of, should)
    if isinstance(after, str):
        return after
    if on < after.newest:
        return "act.before"
    if _plain(should) == _plain(record.corrections.get(of, record.said[of - 1])):
        return "correction.same"
    before_on = max(on, record.newest)
    gone = record.marks_on(before_on) - after.marks_on(on)
    both = record.closed(before_on) or record.outcome != after.outcome or bool(gone) or should is None
    both = both or (after.compliant(on) is True and record.compliant(before_on) is not True)
    both = both or bool(after.fallen - record.fallen)
    if both and not act.get("agreed"):
        return "correction.alone"
    after.lifted = record.lifted | {mark: len(after.said) + 1 for mark in gone}
    after.said.append(act)
    after.newest = on
    record.__dict__.update(after.__dict__)
    return None


def _cannot_be(record: Record, act: Act) -> str | None:
    of, should = act["of"], act.get("should")
    if of > len(record.said) or record.said[of - 1]["act"] in NOBODYS_WORD:
        return "correction.unknown"
    was = record.said[of - 1]
    if should is None:
        return "act.form" if was["act"] in NEVER_STRUCK_OUT else None
    if was["act"] == "begin" and should.get("guarantee"):
        return "act.form"
    stays = STAYS + BEGIN_STAYS if was["act"] == "begin" else STAYS
    return "act.form" if any(should.get(name) != was.get(name) for name in stays) else None


def _walked(record: Record, of: int, should: Act | None) -> Record | str:
    """From the first act on; the code where what is put in the other's place is refused there."""
    corrections = record.corrections | {of: should}
    first = corrections.get(1) or record.said[0]
    after = type(record)(first, record.procedure, record.body, record.exceptional)
    for number, said in enumerate(record.said[1:], 2):
        act = corrections.get(number, said)
        if said["act"] == "correct":
            after.newest = max(after.newest, day_of(said))
        elif act is not None:
            code = after.refusal(act)
            if code is None:
                after.take(act)
            elif number == of:
                return code
            else:
                after.fallen.add(number)
    after.said, after.corrections = [*record.said], corrections
    return after


def _plain(act: Act | None) -> Act | None:
    """Without what might as well be left out."""
    if act is None:
        return None
    told = {name: value for name, value in act.items() if value is not None}
    if act["act"] == "vote":
        told = {name: value for name, value in told.items() if value not in (0, False)}
    return told
