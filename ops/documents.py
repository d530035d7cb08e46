"""The parts of docs/ that are drawn from the code: the settings' table and the words of every command."""

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from api.domain.catalogue import Catalogue, shipped
from api.domain.procedure.drawn import drawn
from ops import settings

_COLUMNS = "100"


def settings_document() -> str:
    return f"""\
# Settings 设置

A value comes from the command line (`huilu up --media-port 9000`), else from the environment (`HUILU_MEDIA_PORT=9000`),
else from `huilu.toml` in the data folder (`media_port = 9000`), else it is the default. What is secret has no
command-line option. 依次取自命令行、环境变量、数据目录中的 huilu.toml、默认值；密码类设置不能写在命令行上。

{settings.table()}
"""


def commands_document(parsers: Iterable[argparse.ArgumentParser]) -> str:
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = _COLUMNS  # argparse breaks its lines by it
    try:
        blocks = [_block(one) for one in parsers]
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
    return "# Commands 命令\n\nIn a clone: `.venv/bin/huilu`.\n\n" + "\n".join(blocks)


def _block(one: argparse.ArgumentParser) -> str:
    return f"## `{one.prog} --help`\n\n```text\n{one.format_help().rstrip()}\n```\n"


def write(folder: Path, parsers: Iterable[argparse.ArgumentParser]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "SETTINGS.md").write_text(settings_document(), encoding="utf-8")
    (folder / "COMMANDS.md").write_text(commands_document(parsers), encoding="utf-8")
    procedures = folder / "PROCEDURES.md"
    if procedures.exists():  # its words are written by hand, around what is drawn
        text = procedures.read_text(encoding="utf-8")
        procedures.write_text(drawn(text, Catalogue(shipped(), "9999-12-31")), encoding="utf-8")
