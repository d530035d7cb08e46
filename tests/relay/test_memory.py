"""What the relay's process is started with."""

import gc
import json
import os
import subprocess
import sys

from media_server import memory


def test_large_pages_are_asked_for_beside_what_is_set() -> None:
    assert memory.environment({}) == {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
    around = {"GLIBC_TUNABLES": "glibc.malloc.arena_max=2"}
    assert memory.environment(around) == {"GLIBC_TUNABLES": "glibc.malloc.arena_max=2:glibc.malloc.hugetlb=1"}


def test_what_an_operator_has_decided_stands() -> None:
    assert memory.environment({"GLIBC_TUNABLES": "glibc.malloc.hugetlb=0"}) == {}


def test_what_is_there_when_it_settles_is_left_alone_by_the_collector() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import gc, json; from media_server import memory; memory.settle();"
            "print(json.dumps([gc.get_freeze_count(), gc.get_threshold()[0]]))",
        ],
        env=os.environ | memory.environment(os.environ),
        capture_output=True,
        timeout=60,
        check=True,
    )
    frozen, young = json.loads(said.stdout)
    assert frozen > 1_000
    assert young == memory.YOUNG_OBJECTS
    assert young > gc.get_threshold()[0], "another process's collector is left as it was"
