"""`huilu papers`: what a county begins from, and what it is told of its own mistakes."""

import io
from pathlib import Path

from docx import Document

from api.domain.papers import PAPERS
from tests.ops.test_commands import huilu


def test_templates_are_written_once_and_a_mistake_is_told_with_its_file(tmp_path: Path) -> None:
    first = huilu("papers", tmp_path / "papers")
    assert first.returncode == 0, first.stderr
    assert sorted(path.name for path in (tmp_path / "papers").iterdir()) == sorted(f"{kind}.docx" for kind in PAPERS)
    own = Document()
    own.add_paragraph("{{ field.chairman }}")
    out = io.BytesIO()
    own.save(out)
    changed = tmp_path / "papers" / "minutes.docx"
    changed.write_bytes(out.getvalue())
    second = huilu("papers", tmp_path / "papers")
    assert second.returncode == 1
    assert second.stderr.startswith("paper.template-field: 本县的文书模板里有不认识的字段（minutes.docx：chairman）")
    assert changed.read_bytes() == out.getvalue(), "what a county made is left as it is"
    assert second.stdout.count("可以使用") == len(PAPERS) - 1
