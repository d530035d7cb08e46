"""One data folder, one hub; what a killed hub left is ended before the next one starts."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from ops.errors import HubRunning
from ops.lock import Lock


def test_a_second_hub_is_refused_and_told_which(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    first = Lock(run)
    first.take()
    first.note_children({"this": os.getpid()})
    for _ in range(2):
        second = Lock(run)
        with pytest.raises(HubRunning, match=r"pid \d+"):
            second.take()
        second.release()
        assert (run / "children.json").exists(), "the notes of the hub that runs are left alone"
    first.release()
    third = Lock(run)
    third.take()
    third.release()


def test_leftovers_are_ended_and_strangers_are_not(tmp_path: Path) -> None:
    left, stranger = (subprocess.Popen(["sleep", "300"]) for _ in range(2))
    try:
        killed = Lock(tmp_path)
        killed.take()
        killed.note_children({"relay": left.pid, "api": stranger.pid, "gone": 2**22 + 1})
        killed._file.close()  # as the kernel does at kill -9: the lock is free, the note remains
        noted = json.loads((tmp_path / "children.json").read_text())
        assert "gone" not in noted
        noted["api"][1] -= 1  # its pid came again: another process
        (tmp_path / "children.json").write_text(json.dumps(noted))
        after = Lock(tmp_path)
        after.take()
        after.release()
        assert left.poll() is not None
        assert stranger.poll() is None
    finally:
        for process in (left, stranger):
            process.kill()
            process.wait()
