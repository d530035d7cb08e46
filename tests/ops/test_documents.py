"""The documents can't lie: what is drawn from the code is compared with it."""

import sys

import pytest

from ops import documents


@pytest.mark.parametrize(
    ("file", "drawn"), [("SETTINGS.md", documents.settings_document), ("COMMANDS.md", documents.commands_document)]
)
def test_it_is_as_the_code_says(file: str, drawn: object) -> None:
    written = (documents.DOCS / file).read_text(encoding="utf-8")
    made = drawn()  # type: ignore[operator]
    if file == "COMMANDS.md" and sys.version_info[:2] != (3, 11):
        # argparse lays its words out a little differently from version to version; the words are the same.
        written, made = " ".join(sorted(written.split())), " ".join(sorted(made.split()))
    assert written == made, "run: huilu docs"
