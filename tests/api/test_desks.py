"""The desks: shares by hand-made cases, what each lists, who sees what of it, and that their rows are the fold's."""

import asyncio
import itertools
import time
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select, update

from api.acts.actor import load_actor
from api.acts.decision_entries import add_act, cached_of, create_decision, folded, rebuild, standing_of
from api.acts.desk_scope import LOOK, scope
from api.acts.unit_book import unit_book
from api.domain import workdays
from api.domain.day import day_of
from api.domain.rights import Place
from api.domain.workdays import working_day_after
from storage.database import Database
from storage.ids import new_id
from storage.tables import AwaitedStep, BrokenRule, Decision, Right, Unit, UnitAttributes, User
from tests.api.conftest import Hub
from tests.domain.test_against_model import OFF_THE_WEEK
from tests.domain.test_awaited import said
from tests.domain.village import Village, later
from tests.model.acts import walk

MARCH = {"from": "2026-03-01", "until": "2026-03-31"}
TODAY = day_of(time.time_ns())


async def record(hub: Hub, village: Village, title: str, unit: str | None = None, by: str = "shuji") -> str:
    """The village's acts on a record's chain."""
    first, *acts = village.acts
    unit = unit or await hub.unit("shuji")
    async with hub.database.writing() as session:
        user = await session.scalar(select(User.id).where(User.username == by))
        assert user is not None
        matter = village.record.rules.matter(first["matter"])
        row = await create_decision(session, user, unit, matter.key, title, matter.item_class, on=first["on"])
        for act in acts:
            await add_act(session, row, act, {})
    return row.id


async def figures(hub: Hub, who: str = "ducha", **period: str) -> dict[str, Any]:
    async with await hub.client(who) as client:
        answer = await client.get("/api/desk/county", params=period)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        for which, figure in (("all", "all"), ("proper", "proper"), ("covered", "covered"), ("outside", "outside"),
                              ("under_way", "under_way")):  # fmt: skip
            behind = await client.get("/api/desk/county/affairs", params={**period, "which": which})
            assert behind.json()["total"] == found["total"][figure], which
            assert len(behind.json()["items"]) == min(50, found["total"][figure])
        for rule in found["rules"]:
            behind = await client.get("/api/desk/county/affairs", params={**period, "rule": rule["rule"]})
            assert behind.json()["total"] == rule["broken"], rule
    return found


async def share(hub: Hub, who: str = "ducha", **period: str) -> tuple[int, int, int]:
    """Properly done, with a whole recording, of how many."""
    total = (await figures(hub, who, **period))["total"]
    return total["proper"], total["covered"], total["all"]


# --- the shares, case by case


async def test_what_is_done_is_counted_in_the_periods_in_which_a_step_was_due(hub: Hub) -> None:
    await record(hub, Village("c2", on="2026-03-02").through(), "三月办结")
    assert await share(hub, **MARCH) == (1, 1, 1)
    assert await share(hub, **{"from": "2026-02-01", "until": "2026-03-01"}) == (0, 0, 0)
    assert await share(hub, **{"from": "2026-03-03", "until": "2026-03-31"}) == (0, 0, 0)
    assert await share(hub, **{"from": "2026-03-02", "until": "2026-03-02"}) == (1, 1, 1)
    assert (await figures(hub, **{"from": "2026-04-01", "until": "2026-04-30"}))["total"]["proper_permille"] is None


async def test_one_that_was_withdrawn_leaves_the_share_only_where_nobody_had_met(hub: Hub) -> None:
    await record(hub, Village("b1").do("ask", step="review").wait(1).do("withdraw", reason="另议"), "没开会")
    assert await share(hub, **MARCH) == (0, 0, 0)
    met = Village("b1").until("proposal").properly("sitting", "proposal").properly("sealed", "proposal")
    await record(hub, met.wait(1).do("withdraw", reason="另议"), "开了会")
    assert await share(hub, **MARCH) == (1, 1, 1)
    unreviewed = Village("b1").properly("sitting", "proposal")
    await record(hub, unreviewed.wait(1).do("withdraw", reason="另议"), "没审核就开了会")
    assert await share(hub, **MARCH) == (1, 2, 2)
    assert await share(hub, **{"from": "2026-04-01", "until": "2026-04-30"}) == (0, 0, 0)


