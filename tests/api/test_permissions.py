"""Who may do what, over HTTP: every role of the sample county against one village meeting, and another village."""

import httpx
import pytest

from tests.api.conftest import Hub

# user name → may it: see the meeting, open it, add an item, see its recording, see the decision, see who looked
MATRIX = {
    "admin": (True, True, True, True, True, True),
    "anquan": (False, False, False, False, False, False),
    "shenji": (False, False, False, False, False, True),
    "huiwu": (True, True, True, True, True, False),
    "ducha": (True, False, False, True, True, False),
    "shenhe": (True, False, False, True, True, False),
    "shuji": (True, True, True, True, True, False),
    "jilu": (True, False, True, True, True, False),
    "jiandu": (True, False, False, True, True, False),
    "dangyuan": (True, False, False, False, False, False),
    "zhongduan": (True, False, False, False, False, False),
    "zhongduan2": (True, False, False, False, False, False),
}


@pytest.fixture
async def village_meeting(hub: Hub) -> dict[str, str]:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        plan = {"title": "招标", "kind": "representatives_meeting", "unit": unit,
                "items": [{"title": "道路", "matter": "d1", "decision": "new"}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        running = (await secretary.post("/api/meetings", json=plan | {"title": "第二次"})).json()
        opened = (await secretary.post(f"/api/meetings/{running['id']}/open")).json()
    decision = meeting["items"][0]["decision"]["id"]
    return {"planned": meeting["id"], "recording": opened["recording"], "decision": decision}


@pytest.mark.parametrize("username", sorted(MATRIX))
async def test_the_matrix(hub: Hub, village_meeting: dict[str, str], username: str) -> None:
    looks, opens, adds, replays, reads, audits = MATRIX[username]
    url = f"/api/meetings/{village_meeting['planned']}"
    async with await hub.client(username) as client:

        def allowed(answer: httpx.Response) -> bool:
            assert answer.status_code in (200, 201, 403, 404), answer.text
            return answer.status_code < 300

        assert allowed(await client.get(url)) is looks
        listed = (await client.get("/api/meetings")).json()
        assert (village_meeting["planned"] in [each["id"] for each in listed]) is looks
        assert allowed(await client.post(f"{url}/items", json={"title": "另一项"})) is adds
        assert allowed(await client.get(f"/api/recordings/{village_meeting['recording']}")) is replays
        assert bool((await client.get("/api/recordings")).json()) is replays
        assert allowed(await client.get(f"/api/decisions/{village_meeting['decision']}")) is reads
        assert allowed(await client.get("/api/looks")) is audits
        may = (await client.get(url)).json().get("may")
        assert ((may and may["chair"]) or False) is opens
        assert ((may and may["vote"]) or False) is adds
        assert allowed(await client.post(f"{url}/open")) is opens


async def test_another_village_sees_nothing_until_it_has_a_site(hub: Hub, village_meeting: dict[str, str]) -> None:
    async with await hub.client("admin") as admin:
        villages = (await admin.get("/api/units", params={"query": "李家沟村"})).json()
        new = {"username": "liqu", "name": "李家沟书记", "role": "secretary", "unit": villages[0]["id"]}
        code = (await admin.post("/api/users", json=new)).json()["code"]
        unit = await hub.unit("shuji")
        plan = {"title": "联席", "kind": "consultation", "unit": unit, "sites": [villages[0]["id"]]}
        invited = (await admin.post("/api/meetings", json=plan)).json()["id"]
    async with hub.stranger() as other:
        login = {"username": "liqu", "code": code, "new_password": "a fresh password"}
        token = (await other.post("/api/login/code", json=login)).json()["token"]
        other.cookies.clear()
        other.headers["Authorization"] = f"Bearer {token}"
        for path in ("meetings/" + village_meeting["planned"], "recordings/" + village_meeting["recording"],
                     "decisions/" + village_meeting["decision"]):  # fmt: skip
            assert (await other.get(f"/api/{path}")).status_code == 404
        assert [each["id"] for each in (await other.get("/api/meetings")).json()] == [invited]
        seen = (await other.get(f"/api/meetings/{invited}")).json()
        assert seen["may"] == {"chair": False, "publish": True, "vote": False, "confirm": False}
        assert (await other.post(f"/api/meetings/{invited}/open")).status_code == 403
        foreign = {"title": "x", "kind": "consultation", "unit": unit}
        assert (await other.post("/api/meetings", json=foreign)).status_code == 403


async def test_a_restricted_part_is_seen_as_a_span_only(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary, await hub.client("huiwu") as organiser:
        plan = {"title": "评议", "kind": "representatives_meeting", "unit": unit}
        url = f"/api/meetings/{(await secretary.post('/api/meetings', json=plan)).json()['id']}"
        opened = (await secretary.post(f"{url}/open")).json()
        item = {"title": "民主评议张三", "matter": "h3"}
        created = (await secretary.post(f"{url}/items", json=item)).json()
        assert created["access_class"] == "restricted"
        await secretary.post(f"{url}/items/{created['id']}/start")
        mine = (await secretary.get(url)).json()["items"][0]
        theirs = (await organiser.get(url)).json()["items"][0]
        assert (mine["title"], mine["hidden"]) == ("民主评议张三", False)
        assert theirs["hidden"]
        assert "张三" not in str(theirs)
        assert theirs["start_ms"] == mine["start_ms"]
        replay = (await organiser.get(f"/api/recordings/{opened['recording']}")).json()
        assert not replay["viewable"]
        assert "张三" not in str(replay)
