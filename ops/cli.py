"""`huilu`: the one command. Each verb's words are here, its work in a module of its own, loaded when it is called."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from ops.errors import OpsError, PartMissing
from ops.setting_table import Settings
from ops.terminal import complain

Command = Callable[[argparse.Namespace], int]

INNER = ("relay", "recorder", "worker", "api", "database")  # started by `huilu up`, not by people
KILLABLE = ("recorder", "relay", "worker", "bus", "objects", "api")
SOURCE_TREE = Path(__file__).parents[1]  # where the project is installed, its documents are not
BENCHES = {
    "desks": "ops.bench.desks", "first-picture": "ops.bench.first_picture", "recording": "ops.bench.recording",
    "relay": "ops.bench.relay", "verify": "ops.bench.verify",
}  # fmt: skip
FILM = ("av", "numpy", "skvideo")  # what `demo` and `bench` need beyond a county's installation
ELSEWHERE = {
    "verify": ("核验导出的档案，不需网络和数据库", "check an exported folder, offline"),
    "bench": ("性能测量", "measure, and print figures"),
    "chaos": ("混沌试验：强杀、断存储、写满磁盘，逐帧核对", "kill, cut off and fill up a hub of its own; lose nothing"),
}


def elsewhere(name: str) -> list[argparse.ArgumentParser]:
    """The words of a verb whose parsers are where its work is."""
    if name == "verify":
        from storage.verify import parser as verify_parser

        return [verify_parser(), archive_parser()]
    if name == "chaos":
        from ops.chaos.command import parser as chaos_parser

        return [chaos_parser()]
    return [_bench_parser(one) for one in BENCHES]


def archive_parser() -> argparse.ArgumentParser:
    """Of the hub itself, beside an outsider's `huilu verify FOLDER`."""
    words = argparse.ArgumentParser(
        prog="huilu verify --archive",
        description="核验本系统的全部归档：逐条存证链、逐份文件（录像、方案、签字页）从归档存储读回。后台每天核验一部分，此命令立即核验到本轮结束。"
        "Look through the whole archive: every chain, every file (film, plans, signed pages) read back from the store. "
        "The worker does a little each day; this goes on to the end of its round at once.",
        epilog="退出码 exit status: 0 可信 sound, 1 发现问题 findings, 2 无法核验 could not run.",
    )
    words.add_argument("--archive", action="store_true", required=True, help="全部归档 the whole archive")
    _data(words)
    return words


