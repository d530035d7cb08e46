"""What a child writes, kept in DATA/logs by size: NAME.log, NAME.log.1 … NAME.log.5."""

from collections import deque
from pathlib import Path

KEPT = 5
REMEMBERED_LINES = 20


class Log:
    """Takes raw output; never raises for a full disk, because a log must not end the process that it is about."""

    def __init__(self, path: Path, limit_bytes: int) -> None:
        self._path = path
        self._limit = limit_bytes
        self._size = path.stat().st_size if path.exists() else 0
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115  # closed by close()
        self.lost_bytes = 0
        self.last: deque[str] = deque(maxlen=REMEMBERED_LINES)

    def write(self, chunk: bytes) -> None:
        for line in chunk.decode(errors="replace").splitlines():
            self.last.append(line)
        try:
            if self._size and self._size + len(chunk) > self._limit:
                self._rotate()
            self._size += self._file.write(chunk) or 0
        except OSError:
            self.lost_bytes += len(chunk)

    def close(self) -> None:
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        try:
            for number in range(KEPT, 0, -1):
                older = self._numbered(number - 1)
                if older.exists():
                    older.replace(self._numbered(number))
        finally:
            self._file = open(self._path, "ab", buffering=0)  # noqa: SIM115
            self._size = self._file.tell()

    def _numbered(self, number: int) -> Path:
        return self._path if number == 0 else self._path.with_name(f"{self._path.name}.{number}")
