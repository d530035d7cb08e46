"""What a start settled is read by its children as it was written."""

from dataclasses import replace
from pathlib import Path

from ops.start import ObjectsAt, Start, read
from storage.stamp_client import StampConfig


def test_time_stamps_reach_the_worker(tmp_path: Path) -> None:
    start = Start(
        data=str(tmp_path), hub_id="h", public_url="", local_url="", bus_url="", bus_token="", database_url="",
        objects=ObjectsAt("", "", "", "", secure=False, lock_days=1, doors=None), media_port=1, media_addresses=("a",),
        certificate="", certificate_key="", authority=None, remb_bps=1, silent_s=1.0, fanout="", absence_s=1.0,
        spool_limit_bytes=1, metrics_token="",
    )  # fmt: skip
    (tmp_path / "run").mkdir()
    start.write()
    assert read(tmp_path) == start
    assert read(tmp_path).stamp_config() is None
    replace(
        start, stamp_url="http://tsa.cn/", stamp_certificates="/a.pem", stamp_policy="1.2", stamp_timeout_s=3.0,
        stamp_every_s=60.0, stamp_clock_s=5.0,
    ).write()  # fmt: skip
    assert read(tmp_path).stamp_config() == StampConfig("http://tsa.cn/", Path("/a.pem"), "1.2", 3.0, 60.0, 5.0)