def _bench_parser(name: str) -> argparse.ArgumentParser:
    module = importlib.import_module(BENCHES[name])
    words = argparse.ArgumentParser(prog=f"huilu bench {name}", description=module.__doc__)
    module.add_arguments(words)
    return words


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(
        prog="huilu",
        description="会录：县级视频会议与会议录像系统。Video conferences and recorded meetings for a county.",
        epilog="退出码 exit status: 0 好 sound, 1 有问题 findings, 2 未能执行 could not run.",
    )
    verbs = root.add_subparsers(dest="verb", metavar="VERB", required=True)

    up = _verb(verbs, "up", "启动系统，直到 Ctrl-C", "start the hub and keep it running until Ctrl-C", _up)
    for each in fields(Settings):
        if not each.metadata["secret"]:
            _setting_option(up, each.name, each.metadata)

    one = _verb(verbs, "import", "导入单位、人员、任职表格", "take units, people and posts from a workbook", _import)
    one.add_argument("file", type=Path, nargs="?", metavar="FILE", help="people.xlsx")
    one.add_argument("--template", type=Path, metavar="FILE", help="写出空白模板 · write the empty template there")
    one.add_argument("--write", action="store_true", help="确认写入（否则只检查）· write; without it only a dry run")
    _data(one)

    one = _verb(verbs, "export", "导出一次会议的全部档案", "write a meeting's whole archive into a folder", _export)
    one.add_argument("meeting", metavar="MEETING", help="会议编号 · the meeting's id")
    one.add_argument("folder", type=Path, metavar="FOLDER", help="新文件夹 · a folder that does not exist yet")
    one.add_argument(
        "--without-restricted", action="store_true", help="不含限制查看的部分 · leave restricted parts out"
    )
    _data(one)

    words = (
        "把全部村务公示写成静态网页，供别处的网站使用",
        "write all public pages as files for a web server elsewhere",
    )
    one = _verb(verbs, "publish", *words, _publish)
    one.add_argument("folder", type=Path, metavar="FOLDER", help="网站的文件夹 · the web server's folder")
    one.epilog = (
        "只写有变化的页面，删去期满的；请每小时运行一次（cron）。异议表单的链接用设置 public_url。"
        "Writes what changed and removes what ended: run it every hour. Forms for objections are at public_url."
    )
    _data(one)

    words = (
        "写出文书模板（.docx），检查本县改过的模板",
        "write the templates of papers (.docx), check those that the county changed",
    )
    one = _verb(verbs, "papers", *words, _papers)
    one.add_argument("folder", type=Path, metavar="FOLDER", help="模板目录 · the folder of templates")
    one.epilog = (
        "没有的写出，已有的不动，只检查；每个错误一行。目录用设置 papers_folder。"
        "Writes what isn't there, leaves and checks what is: a line for each mistake. The hub reads papers_folder."
    )

    # These have words of their own, where their work is: `main` hands over what follows them.
    for name, (zh, en) in ELSEWHERE.items():
        verbs.add_parser(name, help=f"{zh} · {en}", add_help=False)

    one = _verb(verbs, "demo", "演示：一次村民议事会议，从开会到督查回放", "play one village meeting by itself", _demo)
    one.add_argument("--keep", action="store_true", help="演示后保持运行 · leave the hub running")
    one.add_argument(
        "--kill",
        type=_processes,
        default=(),
        metavar="A[,B]",
        help=f"会议中强杀进程 · kill -9 these in mid-meeting: {', '.join(KILLABLE)}",
    )
    one.add_argument("--minutes", type=float, default=0.5, help="会议长度 · length of the meeting (%(default)s)")
    one.add_argument("--folder", type=Path, metavar="DIR", help="数据放在这里 · keep the data here")
    one.add_argument("--no-browser", action="store_true", help="不用浏览器 · without a Chromium viewer")

    one = _verb(verbs, "admin", "账号应急", "accounts, when nobody can sign in", _admin)
    one.add_argument("what", choices=("reset",), metavar="WHAT", help="reset: 发一次性口令 · a one-time code")
    one.add_argument("username", nargs="?", default="admin", metavar="USERNAME", help="%(default)s")
    _data(one)

    one = _verb(verbs, "decisions", "按链重建议事记录", "fold the rows of decision records anew", _decisions)
    one.add_argument("what", choices=("rebuild",), metavar="WHAT", help="rebuild: 以链为准 · as their chains say")
    _data(one)

    one = _verb(verbs, "rules", "检查本县规则文件", "check files of the county's own rules", _rules)
    one.add_argument("what", choices=("check",), metavar="WHAT", help="check: 逐行指出错误 · each mistake by its line")
    one.add_argument("folder", type=Path, metavar="FOLDER", help="*.toml")
    one.add_argument("--json", action="store_true", help="供程序读取 · for programs")

    one = _verb(verbs, "keys", "签名密钥", "the signing key", _keys)
    one.add_argument(
        "what",
        choices=("show", "rotate"),
        metavar="WHAT",
        help="show: 显示公钥 · print the public key; rotate: 换新密钥，由旧密钥交接 · a new one, introduced by the old",
    )
    _data(one)

    one = _verb(verbs, "status", "各组件现状", "how the running hub's processes are", _status)
    _data(one)

    if (SOURCE_TREE / "pyproject.toml").exists():
        _verb(verbs, "docs", "重写文档中的设置表和命令说明", "write docs/SETTINGS.md and docs/COMMANDS.md", _docs)

    for name in INNER:
        inner = verbs.add_parser(name)  # no help: not in the list
        inner.set_defaults(run=_inner)
        _data(inner)
        if name == "database":
            inner.add_argument("--demo", action="store_true")
            inner.add_argument("--made-up", action="store_true")
        else:
            inner.add_argument("--wait", action="store_true")
    return root


def parsers() -> Iterator[argparse.ArgumentParser]:
    """Of `huilu` itself, then of each verb that people use."""
    root = parser()
    yield root
    for action in root._subparsers._group_actions if root._subparsers else ():
        assert isinstance(action, argparse._SubParsersAction)
        for name, one in action.choices.items():
            if name not in INNER:
                yield from elsewhere(name) if name in ELSEWHERE else [one]


