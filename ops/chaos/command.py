"""`huilu chaos`: a meeting with real media while parts die, the store is away, the disk fills and packets are lost.

It ends by comparing every frame that was sent, counted before the relay, with every frame that is archived, and by
`huilu verify` on an export. One line of JSON and a table; exit status 1 when a frame is lost outside of a gap that
names the right cause, when one is doubled, when the store lacks something, or when the export does not verify.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import random
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ops.chaos.play import APART_S, Outcome, Trial, play
from ops.chaos.proxy import MODES
from ops.cli import KILLABLE
from ops.terminal import say, table


def parser() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(
        prog="huilu chaos",
        description="混沌试验：会议进行中强杀进程、断开存储、写满磁盘、冻结数据库、拨动时钟、丢包，然后逐帧核对。"
        "Kill parts of a hub of its own in mid-meeting, cut off its store, fill its disk, hold its database still, "
        "step its clock; then compare every frame.",
        epilog="退出码 exit status: 0 一帧不少 nothing lost, 1 有丢失 something lost, 2 未能执行 could not run.",
    )
    words.add_argument("--kills", type=int, default=20, metavar="N", help="强杀次数 · how many kills (%(default)s)")
    words.add_argument(
        "--parts",
        type=_parts,
        default=("recorder",),
        metavar="A[,B]",
        help=f"强杀哪些 · of which parts: {', '.join(KILLABLE)} (recorder)",
    )
    words.add_argument("--seed", type=int, metavar="N", help="随机种子 · draws the moments (printed)")
    words.add_argument("--rooms", type=int, default=1, metavar="N", help="同时开会数 · meetings at once (%(default)s)")
    words.add_argument("--seconds", type=float, default=0.0, metavar="S", help="至少多久 · play at least so long")
    words.add_argument("--store-away", type=float, default=0.0, metavar="S", help="存储断开多久 · store cut off for")
    words.add_argument(
        "--store-answers",
        choices=[mode for mode in MODES if mode not in ("pass", "away")],
        help="断开期间的表现 · what it does meanwhile, instead of not being there",
    )
    words.add_argument(
        "--disk-full", type=float, default=0.0, metavar="S", help="磁盘写满多久（需 root）· disk full for (needs root)"
    )
    words.add_argument(
        "--database-locked", type=float, default=0.0, metavar="S", help="数据库被锁多久 · another program's lock for"
    )
    words.add_argument(
        "--postgresql", action="store_true", help="数据库用 PostgreSQL · PostgreSQL as the database, not SQLite"
    )
    words.add_argument(
        "--database-held",
        type=float,
        default=0.0,
        metavar="S",
        help="PostgreSQL 全部进程冻结多久 · every process of a PostgreSQL stands still for",
    )
    words.add_argument(
        "--clock-ahead",
        type=float,
        default=0.0,
        metavar="S",
        help="时钟拨快多久后拨回（需 C 编译器）· the hub's wall clock stepped ahead for, then back (needs cc)",
    )
    words.add_argument(
        "--clock-by", type=float, default=3600.0, metavar="S", help="时钟拨快多少 · by so much (%(default)s)"
    )
    words.add_argument("--lose", type=float, default=0.0, metavar="PERCENT", help="丢包率 · packets lost on the way")
    return words


def _parts(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not set(names) <= set(KILLABLE):
        raise argparse.ArgumentTypeError(", ".join(KILLABLE))
    return names


def main(arguments: list[str]) -> int:
    given = parser().parse_args(arguments)
    if given.database_locked and (given.postgresql or given.database_held):
        parser().error("--database-locked: SQLite; --postgresql, --database-held: PostgreSQL")
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    trial = Trial(
        kills=given.kills, parts=given.parts, seed=seed, rooms=given.rooms, seconds=given.seconds,
        store_away=given.store_away, store_answers=given.store_answers or "away", disk_full=given.disk_full,
        database_locked=given.database_locked, postgres=given.postgresql or bool(given.database_held),
        database_held=given.database_held, clock_ahead=given.clock_ahead, clock_by=given.clock_by,
        lose=given.lose / 100,
    )  # fmt: skip
    logging.basicConfig(level=logging.WARNING, format="%(name)s %(message)s")
    say(f"混沌试验，种子 {seed}", f"chaos with seed {seed}")
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="huilu-chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        outcome = asyncio.run(play(trial, folder))
    print(json.dumps(line(trial, outcome), ensure_ascii=False))
    print(table(("", "事项 what", "结果 figure"), rows(trial, outcome)))
    return 0 if outcome.sound else 1


def line(trial: Trial, outcome: Outcome) -> dict[str, object]:
    found = outcome.account
    return {
        "sound": outcome.sound, "seed": trial.seed, "kills": dict(outcome.kills), "near": outcome.near,
        "rooms": trial.rooms, "seconds": round(outcome.seconds, 1), "sent": found.sent, "kept": found.kept,
        "missing": found.missing, "unexplained": len(found.unexplained), "doubled": found.doubled,
        "foreign": found.foreign, "causes": dict(found.causes), "beginning": outcome.beginning,
        "packets_lost": outcome.lost_packets, "findings": outcome.verified[:20], "segments": outcome.segments,
        "bytes": outcome.bytes, "store_away_s": trial.store_away, "store_answers": trial.store_answers,
        "store_refused": outcome.refused_connections, "store_lacked": outcome.unconfirmed_most,
        "store_lacks": outcome.unconfirmed, "store_altered": outcome.altered_in_store,
        "caught_up_s": None if outcome.caught_up_s is None else round(outcome.caught_up_s, 1),
        "unexplained_s": _seconds(found.spans), "holes_s": sorted(set(_seconds(outcome.holes)))[:100],
        "away_s": _seconds(outcome.away_s), "disk_full_s": trial.disk_full,
        "database_locked_s": trial.database_locked, "database": "postgresql" if trial.postgres else "sqlite",
        "database_held_s": trial.database_held, "clock_ahead_s": trial.clock_ahead,
        "clock_by_s": trial.clock_by if trial.clock_ahead else 0.0, "apart_s": round(outcome.apart_s, 3),
        "clocks_s": [None if each is None else round(each, 3) for each in outcome.clocks], "turned": outcome.turned,
        "told_s": dict(outcome.told),
    }  # fmt: skip


def _seconds(spans: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rounded; whole numbers are nanoseconds."""
    return [
        tuple(
            round(each / 1e9, 2) if isinstance(each, int) else round(each, 2) if isinstance(each, float) else each
            for each in span
        )
        for span in spans
    ]


