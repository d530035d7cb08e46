"""Under CI=true a test that is skipped has failed: nothing may go unproved for want of a part."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("any machine", deadline=None)  # how long an example takes says nothing about the code
settings.load_profile("any machine")

pytest_plugins = ["tests.fixtures_bus", "tests.fixtures_film", "tests.fixtures_hub", "tests.fixtures_storage"]

HERE = Path(__file__).parent
IN_CI = os.environ.get("CI", "").lower() in ("true", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: one that is begun last would hold up the end alone (`--durations=0` says
    which). Those with Chromium, which takes a core for itself, stand between those that mostly wait."""
    longest = (HERE / "longest.txt").read_text().split()
    places = {HERE / name: place for place, name in enumerate(longest)}
    assert all(path.exists() for path in places), "tests/longest.txt names a file that is gone"
    items.sort(key=lambda item: places.get(item.path, len(places)))


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
