"""Under CI=true a test that is skipped has failed: nothing may go unproved for want of a part."""

import os
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings

from tests import lanes

settings.register_profile("any machine", deadline=None)  # how long an example takes says nothing about the code
settings.load_profile("any machine")

pytest_plugins = ["tests.fixtures_bus", "tests.fixtures_film", "tests.fixtures_hub", "tests.fixtures_storage"]

IN_CI = os.environ.get("CI", "").lower() in ("true", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: one that is begun last would hold up the end alone (`--durations=0` says
    which)."""
    gone = [path for path in lanes.ORDER if not path.exists()]
    assert not gone, f"tests/film.txt or tests/longest.txt names {gone}"
    items.sort(key=lambda item: lanes.ORDER.get(item.path, len(lanes.ORDER)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return lanes.scheduler(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped under CI=true: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if IN_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped under CI=true: {report.longrepr}"
    return report
