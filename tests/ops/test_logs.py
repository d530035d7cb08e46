"""Log files are bounded, whatever a process writes."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ops.logs import KEPT, Log


def test_it_goes_on_in_a_new_file(tmp_path: Path) -> None:
    log = Log(tmp_path / "a.log", 100)
    for number in range(100):
        log.write(f"line {number:03} ".encode() + b"x" * 20 + b"\n")
    log.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == KEPT + 1
    assert all(file.stat().st_size <= 100 for file in files)
    assert (tmp_path / "a.log").read_text().splitlines()[-1].startswith("line 099")
    assert list(log.last)[-1].startswith("line 099")
    again = Log(tmp_path / "a.log", 100)
    again.write(b"y" * 90)
    again.close()
    assert (tmp_path / "a.log").read_bytes() == b"y" * 90, "the size is known after a restart"


@given(st.lists(st.binary(max_size=300), max_size=30))
def test_any_bytes(tmp_path_factory: object, chunks: list[bytes]) -> None:
    folder = tmp_path_factory.mktemp("log")  # type: ignore[attr-defined]
    log = Log(folder / "a.log", 200)
    for chunk in chunks:
        log.write(chunk)
    log.close()
    assert all(file.stat().st_size <= 300 for file in folder.iterdir())
    assert log.lost_bytes == 0
