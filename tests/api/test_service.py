"""Health, metrics of all processes, status, the pages, /trust, security headers."""

from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import HTTPConnection

from api.routes.address import address_of, is_loopback
from api.routes.service import join_metrics
from media_server.bus import Bus, Message
from tests.api.conftest import Hub


async def test_health_names_what_is_away(hub: Hub, bus_url: str) -> None:
    async with hub.stranger() as anybody:
        answer = await anybody.get("/healthz")
        assert answer.status_code == 503  # no relay and no recorder run here
        processes = answer.json()["processes"]
        assert processes["api"]["ok"]
        assert processes["database"]["ok"]
        assert not processes["relay"]["ok"]
        line = await Bus.connect(bus_url, "relay")
        for name in ("relay", "recorder"):
            await line.present(name, dict)
        while (await anybody.get("/healthz")).status_code != 200:  # until the bus knows of the new line
            pass
        metrics = await anybody.get("/metrics")
        await line.close()
    samples = [s for family in text_string_to_metric_families(metrics.text) for s in family.samples]
    up = {s.labels["process"]: s.value for s in samples if s.name == "huilu_up"}
    assert up == {"relay": 1, "recorder": 1, "worker": 0, "api": 1}
    assert all("process" in s.labels for s in samples)


def test_metrics_of_several_processes_are_one_text() -> None:
    text = '# HELP a_b_total Some "thing".\n# TYPE a_b_total counter\na_b_total{x="1\\"2"} 3\n'
    joined = join_metrics({"one": text, "two": text, "three": None})
    families = {family.name: family for family in text_string_to_metric_families(joined)}
    assert [(s.labels["process"], s.labels["x"], s.value) for s in families["a_b"].samples] == [
        ("one", '1"2', 3.0), ("two", '1"2', 3.0),
    ]  # fmt: skip
    assert joined.count("# TYPE a_b") == 1


@pytest.mark.parametrize(
    ("host", "address", "loopback"),
    [("::ffff:127.0.0.1", "127.0.0.1", True), ("::1", "::1", True), ("10.0.0.9", "10.0.0.9", False),
     ("2409:8a00:1:2:3:4:5:6", "2409:8a00:1:2::", False), ("fe80::1%eth0", "fe80::1%eth0", False), ("x", "x", False)],
)  # fmt: skip
def test_addresses(host: str, address: str, loopback: bool) -> None:
    found = address_of(HTTPConnection({"type": "http", "headers": [], "client": (host, 1)}))
    assert (found, is_loopback(found)) == (address, loopback)


async def test_status_says_in_words_what_is_away(hub: Hub, bus_url: str) -> None:
    async with await hub.client("shuji") as client:
        status = (await client.get("/api/status")).json()
        assert (status["recorder"]["well"], status["recorder"]["code"]) == (False, "recorder.away")
        assert status["recorder"]["zh"]
        line = await Bus.connect(bus_url, "recorder")
        told: Message = {"well": True, "code": None, "zh": "", "en": "", "spool": {"bytes": 5, "limit_bytes": 9},
                         "recordings": {}}  # fmt: skip

        async def state(_: Message) -> Message:
            return told

        await line.serve("huilu.recorder.state", state)
        while hub.house.recorder.last is None:  # until the bus knows of the new line
            await hub.house.recorder.ask()
        status = (await client.get("/api/status")).json()
        await line.close()
    assert status["recorder"] == {"well": True, "code": None, "zh": None, "en": None}
    assert status["spool"] == {"bytes": 5, "limit_bytes": 9}


@pytest.mark.parametrize(("keeps_gb", "codes"), [(2, {"recorder.spool-low"}), (60, set())])
async def test_an_opening_warns_when_the_disk_may_not_hold_the_meeting(
    hub: Hub, bus_url: str, keeps_gb: int, codes: set[str]
) -> None:
    line = await Bus.connect(bus_url, "recorder")
    told: Message = {"well": True, "code": None, "zh": "", "en": "", "recordings": {},
                     "spool": {"bytes": 5, "limit_bytes": 9, "keeps_bytes": keeps_gb * 10**9}}  # fmt: skip

    async def state(_: Message) -> Message:
        return told

    async def begin(_: Message) -> Message:
        return {}

    await line.serve("huilu.recorder.state", state)
    await line.serve("huilu.recorder.begin", begin)
    while hub.house.recorder.last is None:  # until the bus knows of the new line
        await hub.house.recorder.ask()
    async with await hub.client("shuji") as client:
        village = (await client.get("/api/me")).json()["home"]["id"]
        meeting = {"title": "村民代表会议", "kind": "representatives_meeting", "unit": village}
        made = (await client.post("/api/meetings", json=meeting)).json()
        opened = (await client.post(f"/api/meetings/{made['id']}/open")).json()
    await line.close()
    assert {warning["code"] for warning in opened["warnings"]} == codes
    assert all("本机录像" in warning["zh"] for warning in opened["warnings"])


async def test_pages_are_served_with_strict_headers(hub: Hub) -> None:
    async with hub.stranger() as browser:
        for path in ("/", "/meetings/mtg_1/room", "/..%2f..%2fetc/passwd"):
            page = await browser.get(path)
            assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
            assert "会录" in page.text
        policy = page.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert f"connect-src 'self' wss://{httpx.URL(hub.url).netloc.decode()};" in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        script = await browser.get("/assets/index-1a2b.js")
        assert "max-age=31536000" in script.headers["cache-control"]
        assert (await browser.get("/assets/old-9z.js")).status_code == 404
        evil = await browser.get("/", headers={"Host": "a; script-src *"})
        assert "script-src *" not in evil.headers.get("content-security-policy", "")


async def test_trust_explains_and_hands_out_the_authority(hub: Hub, tmp_path: Path) -> None:
    async with hub.stranger() as browser:
        page = await browser.get("/trust")
        for word in ("Windows", "统信", "麒麟", "安卓", "苹果", "https://localhost:8443"):
            assert word in page.text
        assert (await browser.get("/trust/authority.crt")).status_code == 404
        (tmp_path / "ca.crt").write_text("PEM")
        object.__setattr__(hub.config, "trust_certificate", tmp_path / "ca.crt")
        assert (await browser.get("/trust/authority.crt")).text == "PEM"


async def test_feedback_gets_an_answer(hub: Hub) -> None:
    async with await hub.client("shuji") as secretary, await hub.client("admin") as admin:
        sent = (await secretary.post("/api/feedback", json={"page": "/room", "text": "字太小"})).json()
        assert (await secretary.get("/api/feedback")).status_code == 403
        read = (await admin.get("/api/feedback")).json()
        assert [(each["id"], each["name"]) for each in read] == [(sent["id"], sent["name"])]
        assert sent["name"]
        url = f"/api/feedback/{sent['id']}/answer"
        assert (await admin.post(url, json={"answer": "右上角可切换"})).status_code == 200
        assert (await secretary.get("/api/feedback/mine")).json()[0]["answer"] == "右上角可切换"
