"""`huilu publish`: files for a web server elsewhere; only what changed, nothing of others, no way back to the hub."""

import json
import re
import time
from pathlib import Path

import pytest

from api.acts.notice_tables import Kept
from api.acts.recording_streams import Piece
from api.domain.day import day_of
from ops.errors import BadFolder
from ops.publish import LIST, write
from ops.sender.hub import Hub
from tests.fixtures_hub import RunningHub
from tests.ops.test_commands import huilu

TODAY = day_of(time.time_ns())
NOTICE = {
    "matter": "g1", "title": "低保申请公示", "step": "posting", "from_on": TODAY,
    "fields": {"household": ["王建国"], "persons": 3, "amount": 62000},
}  # fmt: skip
CODE = "371599101201"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_what_hangs_lies_in_files_and_leaves_them_again(
    hub: RunningHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "www"
    secretary = hub.account("secretary")
    async with Hub(hub.url, authority=hub.authority) as site:
        await site.sign_in(secretary.username, secretary.password)
        home = (await site.ask("GET", "/api/me"))["home"]
        unit, name = home["id"], home["name"]
        notice = await site.ask("POST", f"/api/units/{unit}/notices", NOTICE)
        done = huilu("publish", folder, "--data", hub.data)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "public_url" in done.stdout
        first = files(folder)
        assert len([name for name in first if name.endswith("/index.html")]) == 60
        page = first[f"{CODE}/index.html"].decode()
        assert "低保申请公示" in page
        assert "王建国" in page
        for file, content in first.items():
            text = content.decode()
            assert len(content) <= 50_000, file
            assert "<script" not in text
            assert "://" not in text, file
            for link in re.findall(r'href="([^"#]+)"', text):
                assert (folder / file).parent.joinpath(link).resolve().is_file(), (file, link)
        assert f'<a href="{CODE}/index.html">{name}</a>（1 项）' in first["index.html"].decode()
        assert (folder / f"{CODE}/index.html").stat().st_mode & 0o777 == 0o644

        times = {name: (folder / name).stat().st_mtime_ns for name in first}
        again = huilu("publish", folder, "--data", hub.data)
        assert " 0 written, 0 removed" in again.stdout, again.stdout
        # With a name of the hub's the pages lead to its form and to nothing else.
        monkeypatch.setenv("HUILU_PUBLIC_URL", "https://huilu.example")
        assert " 60 written" in huilu("publish", folder, "--data", hub.data).stdout
        named = (folder / CODE / "index.html").read_text()
        assert re.findall(r"https?://[^\"<]+", named) == [
            f"https://huilu.example/public/{CODE}/object?notice={notice['id']}"
        ]
        await site.ask("POST", f"/api/notices/{notice['id']}/off", {"on": TODAY})
        assert " 2 written" in huilu("publish", folder, "--data", hub.data).stdout
        assert "王建国" not in (folder / CODE / "index.html").read_text()
        same = {name for name in first if (folder / name).stat().st_mtime_ns == times[name]}
        assert same == {LIST, "robots.txt"}, "each page says now that there is a form"


async def test_tables_lie_beside_their_page_and_leave_with_their_notice(hub: RunningHub, tmp_path: Path) -> None:
    folder = tmp_path / "www"
    secretary = hub.account("secretary")
    data = "户主,人数\n王建国,3\n".encode()
    async with Hub(hub.url, authority=hub.authority) as site:
        await site.sign_in(secretary.username, secretary.password)
        unit = (await site.ask("GET", "/api/me"))["home"]["id"]
        form = {"notice": (None, json.dumps(NOTICE)), "files": ("低保 名册.csv", data)}
        answer = await site.http.post(f"{hub.url}/api/units/{unit}/notices/with-tables", files=form)
        assert answer.status_code == 201, answer.text
        notice = answer.json()
        done = huilu("publish", folder, "--data", hub.data)
        assert done.returncode == 0, done.stdout + done.stderr
        page = (folder / CODE / "index.html").read_text()
        (link,) = re.findall(r'href="([^"]+)" download="低保 名册.csv"', page)
        table = folder / CODE / link
        assert table.read_bytes() == data
        # What somebody changed there is put right; what is right isn't written again.
        table.write_bytes(b"forged")
        assert " 1 written, 0 removed" in huilu("publish", folder, "--data", hub.data).stdout
        assert table.read_bytes() == data
        assert " 0 written, 0 removed" in huilu("publish", folder, "--data", hub.data).stdout
        await site.ask("POST", f"/api/notices/{notice['id']}/off", {"on": TODAY})
        assert " 2 written, 1 removed" in huilu("publish", folder, "--data", hub.data).stdout
        assert not table.exists()


def test_a_table_that_cannot_be_read_now_keeps_nothing_else_back(tmp_path: Path) -> None:
    piece = Piece("tbl", "", tmp_path, "notices/none", 1, 0, 0, False, None, None)
    kept = {f"v1/tbl_{'0' * 26}.csv": Kept(piece, "名册.csv", "text/csv", "0" * 64)}
    (tmp_path / "www/v0").mkdir(parents=True)
    (tmp_path / "www/v0/index.html").write_text("over")
    (tmp_path / "www" / LIST).write_text('["v0/index.html"]')
    done = write(tmp_path / "www", {"v1/index.html": b"1"}, kept, lambda _: None)
    assert (done.written, done.removed, done.missing) == (1, 1, 1)
    assert set(files(tmp_path / "www")) == {"v1/index.html", LIST}
    assert write(tmp_path / "www", {}, {}).removed == 1, "and its name on the list takes nothing of others away"


def test_only_ours_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "theirs.html").write_text("theirs")
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1" / "logo.png").write_text("theirs")
    pages = {"index.html": b"i", "v1/index.html": b"1", "v2/index.html": b"2", "v2/index-2.html": b"22"}
    assert write(tmp_path, pages).written == 4
    done = write(tmp_path, {"index.html": b"new"})
    assert (done.files, done.written, done.removed) == (1, 1, 3)
    assert files(tmp_path) == {
        "theirs.html": b"theirs", "v1/logo.png": b"theirs", "index.html": b"new", LIST: b'["index.html"]'
    }  # fmt: skip
    assert not (tmp_path / "v2").exists()


def test_a_list_that_was_tampered_with_takes_nothing_of_others(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "secret.html").write_text("x")
    (tmp_path / "out" / LIST).write_text(
        json.dumps(["../secret.html", "/etc/passwd", "a/../../secret.html", 7, "x.py"])
    )
    assert write(tmp_path / "out", {}).removed == 0
    assert (tmp_path / "secret.html").exists()


def test_a_killed_run_leaves_nothing_that_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    replace = Path.replace
    count = 0

    def third(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == 3:
            killed()
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", third)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path, {"v1/index.html": b"1", "v2/index.html": b"2"})
    assert (tmp_path / "v1/index.html").read_bytes() == b"1"
    assert not (tmp_path / "v2/index.html").exists()
    write(tmp_path, {})
    assert set(files(tmp_path)) <= {LIST, "v2/.index.html.new"}


def test_a_file_in_the_folders_place(tmp_path: Path) -> None:
    (tmp_path / "www").write_text("a file")
    with pytest.raises(BadFolder):
        write(tmp_path / "www", {})
