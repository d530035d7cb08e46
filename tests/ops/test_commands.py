"""The other commands on a running hub: people from a workbook, a one-time code, how the processes are."""

import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from ops.sender.hub import Hub, HubRefused
from tests.fixtures_hub import ROOT, RunningHub


def huilu(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "ops.cli", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_status_names_every_process(hub: RunningHub, tmp_path: Path) -> None:
    done = huilu("status", "--data", hub.data)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("bus", "objects", "relay", "recorder", "worker", "api"):
        assert re.search(rf"^{name} +healthy", done.stdout, flags=re.M)
    nowhere = huilu("status", "--data", tmp_path / "no-hub")
    assert nowhere.returncode == 2
    assert "ops.no-hub" in nowhere.stderr


@pytest.mark.parametrize("verb", [["demo"], ["bench", "first-picture"]])
def test_what_a_countys_installation_lacks_is_said(verb: list[str]) -> None:
    program = f"import sys; sys.modules['httpx'] = None; from ops.cli import main; sys.exit(main({verb}))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr, done.stderr
    assert "ops.part-missing" in done.stderr
    assert "httpx" in done.stderr


async def test_a_reset_code_opens_the_account_once(hub: RunningHub) -> None:
    username = hub.account("auditor").username
    done = huilu("admin", "reset", username, "--data", hub.data)
    assert done.returncode == 0, done.stderr
    code = re.search(r"one-time code for \w+: (\S+)", done.stdout)
    assert code is not None
    async with Hub(hub.url, authority=hub.authority) as site:
        said = {"username": username, "code": code[1], "new_password": "green hills at noon 7"}
        await site.ask("POST", "/api/login/code", said)
        with pytest.raises(HubRefused) as refused:
            await site.ask("POST", "/api/login/code", said)
        assert 400 <= refused.value.status < 500
        await site.sign_in(username, "green hills at noon 7")
    assert huilu("admin", "reset", "nobody", "--data", hub.data).returncode == 2


def test_people_come_from_the_template_after_a_dry_run(hub: RunningHub, tmp_path: Path) -> None:
    file = tmp_path / "people.xlsx"
    assert huilu("import", "--template", file).returncode == 0
    book = openpyxl.load_workbook(file)
    dry = huilu("import", file, "--data", hub.data)
    assert dry.returncode == 0, dry.stdout + dry.stderr
    assert "--write" in dry.stdout
    sheet = book[book.sheetnames[-1]]
    sheet.append(["没有这个村", "没有这个人", "没有", "没有", "没有", "没有"])
    book.save(file)
    wrong = huilu("import", file, "--write", "--data", hub.data)
    assert wrong.returncode == 1, wrong.stdout + wrong.stderr
    assert "nothing was written" in wrong.stdout
    file.write_bytes(b"not a workbook")
    garbage = huilu("import", file, "--data", hub.data)
    assert garbage.returncode == 2
    assert "ops.bad-workbook" in garbage.stderr
    assert huilu("import", "--data", hub.data).returncode == 2


def test_exporting_what_is_not_there_is_one_sentence(hub: RunningHub, tmp_path: Path) -> None:
    done = huilu("export", "mtg_none", tmp_path / "out", "--data", hub.data)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