def _processes(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not set(names) <= set(KILLABLE):
        raise argparse.ArgumentTypeError(", ".join(KILLABLE))
    return names


def _verb(verbs: Any, name: str, zh: str, en: str, run: Command) -> argparse.ArgumentParser:
    one: argparse.ArgumentParser = verbs.add_parser(name, help=f"{zh} · {en}", description=f"{zh}。{en}.")
    one.set_defaults(run=run)
    return one


def _data(one: argparse.ArgumentParser) -> None:
    one.add_argument("--data", metavar="DIR", help="数据目录 · the hub's data folder (data)")


def _setting_option(one: argparse.ArgumentParser, name: str, about: Any) -> None:
    words = f"{about['zh']} · {about['en']}"
    option = "--" + name.replace("_", "-")
    if name == "demo":
        one.add_argument(option, action="store_true", default=None, help=words)
    else:
        unit = {"data": "DIR", "port": "N", "media_port": "N", "media_address": "A[,B]"}.get(name, "X")
        one.add_argument(option, metavar=unit, help=words)


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if arguments[:1] == ["verify"]:
            if "--archive" in arguments:
                from ops.archive import sweep

                return sweep(_folder(archive_parser().parse_args(arguments[1:])))
            from storage.verify import main as verify

            return verify(arguments[1:])
        if arguments[:1] == ["bench"]:
            return _bench(arguments[1:])
        if arguments[:1] == ["chaos"]:
            from ops.chaos.command import main as chaos

            _private()
            return chaos(arguments[1:])
        given = parser().parse_args(arguments)
        run: Command = given.run
        return run(given)
    except OpsError as error:
        complain(error.sentence())
        return error.exit_status
    except ModuleNotFoundError as error:
        if error.name not in FILM:
            raise
        missing = PartMissing(f"{error.name}: pip install 'huilu[film]'")
        complain(missing.sentence())
        return missing.exit_status
    except KeyboardInterrupt:
        return 130


def _folder(given: argparse.Namespace) -> Path:
    from ops import settings

    return settings.load({"data": given.data}).data


def _private() -> None:
    """Whatever we or our children write is for this account only: files 0600, folders 0700."""
    os.umask(0o077)


def _up(given: argparse.Namespace) -> int:
    from ops import settings
    from ops.up import up

    _private()
    return up(settings.load(vars(given)))


def _inner(given: argparse.Namespace) -> int:
    from ops import processes

    _private()
    if given.verb == "database":
        return processes.prepare_database(Path(given.data), given.demo, given.made_up)
    return processes.run_child(given.verb, Path(given.data), given.wait)


def _import(given: argparse.Namespace) -> int:
    from ops.people import run

    return run(_folder(given), given.file, given.template, given.write)


def _demo(given: argparse.Namespace) -> int:
    from ops.demo.play import demo

    _private()
    return demo(given.folder, given.keep, given.kill, given.minutes * 60, not given.no_browser)


def _export(given: argparse.Namespace) -> int:
    from ops.archive import export

    return export(_folder(given), given.meeting, given.folder, given.without_restricted)


def _publish(given: argparse.Namespace) -> int:
    from ops.publish import publish

    return publish(_folder(given), given.folder.absolute())


def _papers(given: argparse.Namespace) -> int:
    from ops.papers import papers

    return papers(given.folder.absolute())


def _bench(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in BENCHES:
        complain(f"huilu bench {' | '.join(BENCHES)} …")
        return 2
    main: Command = importlib.import_module(BENCHES[arguments[0]]).main
    return main(_bench_parser(arguments[0]).parse_args(arguments[1:]))


def _admin(given: argparse.Namespace) -> int:
    from ops.accounts import reset

    return reset(_folder(given), given.username)


def _decisions(given: argparse.Namespace) -> int:
    from ops.decisions import rebuild

    return rebuild(_folder(given))


def _rules(given: argparse.Namespace) -> int:
    from ops.rules import check

    return check(given.folder, given.json)


def _keys(given: argparse.Namespace) -> int:
    from ops import keys

    return (keys.rotate if given.what == "rotate" else keys.show)(_folder(given))


def _status(given: argparse.Namespace) -> int:
    from ops.up import status

    return status(_folder(given))


def _docs(_: argparse.Namespace) -> int:
    from ops.documents import write

    write(SOURCE_TREE / "docs", parsers())
    return 0


if __name__ == "__main__":
    sys.exit(main())
