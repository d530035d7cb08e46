"""`huilu rules check`: what it finds, how it says so, how it ends."""

import json
from pathlib import Path

from tests.api.test_rules import WRONG, good, later
from tests.ops.test_commands import huilu


def test_a_folder_is_checked_without_a_hub(tmp_path: Path) -> None:
    (tmp_path / "county.toml").write_text(good(later(3)))
    done = huilu("rules", "check", tmp_path)
    assert (done.returncode, later(3) in done.stdout) == (0, True), done.stderr
    (tmp_path / "wrong.toml").write_text(WRONG)
    done = huilu("rules", "check", tmp_path)
    assert done.returncode == 1
    assert "wrong.toml:5: " in done.stdout
    done = huilu("rules", "check", tmp_path, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["files"]) == (1, 2)
    assert {each["line"] for each in found["mistakes"] if each["file"] == "wrong.toml"} >= {5, 14}


def test_where_nothing_can_be_read_it_says_that(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        done = huilu("rules", "check", folder)
        assert done.returncode == 2
        assert "ops.no-rules" in done.stderr
