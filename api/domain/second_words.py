"""What of a decision record waits for a second person's word, by what its chain says.

correction-asked     {correction, of, seq, should, reason, on, side, by}   one that takes two; `side` may have spoken
correction-agreed    {correction, side, by}                                a side's word, where the other is still due
correction-declined  {correction, reason, by}                              it is not corrected
minutes-objected     {objection, agenda_item, meeting, recording, at_ms, text, by}   what the minutes say wrongly, where
minutes-found        {objection, finding, note, entry, by}                 the chair's; `entry`: what corrects it
minutes-agreed       {objection, by}                                       the supervisor's word: the finding stands
minutes-disputed     {objection, reason, by}                               he doesn't share it; another is due

The two sides of a correction are the township and the supervisor. When both have spoken the act `correct` names it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Payload = Mapping[str, Any]
Side = Literal["town", "supervisor"]
SIDES: tuple[Side, ...] = ("town", "supervisor")


@dataclass(slots=True)
class Asked:
    said: Payload
    words: dict[str, str] = field(default_factory=dict)  # by side, whose
    open: bool = True


@dataclass(slots=True)
class Objected:
    said: Payload
    found: Payload | None = None
    agreed_by: str | None = None
    disputed: Payload | None = None

    @property
    def state(self) -> Literal["open", "found", "settled"]:
        return "open" if self.found is None else "found" if self.agreed_by is None else "settled"


@dataclass(slots=True)
class SecondWords:
    corrections: dict[str, Asked] = field(default_factory=dict)
    minutes: dict[str, Objected] = field(default_factory=dict)

    def read(self, kind: str, said: Payload) -> None:
        """An entry of the chain; another's kind changes nothing, nor does one whose first entry was erased."""
        if kind == "correction-asked":
            words = {said["side"]: said["by"]} if said.get("side") else {}
            self.corrections[said["correction"]] = Asked(said, words)
        elif kind == "minutes-objected":
            self.minutes[said["objection"]] = Objected(said)
        asked = self.corrections.get(said.get("correction", ""))
        if asked is not None and kind == "correction-agreed":
            asked.words[said["side"]] = said["by"]
        elif asked is not None and kind in ("correction-declined", "correct"):
            asked.open = False
        objected = self.minutes.get(said.get("objection", ""))
        if objected is not None and kind == "minutes-found":
            objected.found, objected.disputed = said, None
        elif objected is not None and kind == "minutes-agreed":
            objected.agreed_by = said["by"]
        elif objected is not None and kind == "minutes-disputed":
            objected.found, objected.disputed = None, said
