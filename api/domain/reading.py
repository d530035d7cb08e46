"""Data files as a whole, before a day is chosen: read with every mistake at once, each named by its file and line.

A county's own files add entries to ours. They hold from a day that is still to come: so what began under the rules of
an earlier day keeps them, whatever is taken up.
"""

import copy
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from api.domain.checking import cross_check
from api.domain.entries import TABLES, Dated
from api.domain.mistakes import Mistake, Placed, said
from api.domain.toml_lines import line_of, lines
from api.errors.county import WrongCatalogue

D = TypeVar("D", bound=Dated)
Named = Iterable[tuple[str, str]]  # a file's name and its text


@dataclass(frozen=True, slots=True)
class Files:
    placed: tuple[Placed, ...]

    def of(self, table: type[D]) -> list[D]:
        return [each.entry for each in self.placed if isinstance(each.entry, table)]


def read_files(named: Named) -> Files:
    """Raises WrongCatalogue with every mistake."""
    placed, mistakes = _read(named)
    return _whole(placed, mistakes)


def taken_up(now: Files, named: Named, today: str) -> Files:
    """What held until now and, from days after `today` on, what these files say. Raises WrongCatalogue."""
    placed, mistakes = _read(named)
    for each in placed:
        if each.entry.from_on <= today:
            zh, en = f"只能从{today}之后的日期起生效", f"may hold from a day after {today} only"
            mistakes.append(each.mistake(zh, en, "from_on"))
    return _whole([*now.placed, *placed], mistakes)


def legible(named: Named) -> list[Placed]:
    """The entries of files that were checked before, by themselves."""
    return _read(named)[0]


def _whole(placed: Sequence[Placed], mistakes: list[Mistake]) -> Files:
    mistakes = [*mistakes, *cross_check(placed)]
    if mistakes:
        found = tuple(sorted(set(mistakes), key=lambda each: (each.file, each.line, each.en)))
        raise WrongCatalogue("\n".join(map(str, found)), mistakes=[each.problem() for each in found])
    return Files(tuple(placed))


def _read(named: Named) -> tuple[list[Placed], list[Mistake]]:
    placed: list[Placed] = []
    mistakes: list[Mistake] = []
    for name, text in named:
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            at = re.search(r"at line (\d+)", str(error))
            line = int(at[1]) if at else len(text.splitlines())
            mistakes.append(Mistake(name, max(1, line), f"无法读取：{error}", f"can't be read: {error}"))
            continue
        except RecursionError:
            mistakes.append(Mistake(name, 1, "括号嵌套过深", "brackets are nested too deeply"))
            continue
        found = lines(text)
        for table, entries in tables.items():
            model = TABLES.get(table)
            if model is None or not isinstance(entries, list):
                mistakes.append(Mistake(name, line_of(found, (table, 0)), f"没有“{table}”这种表，或应写作 [[{table}]]",
                                        f"there is no table {table}, or it is to be written [[{table}]]"))  # fmt: skip
                continue
            for at_entry, entry in enumerate(entries):
                place = (table, at_entry)
                read, wrong = _entry(model, entry)
                mistakes += [Mistake(name, line_of(found, (*place, *each["loc"])), *said(each)) for each in wrong]
                if read is not None:
                    placed.append(Placed(table, read, name, place, found))
    return placed, mistakes


def _entry(model: type[Dated], raw: Any) -> tuple[Dated | None, list[Any]]:
    """What could be read of it and what is wrong with it. An entry that can be without its wrong fields is still
    compared with the others, so that those mistakes are named at once too."""
    try:
        return model.model_validate(raw), []
    except ValidationError as error:
        wrong = error.errors()
    for rest in (_without(raw, [each["loc"] for each in wrong]), _without(raw, [each["loc"][:1] for each in wrong])):
        try:
            return model.model_validate(rest), wrong
        except ValidationError:
            continue
    return None, wrong


def _without(raw: Any, places: Iterable[tuple[Any, ...]]) -> Any:
    rest = copy.deepcopy(raw)
    for place in places:
        within: Any = rest
        for part in place[:-1]:
            within = within[part] if isinstance(within, list) or part in within else {}
        if isinstance(within, dict):
            within.pop(place[-1], None)
    return rest
