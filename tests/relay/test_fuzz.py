"""Short runs of every fuzz target (`python -m tests.relay.fuzz TARGET --minutes 10` is a long one)."""

import importlib
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings

from tests.relay.fuzz import KEPT, TARGETS, kept
from tests.relay.fuzz.mutation import inputs


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_holds_its_invariant(target: str) -> None:
    module = importlib.import_module(f"tests.relay.fuzz.{target}")
    first = module.__doc__.split("\n")[0]
    assert first.startswith("However" if target == "framing" else "Whatever")
    assert first.endswith(".")
    for data in [*module.SEEDS, *kept(target), b""]:
        module.check(data)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(inputs(module.SEEDS))
    def run(data: bytes) -> None:
        module.check(data)

    run()


def test_what_is_kept_belongs_to_a_target() -> None:
    assert {path.name for path in KEPT.iterdir()} <= set(TARGETS)


def test_the_command_runs_a_target() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.relay.fuzz", "extensions", "--minutes", "0", "--hypothesis"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "nothing found" in done.stdout
