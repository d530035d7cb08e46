"""Signed pages come back as photographs: each finds its place by its code, and is evidence of its records."""

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.domain import page_codes
from storage import bag
from storage.export import export_meeting
from storage.keys import Signer
from storage.ledger import entries, open_chain
from storage.tables import SignedPaper
from storage.verify import verify_folder
from tests.api.conftest import Hub
from tests.api.held import held
from tests.api.test_papers import village
from tests.photographed import photo, sheet

SITE = "https://localhost:8443"
SMALL = (1500, 2000)


async def hand_in(client: httpx.AsyncClient, data: bytes, **by_hand: Any) -> httpx.Response:
    form = {key: str(value) for key, value in by_hand.items()}
    return await client.post("/api/signed-pages", files={"file": ("IMG_1.jpg", data)}, data=form)


def page_of(kind: str, subject: str, number: int, of: int, seed: int = 1) -> bytes:
    address = page_codes.address(SITE, kind, subject)  # type: ignore[arg-type]
    return photo(
        sheet(page_codes.written(address, kind, subject, number, of), seed),  # type: ignore[arg-type]
        tilt=4, size=SMALL,
    )  # fmt: skip


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_page_finds_its_place_and_the_missing_one_is_named(hub: Hub) -> None:
    of = await village(hub)
    async with await hub.client("shuji") as secretary:
        url = f"/api/papers/roster/{of['roster']}/signed"
        before = (await secretary.get(url)).json()
        assert (before["of"], before["missing"], before["says_zh"]) == (None, [], "尚未交回")
        printed = (await secretary.get(f"/api/papers/roster/{of['roster']}")).json()["pages"]
        first = photo(sheet(printed[0]["code"]["holds"]), tilt=-6, size=SMALL)
        answer = await hand_in(secretary, first)
        assert answer.status_code == 201, answer.text
        page = answer.json()["page"]
        assert (page["number"], page["of"], page["placed"], page["stands"]) == (1, len(printed), "code", True)
        # Printed anew with one page more: what came of the old sheet counts no longer.
        pages = len(printed) + 1
        second = page_of("roster", of["roster"], pages, pages)
        now = (await hand_in(secretary, second)).json()["paper"]
        rest = list(range(1, pages))
        assert (now["of"], now["missing"], now["says_zh"]) == (pages, rest, f"纸质签字，照片 1/{pages} 页")
        given = await secretary.get(f"/api/signed-pages/{page['id']}")
        assert (given.status_code, given.content, given.headers["content-type"]) == (200, first, "image/jpeg")
        assert given.headers["x-content-type-options"] == "nosniff"
        assert page["sha256"] == hashlib.sha256(first).hexdigest()
        # It is evidence of the record that the meeting dealt with.
        decision = (await secretary.get(f"/api/decisions/{of['record']}")).json()
        assert decision["entries"][-2]["kind"] == "paper-page"
        assert decision["entries"][-2]["text_zh"].endswith(f"交回签字的签到表第 1 页（共 {len(printed)} 页）的照片")
    async with hub.database.reading() as session:
        chain = await open_chain(session, "hub", hub.config.hub_id)
        looks = [said async for entry, _, said in entries(session, chain) if entry.kind == "paper-page-looked"]
        assert [each["page"] for each in looks if each] == [page["id"]]
        chain = await open_chain(session, "decision", of["record"])
        said = [payload async for entry, _, payload in entries(session, chain) if entry.kind == "paper-page"]
        assert [each["sha256"] for each in said if each] == [
            hashlib.sha256(each).hexdigest() for each in (first, second)
        ]


async def test_of_a_page_handed_in_twice_the_newer_stands_and_the_older_stays(hub: Hub) -> None:
    of = await village(hub)
    async with await hub.client("jilu") as taker:
        old, new = (page_of("minutes", of["minutes"], 1, 1, seed) for seed in (1, 2))
        first = (await hand_in(taker, old)).json()["page"]
        paper = (await hand_in(taker, new)).json()["paper"]
        assert [(each["sha256"], each["stands"]) for each in paper["pages"]] == [
            (hashlib.sha256(new).hexdigest(), True), (hashlib.sha256(old).hexdigest(), False)
        ]  # fmt: skip
        assert (paper["missing"], paper["says_zh"]) == ([], "纸质签字，照片 1/1 页")
        assert (await taker.get(f"/api/signed-pages/{first['id']}")).content == old


