"""`make bundle`: one folder with every wheel and the built pages, for a machine without any network."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from ops.processes import WEB_DIST

ROOT = Path(__file__).parents[1]
INSTALL = ROOT / "ops" / "deploy" / "install.sh"


def write(folder: Path) -> None:
    """Wheels are of this machine's kind and Python; install.sh says so where they don't fit."""
    if not (WEB_DIST / "index.html").exists():
        raise SystemExit("api/web/dist: make web")
    wheels = folder / "wheels"
    shutil.rmtree(folder, ignore_errors=True)
    wheels.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "-w", str(wheels), str(ROOT)], check=True)
    shutil.copy(INSTALL, folder / "install.sh")
    (folder / "made-for").write_text(f"{sysconfig.get_python_version()} {sysconfig.get_platform()}\n")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"{folder}: {len(list(wheels.iterdir()))} wheels, {size / 1e6:.0f} MB; sh {folder}/install.sh [FOLDER]")


if __name__ == "__main__":
    write(Path(sys.argv[1]).absolute())
