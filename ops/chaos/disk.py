"""A small disk of its own, which can be filled to the last byte: ext4 in a file. Needs root."""

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from ops.errors import CannotMount

MIB = 1 << 20
UNMOUNT_S = 15.0


class Disk:
    def __init__(self, folder: Path, mib: int) -> None:
        """Mounted at `folder`. Raises CannotMount."""
        if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
            raise CannotMount()
        self.folder = folder
        self.image = folder.with_name(f"{folder.name}.img")
        folder.mkdir(parents=True, exist_ok=True)
        with open(self.image, "wb") as file:
            file.truncate(mib * MIB)
        run("mkfs.ext4", "-q", "-F", "-m", "0", self.image)
        self.mount()

    def mount(self) -> None:
        run("mount", "-o", "loop", self.image, self.folder)

    def unmount(self) -> None:
        """As soon as nobody holds it."""
        until = time.monotonic() + UNMOUNT_S
        while subprocess.run(["umount", str(self.folder)], check=False, capture_output=True).returncode:
            if time.monotonic() > until:
                raise CannotMount("somebody holds the disk")
            time.sleep(0.1)

    def remove(self) -> None:
        """Whoever holds it."""
        run("umount", "-l", self.folder)
        self.image.unlink(missing_ok=True)

    def fill(self) -> Path:
        """To the last byte; gives the file that does it."""
        hog = self.folder / "hog"
        for size in (MIB, 512):
            with open(hog, "ab", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
        return hog


def run(*words: object) -> None:
    try:
        subprocess.run([str(word) for word in words], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise CannotMount(error.stderr.decode(errors="replace").strip()) from error
