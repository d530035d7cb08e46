"""Moments, days and spans as they stand on paper: in Chinese, by Shanghai's clock."""

import re
from datetime import datetime

from api.domain.day import SHANGHAI

UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # what XML can't hold, and tabs


def span(ms: int) -> str:
    """754000 → 12:34; 3723000 → 1:02:03."""
    minutes, seconds = divmod(max(0, ms) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def moment(at: str | int | None) -> str:
    """A moment as people write it: of RFC 3339 text, or of ns UTC; nothing for none."""
    if at is None:
        return ""
    found = datetime.fromtimestamp((wall_ns(at) if isinstance(at, str) else at) // 1_000_000_000, SHANGHAI)
    return f"{found.year}年{found.month}月{found.day}日 {found:%H:%M}"


def wall_ns(at: str) -> int:
    """RFC 3339 text as ns UTC, to the millisecond."""
    return round(datetime.fromisoformat(at).timestamp() * 1000) * 1_000_000


def day(iso: str | None) -> str:
    if not iso:
        return ""
    year, month, of_month = iso.split("-")
    return f"{int(year)}年{int(month)}月{int(of_month)}日"


def plain(text: str) -> str:
    return UNPRINTABLE.sub(" ", text)
