"""A rule's clause as people read it: "A 25, 28; local" cites laws of `data/statutes.toml` by letter and articles."""

import re
from collections.abc import Mapping

from api.domain.entries import Statute

LOCAL = ("本地规定", "local rule")
_CITED = re.compile(r"([A-Z]+)(?: (\d+(?:, \d+)*))?")


def cited(clause: str, statutes: Mapping[str, Statute]) -> tuple[str, str]:
    """In both languages; a part that names no statute stays as it is written."""
    parts = [_part(each.strip(), statutes) for each in clause.split(";")]
    return "；".join(zh for zh, _ in parts), "; ".join(en for _, en in parts)


def _part(part: str, statutes: Mapping[str, Statute]) -> tuple[str, str]:
    if part == "local":
        return LOCAL
    found = _CITED.fullmatch(part)
    statute = statutes.get(found[1]) if found else None
    if found is None or statute is None:
        return part, part
    articles = found[2]
    if articles is None:
        return f"《{statute.name}》", statute.name_en
    return f"《{statute.name}》第{articles.replace(', ', '、')}条", f"{statute.name_en}, art. {articles}"
