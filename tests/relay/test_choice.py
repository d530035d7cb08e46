"""Which fan-out runs: the native one where it was built, the Python one else, or the one that was asked for."""

import sys

import pytest

from media_server.engine.drops import Drops
from media_server.errors import NoNativeFanout
from media_server.fanout.choice import choose
from media_server.fanout.python import PythonFanout
from tests.relay.outlets import needs_native


def test_python_can_be_asked_for() -> None:
    assert isinstance(choose("python", Drops()), PythonFanout)


@needs_native
def test_native_is_taken_where_it_was_built() -> None:
    assert choose("", Drops()).name == choose("native", Drops()).name == "native"


def test_without_the_native_one_python_runs_and_says_so_and_a_wish_for_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "media_server.fanout._native", None)
    monkeypatch.delitem(sys.modules, "media_server.fanout.native", raising=False)
    assert choose("", Drops()).name == "python"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    with pytest.raises(NoNativeFanout, match="_native"):
        choose("native", Drops())


@needs_native
def test_another_libsrtp_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media_server.fanout.native.PROTECT", "srtp_err_status_t(*)(another)")
    assert choose("", Drops()).name == "python"
    with pytest.raises(NoNativeFanout, match="srtp_protect is"):
        choose("native", Drops())
