"""Fuzz one target for some minutes: with atheris (coverage guides it) where that is installed, else with Hypothesis.

What breaks the invariant is printed and written below .fuzz/TARGET/; a finding moves to tests/relay/fuzz/kept/TARGET/
together with its mending. Exit status 0: nothing was found.
"""

import argparse
import hashlib
import importlib
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings

from tests.relay.fuzz import TARGETS, kept
from tests.relay.fuzz.mutation import inputs

ROUND = 200  # examples of Hypothesis, after which the clock is looked at


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.relay.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--hypothesis", action="store_true", help="also where atheris is installed")
    given_ = parser.parse_args()
    found = Path(".fuzz") / given_.target
    found.mkdir(parents=True, exist_ok=True)
    try:
        if given_.hypothesis:
            raise ImportError
        import atheris
    except ImportError:
        by_hypothesis(given_.target, given_.minutes * 60, found)
    else:
        by_atheris(atheris, given_.target, given_.minutes * 60, found)


Check = Callable[[bytes], None]


def written(check: Check, target: str, found: Path) -> Check:
    """What breaks `check` is written down on its way out."""

    def run(data: bytes) -> None:
        try:
            check(data)
        except Exception:
            path = found / hashlib.sha256(data).hexdigest()[:16]
            path.write_bytes(data)
            print(f"{target}: broken by {data!r}, written to {path}", file=sys.stderr)
            raise

    return run


def by_atheris(atheris: Any, target: str, seconds: float, found: Path) -> None:
    with atheris.instrument_imports(include=["media_server"]):
        module = importlib.import_module(f"tests.relay.fuzz.{target}")
    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate([*module.SEEDS, *kept(target)]):
            (Path(corpus) / str(number)).write_bytes(data)
        limits = [f"-max_total_time={max(1, round(seconds))}", "-max_len=8192", "-timeout=20", "-rss_limit_mb=2048"]
        arguments = [sys.argv[0], *limits, f"-artifact_prefix={found}/", "-print_final_stats=1", corpus]
        atheris.Setup(arguments, written(module.check, target, found))
        atheris.Fuzz()  # ends the process


def by_hypothesis(target: str, seconds: float, found: Path) -> None:
    module = importlib.import_module(f"tests.relay.fuzz.{target}")
    check = written(module.check, target, found)
    until = time.monotonic() + seconds
    rounds = 0
    while rounds == 0 or time.monotonic() < until:
        rounds += 1

        @seed(rounds)
        @settings(max_examples=ROUND, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(inputs([*module.SEEDS, *kept(target)]))
        def run(data: bytes) -> None:
            check(data)

        run()
    print(f"{target}: {rounds * ROUND} examples, nothing found")


if __name__ == "__main__":
    main()
