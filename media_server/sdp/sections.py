"""A session description cut into its session part and m-sections with their lines; `read` adds what the library has.

`sdp-transform` turns whatever looks like a number into one ("0012" → 12, "1e10" → 10000000000.0, "1_0" → 10), so
strings whose every character counts (ufrag, pwd, mid, rid, msid, cname) are taken from the lines themselves, and
only rtpmap and extmap come from the library. It is given no others: it tries some seventy patterns on each line, 6 of
the 9 ms that a room's offer took.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import sdp_transform

from media_server.errors import BadOffer

# A room offer with every codec is 95 kB (22 m-lines); nobody honest needs more than this.
MAX_BYTES = 256 * 1024
MAX_LINE = 4096
MAX_SECTIONS = 64
# RFC 8866 §9: token-char.
_TOKEN = re.compile(r"[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,64}")
_PROTOCOL = re.compile(r"[A-Za-z0-9/]{1,32}")
_PAYLOADS = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`{|}~]+( [A-Za-z0-9!#$%&'*+\-.^_`{|}~]+)*")


@dataclass(slots=True)
class Section:
    """One m-section, or the session part (whose `media` is empty)."""

    media: str = ""
    port: int = 0
    protocol: str = ""
    payloads: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)  # the a= lines, without "a="
    library: dict[str, Any] = field(default_factory=dict)

    def values(self, name: str) -> list[str]:
        """What stands behind `a=name:`, letter for letter."""
        prefix = name + ":"
        return [line[len(prefix) :].strip() for line in self.lines if line.startswith(prefix)]

    def value(self, name: str) -> str | None:
        found = self.values(name)
        return found[0] if found else None

    def has(self, name: str) -> bool:
        return name in self.lines

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The library's list of such lines: "rtp" or "ext"."""
        rows = self.library.get(name, [])
        return rows if isinstance(rows, list) else []


@dataclass(slots=True)
class Description:
    session: Section
    media: list[Section]

    def inherited(self, section: Section, name: str) -> list[str]:
        """Media level first, else session level (RFC 8839 §5.4, RFC 8842 §5.2)."""
        return section.values(name) or self.session.values(name)


def is_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def number(value: object, top: int) -> int | None:
    """A whole number from 0 to `top`, or None: the library also yields strings, inf and nan."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= top:
        return None
    return value


def cut(text: str) -> Description:
    """Lines alone, which is all that an answer or a restart needs. Raises BadOffer, as `read` does."""
    if len(text) > MAX_BYTES:
        raise BadOffer(f"longer than {MAX_BYTES} bytes")
    lines = [line for line in re.split(r"\r\n|\n|\r", text) if re.match(r"[a-z]=", line)]
    if any(len(line) > MAX_LINE or not line.isprintable() for line in lines):
        raise BadOffer("line too long or not text")
    session = Section()
    media: list[Section] = []
    for line in lines:
        if line.startswith("m="):
            media.append(_section(line[2:]))
        elif line.startswith("a="):
            (media[-1] if media else session).lines.append(line[2:].rstrip())
    if len(media) > MAX_SECTIONS:
        raise BadOffer(f"more than {MAX_SECTIONS} media sections")
    return Description(session, media)


def read(text: str) -> Description:
    description = cut(text)
    lines = []
    for section in description.media:
        lines.append(f"m={section.media} {section.port} {section.protocol} {' '.join(section.payloads)}")
        lines += ["a=" + line for line in section.lines if line.startswith(("rtpmap:", "extmap:"))]
    try:
        parsed = sdp_transform.parse("\r\n".join(lines))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise BadOffer(f"{type(error).__name__} while parsing") from error
    for section, found in zip(description.media, parsed["media"], strict=True):
        section.library = found
    return description


def _section(content: str) -> Section:
    """RFC 8866 §5.14: media, port, protocol, formats."""
    parts = content.split(" ", 3)
    if len(parts) != 4 or not parts[1].isascii() or not parts[1].isdigit() or len(parts[1]) > 5:
        raise BadOffer("malformed m-line")
    kind, port, protocol, payloads = parts
    payloads = payloads.strip()
    if not is_token(kind) or not _PROTOCOL.fullmatch(protocol) or not _PAYLOADS.fullmatch(payloads):
        raise BadOffer("malformed m-line")
    return Section(kind, int(port), protocol, payloads.split(" "))
