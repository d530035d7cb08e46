"""`huilu up` and `huilu status`: what the person at the terminal sees of the hub."""

import asyncio
import json
from pathlib import Path

from media_server.bus import Bus
from media_server.errors import RelayError
from ops.errors import NoHub
from ops.setting_table import Settings
from ops.start import Start, read
from ops.supervisor import Hub, until_signalled
from ops.terminal import say, table


def up(settings: Settings) -> int:
    say("会录正在启动", "Huilu is starting")
    asyncio.run(until_signalled(settings, say, show))
    say("已停止", "stopped")
    return 0


def show(hub: Hub, start: Start) -> None:
    print(f"\n{hub.table()}\n")
    say(f"打开 {start.public_url}", f"open {start.public_url} (on this machine {start.local_url})")
    if start.authority:
        trust = f"{start.public_url}/trust"
        say(f"首次使用请先信任本机根证书：{trust}", f"first trust the hub's authority: {trust}")
    if hub.first is not None and hub.first.admin_password and not hub.settings.admin_password:
        say(
            f"县管理员 admin，密码 {hub.first.admin_password}（只显示这一次）",
            f"county admin: admin, password {hub.first.admin_password} (shown only this once)",
        )
    if hub.settings.demo and hub.layout.demo_accounts.exists():
        accounts = json.loads(hub.layout.demo_accounts.read_text())
        rows = [(one["role_name"], one["username"], one["password"], one["unit"]) for one in accounts]
        print("\n" + table(("角色 role", "账号 user", "密码 password", "单位 unit"), rows) + "\n")
    say("按 Ctrl-C 停止", "Ctrl-C stops it")


def status(data: Path) -> int:
    """0 when every process is healthy, 1 when not."""
    return asyncio.run(_status(read(data)))


async def _status(start: Start) -> int:
    try:
        bus = await Bus.connect(start.bus_url, "status", start.bus_token)
        try:
            told = await bus.request("huilu.health.supervisor", {})
        finally:
            await bus.close()
    except RelayError as error:
        raise NoHub(error.detail) from error
    rows = [
        (name, str(each["state"]), str(each["pid"] or ""), str(each["restarts"]), str(each["detail"])[:60])
        for name, each in told["processes"].items()
    ]
    print(table(("组件 part", "状态 state", "pid", "重启 restarts", "说明 detail"), rows))
    return 0 if told["ok"] else 1
