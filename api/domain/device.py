"""What a device says of itself (User-Agent) as two words that a person knows it by: its system and its browser.

Anybody may send any text here: it helps to tell one's own devices apart and proves nothing.
"""

from dataclasses import dataclass

# In order: what is more special first, since all of them name the others too.
SYSTEMS = (
    ("HarmonyOS", "harmony"),
    ("OpenHarmony", "harmony"),
    ("iPad", "ipad"),
    ("iPhone", "iphone"),
    ("Android", "android"),
    ("Windows", "windows"),
    ("Mac OS X", "mac"),
    ("CrOS", "linux"),
    ("Linux", "linux"),
)
BROWSERS = (
    ("MicroMessenger/", "wechat"),
    ("DingTalk/", "dingtalk"),
    ("QQBrowser/", "qq"),
    ("UCBrowser/", "uc"),
    ("HuaweiBrowser/", "huawei"),
    ("MiuiBrowser/", "xiaomi"),
    ("QIHU", "360"),
    ("Edg/", "edge"),
    ("EdgA/", "edge"),
    ("Firefox/", "firefox"),
    ("FxiOS/", "firefox"),
    ("CriOS/", "chrome"),
    ("Chrome/", "chrome"),
    ("Safari/", "safari"),
)


@dataclass(frozen=True, slots=True)
class Device:
    system: str  # a key of SYSTEMS, or `unknown`
    browser: str  # a key of BROWSERS, or `program`: no browser that we know


def device_of(agent: str) -> Device:
    return Device(_first(SYSTEMS, agent, "unknown"), _first(BROWSERS, agent, "program"))


def _first(names: tuple[tuple[str, str], ...], agent: str, otherwise: str) -> str:
    return next((key for sign, key in names if sign in agent), otherwise)
