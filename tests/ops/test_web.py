"""Which Node.js builds the pages: the machine's where it is new enough, else the wheel's."""

import os
import shutil
from pathlib import Path

import pytest

from ops import web


def fake(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    for name in ("node", "npm"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("version", "good"), [("v20.19.0", True), ("v24.1.0", True), ("v20.18.9", False), ("v18.0.0", False), ("no", False)]
)
def test_new_enough(tmp_path: Path, version: str, good: bool) -> None:
    assert web.new_enough(fake(tmp_path / "bin", version) / "node") is good
    assert not web.new_enough(tmp_path / "none" / "node")


def test_the_machines_own_is_taken_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fake(tmp_path / "bin", "v22.0.0")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    assert web.node_folder() == folder


def test_an_old_one_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = fake(tmp_path / "scripts", "v24.0.0")
    monkeypatch.setattr(web.sysconfig, "get_path", lambda _: str(wheel))
    monkeypatch.setenv("PATH", f"{fake(tmp_path / 'bin', 'v16.0.0')}{os.pathsep}{os.environ['PATH']}")
    assert shutil.which("node") == str(tmp_path / "bin" / "node")
    assert web.node_folder() == wheel
