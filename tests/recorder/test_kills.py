"""The short form of `python -m tests.recorder.kills`."""

from pathlib import Path

from media_server.bus import Bus
from ops.sender.film import Film
from tests.recorder.kills import compare, record_with_kills


async def test_a_recorder_that_is_killed_loses_nothing_and_doubles_nothing(
    sqlite_url: str, bus: Bus, bus_url: str, tmp_path: Path, film: Film
) -> None:
    # On a machine that is busy with other tests a start may take longer than the real relay's 10 s.
    found = await record_with_kills(tmp_path, bus, bus_url, sqlite_url, film, 3, 7, history_ns=180_000_000_000)
    assert (found.lost, found.doubled, found.other) == (dict.fromkeys(found.sent, 0),) * 3
    assert found.errors == ""
    assert found.continuous
    # It left a second before the end; nothing else is missing of it.
    assert {cause for _, cause in found.gaps} == {"left"}


def test_the_comparison_can_fail() -> None:
    wanted = [b"a", b"b", b"c", b"d"]
    assert compare(wanted, wanted) == (0, 0, 0)
    assert compare(wanted, [b"a", b"c", b"d"]) == (1, 0, 0)
    assert compare(wanted, [b"a", b"b", b"b", b"c", b"d"]) == (0, 1, 0)
    assert compare(wanted, [b"a", b"b", b"c"]) == (1, 0, 0)
    assert compare(wanted, [b"a", b"b", b"c", b"d", b"x"]) == (0, 0, 1)
