"""What signs somebody in or connects a camera never reaches a log of the api, whatever is asked for."""

import logging
from pathlib import Path

import pytest

from tests.api.conftest import ADMIN_PASSWORD, Hub
from tests.api.test_channel import OFFER, channel, open_meeting, ready, relay

ROOMS = ("api", "media_server", "recorder", "storage")


async def test_a_walk_logs_no_password_token_or_credentials(
    hub: Hub, bus_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Libraries speak from INFO on, as the hub lets them (ops.processes): at DEBUG its web server writes whole requests.
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.WARNING, logger="httpx")  # the test's own end
    for room in ROOMS:
        caplog.set_level(logging.DEBUG, logger=room)
    secrets = [ADMIN_PASSWORD, hub.credentials["shuji"].password, "a wrong password", "aaaaaaaaaaaaaaaaaaaaaaaa"]
    async with hub.stranger() as stranger:
        wrong = {"username": "shuji", "password": "a wrong password"}
        assert (await stranger.post("/api/login", json=wrong)).status_code >= 400
        assert (await stranger.post("/api/login", json={"username": "a wrong password"})).status_code == 422
    async with await hub.client("admin"), await hub.client("shuji") as secretary:
        token = secretary.headers["Authorization"]
        secrets.append(token.removeprefix("Bearer "))
        meeting = await open_meeting(hub)
        whip, sdp = f"/api/meetings/{meeting}/whip", {"Content-Type": "application/sdp"}
        async with relay(bus_url, tmp_path):
            await ready(hub)
            short = OFFER.replace("aaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa")
            assert (await secretary.post(whip, content=short, headers=sdp)).status_code == 400
            answer = await secretary.post(whip, content=OFFER, headers=sdp)
            assert answer.status_code == 201
            secrets += [line.partition(":")[2] for line in answer.text.split("\r\n") if line.startswith("a=ice-pwd:")]
            session = answer.headers["location"].rsplit("/", 1)[-1]
            async with channel(hub, meeting, token, f"?session={session}") as page:
                await page.say(type="restart", ice={"ufrag": "efgh", "pwd": "b" * 24})
                secrets.append((await page.until("restarted"))["ice"]["pwd"])
                await page.say(type="restart", ice={"ufrag": "efgh", "pwd": "too short a one"})
                await page.until("problem")
    secrets += ["b" * 24, "too short a one"]
    written = "\n".join(logging.Formatter().format(record) for record in caplog.records)
    assert "media_server.process" in {record.name for record in caplog.records}
    for secret in secrets:
        assert secret not in written, [line for line in written.split("\n") if secret in line][:3]
