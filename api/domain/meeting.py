"""The states of a meeting: one literal table, and the two rules about days.

A meeting is planned, opened once (that is the origin of its time), paused by declared breaks, and ended by the chair or
by absence. It may be opened again while the day lasts on which it opened or on which it ended; past midnight it still
belongs to the day on which it opened. A cancelled meeting was never opened.
"""

from dataclasses import dataclass

from api.errors.meetings import NotToday, WrongState

STATES = ("planned", "open", "break", "ended", "cancelled")

# (state, verb) → state
TABLE: dict[tuple[str, str], str] = {
    ("planned", "open"): "open",
    ("planned", "cancel"): "cancelled",
    ("open", "break"): "break",
    ("open", "end"): "ended",
    ("break", "resume"): "open",
    ("break", "end"): "ended",
    ("ended", "reopen"): "open",
}

FORESEEN_NS = 3600 * 1_000_000_000  # time in which a township can still send somebody

RUNNING = frozenset({"open", "break"})  # media flow for all, the recorder runs
ABSENCE = "absence"  # who ended it, where nobody did


def after(state: str, verb: str) -> str:
    """The state that follows; raises WrongState."""
    try:
        return TABLE[state, verb]
    except KeyError:
        raise WrongState(f"{verb} while {state}", state=state) from None


def check_reopening(opened_on: str, ended_on: str, today: str) -> None:
    if today not in (opened_on, ended_on):
        raise NotToday(f"opened {opened_on}, ended {ended_on}")


def part_name(meeting: str, number: int) -> str:
    """What a part of a meeting is called where it counts as a meeting of its own; the first as the meeting itself."""
    return meeting if number == 1 else f"{meeting}-{number}"


def named_part(name: str) -> tuple[str, int]:
    """The reverse: the meeting's id, and the number of its part; 0 where nothing is called so."""
    meeting, dash, number = name.partition("-")
    found = 1 if not dash else int(number) if number.isascii() and number.isdecimal() else 0
    return meeting, found if part_name(meeting, found) == name else 0


def unplanned(planned_wall: int | None, created_wall: int, opened_wall: int) -> bool:
    """Whether a meeting came as a surprise: nobody gave it a time, or its plan was made within the hour before."""
    return planned_wall is None or opened_wall - created_wall < FORESEEN_NS


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a meeting waits for somebody to come back, in ns."""

    left_ns: int  # who went by himself
    lost_ns: int  # whose line was lost: he may be sitting in the meeting, with a device that records by itself


def absent_since(
    last_media_ns: int | None, now_ns: int, patience: Patience, opened_ns: int = 0, lost_ns: int | None = None
) -> int | None:
    """The moment at which a meeting that nobody attends ended, or None while it goes on. `lost_ns`: when the last line
    was lost of those that never came back.

    Its end is the last moment with media; a meeting that never had any ended where it was opened.
    """
    last = opened_ns if last_media_ns is None else max(opened_ns, last_media_ns)
    if now_ns - last < patience.left_ns:
        return None
    if lost_ns is not None and lost_ns >= opened_ns and now_ns - lost_ns < patience.lost_ns:
        return None
    return last
