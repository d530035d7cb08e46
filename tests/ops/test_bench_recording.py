"""`huilu bench recording`: a short form at a real relay, recorder and object store, and what its table says of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ops.bench.recording import SHOWN, rows

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_a_short_form_records_stores_and_closes_every_room(tmp_path: Path) -> None:
    words = ["--rooms", "1", "3", "--seconds", "4", "--loopback", "--cache", str(tmp_path)]
    command = [sys.executable, "-m", "ops.cli", "bench", "recording", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=270, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [result["rooms"] for result in results] == [1, 3]
    for result in results:
        print(result)
        assert result["failed"] == result["gaps"] == 0
        # 10 s of a picture in pieces of 2 s and of sound in pieces of 4 s
        assert result["segments"] >= 6 * result["rooms"]
        assert result["not_stored"] <= result["segments"]
        assert result["disk_s"] > 0
        assert 0 < result["store_p50_s"] <= result["store_s"]
        assert result["playable_s"] > 0
        assert result["cpu_percent"] > 0
        assert result["machine"]
    assert "must hold" in done.stdout


def test_what_must_hold_of_many_rooms_is_not_asked_of_one() -> None:
    figures = {figure: 3.0 for figure, _, _, _ in SHOWN} | {"seconds": 30.0, "ground": "loopback"}
    held = {
        rooms: {row[0].strip(): row[3] for row in rows(figures | {"rooms": rooms})} for rooms in (1, 20)
    }  # fmt: skip
    assert held[20]["recorder's CPU a room"] == "MISSED"
    assert held[1]["recorder's CPU a room"] == ""
    assert held[1]["a frame is on disk (synced), the slowest"] == "MISSED"
    assert held[1]["playable and whole after the end, the slowest room"] == "holds"


def test_a_number_of_rooms_that_cannot_be_is_said() -> None:
    command = [sys.executable, "-m", "ops.cli", "bench", "recording", "--rooms", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "0" in done.stderr
