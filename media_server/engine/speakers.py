"""Who is heard: the loudest microphones, with hysteresis, and the active speaker.

Levels are RFC 6464's −dBov: 0 is loudest, 127 silence. Every TICK the loudest of a source's levels since the last
tick goes into a running mean. Someone selected gives way only to one who is MARGIN_DB louder, and not within HOLD.
"""

from collections.abc import Iterable
from dataclasses import dataclass

_MS = 1_000_000
TICK_NS = 100 * _MS
SILENCE = 127
UNLEVELLED = 30  # a source without the level extension counts as −30 dBov …
UNLEVELLED_BYTES = 10  # … while its packets exceed this (MEDIA.md)
SPEECH = 50  # louder than −50 dBov is somebody speaking
MARGIN_DB = 6
HOLD_NS = 2_000 * _MS
SPEAKER_NS = 600 * _MS  # so long somebody must be the loudest before the picture moves
WEIGHT = 0.3  # of the newest tick: half-way after 0.2 s, so that a cough does not select


@dataclass(slots=True)
class Voice:
    peak: int = SILENCE  # loudest since the last tick
    level: float = SILENCE
    spoke_at: int | None = None


class Speakers:
    def __init__(self, places: int) -> None:
        self.selected: list[str] = []  # source ids, in the order in which they were selected
        self.speaker: str | None = None
        self._places = places
        self._voices: dict[str, Voice] = {}
        self._since: dict[str, int] = {}
        self._candidate: tuple[str, int] | None = None

    def heard(self, source: str, level: int | None, payload_bytes: int) -> None:
        if level is None:
            level = UNLEVELLED if payload_bytes > UNLEVELLED_BYTES else SILENCE
        voice = self._voices.setdefault(source, Voice())
        voice.peak = min(voice.peak, level)

    def level(self, source: str) -> float:
        voice = self._voices.get(source)
        return voice.level if voice else SILENCE

    def spoke_at(self, source: str) -> int:
        """now at which it last spoke, 0 if never."""
        voice = self._voices.get(source)
        return (voice.spoke_at or 0) if voice else 0

    def remove(self, source: str) -> bool:
        """True when this changes who is selected or speaks."""
        self._voices.pop(source, None)
        self._since.pop(source, None)
        changed = source in self.selected or source == self.speaker
        if source in self.selected:
            self.selected.remove(source)
        if source == self.speaker:
            self.speaker = None
        if self._candidate and self._candidate[0] == source:
            self._candidate = None
        return changed

    def tick(self, now: int) -> bool:
        """True when who is selected or who speaks has changed."""
        for voice in self._voices.values():
            voice.level += (voice.peak - voice.level) * WEIGHT
            voice.peak = SILENCE
            if voice.level < SPEECH:
                voice.spoke_at = now
        changed = self._select(now)
        return self._decide_speaker(now) or changed

    def _loudest(self, sources: Iterable[str]) -> list[str]:
        return sorted(sources, key=lambda source: self._voices[source].level)

    def _select(self, now: int) -> bool:
        changed = False
        for source in self._loudest(set(self._voices) - set(self.selected)):
            if len(self.selected) < self._places:
                self.selected.append(source)
            else:
                quietest = self._loudest(self.selected)[-1]
                louder = self._voices[quietest].level - self._voices[source].level
                if louder < MARGIN_DB or now - self._since.get(quietest, 0) < HOLD_NS:
                    break
                self.selected[self.selected.index(quietest)] = source
                self._since.pop(quietest, None)
            self._since[source] = now
            changed = True
        return changed

    def _decide_speaker(self, now: int) -> bool:
        speaking = [source for source in self._voices if self._voices[source].level < SPEECH]
        if not speaking:
            self._candidate = None
            return False  # the last speaker stays on screen
        loudest = self._loudest(speaking)[0]
        if loudest == self.speaker:
            self._candidate = None
            return False
        if self.speaker in speaking and self._voices[self.speaker].level - self._voices[loudest].level < MARGIN_DB:
            return False
        if self._candidate is None or self._candidate[0] != loudest:
            self._candidate = (loudest, now)
        if self.speaker is not None and now - self._candidate[1] < SPEAKER_NS:
            return False
        self.speaker, self._candidate = loudest, None
        return True