async def test_what_is_overdue_stays_and_counts_from_the_day_after_its_last_one(hub: Hub) -> None:
    """A contract is signed within 30 days; nothing happens."""
    village = Village("d1", on="2026-03-02").until("contract")
    waits = next(each for each in cached_rows(village).awaited if each.step == "contract")
    assert waits.due_on is not None
    await record(hub, village, "招标")
    began = {"from": "2026-03-02"}
    assert await share(hub, **began, until=waits.due_on) == (1, 1, 1)
    assert await share(hub, **began, until=later(waits.due_on, 1)) == (0, 1, 1)
    # And a period in which nothing at all happens.
    assert await share(hub, **{"from": later(waits.due_on, 30), "until": later(waits.due_on, 60)}) == (0, 1, 1)
    found = await figures(hub, **began, until=later(waits.due_on, 1))
    assert [(each["rule"], each["broken"]) for each in found["rules"]] == [("deadline", 1)]


async def test_one_that_waits_without_a_clock_stays_and_after_sixty_days_counts_against_the_share(hub: Hub) -> None:
    await record(hub, Village("c2", on="2026-03-02").do("done", step="entry"), "登记后没人签字")
    assert await share(hub, **MARCH) == (1, 1, 1)
    assert await share(hub, **{"from": "2026-04-01", "until": "2026-05-01"}) == (1, 1, 1)
    assert await share(hub, **{"from": "2026-05-02", "until": "2026-05-02"}) == (0, 1, 1)
    found = await figures(hub, **{"from": "2026-05-01", "until": "2026-06-30"})
    assert [each["rule"] for each in found["rules"]] == ["idle"]


async def test_a_failure_is_never_undone_by_what_is_done_later(hub: Hub) -> None:
    village = Village("b1", on="2026-03-02").properly("sitting", "proposal")
    village.wait(1).properly("sealed", "proposal", recorded=False, coverage_permille=0)
    village.do("ask", step="review").properly("opinion", "review")
    await record(hub, village, "先开会后审核")
    assert await share(hub, **{"from": "2026-03-01", "until": "2026-03-01"}) == (0, 0, 0)
    assert await share(hub, **MARCH) == (0, 0, 1)
    async with await hub.client("ducha") as inspector:
        behind = (await inspector.get("/api/desk/county/affairs", params={**MARCH, "which": "broken"})).json()
    codes = [each["code"] for each in behind["items"][0]["reasons"]]
    assert {"review", "recorded"} <= set(codes)
    assert (behind["items"][0]["title"], behind["items"][0]["town"]["name"]) == ("先开会后审核", "清河镇")


async def test_a_review_that_is_late_is_the_towns_and_not_the_villages(hub: Hub) -> None:
    await record(hub, Village("b1", on="2026-03-02").do("ask", step="review"), "等审核")
    found = await figures(hub, **MARCH)
    assert (found["total"]["proper"], found["total"]["all"]) == (1, 1)
    assert [(each["rule"], each["whose"]) for each in found["rules"]] == [("review-late", "town")]


