"""`huilu import`: units, people, posts and rosters from the workbook that the hub itself writes; a dry run first."""

import asyncio
from pathlib import Path

from api.acts import county_rules
from api.acts.import_people import import_people
from api.acts.people_book import read_book, template
from api.errors.request import ApiError
from api.records.people import ImportAnswer
from ops.errors import BadWorkbook, NothingGiven
from ops.start import Start, read
from ops.terminal import say, table
from storage.database import Database

SHOWN_ERRORS = 50


def run(data: Path, file: Path | None, template_file: Path | None, write: bool) -> int:
    """1 when a line is wrong; then nothing was written."""
    if template_file is not None:
        template_file.write_bytes(template())
        say(f"空白模板已写到 {template_file}", f"the empty template is {template_file}")
        return 0
    if file is None:
        raise NothingGiven("FILE | --template FILE")
    try:
        sheets = read_book(file.read_bytes())
        answer = asyncio.run(_take(read(data), sheets, dry=not write))
    except OSError as error:
        raise BadWorkbook(f"{file}: {error.strerror}") from error
    except ApiError as error:
        raise BadWorkbook(f"{file}: {error.zh} / {error.en}") from error
    rows = [(name, str(count.new), str(count.changed), str(count.same)) for name, count in answer.counts.items()]
    print(table(("表 sheet", "新增 new", "变更 changed", "不变 same"), rows))
    for wrong in answer.errors[:SHOWN_ERRORS]:
        print(f"{wrong.sheet} {wrong.row}{f' {wrong.column}' if wrong.column else ''}: {wrong.zh} / {wrong.en}")
    if answer.errors:
        say(
            f"{len(answer.errors)} 处有误，未写入任何内容", f"{len(answer.errors)} lines are wrong, nothing was written"
        )
        return 1
    if write:
        say("已写入", "written")
    else:
        say("检查通过，加 --write 写入", "all is well; write it with --write")
    return 0


async def _take(start: Start, sheets: dict[str, list[tuple[int, dict[str, str]]]], dry: bool) -> ImportAnswer:
    """One transaction: with a wrong line nothing of it stays."""
    database = await Database.open(start.database_url)
    try:
        await county_rules.load(database)
        return await import_people(database, None, start.hub_id, sheets, dry)
    finally:
        await database.close()
