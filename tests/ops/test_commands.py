"""The other commands on a running hub: people from a workbook, a one-time code, how the processes are."""

import json
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from api.acts.decision_entries import create_decision
from ops.sender.hub import Hub, HubRefused
from storage import ledger
from storage.database import Database
from storage.keys import key_id, load_public
from storage.tables import Decision, Unit, User
from tests.fixtures_hub import ROOT, RunningHub
from tests.fixtures_storage import erase


def huilu(*arguments: object, limit_s: float = 60.0) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "ops.cli", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=limit_s, check=False)
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
    program = f"import sys; sys.modules['av'] = None; from ops.cli import main; sys.exit(main({verb}))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr, done.stderr
    assert "ops.part-missing" in done.stderr
    assert "av: pip install 'huilu[film]'" in done.stderr


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


async def test_a_new_signing_key_is_introduced_while_the_hub_runs(hub: RunningHub) -> None:
    before = huilu("keys", "show", "--data", hub.data)
    done = huilu("keys", "rotate", "--data", hub.data)
    assert (before.returncode, done.returncode) == (0, 0), before.stderr + done.stderr
    after = huilu("keys", "show", "--data", hub.data)
    old, new = [key_id(load_public(each.stdout.encode())) for each in (before, after)]
    assert f"key {old} was replaced by {new}" in done.stdout
    database = await Database.open(hub.start.database_url)
    async with database.reading() as session:
        chain = await ledger.open_chain(session, "hub", hub.start.hub_id)
        assert (await ledger.checkpoints(session, chain))[-1].key_id == old
    await database.close()


async def test_decision_records_are_rebuilt_from_their_chains(hub: RunningHub) -> None:
    database = await Database.open(hub.start.database_url)
    async with database.writing() as session:
        user = (await session.scalars(select(User.id).order_by(User.id))).first()
        unit = (await session.scalars(select(Unit.id).order_by(Unit.id))).first()
        assert user
        assert unit
        decision = await create_decision(session, user, unit, "a3", "分配方案", "open")
    async with database.writing() as session:
        (await session.get_one(Decision, decision.id)).title = "另一个方案"
    done = huilu("decisions", "rebuild", "--data", hub.data)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{decision.id} differed" in done.stdout
    async with database.reading() as session:
        assert (await session.get_one(Decision, decision.id)).title == "分配方案"
    again = huilu("decisions", "rebuild", "--data", hub.data)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "differed" not in again.stdout
    # What was erased can't be folded: the row keeps it.
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "decision", decision.id)
        hub_chain = await ledger.open_chain(session, "hub", hub.start.hub_id)
        await erase(session, chain, 1, hub_chain, "本人申请")
    after = huilu("decisions", "rebuild", "--data", hub.data)
    assert after.returncode == 0, after.stdout + after.stderr
    async with database.reading() as session:
        assert (await session.get_one(Decision, decision.id)).title == "分配方案"
    await database.close()


def test_the_benchmark_s_archive_is_made_and_verified() -> None:
    done = huilu("bench", "verify", "--hours", "0.005", "--runs", "1", limit_s=150.0)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["bytes"] > 18 * 131_000  # 18 s of 1.048 Mbit/s
    assert len(figures["mb_s"]) == 1


def test_the_whole_archive_is_looked_through_at_once(hub: RunningHub, tmp_path: Path) -> None:
    done = huilu("verify", "--archive", "--data", hub.data)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 findings" in done.stdout or "nothing is archived yet" in done.stdout
    assert huilu("verify", "--archive", "--data", tmp_path / "no-hub").returncode == 2
