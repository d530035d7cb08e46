"""The documents can't lie: what is drawn from the code is compared with it."""

import shutil
import sys
from pathlib import Path

import pytest

from ops import cli
from ops.documents import write

DOCS = cli.SOURCE_TREE / "docs"


@pytest.mark.parametrize("file", ["SETTINGS.md", "COMMANDS.md", "PROCEDURES.md"])
def test_it_is_as_the_code_says(file: str, tmp_path: Path) -> None:
    shutil.copy(DOCS / "PROCEDURES.md", tmp_path)
    write(tmp_path, cli.parsers())
    written, made = ((folder / file).read_text(encoding="utf-8") for folder in (DOCS, tmp_path))
    if file == "COMMANDS.md" and sys.version_info[:2] != (3, 11):
        # argparse lays its words out a little differently from version to version; the words are the same.
        written, made = " ".join(sorted(written.split())), " ".join(sorted(made.split()))
    assert written == made, "run: huilu docs"


def test_docs_is_offered_only_where_the_documents_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert any(one.prog.endswith(" docs") for one in cli.parsers())
    monkeypatch.setattr(cli, "SOURCE_TREE", tmp_path)
    assert not any(one.prog.endswith(" docs") for one in cli.parsers())
