"""`huilu demo` with processes killed in mid-meeting: everything it claims must hold, else it exits with 1."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.walk
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kill", ["recorder,bus,worker,api,objects", "relay"])
def test_the_meeting_survives(tmp_path: Path, kill: str) -> None:
    command = [sys.executable, "-m", "ops.cli", "demo", "--no-browser", "--minutes", "0.25", "--kill", kill]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    print(done.stdout[-5000:])
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "sound" in done.stdout
    for name in kill.split(","):
        assert f"{name} healthy again" in done.stdout
    if kill == "relay":
        assert "the relay was restarted" in done.stdout, "what was lost is listed with its cause"


def test_another_process_is_refused_in_words() -> None:
    command = [sys.executable, "-m", "ops.cli", "demo", "--kill", "postmaster"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "recorder, relay" in done.stderr