def rows(trial: Trial, outcome: Outcome) -> list[tuple[str, str, str]]:
    found = outcome.account

    def row(held: bool, what: str, value: object) -> tuple[str, str, str]:
        return ("✓" if held else "✗", what, str(value))

    made = [
        ("", "强杀 kills", ", ".join(f"{name} {count}" for name, count in sorted(outcome.kills.items())) or "0"),
        (
            "",
            "其中在分段结束或上传前后 of them near a segment's end or upload",
            str(outcome.near),
        ),
        row(found.kept > 0, "发送帧数与存档帧数 frames sent and archived", f"{found.sent}, {found.kept}"),
        row(not found.unexplained, "缺失且无正确断点 missing outside of a gap with its cause", len(found.unexplained)),
        row(not found.doubled, "重复 doubled", found.doubled),
        row(not found.foreign, "无人发送或次序不对 nobody's, or out of order", found.foreign),
        row(not outcome.verified, "导出并核验 export verifies", "; ".join(outcome.verified[:3]) or "sound"),
        row(not outcome.unconfirmed, "存储缺少的分段 segments that the store lacks", outcome.unconfirmed),
        row(not outcome.altered_in_store, "存储中不一致 other than was sealed", outcome.altered_in_store),
        row(outcome.apart_s <= APART_S, "时间轴偏差 apart on the time line, at most", f"{outcome.apart_s:.3f} s"),
        row(
            not outcome.turned, "无人操作而结束或重来 ended or begun by nobody", "; ".join(outcome.turned[:3]) or "none"
        ),
    ]
    if trial.clock_ahead:
        stated = ", ".join("not verified" if each is None else f"{each:+.1f} s" for each in outcome.clocks)
        made.append(("", "检查点所述时钟偏差 what checkpoints state of the clock", stated or "none"))
    made += [("", f"缺失原因 missing, cause {cause}", str(count)) for cause, count in sorted(found.causes.items())]
    made += [("", f"录制状态 the recorder said: {code}", f"{count} s") for code, count in sorted(outcome.told.items())]
    if trial.store_away:
        lag = "never" if outcome.caught_up_s is None else f"{outcome.caught_up_s:.1f} s"
        made.append(("", "会后补传完 caught up after the end", f"{lag} ({outcome.unconfirmed_most} segments)"))
    return made
