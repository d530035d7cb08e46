"""Where a setting comes from, and what is refused."""

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops import settings
from ops.errors import BadSetting
from ops.setting_table import Settings


def test_command_line_over_environment_over_file_over_default(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).write_text(
        'port = 1001\nmedia_port = 1002\nremb_kbps = 1003\nmedia_address = ["10.0.0.1"]\n'
    )
    loaded = settings.load(
        {"data": tmp_path, "port": "3001", "media_port": None}, {"HUILU_PORT": "2001", "HUILU_MEDIA_PORT": "2002"}
    )
    assert (loaded.port, loaded.media_port, loaded.remb_kbps) == (3001, 2002, 1003)
    assert loaded.media_address == ("10.0.0.1",)
    assert loaded.silent_s == Settings().silent_s


@pytest.mark.parametrize(
    "written",
    ["port = 'many'", "prot = 1", "data = '/'", "port = true", "demo = 3", "port = 0", "silent_s = 0", "port = 8444",
     "fanout = 'c'",
     "certificate_file = 'a.pem'", "[[", "\udcff", "turn_urls = 'turn:a.gov.cn'", "turn_urls = 'https://a.gov.cn'",
     "turn_urls = 'turn:a>;b'\nturn_secret = 'x'", "turn_urls = 'turn:a'\nturn_username = 'u'",
     "time_source = 'ntp.cn:x'", "time_source = '[::1'", "time_source = 'ntp.cn:0'", "stamp_url = 'http://tsa.cn'",
     "stamp_certificate_file = 'a.pem'", "stamp_timeout_s = 0", "stamp_every_min = -1",
     "stamp_url = 'file:///etc/passwd'\nstamp_certificate_file = 'a.pem'", "stamp_policy = 'any'",
     "webhook_url = 'ftp://a/'", "webhook_form = 'xml'", "webhook_form = 'template'",
     "webhook_template_file = 'a.json'", "webhook_timeout_s = 0",
     "second_factor = 'yes'", "second_factor = 'admin,king'"],
)  # fmt: skip
def test_a_wrong_file_is_refused_in_words(tmp_path: Path, written: str) -> None:
    (tmp_path / settings.FILE).write_text(written, errors="surrogateescape")
    with pytest.raises(BadSetting):
        settings.load({"data": tmp_path}, {})


@given(st.text())
def test_any_text_is_a_value_or_refused(text: str) -> None:
    for each in fields(Settings):
        try:
            value = settings.parse(each.name, text)
        except BadSetting:
            continue
        assert settings.parse(each.name, settings.as_text(value)) == value
