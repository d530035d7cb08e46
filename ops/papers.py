"""`huilu papers`: templates of papers written into a folder for a county to change, and its changed ones checked."""

from pathlib import Path

from api.acts.documents import check, own_template
from api.acts.docx_default import default_template
from api.domain.papers import PAPERS
from api.errors.papers import TemplateError
from ops.errors import BadFolder
from ops.terminal import complain, say


def papers(folder: Path) -> int:
    """0: each template can be used; 1: at least one can't."""
    wrong = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, paper in PAPERS.items():
            path = folder / f"{kind}.docx"
            if not path.exists():
                path.write_bytes(default_template(kind))
                say(f"写出 {path.name}（{paper.name}）", f"{path.name} written")
                continue
            try:
                check(kind, own_template(folder, kind) or b"")
                say(f"{path.name}（{paper.name}）可以使用", f"{path.name} can be used")
            except TemplateError as error:
                wrong += 1
                complain(f"{error.code}: {error.zh} / {error.en}")
    except OSError as error:
        raise BadFolder(str(error)) from error
    return 1 if wrong else 0
