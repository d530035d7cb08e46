"""What a room has to show, and who must be seen: what its slots are filled by.

Made anew only when sources, speakers or the chair's picture change: of 600 sites it costs a millisecond.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from media_server.engine.source import Source
from media_server.engine.speakers import Speakers


@dataclass(frozen=True)
class Scene:
    """Two are equal when whoever had all slots filled by one needs nothing by the other: sources that are merely there
    too don't matter to him."""

    urgent: tuple[Source, ...]
    loudest: tuple[Source, ...]
    videos: list[Source] = field(compare=False)  # in the order of joining
    followed: tuple[list[Source], list[Source]] = field(compare=False)  # by WHEP: pictures, sounds
    voices: dict[str, list[str]] = field(compare=False)  # microphones by publisher
    speakers: Speakers = field(compare=False)

    def spoke_at(self, publisher: str) -> int:
        """Now at which a microphone of his last spoke."""
        return max(map(self.speakers.spoke_at, self.voices.get(publisher, ())), default=0)


def scene(sources: Mapping[str, Source], speakers: Speakers, picture: str | None, speaker: str | None) -> Scene:
    """`picture` and `speaker`: the publishers that the chair has chosen and that speaks."""
    videos = [source for source in sources.values() if source.video]
    loudest = [sources[name] for name in speakers.selected if name in sources]
    return Scene(
        _urgent(videos, picture, speaker), tuple(loudest), videos,
        _followed(sources, videos, loudest, picture, speaker), _voices(sources), speakers,
    )  # fmt: skip


def _urgent(videos: list[Source], picture: str | None, speaker: str | None) -> tuple[Source, ...]:
    screens = [source for source in videos if source.note.kind == "screen"]
    pictured = [source for source in videos if source.note.publisher == picture]
    speaking = [source for source in videos if source.note.publisher == speaker]
    return tuple(dict.fromkeys([*screens, *pictured, *speaking]))


def _voices(sources: Mapping[str, Source]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for source in sources.values():
        if not source.video:
            found.setdefault(source.note.publisher, []).append(source.note.id)
    return found


def _followed(
    sources: Mapping[str, Source], videos: list[Source], loudest: list[Source], picture: str | None, speaker: str | None
) -> tuple[list[Source], list[Source]]:
    """WHEP: the chair's picture, else the active speaker, else the first that publishes. Heard is who speaks,
    wherever the picture stays: there is one sound slot, and a branch site's words must reach a village hall."""
    first = videos[0].note.publisher if videos else None
    pictures: list[Source] = []
    for publisher in (picture, speaker, first):
        pictures = [source for source in videos if publisher is not None and source.note.publisher == publisher]
        if pictures:
            pictures.sort(key=lambda source: source.note.kind != "screen")
            break
    sounds = [source for source in sources.values() if not source.video]
    followed = pictures[0].note.publisher if pictures else None
    speaking = [source for source in sounds if source.note.publisher == speaker]
    heard = speaking or [source for source in sounds if source.note.publisher == followed]
    return pictures, heard or loudest
