"""Unix sockets below folders of any depth.

A socket's address holds 107 bytes of path (unix(7)), and a data folder may lie deeper. By way of the descriptor of the
folder that it is in, every socket's path is short (proc(5), /proc/self/fd).
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

MOST_BYTES = 107


@contextlib.contextmanager
def address_of(path: Path) -> Iterator[str]:
    """What to bind or connect to while the context lasts. Raises OSError where there is no such folder."""
    if len(os.fsencode(path)) <= MOST_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