async def test_without_a_code_the_page_is_named_by_hand(hub: Hub) -> None:
    of = await village(hub)
    bare = photo(sheet(None), size=SMALL)
    async with await hub.client("shuji") as secretary:
        assert refused(await hand_in(secretary, bare)) == (422, "page.no-code")
        said = {"kind": "tally", "subject": of["tally"], "number": 1, "of": 1}
        answer = await hand_in(secretary, bare, **said)
        assert (answer.status_code, answer.json()["page"]["placed"]) == (201, "hand")
        entry = (await secretary.get(f"/api/decisions/{of['record']}")).json()["entries"][-1]
        assert "页码由手工选定" in entry["text_zh"]
        for wrong in ({"number": 3, "of": 2}, {"number": 0}, {"of": 100}, {"kind": "diary"}):
            assert (await hand_in(secretary, bare, **{**said, **wrong})).status_code == 422
        half = {key: value for key, value in said.items() if key != "of"}
        assert refused(await hand_in(secretary, bare, **half)) == (422, "request.invalid")
        assert refused(await hand_in(secretary, bare, **{**said, "kind": "ballot"})) == (404, "page.unknown")
        assert refused(await hand_in(secretary, bare, **{**said, "subject": "itm_none"})) == (404, "page.unknown")


async def test_a_page_whose_code_is_read_is_no_other_by_hand(hub: Hub) -> None:
    """Last month's signed sheet for this month's meeting, or its first page for the second."""
    of = await village(hub)
    async with await hub.client("shuji") as secretary:
        said = {"kind": "roster", "subject": of["roster"], "number": 1, "of": 2}
        for other in (page_of("roster", "mtg_before", 1, 2), page_of("roster", of["roster"], 2, 2),
                      page_of("minutes", of["minutes"], 1, 2),
                      photo(sheet(f"{SITE}/papers/roster/mtg_before"), size=SMALL)):  # fmt: skip
            assert refused(await hand_in(secretary, other, **said)) == (422, "page.another")
        # Printed before pages had numbers, it says of which paper it is; and by hand where the code says the same.
        for same in (photo(sheet(f"{SITE}/papers/roster/{of['roster']}"), size=SMALL),
                     page_of("roster", of["roster"], 1, 2)):  # fmt: skip
            assert (await hand_in(secretary, same, **said)).status_code == 201


async def test_one_photograph_is_of_one_page(hub: Hub) -> None:
    of = await village(hub)
    bare = photo(sheet(None), size=SMALL)
    async with await hub.client("shuji") as secretary:
        said = {"kind": "roster", "subject": of["roster"], "number": 1, "of": 2}
        assert (await hand_in(secretary, bare, **said)).status_code == 201
        for other in ({"number": 2}, {"kind": "minutes", "subject": of["minutes"]},
                      {"kind": "tally", "subject": of["tally"], "of": 1}):  # fmt: skip
            assert refused(await hand_in(secretary, bare, **{**said, **other})) == (409, "page.used")
        assert (await hand_in(secretary, bare, **said)).status_code == 201, "sent again on a bad line"
        paper = (await secretary.get(f"/api/papers/roster/{of['roster']}/signed")).json()
        assert paper["missing"] == [2]


async def test_a_code_that_leads_nowhere_says_why(hub: Hub) -> None:
    of = await village(hub)
    right = page_codes.written(f"{SITE}/papers/roster/{of['roster']}", "roster", of["roster"], 1, 2)
    expected = {
        "weixin://wxpay/bizpayurl?pr=1": "page.foreign-code",
        f"{SITE}/recordings/rec_1?t=5000": "page.foreign-code",
        right.replace("?p=1-2", "?p=2-2"): "page.broken-code",
        f"{SITE}/papers/roster/{of['roster']}": "page.no-number",
        page_codes.written(f"{SITE}/papers/roster/mtg_other", "roster", "mtg_other", 1, 1): "page.unknown",
    }
    async with await hub.client("shuji") as secretary:
        for holds, code in expected.items():
            answer = await hand_in(secretary, photo(sheet(holds), size=SMALL))
            assert answer.json()["code"] == code, holds
            if code == "page.no-number":
                assert (answer.json()["kind"], answer.json()["subject"]) == ("roster", of["roster"])
        both = sheet(right)
        other = sheet(page_codes.written(f"{SITE}/papers/minutes/{of['minutes']}", "minutes", of["minutes"], 1, 1))
        both.paste(other.crop((1930, 240, 2237, 547)), (300, 240))
        assert refused(await hand_in(secretary, photo(both, size=SMALL))) == (422, "page.several")
        assert refused(await hand_in(secretary, b"hello")) == (422, "photo.unfit")
        large = await secretary.post("/api/signed-pages", content=b"x" * (21 << 20))
        assert refused(large) == (413, "request.too-large")
    async with hub.database.reading() as session:
        assert list(await session.scalars(select(SignedPaper))) == []
    assert [each for each in (hub.config.spool / "signed").rglob("*") if each.is_file()] == []


