"""Papers signed on a screen: whose hand, at whose device, under which version; what is changed later stays apart."""

import hashlib
from typing import Any

import httpx

from storage.ledger import entries, open_chain
from tests.api.conftest import Hub
from tests.api.test_papers import village
from tests.api.test_signed_papers import refused

STROKES = [[[10, 60], [60, 20], [110, 70]], [[30, 90], [140, 95]]]


async def sign(client: httpx.AsyncClient, kind: str, subject: str, **more: Any) -> httpx.Response:
    url = f"/api/papers/{kind}/{subject}"
    document = more.pop("document", None) or (await client.get(url)).json()["digest"]
    body = {"document": document, "width": 320, "height": 140, "strokes": STROKES, **more}
    return await client.post(f"{url}/signatures", json=body)


async def test_one_signs_oneself_and_at_the_minute_takers_device(hub: Hub) -> None:
    of = await village(hub)
    meeting = of["minutes"]
    async with await hub.client("shuji") as secretary:
        roster = (await secretary.get(f"/api/meetings/{meeting}/roster")).json()
        person = roster[2]["person"]
        answer = await sign(secretary, "minutes", meeting, place="主持人")
        assert answer.status_code == 201, answer.text
        answer = await sign(secretary, "roster", meeting, person=person["id"])
        assert answer.status_code == 201, answer.text
        (signature,) = answer.json()["signatures"]
        me = (await secretary.get("/api/me")).json()["user"]["name"]
        assert (signature["signer"], signature["own"], signature["by"], signature["stands"]) == (
            person["name"], False, me, True)  # fmt: skip
        assert answer.json()["says_zh"] == f"屏幕签字：{person['name']}"
        given = await secretary.get(f"/api/signed-pages/{signature['id']}")
        assert given.headers["content-type"] == "image/svg+xml"
        assert hashlib.sha256(given.content).hexdigest() == signature["sha256"]
        assert "M10 60L60 20L110 70" in given.text
        assert f'data-document-sha256="{signature["document"]}"' in given.text
        record = (await secretary.get(f"/api/decisions/{of['record']}")).json()
        texts = [each["text_zh"] for each in record["entries"] if each["kind"] == "paper-signed"]
        assert texts == [f"{me}屏幕签字：会议记录（主持人）", f"{person['name']}在{me}的设备上屏幕签字：签到表"]
        papers = (await secretary.get(f"/api/decisions/{of['record']}/signed-papers")).json()
        assert {each["kind"] for each in papers} == {"minutes", "roster"}
        dossier = (await secretary.get(f"/api/papers/dossier/{of['record']}")).json()
        assert any(note.endswith(f"屏幕签字：{person['name']}。") for note in dossier["notes"])
    async with hub.database.reading() as session:
        chain = await open_chain(session, "decision", of["record"])
        said = [payload async for entry, _, payload in entries(session, chain) if entry.kind == "paper-signed"]
        assert [(each["own"], each["document"], each["sha256"]) for each in said if each][1] == (
            False, signature["document"], signature["sha256"])  # fmt: skip


async def test_a_later_change_leaves_the_signature_with_the_older_version(hub: Hub) -> None:
    of = await village(hub)
    async with await hub.client("jilu") as taker, await hub.client("shuji") as secretary:
        old = (await taker.get(f"/api/papers/minutes/{of['minutes']}")).json()["digest"]
        assert (await sign(taker, "minutes", of["minutes"], place="记录人")).status_code == 201
        added = await secretary.post(f"/api/meetings/{of['minutes']}/items", json={"title": "另一议题"})
        assert added.status_code == 201, added.text
        now = (await secretary.get(f"/api/papers/minutes/{of['minutes']}/signed")).json()
        assert [(each["stands"], each["document"]) for each in now["signatures"]] == [(False, old)]
        late = await sign(secretary, "minutes", of["minutes"], place="主持人", document=old)
        assert refused(late) == (409, "paper.changed")
        assert (await sign(secretary, "minutes", of["minutes"], place="主持人")).status_code == 201
        both = (await secretary.get(f"/api/papers/minutes/{of['minutes']}/signed")).json()["signatures"]
        assert [(each["place"], each["stands"]) for each in both] == [("主持人", True), ("记录人", False)]


async def test_who_signs_the_records_form_changes_nothing_of_what_he_signed(hub: Hub) -> None:
    of = await village(hub)
    async with await hub.client("shuji") as secretary:
        answer = await sign(secretary, "record", of["record"], place="主持人")
        assert (answer.status_code, answer.json()["signatures"][0]["stands"]) == (201, True)


async def test_what_is_no_signature_or_nobodys_is_refused(hub: Hub) -> None:
    of = await village(hub)
    meeting = of["minutes"]
    async with await hub.client("shuji") as secretary, await hub.client("ducha") as inspector:
        person = (await secretary.get(f"/api/meetings/{meeting}/roster")).json()[0]["person"]["id"]
        dot = await sign(secretary, "minutes", meeting, strokes=[[[5, 5]]])
        assert refused(dot) == (422, "signature.empty")
        assert refused(await sign(secretary, "minutes", meeting, place="日期")) == (409, "paper.not-signed-here")
        assert refused(await sign(secretary, "minutes", meeting, person="psn_none")) == (422, "signature.nobody")
        assert refused(await sign(secretary, "tally", of["tally"], person=person)) == (422, "signature.nobody")
        for kind in ("notice", "ballot", "dossier"):
            assert refused(await sign(secretary, kind, of[kind], document="0" * 64)) == (409, "paper.not-signed-here")
        for wrong in ([], [[]], [[[-1, 2], [3, 4]]], [[[1, 2, 3]]], [[["1", 2], [3, 4]]], [[[0, 0]] * 2001]):
            assert (await sign(secretary, "minutes", meeting, strokes=wrong)).status_code == 422
        assert refused(await sign(inspector, "minutes", meeting, person=person)) == (403, "right.missing")
    async with await hub.client("shenji") as auditor:
        url = f"/api/papers/minutes/{meeting}/signatures"
        body = {"document": "0" * 64, "width": 320, "height": 140, "strokes": STROKES}
        assert (await auditor.post(url, json=body)).status_code == 404
    assert [each for each in (hub.config.spool / "signed").rglob("*") if each.is_file()] == []


async def test_a_meeting_signed_on_the_screen_is_not_awaited_on_paper(hub: Hub) -> None:
    of = await village(hub)
    async with await hub.client("shuji") as secretary:
        await secretary.post(f"/api/meetings/{of['roster']}/end")
        await sign(secretary, "minutes", of["minutes"], place="主持人")
        rows = (await secretary.get("/api/desk/village/papers")).json()
        assert {each["kind"] for each in rows if each["subject"] == of["roster"]} == {"roster"}