async def test_figures_are_broken_down_and_add_up(hub: Hub) -> None:
    async with await hub.client("admin") as admin:
        other = (await admin.get("/api/units", params={"query": "李家沟村"})).json()[0]["id"]
    await record(hub, Village("c2", on="2026-03-02").through(), "甲")
    await record(hub, Village("b1", on="2026-03-02").properly("sitting", "proposal"), "乙", other)
    await record(hub, Village("c2", on="2026-03-02").through(), "丙", other)
    found = await figures(hub, **MARCH)
    of = {(each["unit"]["name"], each["proper"], each["all"]) for each in found["towns"]}
    assert of == {("清河镇", 1, 1), ("城关街道", 1, 2)}
    villages = {(each["unit"]["id"], each["town"]["name"], each["all"]) for each in found["villages"]}
    assert villages == {(await hub.unit("shuji"), "清河镇", 1), (other, "城关街道", 2)}
    assert {(each["category"], each["all"]) for each in found["categories"]} == {("B", 1), ("C", 2)}
    for narrower, count in (({"unit": other}, 2), ({"category": "C"}, 2), ({"category": "b1"}, 1)):
        assert (await share(hub, **MARCH, **narrower))[2] == count


# --- affairs outside the system


async def test_an_affair_outside_the_system_is_in_the_denominator_of_its_day(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    affair = {"unit": unit, "matter": "c1", "title": "卖树款", "on": "2026-03-10", "found": "查账发现，未走程序"}
    await record(hub, Village("c2", on="2026-03-02").through(), "三月办结")
    async with await hub.client("ducha") as inspector, await hub.client("shuji") as secretary:
        for who in ("shuji", "shenhe", "admin", "jiandu"):
            async with await hub.client(who) as other:
                assert (await other.post("/api/outside-affairs", json=affair)).status_code == 403
        tomorrow = later(TODAY, 1)
        assert (await inspector.post("/api/outside-affairs", json=affair | {"on": tomorrow})).json()[
            "code"
        ] == "act.future"
        made = await inspector.post("/api/outside-affairs", json=affair)
        assert made.status_code == 201, made.text
        assert await share(hub, **MARCH) == (1, 1, 2)
        assert (await figures(hub, **MARCH))["total"]["proper_permille"] == 500
        assert await share(hub, **{"from": "2026-04-01", "until": "2026-04-30"}) == (0, 0, 0)
        # The village sees it, and what was found.
        seen = (await secretary.get(f"/api/outside-affairs/{made.json()['id']}")).json()
        assert (seen["found"], seen["may_strike"], seen["town"]["name"]) == ("查账发现，未走程序", False, "清河镇")
        behind = (await inspector.get("/api/desk/county/affairs", params={**MARCH, "which": "broken"})).json()
        assert [(each["title"], each["outside"]) for each in behind["items"]] == [("卖树款", True)]
        # Entered in error: another one says so.
        strike = f"/api/outside-affairs/{made.json()['id']}/strike"
        assert (await inspector.post(strike, json={"reason": "同名村"})).json()["code"] == "decision.own"
        assert (await secretary.post(strike, json={"reason": "同名村"})).status_code == 403
    async with hub.database.writing() as session:
        shuji = await session.scalar(select(User.id).where(User.username == "jilu"))
        await session.execute(update(Right).where(Right.user_id == shuji).values(role="inspector"))
    async with await hub.client("jilu") as second:
        struck = await second.post(strike, json={"reason": "同名村"})
        assert (struck.status_code, struck.json()["struck_reason"]) == (200, "同名村")
        assert (await second.post(strike, json={"reason": "同名村"})).json()["code"] == "outside.struck"
    assert await share(hub, **MARCH) == (1, 1, 1)


async def test_an_affair_of_a_restricted_matter_is_absent_for_who_may_not_see_it(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    affair = {"unit": unit, "matter": "h3", "title": "处分李四", "on": "2026-03-10", "found": "没有会议"}
    async with await hub.client("ducha") as inspector, await hub.client("huiwu") as organiser:
        made = (await inspector.post("/api/outside-affairs", json=affair)).json()["id"]
        assert (await organiser.get(f"/api/outside-affairs/{made}")).status_code == 404
        assert "李四" not in (await organiser.get("/api/desk/county/affairs", params=MARCH)).text
    assert await share(hub, "huiwu", **MARCH) == (0, 0, 0)
    assert await share(hub, "ducha", **MARCH) == (0, 0, 1)


# --- rights


async def test_what_is_restricted_is_absent_from_lists_and_counts(hub: Hub) -> None:
    await record(hub, Village("h3", on="2026-03-02"), "评议张三")
    await record(hub, Village("g1", on="2026-03-02"), "低保王五")
    await record(hub, Village("b1", on="2026-03-02").do("ask", step="review"), "修路")
    for who, count in (("ducha", 3), ("shuji", 3), ("shenhe", 3), ("admin", 1), ("huiwu", 1)):
        assert (await share(hub, who, **MARCH))[2] == count, who
        async with await hub.client(who) as client:
            for path in ("town", "village", "county", "county/affairs"):
                text = (await client.get(f"/api/desk/{path}")).text
                assert ("张三" in text or "王五" in text) <= (count == 3), (who, path)
    for who in ("dangyuan", "zhongduan", "anquan", "shenji"):
        async with await hub.client(who) as client:
            for path in ("town", "village", "county", "county/affairs"):
                assert (await client.get(f"/api/desk/{path}")).status_code == 403, (who, path)


async def test_a_desk_reaches_as_far_as_the_right(hub: Hub) -> None:
    async with await hub.client("admin") as admin:
        other = (await admin.get("/api/units", params={"query": "李家沟村"})).json()[0]["id"]
    await record(hub, Village("b1", on="2026-03-02").do("ask", step="review"), "别镇的事", other)
    for who in ("shuji", "shenhe"):
        assert await share(hub, who, **MARCH) == (0, 0, 0)
        async with await hub.client(who) as client:
            for path in ("town", "village", "county/affairs"):
                assert "别镇的事" not in (await client.get(f"/api/desk/{path}", params={"unit": other})).text
    async with await hub.client("admin") as admin:
        assert "别镇的事" in (await admin.get("/api/desk/town", params={"unit": other})).text
        assert (await admin.get("/api/desk/town", params={"unit": "unt_none"})).status_code == 404
        assert (await admin.get("/api/desk/county", params={"category": "zz"})).status_code == 422
        assert (
            await admin.get("/api/desk/county", params={"from": "2026-03-02", "until": "2026-03-01"})
        ).status_code == 422


async def test_one_condition_says_of_each_record_what_the_right_says(hub: Hub) -> None:
    """Role × unit × category × class, as `rights.may` has it and as the desks ask the database."""
    async with await hub.client("admin") as admin:
        units = [(await admin.get("/api/units", params={"query": name})).json()[0]["id"]
                 for name in ("李家沟村", "清河镇")]  # fmt: skip
    units.append(await hub.unit("shuji"))
    matters = ("b1", "c2", "g1", "h3", "d1")
    async with hub.database.writing() as session:
        user = await session.scalar(select(User).where(User.username == "huiwu"))
        assert user is not None
        for unit, matter, access in itertools.product(units, matters, ("open", "restricted", "file", "award")):
            await create_decision(session, user.id, unit, matter, "事", access, on="2026-03-02")
        county = await session.scalar(select(Unit.id).where(Unit.level == "county"))
    asked = 0
    grants = itertools.product(
        ("admin", "reviewer", "secretary", "inspector", "organiser"), (county, *units), (None, "C", "H"),
        (None, "restricted", "file"),
    )  # fmt: skip
    for role, unit, category, access in grants:
        async with hub.database.writing() as session:
            await session.execute(delete(Right).where(Right.user_id == user.id))
            for role_, unit_ in ((role, unit), ("organiser", units[1])):
                session.add(Right(id=new_id("rgt"), user_id=user.id, role=role_, unit_id=unit_, from_on="2018-01-01",
                                  category=category, access_class=access))  # fmt: skip
        async with hub.database.reading() as session:
            actor = await load_actor(session, user)
            book = await unit_book(session)
            seen = await scope(session, actor, None)
            rows = (await session.scalars(select(Decision))).all()
            listed = set(await session.scalars(select(Decision.id).where(seen.on(Decision))))
            categories = {key: matter.category for key, matter in actor.catalogue.matters.items()}
            assert listed == {
                row.id for row in rows
                if actor.may(LOOK, Place(book.path(row.unit_id), categories[row.matter], row.access_class))
            }  # fmt: skip
            asked += 1
    assert asked == 5 * 4 * 3 * 3


# --- what the desks list


async def test_the_towns_desk(hub: Hub) -> None:
    late = Village("b1", on="2026-03-02").do("ask", step="review")
    await record(hub, late, "早就该答复")
    new = Village("b1", on=later(TODAY, -1)).on(TODAY).do("ask", step="review")
    await record(hub, new, "今天提请")
    await record(hub, Village("b1", on="2026-03-02").properly("sitting", "consultation"), "漏了步骤")
    async with await hub.client("shuji") as secretary:
        unit = await hub.unit("shuji")
        for kind, title in (("representatives_meeting", "村民代表会议"), ("training", "培训")):
            plan = {"title": title, "kind": kind, "unit": unit}
            meeting = (await secretary.post("/api/meetings", json=plan)).json()
            assert (await secretary.post(f"/api/meetings/{meeting['id']}/open")).status_code == 200
    async with await hub.client("shenhe") as reviewer, await hub.client("admin") as admin:
        desk = (await reviewer.get("/api/desk/town")).json()
        reviews = desk["reviews"]["items"]
        assert [(each["title"], each["overdue"], each["due_on"], each["may"]) for each in reviews] == [
            ("早就该答复", True, "2026-03-05", True),
            ("今天提请", False, working_day_after(TODAY, 3), True),
        ]
        assert reviews[0]["zh"] == "答复“早就该答复”的事前审核，已逾期（期限 2026-03-05）。"
        assert reviews[1]["en"].endswith(f", by {working_day_after(TODAY, 3)}.")
        # Of the first one the village could have gone on, and didn't.
        assert {each["title"] for each in desk["overdue"]["items"]} == {"早就该答复", "漏了步骤"}
        assert all(each["overdue"] and each["who"] != "town" for each in desk["overdue"]["items"])
        (village,) = desk["villages"]["items"]
        assert (village["skipped"], village["overdue"], village["unit"]["id"]) == (1, desk["overdue"]["total"], unit)
        assert [(each["title"], each["state"], each["by_video"]) for each in desk["meetings"]] == [
            ("村民代表会议", "open", True)
        ]  # fmt: skip
        assert not any(each["may"] for each in (await admin.get("/api/desk/town")).json()["reviews"]["items"])


async def test_a_joint_meeting_is_on_the_desk_of_the_other_villages_town_too(hub: Hub) -> None:
    ours = await hub.unit("shuji")
    async with await hub.client("admin") as admin, await hub.client("shuji") as secretary:
        other = (await admin.get("/api/units", params={"query": "李家沟村"})).json()[0]["id"]
        assert (await admin.get("/api/desk/town", params={"unit": other})).json()["meetings"] == []
        kind = "representatives_meeting"
        plan = {"title": "两村联席会", "kind": kind, "unit": ours, "planned_wall": f"{later(TODAY, 1)}T09:00:00+08:00",
                "parts": [{"kind": kind}, {"kind": kind, "unit": other}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()["id"]
        for unit in (ours, other):
            (shown,) = (await admin.get("/api/desk/town", params={"unit": unit})).json()["meetings"]
            assert (shown["meeting"], shown["unit"]["id"], shown["by_video"]) == (meeting, unit, True)
        (shown,) = (await admin.get("/api/desk/town")).json()["meetings"]
        assert shown["unit"]["id"] == ours


async def test_who_began_a_record_is_told_otherwise_than_those_who_see_the_same_in_the_same_moment(hub: Hub) -> None:
    async with hub.database.writing() as session:
        ids = {name: user for name, user in await session.execute(select(User.username, User.id))}
        await session.execute(delete(Right).where(Right.user_id == ids["huiwu"]))
        for right in await session.scalars(select(Right).where(Right.user_id == ids["shenhe"])):
            session.add(Right(id=new_id("rgt"), user_id=ids["huiwu"], role=right.role, unit_id=right.unit_id,
                              category=right.category, access_class=right.access_class, from_on=TODAY))  # fmt: skip
    await record(hub, Village("b1", on=later(TODAY, -1)).do("ask", step="review"), "修路", by="shenhe")
    async with await hub.client("shenhe") as began, await hub.client("huiwu") as other:
        for _ in range(5):
            answers = await asyncio.gather(*(one.get("/api/desk/town") for one in (other, began, other, began, began)))
            said = [answer.json()["reviews"]["items"][0]["may"] for answer in answers]
            assert said == [True, False, True, False, False]


async def test_what_one_did_a_moment_ago_is_on_ones_desk_however_many_ask(hub: Hub) -> None:
    async def others(client: httpx.AsyncClient) -> None:
        while not done:
            await client.get("/api/desk/village")

    done = False
    async with await hub.client("shuji") as secretary, await hub.client("shuji") as second:
        asking = [asyncio.create_task(others(second)) for _ in range(6)]
        for number in range(10):
            await record(hub, Village("b1", on=later(TODAY, -1)), f"第{number}件")
            shown = (await secretary.get("/api/desk/village")).json()["next"]["items"]
            assert f"第{number}件" in {each["title"] for each in shown}
        done = True
        await asyncio.gather(*asking)


async def test_the_villages_desk_says_one_thing_each(hub: Hub) -> None:
    day = later(TODAY, -1)
    await record(hub, Village("c2", on=day), "买办公用品")
    await record(hub, Village("b1", on=day), "修路")
    await record(hub, Village("b1", on=day).do("ask", step="review"), "修渠")
    await record(hub, Village("i1", on=day).until("publication").properly("post", "publication"), "聘保洁员")
    async with await hub.client("shuji") as secretary, await hub.client("jiandu") as supervisor:
        desk = (await secretary.get("/api/desk/village")).json()
        said = {each["title"]: each for each in desk["next"]["items"]}
        assert said["买办公用品"]["zh"] == "完成“买办公用品”的登记，并注明日期。"
        assert (said["修路"]["act"], said["修路"]["zh"]) == ("ask", "为“修路”提请事前审核。")
        assert "修渠" not in said
        assert all(each["may"] for each in desk["next"]["items"])
        waiting = {each["title"]: each for each in desk["waiting"]["items"]}
        assert (waiting["修渠"]["who"], waiting["修渠"]["may"]) == ("town", False)
        assert waiting["聘保洁员"]["act"] == "days"
        assert not any(each["may"] for each in (await supervisor.get("/api/desk/village")).json()["next"]["items"])


async def test_a_list_goes_on_by_fifties(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with hub.database.writing() as session:
        user = (await session.scalars(select(User.id).where(User.username == "shuji"))).one()
        for number in range(61):
            await create_decision(session, user, unit, "c2", f"第{number}件", "open", on="2026-03-02")
    affair = {"unit": unit, "matter": "c1", "title": "体外", "on": "2026-03-10", "found": "查账发现"}
    async with await hub.client("ducha") as inspector:
        assert (await inspector.post("/api/outside-affairs", json=affair)).status_code == 201
        pages = [(await inspector.get("/api/desk/county/affairs", params={**MARCH, "offset": offset})).json()
                 for offset in (0, 50, 100)]  # fmt: skip
        assert [(page["total"], len(page["items"])) for page in pages] == [(62, 50), (62, 12), (62, 0)]
        assert pages[0]["items"][0]["outside"]
        assert len({each["id"] for page in pages for each in page["items"]}) == 62
        assert (await inspector.get("/api/desk/county/affairs", params={"offset": -1})).status_code == 422


async def test_a_year_that_is_not_known_is_said_on_the_desk(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    async with await hub.client("shuji") as secretary:
        known = (await secretary.get("/api/desk/village")).json()["notes"]
        expected = [str(year) for year in workdays.unknown(TODAY, 30)]
        assert [each["zh"].split(" ")[1] for each in known] == expected
        monkeypatch.setattr(workdays, "LISTED", frozenset[int]())
        notes = (await secretary.get("/api/desk/town")).json()["notes"]
    assert notes[0]["code"] == "calendar.unknown"
    assert TODAY[:4] in notes[0]["zh"]


# --- rows are what the chain comes to


def cached_rows(village: Village) -> Any:
    return said(village)


async def rows_of(session: Any, decision: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for table in (AwaitedStep, BrokenRule):
        rows = await session.execute(
            select(table.__table__).where(table.decision_id == decision).order_by(table.number)
        )
        found[table.__tablename__] = [tuple(row)[3 if table is BrokenRule else 2 :] for row in rows]
    row = (await session.scalars(select(Decision).where(Decision.id == decision))).one()
    found["share"] = (row.due_from, row.due_until, row.broken_on, row.uncovered_on)
    return found


async def test_rows_are_what_the_fold_says_after_random_acts_and_after_a_rebuild(database: Database) -> None:
    async with database.writing() as session:
        session.add(Unit(id="unt_1", level="village"))
        session.add(User(id="usr_1", username="u", name="u", created_wall=1))
        await session.flush()
        session.add(UnitAttributes(id="una_1", unit_id="unt_1", name="张庄村", from_on="2018-01-01"))
    number, decision, taken = 0, "", 0
    decisions: list[str] = []
    for drawn in walk(7, 260, OFF_THE_WEEK):
        async with database.writing() as session:
            if drawn.number != number:
                number, decision = drawn.number, ""
                if drawn.code is None:
                    begun = drawn.act
                    more = {key: begun.get(key) for key in ("urgent", "amount", "procedure", "body")}
                    row = await create_decision(
                        session, "usr_1", "unt_1", begun["matter"], "事", "open", on=begun["on"], **more
                    )
                    decision = row.id
                    decisions.append(decision)
            elif decision and drawn.code is None:
                row = await session.get_one(Decision, decision)
                await add_act(session, row, drawn.act, {})
                taken += 1
        if decision and drawn.code is None:
            async with database.reading() as session:
                state = await folded(session, decision)
                said = cached_of(state, standing_of(state))
                assert said is not None
                found = await rows_of(session, decision)
            assert found["share"] == (said.share.due_from, said.share.due_until, said.share.broken_on,
                                      said.share.uncovered_on)  # fmt: skip
            assert found["awaited_steps"] == [tuple(getattr(each, name) for name in each.__slots__)
                                              for each in said.awaited]  # fmt: skip
            assert found["broken_rules"] == [tuple(getattr(each, name) for name in each.__slots__)
                                             for each in said.broken]  # fmt: skip
    print(f"{taken} acts on {len(decisions)} records")
    assert taken > 100
    for decision in decisions:
        async with database.writing() as session:
            before = await rows_of(session, decision)
            await session.execute(delete(AwaitedStep).where(AwaitedStep.decision_id == decision))
            await session.execute(delete(BrokenRule).where(BrokenRule.decision_id == decision))
            await session.execute(update(Decision).where(Decision.id == decision).values(
                due_from=None, due_until=None, broken_on="2000-01-01", uncovered_on="2000-01-01"
            ))  # fmt: skip
            session.expire_all()
            await rebuild(session, decision)
            assert await rows_of(session, decision) == before
