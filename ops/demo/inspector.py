"""The inspector of the demonstration: takes a span of a recording by HLS, as a page would, and decodes all of it."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import ffmpeg
import httpx
import imageio_ffmpeg

from ops.sender.session import client

_ATTRIBUTE = re.compile(r'URI="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry of a media playlist with the map that holds for it."""

    start_ms: float
    end_ms: float
    map_line: str
    range_line: str
    uri: str


@dataclass(frozen=True, slots=True)
class Decoded:
    frames: int
    errors: str


class Inspector:
    def __init__(self, url: str, token: str, authority: Path | None) -> None:
        self._url = url
        self._http = client(token, authority)

    async def close(self) -> None:
        await self._http.aclose()

    async def fetch(self, path: str) -> bytes:
        """Raises httpx.HTTPError when the hub doesn't give it."""
        reply = await self._http.get(self._url + path)
        reply.raise_for_status()
        return reply.content

    async def playable(self, recording: str, tracks: list[str]) -> bool:
        """The master names a picture, every track's playlist is whole, and its first piece can be had."""
        base = f"/api/recordings/{recording}"
        try:
            if b"#EXT-X-STREAM-INF" not in await self.fetch(f"{base}/master.m3u8"):
                return False
            for track in tracks:
                text = (await self.fetch(f"{base}/{track}.m3u8")).decode()
                found = pieces(text)
                if "#EXT-X-ENDLIST" not in text or not found:
                    return False
                await self.fetch(f"{base}/{found[0].uri}")
        except httpx.HTTPStatusError:
            return False
        return True

    async def decode(self, recording: str, track: str, span_ms: tuple[float, float], folder: Path) -> Decoded:
        """Every piece that touches the span, fetched into `folder` and decoded to the last frame."""
        base = f"/api/recordings/{recording}"
        text = (await self.fetch(f"{base}/{track}.m3u8")).decode()
        wanted = [piece for piece in pieces(text) if piece.end_ms > span_ms[0] and piece.start_ms < span_ms[1]]
        names: dict[str, str] = {}
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:6"]
        last_map = ""
        for piece in wanted:
            for uri in (piece.uri, _uri_of(piece.map_line)):
                if uri not in names:
                    names[uri] = f"{track}-{len(names):05}.mp4"
                    (folder / names[uri]).write_bytes(await self.fetch(f"{base}/{uri}"))
            map_uri = _uri_of(piece.map_line)
            map_line = piece.map_line.replace(map_uri, names[map_uri])
            if map_line != last_map:
                lines.append(map_line)
                last_map = map_line
            lines.append(f"#EXTINF:{(piece.end_ms - piece.start_ms) / 1000:.6f},")
            if piece.range_line:
                lines.append(piece.range_line)
            lines.append(names[piece.uri])
        playlist = folder / f"{track}.m3u8"
        playlist.write_text("\n".join([*lines, "#EXT-X-ENDLIST", ""]))
        return await asyncio.to_thread(_decode, playlist)


def pieces(playlist: str) -> list[Piece]:
    """A media playlist's entries on its own time line."""
    found: list[Piece] = []
    at, length, map_line, range_line = 0.0, 0.0, "", ""
    for line in playlist.splitlines():
        if line.startswith("#EXT-X-MAP:"):
            map_line = line
        elif line.startswith("#EXT-X-BYTERANGE:"):
            range_line = line
        elif line.startswith("#EXTINF:"):
            length = float(line.removeprefix("#EXTINF:").split(",")[0]) * 1000
        elif line and not line.startswith("#"):
            found.append(Piece(at, at + length, map_line, range_line, line))
            at, range_line = at + length, ""
    return found


def _uri_of(map_line: str) -> str:
    found = _ATTRIBUTE.search(map_line)
    return found[1] if found else ""


def _decode(playlist: Path) -> Decoded:
    """One line a frame on the output; whatever the decoder complains of on the other."""
    given = ffmpeg.input(str(playlist), allowed_extensions="ALL", protocol_whitelist="file")
    out, wrong = (
        ffmpeg.output(given, "-", format="framemd5", loglevel="error")
        .global_args("-nostdin")
        .run(cmd=imageio_ffmpeg.get_ffmpeg_exe(), capture_stdout=True, capture_stderr=True)
    )
    frames = [line for line in out.decode().splitlines() if line and not line.startswith("#")]
    return Decoded(len(frames), wrong.decode(errors="replace").strip())
