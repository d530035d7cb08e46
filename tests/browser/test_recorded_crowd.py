"""A recorded training of more sites than its kind keeps every camera of, in its short form: what is due is kept."""

import json

import pytest

from tests.browser.recorded_crowd import main

pytestmark = pytest.mark.browser


def test_of_a_recorded_training_everything_that_was_due_is_archived(capfd: pytest.CaptureFixture[str]) -> None:
    status = main(["--sites", "40", "--minutes", "0.4", "--open", "10"])
    told = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert told["turns"] >= 2
    assert told["pictures"]["due"] > 100
    assert told["sounds"]["due"] > 1_000
    for kind in ("pictures", "sounds"):
        assert told[kind]["foreign"] == told[kind]["doubled"] == 0
    assert told["findings"] == []
    assert status == 0, told
