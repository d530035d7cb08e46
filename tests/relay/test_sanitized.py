"""A short form of `make native-asan`: everything but the long comparison with the twin."""

import subprocess
import sys

from tests.relay.sanitize import ROOT


def test_the_native_fan_out_is_well_under_the_sanitizers() -> None:
    command = [sys.executable, "-m", "tests.relay.sanitize", "-q", "tests/relay/test_fanout.py", "-k", "not same_bytes"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
