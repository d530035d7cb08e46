"""The README's command blocks, run as they stand in a fresh clone."""

import os
import re
import signal
import ssl
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from ops.addresses import free_port

ROOT = Path(__file__).parents[2]
RUN_S = 420.0
DEMO_S = 300.0


def blocks() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.S)


def test_there_are_two_commands() -> None:
    assert [block.strip() for block in blocks()] == ["make run UP=--demo", "make demo"]


@pytest.mark.timeout(900)
def test_they_work_in_a_fresh_clone(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    port = free_port()
    # Other ports than the README's, because a hub may be running here; nothing of this environment's Python.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment |= {"HUILU_PORT": str(port), "HUILU_MEDIA_PORT": str(free_port()), "TMPDIR": str(tmp_path)}
    run, demo = blocks()
    _run_until_it_serves(run, clone, environment, port, tmp_path / "run.txt")
    done = subprocess.run(
        demo, shell=True, cwd=clone, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=DEMO_S, check=False,
    )  # fmt: skip
    print(done.stdout[-4000:])
    assert done.returncode == 0
    assert "all of it held" in done.stdout


def _run_until_it_serves(command: str, clone: Path, environment: dict[str, str], port: int, printed: Path) -> None:
    with open(printed, "wb") as output:
        process = subprocess.Popen(
            command,
            shell=True,
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        limit = time.monotonic() + RUN_S
        while "Ctrl-C stops it" not in (said := printed.read_text(errors="replace")):
            assert process.poll() is None, said[-3000:]
            assert time.monotonic() < limit, said[-3000:]
            time.sleep(0.2)
        assert "shown only this once" in said
        context = ssl.create_default_context(cafile=str(clone / "data" / "certificates" / "authority.crt"))
        with urllib.request.urlopen(f"https://localhost:{port}/", context=context, timeout=60) as reply:
            assert b'<div id="app"' in reply.read()
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C on a terminal does
        process.wait(20)
    assert "stopped" in printed.read_text(errors="replace")
