"""Which values of settings go together, and which a hub can't start with."""

import re

from api.domain.second_factor import read_rule
from ops.errors import BadSetting
from ops.setting_table import Settings
from storage import sntp

WEBHOOK_FORMS = ("json", "wecom", "dingtalk", "template")


def check(settings: Settings) -> None:
    """Raises BadSetting."""
    for name in ("port", "media_port"):
        if not 0 < getattr(settings, name) < 65536:
            raise BadSetting(f"{name}: 1 … 65535")
    if settings.port == settings.media_port:
        raise BadSetting("port = media_port")
    if bool(settings.certificate_file) != bool(settings.certificate_key_file):
        raise BadSetting("certificate_file + certificate_key_file")
    if settings.fanout not in ("", "native", "python"):
        raise BadSetting("fanout: native, python")
    _check_days(settings)
    _check_second_factor(settings)
    _check_turn(settings)
    _check_stamps(settings)
    _check_webhook(settings)
    for name in (
        "spool_limit_gib", "remb_kbps", "silent_s", "absence_min", "absence_lost_min", "log_mib", "objects_lock_days",
        "stamp_timeout_s", "stamp_every_min", "stamp_clock_s", "webhook_timeout_s",
    ):  # fmt: skip
        if getattr(settings, name) <= 0:
            raise BadSetting(f"{name}: > 0")


def _check_days(settings: Settings) -> None:
    if settings.days_off or settings.days_worked:
        from api.domain.workdays import read_calendar

        try:
            read_calendar(settings.days_off, settings.days_worked)
        except ValueError as error:
            raise BadSetting(f"days_off, days_worked: {error}") from error


def _check_second_factor(settings: Settings) -> None:
    try:
        if read_rule(settings.second_factor).roles:
            from api.domain.catalogue import shipped  # reads all data files: only where roles are named
            from api.domain.entries import Role

            read_rule(settings.second_factor, {role.key for role in shipped().of(Role)})
    except ValueError as error:
        raise BadSetting(f"second_factor: {settings.second_factor}") from error


def _check_turn(settings: Settings) -> None:
    for url in settings.turn_urls:
        if not re.fullmatch(r"(turns?|stuns?):[^\s/<>\"]+(\?transport=(udp|tcp))?", url):  # RFC 7064, RFC 7065
            raise BadSetting(f"turn_urls: {url}")
    wanted = any(url.startswith("turn") for url in settings.turn_urls)
    if wanted and not settings.turn_secret and not (settings.turn_username and settings.turn_password):
        raise BadSetting("turn_urls: turn_secret / turn_username + turn_password")


def _check_stamps(settings: Settings) -> None:
    if settings.time_source:
        try:
            sntp.address(settings.time_source)
        except ValueError as error:
            raise BadSetting(f"time_source: {settings.time_source}") from error
    if settings.stamp_url and not re.fullmatch(r"https?://[^\s/?#]+([/?#]\S*)?", settings.stamp_url):
        raise BadSetting(f"stamp_url: {settings.stamp_url}")
    if bool(settings.stamp_url) != bool(settings.stamp_certificate_file):
        raise BadSetting("stamp_url + stamp_certificate_file")
    if settings.stamp_policy and not re.fullmatch(r"[0-2](\.\d+)+", settings.stamp_policy):
        raise BadSetting(f"stamp_policy: {settings.stamp_policy}")


def _check_webhook(settings: Settings) -> None:
    if settings.webhook_url and not re.fullmatch(r"https?://[^\s/?#]+([/?#]\S*)?", settings.webhook_url):
        raise BadSetting("webhook_url")  # it may hold a key
    if settings.webhook_form not in WEBHOOK_FORMS:
        raise BadSetting(f"webhook_form: {', '.join(WEBHOOK_FORMS)}")
    if (settings.webhook_form == "template") != bool(settings.webhook_template_file):
        raise BadSetting("webhook_form = template + webhook_template_file")
