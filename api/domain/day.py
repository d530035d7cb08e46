"""The day a moment belongs to: Asia/Shanghai, which has had no summer time since 1991."""

from datetime import UTC, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


def day_of(wall_ns: int) -> str:
    """ISO date in Shanghai of a wall-clock moment."""
    return datetime.fromtimestamp(wall_ns // 1_000_000_000, SHANGHAI).date().isoformat()


def utc_text(wall_ns: int) -> str:
    """RFC 3339 UTC with milliseconds."""
    seconds, rest = divmod(wall_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03d}Z"


def holds(from_on: str, until_on: str | None, on: str) -> bool:
    """Whether something dated [from, until) holds on a day; ISO dates compare as text."""
    return from_on <= on and (until_on is None or on < until_on)
