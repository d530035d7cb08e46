"""Every setting in one table: its name with the unit, its default, one sentence.

`ops.settings` reads them; docs/SETTINGS.md is compared with this table by a test.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def _about(zh: str, en: str, *, shown: str = "", secret: bool = False) -> dict[str, Any]:
    """`shown` stands in the documents where the default is worked out at start."""
    return {"zh": zh, "en": en, "shown": shown, "secret": secret}


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of one hub."""

    data: Path = field(
        default=Path("data"),
        metadata=_about(
            "数据目录",
            "Folder that holds everything the hub keeps.",
        ),
    )
    port: int = field(
        default=8443,
        metadata=_about(
            "网页和接口的端口",
            "TCP port of the pages and the API (HTTPS).",
        ),
    )
    listen_address: str = field(
        default="",
        metadata=_about(
            "网页监听的地址",
            "Address on which the pages are served.",
            shown="all addresses",
        ),
    )
    public_url: str = field(
        default="",
        metadata=_about(
            "用户打开的网址",
            "Address under which users open the pages.",
            shown="first global address and port",
        ),
    )
    notices_url: str = field(
        default="",
        metadata=_about(
            "公示网页在别处的网址（huilu publish），打印的公示用它做二维码",
            "Address of the public notices where they lie elsewhere (huilu publish); printed notices lead there.",
            shown="public_url and /public",
        ),
    )
    papers_folder: str = field(
        default="",
        metadata=_about(
            "本县自己的文书模板（.docx）所在的目录，见 huilu papers",
            "Folder of the county's own templates of papers (.docx); huilu papers writes and checks them.",
            shown="papers below the data folder",
        ),
    )
    media_port: int = field(
        default=8444,
        metadata=_about(
            "音视频端口（UDP 和 TCP）",
            "UDP and TCP port of all sound and picture.",
        ),
    )
    media_address: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            "音视频公布的地址，逗号分隔",
            "Addresses that browsers send sound and picture to, with commas.",
            shown="127.0.0.1 and every global address",
        ),
    )
    turn_urls: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            "TURN/STUN 服务器，逗号分隔",
            "TURN and STUN servers for networks that let nothing else through, as turn:HOST:PORT, with commas.",
        ),
    )
    turn_username: str = field(
        default="",
        metadata=_about(
            "TURN 服务器的账号",
            "Account at those TURN servers.",
        ),
    )
    turn_password: str = field(
        default="",
        metadata=_about(
            "TURN 账号的密码",
            "Password of that account.",
            secret=True,
        ),
    )
    turn_secret: str = field(
        default="",
        metadata=_about(
            "与 TURN 服务器共用的密钥，代替账号和密码",
            "Secret shared with them (coturn: static-auth-secret) instead of an account: passwords end after a day.",
            secret=True,
        ),
    )
    certificate_file: str = field(
        default="",
        metadata=_about(
            "本单位自备的证书文件（PEM，含中间证书）",
            "The county's own certificate with its chain (PEM).",
            shown="own authority",
        ),
    )
    certificate_key_file: str = field(
        default="",
        metadata=_about(
            "自备证书的私钥文件（PEM）",
            "The key of that certificate (PEM).",
            shown="own authority",
        ),
    )
    certificate_names: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            "自签证书另含的域名或地址，逗号分隔",
            "Further names and addresses in the self-made certificate, with commas.",
        ),
    )
    admin_password: str = field(
        default="",
        metadata=_about(
            "首次启动时县管理员的密码",
            "Password of the county admin at the first start.",
            shown="made, printed once",
            secret=True,
        ),
    )
    demo: bool = field(
        default=False,
        metadata=_about(
            "装入示例县",
            "Put a sample county into an empty database.",
        ),
    )
    database_url: str = field(
        default="",
        metadata=_about(
            "数据库地址",
            "SQLAlchemy address of the database.",
            shown="SQLite in the data folder",
            secret=True,
        ),
    )
    bus_url: str = field(
        default="",
        metadata=_about(
            "消息总线地址",
            "Address of a NATS server with JetStream.",
            shown="own server",
        ),
    )
    bus_token: str = field(
        default="",
        metadata=_about(
            "消息总线的令牌",
            "Token of that NATS server.",
            shown="made at the first start",
            secret=True,
        ),
    )
    objects_endpoint: str = field(
        default="",
        metadata=_about(
            "对象存储（S3）地址",
            "host:port of an S3 store with object lock.",
            shown="own store",
        ),
    )
    objects_access_key: str = field(
        default="",
        metadata=_about(
            "对象存储的账号",
            "Access key of that store.",
            shown="made at the first start",
            secret=True,
        ),
    )
    objects_secret_key: str = field(
        default="",
        metadata=_about(
            "对象存储的密钥",
            "Secret key of that store.",
            shown="made at the first start",
            secret=True,
        ),
    )
    objects_secure: bool = field(
        default=True,
        metadata=_about(
            "对象存储用 HTTPS",
            "Speak HTTPS with a store elsewhere (the hub's own is on loopback).",
        ),
    )
    objects_bucket: str = field(
        default="huilu",
        metadata=_about(
            "存储桶",
            "Bucket of the archive, with versioning and object lock.",
        ),
    )
    objects_lock_days: int = field(
        default=30,
        metadata=_about(
            "存档先锁定的天数",
            "Days for which a stored segment is locked at first.",
        ),
    )
    stamp_url: str = field(
        default="",
        metadata=_about(
            "时间戳服务（RFC 3161）的网址，不填则不盖时间戳",
            "Address (http, https) of a time-stamping authority (RFC 3161) for the archive's checkpoints.",
        ),
    )
    stamp_certificate_file: str = field(
        default="",
        metadata=_about(
            "信任的时间戳机构证书文件（PEM，根证书或签名证书）",
            "Certificates (PEM) of that authority that are trusted: its root, or those that it signs stamps with.",
        ),
    )
    stamp_policy: str = field(
        default="",
        metadata=_about(
            "时间戳必须采用的策略 OID",
            "OID of the policy under which its stamps must be made.",
            shown="any",
        ),
    )
    stamp_timeout_s: float = field(
        default=10.0,
        metadata=_about(
            "等待时间戳服务答复的秒数",
            "Seconds in which the authority has to answer.",
        ),
    )
    stamp_every_min: float = field(
        default=10.0,
        metadata=_about(
            "存证链未封闭时，每条链最多多久盖一次时间戳（分钟）；封闭时总要盖",
            "Minutes between stamps of a chain that is still open; a closed one always gets its own.",
        ),
    )
    stamp_clock_s: float = field(
        default=300.0,
        metadata=_about(
            "本机时钟已校准时，时间戳与它最多相差的秒数",
            "Seconds by which a stamp may differ from this machine's clock, while something keeps that right (NTP).",
        ),
    )
    time_source: str = field(
        default="",
        metadata=_about(
            "核对本机时钟的时间源（NTP 服务器，主机或主机:端口），不填则签名点注明时钟未核对",
            "NTP server (host or host:port) that the clock is compared with; checkpoints state by how much it is off.",
            shown="none: checkpoints say not verified",
        ),
    )
    webhook_url: str = field(
        default="",
        metadata=_about(
            "消息通道（短信网关、企业微信或钉钉机器人）的网址，不填则不向外发消息",
            "Address to which messages for people outside are sent: an SMS gateway, a WeCom or DingTalk robot.",
            secret=True,
        ),
    )
    webhook_form: str = field(
        default="json",
        metadata=_about(
            "消息的格式：json、wecom（企业微信）、dingtalk（钉钉）或 template（按模板）",
            "What is sent there: json, wecom, dingtalk, or template.",
        ),
    )
    webhook_secret: str = field(
        default="",
        metadata=_about(
            "消息签名的密钥",
            "Secret by which messages are signed (Standard Webhooks; DingTalk its own way).",
            secret=True,
        ),
    )
    webhook_template_file: str = field(
        default="",
        metadata=_about(
            "消息模板文件（JSON，可用 $text、$text_en、$unit、$kind、$link、$id）",
            "JSON file of the form template; strings in it may hold $text, $text_en, $unit, $kind, $link, $id.",
        ),
    )
    webhook_timeout_s: float = field(
        default=10.0,
        metadata=_about(
            "等待消息通道答复的秒数",
            "Seconds in which the webhook has to answer.",
        ),
    )
    spool_limit_gib: int = field(
        default=50,
        metadata=_about(
            "待上传录像最多占用的磁盘（GiB）",
            "Disk for segments on their way to the store, in GiB.",
        ),
    )
    remb_kbps: int = field(
        default=2500,
        metadata=_about(
            "不按 transport-cc 自行调节的设备，每路画面允许发送的码率（kbit/s）",
            "Bit rate that a sender without transport-wide feedback is allowed for each picture, in kbit/s.",
        ),
    )
    silent_s: float = field(
        default=30.0,
        metadata=_about(
            "设备无声息多久后断开（秒）",
            "Seconds of silence after which a device is dropped.",
        ),
    )
    fanout: str = field(
        default="",
        metadata=_about(
            "媒体转发的实现：native 或 python",
            "Implementation of the fan-out to viewers: native or python.",
            shown="native where it was built",
        ),
    )
    absence_min: float = field(
        default=10.0,
        metadata=_about(
            "所有设备离开多久后自动散会（分钟）",
            "Minutes after the last device has gone until a meeting is ended.",
        ),
    )
    absence_lost_min: float = field(
        default=120.0,
        metadata=_about(
            "有设备断线未归时，多久后自动散会（分钟）：会场可能仍在开会，设备在自己录像",
            "The same where a device's line was lost: its meeting may go on, recorded by the device itself.",
        ),
    )
    second_factor: str = field(
        default="offered",
        metadata=_about(
            "登录二次验证（手机动态码）：off 停用，offered 自愿，或必须使用的角色，如 admin,security,auditor,inspector",
            "Second factor at sign-in (an authenticator app's code): off, offered, or the roles that must have one.",
        ),
    )
    days_off: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            "另行规定的放假日期，逗号分隔，可写区间（2027-02-05..2027-02-11）",
            "Days off that the package chinesecalendar hasn't (yet), with commas; a span as 2027-02-05..2027-02-11.",
        ),
    )
    days_worked: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            "另行规定的上班日期（调休），逗号分隔，写法同上",
            "Days that are worked although it says otherwise, written the same way.",
        ),
    )
    metrics_token: str = field(
        default="",
        metadata=_about(
            "读取 /metrics 的令牌",
            "Bearer token for /metrics; this machine itself needs none.",
            secret=True,
        ),
    )
    spares: bool = field(
        default=True,
        metadata=_about(
            "每个组件常备一个已加载的替补进程",
            "Keep a loaded spare of each process, so that one that dies is back at once; takes 0.3 GB.",
        ),
    )
    log_mib: int = field(
        default=10,
        metadata=_about(
            "每个日志文件的大小（MiB）",
            "Size at which a log file is put aside, in MiB; five are kept.",
        ),
    )
