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


def test_migrations_are_numbered_in_one_line() -> None:
    """Two that were written at the same time would both follow the same one: a database could take neither."""
    folder = cli.SOURCE_TREE / "storage" / "migrations" / "versions"
    files = sorted(path for path in folder.glob("[0-9]*.py"))
    assert [path.name[:4] for path in files] == [f"{number:04d}" for number in range(1, len(files) + 1)]
    for number, path in enumerate(files, 1):
        said = path.read_text(encoding="utf-8")
        follows = f'"{number - 1:04d}"' if number > 1 else "None"
        assert f'revision = "{number:04d}"\ndown_revision = {follows}\n' in said, path.name
