"""How the relay's memory is laid out: what is set before its process begins, and what once it is ready.

Each packet that leaves touches the keys of another viewer, so the tables of pages and the cache count as much as the
work: with large pages (transhuge pages, which the kernel gives to who asks) forwarding costs a tenth less.
"""

import gc
from collections.abc import Mapping

_TUNABLES = "GLIBC_TUNABLES"
_LARGE_PAGES = "glibc.malloc.hugetlb=1"  # since glibc 2.35 (manual: Memory Allocation Tunables), else passed over
# Every packet makes objects that live in the history for ten seconds; by Python's own count of 700 that would be a
# collection a hundred times a second, and now and then one that stops the relay to look at every module.
YOUNG_OBJECTS = 20_000


def environment(around: Mapping[str, str]) -> dict[str, str]:
    """What the relay's process is to be started with, in addition to `around`."""
    given = around.get(_TUNABLES, "")
    if "glibc.malloc.hugetlb=" in given:
        return {}
    return {_TUNABLES: f"{given}:{_LARGE_PAGES}" if given else _LARGE_PAGES}


def settle() -> None:
    """What is here by now stays: the collector of cycles need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
