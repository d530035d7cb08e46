"""The native fan-out under the address and undefined behaviour sanitizers: python -m tests.relay.sanitize [PYTEST …]

Builds it aside with the machine's compiler and runs its tests against that build. Exit status 77: not possible here.
Leaks are not asked for, because the interpreter's own hide ours; tests/relay/test_fanout.py says what is freed when.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "media_server" / "fanout" / "c"
NAME = "media_server.fanout._native"
BUILD = "TEST_NATIVE_BUILD"  # the environment's word for a build to be tested instead of the installed one
NO_COMPILER = 77
FLAGS = ("-g", "-O1", "-std=c11", "-fno-omit-frame-pointer")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def compiler() -> str | None:
    """The one that builds extensions here, with Python's headers; None: there is none."""
    words = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()
    found = shutil.which(words[0])
    header = Path(sysconfig.get_path("include")) / "Python.h"
    return found if header.exists() else None


def sanitizer(cc: str) -> str | None:
    """gcc's runtime, which has to be loaded before the interpreter."""
    said = subprocess.run(
        [cc, "-print-file-name=libasan.so"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return said if os.path.isabs(said) else None


def build(cc: str, folder: Path) -> Path:
    made = folder / "_native.so"
    include = sysconfig.get_path("include")
    sources = [str(path) for path in sorted(SOURCES.glob("*.c"))]
    subprocess.run([cc, *FLAGS, *SANITIZERS, "-shared", "-fPIC", "-I", include, *sources, "-o", str(made)], check=True)
    return made


def pytest_configure() -> None:
    """As a plugin, before any test is read: the build under test is the module from now on."""
    spec = importlib.util.spec_from_file_location(NAME, os.environ[BUILD])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[NAME] = module


def main(arguments: list[str]) -> int:
    cc = compiler()
    runtime = sanitizer(cc) if cc is not None else None
    if cc is None or runtime is None:
        print("no C compiler, no Python.h, or no libasan", file=sys.stderr)
        return NO_COMPILER
    with tempfile.TemporaryDirectory() as folder:
        made = build(cc, Path(folder))
        environment = {
            **os.environ, BUILD: str(made), "LD_PRELOAD": runtime, "PYTHONMALLOC": "malloc",
            "ASAN_OPTIONS": "detect_leaks=0", "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        tests = arguments or ["-q", "tests/relay/test_fanout.py", "tests/relay/test_slot.py"]
        # Without conftest: what it imports loads libraries in a way that the sanitizer refuses (RTLD_DEEPBIND).
        command = [sys.executable, "-m", "pytest", "-p", "tests.relay.sanitize", "--noconftest", *tests]
        return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
