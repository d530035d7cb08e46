"""`huilu export`: a meeting's whole archive as a folder that `huilu verify` checks without the hub."""

import asyncio
from pathlib import Path

from ops.errors import OpsError
from ops.start import Start, read
from ops.terminal import say
from recorder.sweeping import Sweeping
from storage.database import Database
from storage.errors import StorageError
from storage.export import ExportSummary, export_meeting
from storage.keys import Signer
from storage.objects import Objects
from storage.tables import Sweep


def export(data: Path, meeting: str, folder: Path, withhold: bool) -> int:
    done = asyncio.run(write(read(data), meeting, folder.absolute(), withhold))
    say(
        f"已导出 {done.tracks} 轨，{done.segments} 段，{done.bytes / 1e6:.1f} MB，{done.decisions} 件议事记录，"
        f"方案、公示附表与签字页 {done.filed} 份",
        f"{done.tracks} tracks, {done.segments} segments, {done.bytes / 1e6:.1f} MB, {done.decisions} decision "
        f"records, {done.filed} plans, tables and signed pages",
    )
    if done.withheld:
        say(f"{done.withheld} 条记录未提供内容", f"{done.withheld} entries without payload: restricted, or erased")
    say(f"签名公钥 {done.key_id}", f"check it: huilu verify {done.folder}")
    return 0


async def write(start: Start, meeting: str, folder: Path, withhold: bool = False) -> ExportSummary:
    """Segments come from the spool or the object store, so the hub need not be running while the spool has them."""
    database = await Database.open(start.database_url)
    try:
        objects = Objects(start.objects_config())
        signer = Signer.load(start.layout.signing_key)
        return await export_meeting(database, objects, start.layout.spool, meeting, folder, signer, withhold)
    except StorageError as error:
        raise Refused(error) from error
    finally:
        await database.close()


def sweep(data: Path) -> int:
    """The round that the worker is in, to its end at once; 1 when anything of it was found gone or altered."""
    row = asyncio.run(_sweep(read(data)))
    if row is None:
        say("还没有归档的文件", "nothing is archived yet")
        return 0
    say(
        f"已核验 {row.objects} 份文件，{row.bytes / 1e6:.1f} MB，发现 {row.findings} 处问题",
        f"{row.objects} files, {row.bytes / 1e6:.1f} MB read back from the store, {row.findings} findings",
    )
    return 1 if row.findings else 0


async def _sweep(start: Start) -> Sweep | None:
    database = await Database.open(start.database_url)
    objects = Objects(start.objects_config())
    sweeping = Sweeping(database, objects)
    try:
        goes_on = True
        while goes_on:
            goes_on, found = await sweeping.step()
            for each in found:
                say(f"{each.of.subject} {each.where}：{each.code}", each.en)
        return await sweeping.row()
    except StorageError as error:
        raise Refused(error) from error
    finally:
        await objects.close()
        await database.close()


class Refused(OpsError):
    """What storage says, in its own words."""

    def __init__(self, error: StorageError) -> None:
        super().__init__(str(error))
        self.code, self.zh, self.en = error.code, error.zh, error.en