async def test_pages_are_for_whom_their_paper_is_for(hub: Hub) -> None:
    of = await village(hub)
    data = page_of("roster", of["roster"], 1, 1)
    async with await hub.client("shuji") as secretary:
        page = (await hand_in(secretary, data)).json()["page"]
    for username, look, hand in (("ducha", 200, 403), ("jilu", 200, 201), ("shenji", 404, 403), ("dangyuan", 403, 403)):
        async with await hub.client(username) as client:
            assert (await client.get(f"/api/signed-pages/{page['id']}")).status_code == look, username
            assert (await client.get(f"/api/papers/roster/{of['roster']}/signed")).status_code == look, username
            assert (await hand_in(client, data)).status_code == hand, username
    async with hub.stranger() as stranger:
        assert (await stranger.get(f"/api/signed-pages/{page['id']}")).status_code == 401
        assert (await hand_in(stranger, data)).status_code == 401


async def test_a_restricted_parts_sheet_is_for_those_who_may_see_it(hub: Hub) -> None:
    _, meeting = await held(hub, {"title": "补偿王五", "access_class": "restricted"})
    async with await hub.client("shuji") as secretary, await hub.client("huiwu") as organiser:
        items = (await secretary.get(f"/api/meetings/{meeting}")).json()["items"]
        hidden = next(each["id"] for each in items if each["title"] == "补偿王五")
        data = page_of("tally", hidden, 1, 1)
        assert refused(await hand_in(organiser, data)) == (404, "page.unknown")
        page = (await hand_in(secretary, data)).json()["page"]
        assert (await organiser.get(f"/api/signed-pages/{page['id']}")).status_code == 404
        url = f"/api/meetings/{meeting}/signed-papers"
        assert "王五" in (await secretary.get(url)).text
        theirs = await organiser.get(url)
        assert theirs.status_code == 200
        assert "王五" not in theirs.text


async def test_the_desk_names_what_is_awaited_until_it_is_whole(hub: Hub) -> None:
    of = await village(hub)
    async with await hub.client("shuji") as secretary:
        mine = "/api/desk/village/papers"
        assert of["roster"] not in (await secretary.get(mine)).text, "the meeting still runs"
        await secretary.post(f"/api/meetings/{of['roster']}/end")

        async def waits() -> dict[str, list[int]]:
            found = [each for each in (await secretary.get(mine)).json() if each["subject"] == of["roster"]]
            return {each["kind"]: each["missing"] for each in found}

        assert await waits() == {"roster": [], "minutes": []}
        await hand_in(secretary, page_of("roster", of["roster"], 1, 2))
        assert await waits() == {"roster": [2], "minutes": []}
        await hand_in(secretary, page_of("roster", of["roster"], 2, 2))
        assert await waits() == {"minutes": []}
    async with await hub.client("ducha") as inspector:
        assert (await inspector.get(mine)).json() == []


async def test_a_meeting_without_a_record_has_its_pages_on_its_own_chain_and_in_its_export(
    hub: Hub, tmp_path: Path, signer: Signer
) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        plan = {"title": "组织生活会", "kind": "organisation_life", "unit": unit, "recorded": False}
        meeting = (await secretary.post("/api/meetings", json=plan)).json()["id"]
        page = page_of("minutes", meeting, 1, 1)
        answer = await hand_in(secretary, page)
        assert answer.status_code == 201, answer.text
        assert (await secretary.post(f"/api/meetings/{meeting}/open")).status_code == 200
        assert (await secretary.post(f"/api/meetings/{meeting}/end")).status_code == 200
    async with hub.database.reading() as session:
        chain = await open_chain(session, "delivered", meeting)
        said = [payload async for entry, _, payload in entries(session, chain) if entry.kind == "paper-page"]
        assert [each["of"] for each in said if each] == [meeting]
    # Nothing was filmed and no record was made: the page alone is worth an export.
    done = await export_meeting(hub.database, None, hub.config.spool, meeting, tmp_path / "out", signer)
    assert (done.filed, done.recordings, done.decisions) == (1, 0, 0)
    report = verify_folder(tmp_path / "out", signer.public_pem.encode(), sm3=True)
    assert report.findings == []
    [file] = (tmp_path / "out" / bag.FILED).iterdir()
    assert file.read_bytes() == page
    file.write_bytes(page + b"x")
    assert "filed.altered" in {each.code for each in verify_folder(tmp_path / "out").findings}


@pytest.mark.parametrize("verb", ["UPDATE signed_papers SET sha256 = 'x'", "UPDATE signed_papers SET number = 7",
                                  "DELETE FROM signed_papers"])  # fmt: skip
async def test_the_database_itself_keeps_a_page_as_it_came(hub: Hub, verb: str) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    of = await village(hub)
    async with await hub.client("shuji") as secretary:
        await hand_in(secretary, page_of("roster", of["roster"], 1, 1))
    with pytest.raises(DBAPIError):
        async with hub.database.writing() as session:
            await session.execute(text(verb))
