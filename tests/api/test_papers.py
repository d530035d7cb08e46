"""Papers from a real meeting's record: on the page and in the document stands the same, and only what may be seen."""

import io
import posixpath
import re
import time
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import httpx
import pytest
import zxingcpp
from docx import Document
from docx.oxml.ns import qn
from PIL import Image

from api.acts.documents import Documents, sample
from api.acts.docx_default import default_template
from api.acts.sample_county import Credential
from api.domain import page_codes
from api.domain.day import day_of
from api.domain.page_codes import PageCode
from api.domain.papers import PAPERS
from api.errors.papers import PaperTooLong, TemplateError
from storage.database import Database
from storage.ledger import entries, open_chain
from storage.paper import read_qr, short_code
from tests.api.conftest import Hub, config_for, serving
from tests.api.held import held

SECRET = {"way": "secret", "due": 15, "present": 12, "recused": 1, "issued": 11, "returned": 11, "invalid": 1,
          "in_favour": 9, "against": 1, "abstained": 0}  # fmt: skip


async def village(hub: Hub) -> dict[str, str]:
    """A meeting of representatives with one secret vote: what a paper may be of."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        plan = {"title": "村民代表会议", "kind": "representatives_meeting", "unit": unit,
                "items": [{"title": "村内道路硬化筹资筹劳", "matter": "b1", "decision": "new"}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url = f"/api/meetings/{meeting['id']}"
        roster = (await secretary.get(f"{url}/roster")).json()
        for each in [one for one in roster if not one["supervises"]][1:]:
            ticked = await secretary.put(f"{url}/roster/{each['person']['id']}", json={"present": True})
            assert ticked.status_code in (200, 204), ticked.text
        await secretary.post(f"{url}/open")
        item = meeting["items"][0]
        await secretary.post(f"{url}/items/{item['id']}/start")
        voted = await secretary.post(f"{url}/items/{item['id']}/votes", json=SECRET)
        assert voted.status_code == 201, voted.text
        await secretary.post(f"{url}/break", json={"reason": "通风"})
        await secretary.post(f"{url}/resume")
        notice = await secretary.post(f"/api/units/{unit}/notices", json={
            "matter": "b1", "title": "村内道路硬化筹资筹劳公示", "from_on": day_of(time.time_ns()),
            "decision": item["decision"]["id"], "fields": await _fields(secretary),
        })  # fmt: skip
        assert notice.status_code == 201, notice.text
    decision = item["decision"]["id"]
    return {"record": decision, "dossier": decision, "minutes": meeting["id"], "roster": meeting["id"],
            "ballot": item["id"], "tally": item["id"], "notice": notice.json()["id"]}  # fmt: skip


async def _fields(client: httpx.AsyncClient) -> dict[str, Any]:
    """Something of its kind for each field that a notice of the matter needs."""
    posting = next(each for each in (await client.get("/api/postings")).json() if each["matter"] == "b1")
    said = {"text": "经村民代表会议表决通过", "money": 12_000_000, "date": "2026-11-18"}
    return {field["key"]: said[field["kind"]] for field in posting["fields"] if field["needed"] and not field["steps"]}


def told(document: Any) -> list[str]:
    """Each paragraph's and each cell's text, in the body."""
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [paragraph.text for paragraph in document.paragraphs] + cells


def grids(document: Any) -> list[list[list[str]]]:
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]


@pytest.mark.parametrize("kind", ["record", "minutes", "roster", "tally", "notice"])
async def test_the_document_says_what_the_page_says(hub: Hub, kind: str) -> None:
    of = await village(hub)
    url = f"/api/papers/{kind}/{of[kind]}"
    async with await hub.client("shuji") as secretary:
        sheet = (await secretary.get(url)).json()
        answer = await secretary.get(f"{url}/docx")
    assert answer.status_code == 200, answer.text
    assert sheet["title"] in unquote(answer.headers["content-disposition"])
    document = Document(io.BytesIO(answer.content))
    text = told(document)
    found = grids(document)
    flat = [cell for grid in found for row in grid for cell in row]
    of_pages = len(sheet["pages"])
    assert sum(f"{sheet['name']}\n{sheet['title']}\n" in cell for cell in flat) == of_pages, "on top of each page"
    for page in sheet["pages"]:
        if page["fields"]:
            assert [[each["name"], each["value"]] for each in page["fields"]] in found, "in their order, with values"
        for table in page["tables"]:
            grid = [[each["name"] for each in table["columns"]],
                    *([row[each["key"]] for each in table["columns"]] for row in table["rows"])]  # fmt: skip
            assert grid in found, table["name"]
    # Nothing of the paper is on no page, and nothing on two.
    assert [each for page in sheet["pages"] for each in page["fields"]] == sheet["fields"]
    for table in sheet["tables"]:
        parts = [each for page in sheet["pages"] for each in page["tables"] if each["key"] == table["key"]]
        assert [row for part in parts for row in part["rows"]] == table["rows"]
    for part in ("signs", "notes", "codes"):
        assert [each for page in sheet["pages"] for each in page[part]] == sheet[part]
    assert set(sheet["signs"]) <= set(flat)
    assert set(sheet["notes"]) <= set(text)
    for code in sheet["codes"]:
        words = "\n".join([code["title"], code["text"], f"校验码 {code['code']}" if code["code"] else ""])
        assert words in flat
    codes = [page["code"]["holds"] for page in sheet["pages"]]
    assert [page_codes.read(each) for each in codes] == [
        PageCode(kind, of[kind], number, of_pages) for number in range(1, of_pages + 1)  # type: ignore[arg-type]
    ]  # fmt: skip
    assert pictures(answer.content) == {*(each["holds"] for each in sheet["codes"]), *codes}


def pictures(data: bytes) -> set[str]:
    """What the QR codes in a document say."""
    found = set()
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for name in file.namelist():
            if name.startswith("word/media/") and name.endswith(".png"):
                found |= {code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(file.read(name))))}
    return found


async def test_minutes_hold_what_the_meeting_was(hub: Hub) -> None:
    of = await village(hub)
    async with await hub.client("shuji") as secretary:
        # The recorder's part, which signs a running meeting's chain each minute.
        sheet = (await secretary.get(f"/api/papers/minutes/{of['minutes']}")).json()
        meeting = (await secretary.get(f"/api/meetings/{of['minutes']}")).json()
        roster = (await secretary.get(f"/api/meetings/{of['minutes']}/roster")).json()
    fields = {each["key"]: each["value"] for each in sheet["fields"]}
    due = [each for each in roster if not each["supervises"]]
    assert fields["due"] == f"{len(due)} 人"
    assert fields["present"] == f"{sum(each['present'] for each in due)} 人"
    assert fields["unit"] == meeting["unit"]["name"]
    assert fields["chair"]
    assert fields["taker"]
    assert fields["said"] == "", "room to write by hand"
    tables = {each["key"]: each["rows"] for each in sheet["tables"]}
    assert [row["title"] for row in tables["items"]] == ["村内道路硬化筹资筹劳"]
    vote = tables["votes"][0]
    assert (vote["way"], vote["in_favour"], vote["against"], vote["recused"], vote["result"]) == (
        "无记名投票", "9", "1", "1", "通过")  # fmt: skip
    assert {row["name"] for row in tables["absent"]} == {each["person"]["name"] for each in due if not each["present"]}
    assert [row["reason"] for row in tables["breaks"]] == ["通风"]
    video = next(each for each in sheet["codes"] if each["key"] == "video")
    start = max(0, meeting["items"][0]["votes"][0]["at_ms"] - 5000)
    assert video["holds"] == f"https://localhost:8443/recordings/{meeting['recording']}?t={start}"


async def test_the_dossier_holds_every_paper(hub: Hub) -> None:
    of = await village(hub)
    url = f"/api/papers/dossier/{of['dossier']}"
    async with await hub.client("shuji") as secretary:
        assert (await secretary.post(f"/api/decisions/{of['record']}/paper")).status_code == 201
        sheet = (await secretary.get(url)).json()
        data = (await secretary.get(f"{url}/docx")).content
    names = [part["name"] for part in sheet["parts"]]
    assert names == ["议事记录表", "会议记录", "签到表", "计票单", "公示"]
    text = told(Document(io.BytesIO(data)))
    for part in sheet["parts"]:
        assert part["name"] in text
        for value in [field["value"] for field in part["fields"]] + [
            value for table in part["tables"] for row in table["rows"] for value in row.values()
        ]:
            assert value in text, (part["name"], value)
    codes = [each["code"] for each in sheet["codes"] if each["code"]]
    read = {short_code(read_qr(each)) for each in pictures(data) if each.startswith("HUILU1 ")}
    assert read == set(codes) != set()


async def test_a_document_is_plain_ooxml_on_a4_with_chinese_faces(hub: Hub) -> None:
    of = await village(hub)
    async with await hub.client("shuji") as secretary:
        for kind, subject in of.items():
            data = (await secretary.get(f"/api/papers/{kind}/{subject}/docx")).content
            document = Document(io.BytesIO(data))
            section = document.sections[0]
            assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297), kind
            for run in document.element.body.iter(qn("w:r")):
                if re.search(r"[\u4e00-\u9fff]", "".join(each.text or "" for each in run.iter(qn("w:t")))):
                    fonts = run.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
                    assert fonts is not None, kind
                    assert fonts.get(qn("w:eastAsia")) in ("仿宋", "黑体"), kind
            with zipfile.ZipFile(io.BytesIO(data)) as file:
                assert file.testzip() is None
                well_formed(file)
                names = file.namelist()
                assert not [name for name in names if "vba" in name.lower() or name.endswith(".bin")]
                body = file.read("word/document.xml").decode()
                assert "{{" not in body, kind
                assert "{%" not in body, kind
                # Every picture and link that the body names is in its relations.
                links = file.read("word/_rels/document.xml.rels").decode()
                for named in re.findall(r'r:(?:embed|id|link)="([^"]+)"', body):
                    assert f'Id="{named}"' in links


def well_formed(file: zipfile.ZipFile) -> None:
    """ECMA-376 part 2: each part parses, each relationship leads to a part, each part has a content type."""
    names = set(file.namelist())
    assert len(names) == len(file.namelist()), "no part twice"
    parsed = {name: ElementTree.fromstring(file.read(name)) for name in names if name.endswith((".xml", ".rels"))}
    types = parsed["[Content_Types].xml"]
    kinds = {each.get("Extension", "").lower() for each in types if each.tag.endswith("}Default")}
    parts = {each.get("PartName", "") for each in types if each.tag.endswith("}Override")}
    assert {part.lstrip("/") for part in parts} <= names
    for name in names - {"[Content_Types].xml"}:
        assert f"/{name}" in parts or name.rpartition(".")[2].lower() in kinds, name
    for name in [each for each in names if each.endswith(".rels")]:
        folder, _, base = name.rpartition("_rels/")
        assert not base.removesuffix(".rels") or folder + base.removesuffix(".rels") in names, name
        ids = [each.get("Id") for each in parsed[name]]
        assert len(ids) == len(set(ids)), name
        for each in parsed[name]:
            target = each.get("Target", "")
            if each.get("TargetMode") != "External":
                assert posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/") in names, (name, target)
    for table in parsed["word/document.xml"].iter(qn("w:tblPr")):
        order = [TABLE_ORDER.index(each.tag) for each in table if each.tag in TABLE_ORDER]
        assert order == sorted(order), "Word refuses a table whose properties stand in another order (§17.4.59)"


TABLE_ORDER = [qn(f"w:{name}") for name in ("tblStyle", "tblW", "jc", "tblLayout", "tblCellMar", "tblLook")]


async def test_nothing_tells_one_ballot_from_the_next(hub: Hub) -> None:
    of = await village(hub)
    async with await hub.client("shuji") as secretary:
        answers = [await secretary.get(f"/api/papers/ballot/{of['ballot']}/docx") for _ in range(2)]
        sheet = (await secretary.get(f"/api/papers/ballot/{of['ballot']}")).json()
        meeting = (await secretary.get(f"/api/meetings/{of['minutes']}/roster")).json()
    assert (sheet["page"], sheet["codes"], sheet["copies"]) == (None, [], 6)
    bodies = [zipfile.ZipFile(io.BytesIO(each.content)).read("word/document.xml") for each in answers]
    assert bodies[0] == bodies[1]
    cells = [cell for grid in grids(Document(io.BytesIO(answers[0].content))) for row in grid for cell in row]
    assert len(cells) == 6
    assert len(set(cells)) == 1
    assert all(choice in cells[0] for choice in ("赞成", "反对", "弃权"))
    assert of["ballot"] not in bodies[0].decode()
    assert pictures(answers[0].content) == set()
    for each in meeting:
        assert each["person"]["name"] not in cells[0]


async def test_a_tally_sheet_before_the_vote_is_blank_and_afterwards_has_its_figures(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    of = await village(hub)
    async with await hub.client("shuji") as secretary:
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit,
                "items": [{"title": "选举", "matter": "b1", "decision": "new"}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        blank = (await secretary.get(f"/api/papers/tally/{meeting['items'][0]['id']}")).json()
        full = (await secretary.get(f"/api/papers/tally/{of['tally']}")).json()
    empty = {each["key"] for each in blank["fields"] if not each["value"]}
    assert {"issued", "returned", "valid", "in_favour", "against", "abstained", "result"} <= empty
    said = {each["key"]: each["value"] for each in full["fields"]}
    assert [said[key] for key in ("issued", "returned", "valid", "invalid", "in_favour", "against", "abstained")] == [
        "11", "11", "10", "1", "9", "1", "0"]  # fmt: skip
    # Nobody was elected besides nor wrote an opinion; with its code it is one page, to be signed and photographed once.
    assert not {"other", "written"} & said.keys()
    assert (len(full["pages"]), len(blank["pages"])) == (1, 1)
    assert len(full["codes"]) == 1


async def test_a_tally_sheet_of_hands_has_no_ballots(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        plan = {"title": "会", "kind": "two_committees", "unit": unit, "items": [{"title": "路灯", "matter": "d3"}]}
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url, item = f"/api/meetings/{meeting['id']}", meeting["items"][0]["id"]
        await secretary.post(f"{url}/open")
        await secretary.post(f"{url}/items/{item}/start")
        vote = {"way": "hands", "in_favour": 4, "against": 0, "abstained": 0, "due": 5, "present": 4}
        assert (await secretary.post(f"{url}/items/{item}/votes", json=vote)).status_code == 201
        sheet = (await secretary.get(f"/api/papers/tally/{item}")).json()
        await secretary.post(f"{url}/end")
    keys = {each["key"] for each in sheet["fields"]}
    assert not keys & {"issued", "returned", "valid", "invalid"}
    assert keys >= {"in_favour", "against", "abstained", "result"}


async def test_papers_are_behind_the_rights_of_their_record_and_opening_one_is_noted(hub: Hub) -> None:
    of = await village(hub)
    expected = {"ducha": 200, "jilu": 200, "shenji": 404}
    for username, status in expected.items():
        async with await hub.client(username) as client:
            for kind, subject in of.items():
                answer = await client.get(f"/api/papers/{kind}/{subject}")
                assert answer.status_code == status, (username, kind, answer.text)
            document = await client.get(f"/api/papers/minutes/{of['minutes']}/docx")
            assert document.status_code == status, username
    async with await hub.client("dangyuan") as member:
        for kind, subject in of.items():
            status = (await member.get(f"/api/papers/{kind}/{subject}")).status_code
            assert status == (404 if kind in ("record", "dossier", "notice") else 403), kind
    async with hub.stranger() as stranger:
        assert (await stranger.get(f"/api/papers/minutes/{of['minutes']}")).status_code == 401
    async with hub.database.reading() as session:
        chain = await open_chain(session, "hub", hub.config.hub_id)
        noted = [payload async for record, _, payload in entries(session, chain) if record.kind == "paper"]
    allowed = sum(status == 200 for status in expected.values())
    assert len(noted) == allowed * (len(of) + 1)
    assert {(each["paper"], each["of"], each["form"]) for each in noted if each} == {
        ("minutes", of["minutes"], "docx"), *((kind, subject, "page") for kind, subject in of.items())
    }  # fmt: skip


async def test_a_restricted_part_has_no_paper_for_who_may_not_see_it(hub: Hub) -> None:
    decision, meeting = await held(hub, {"title": "补偿王五", "access_class": "restricted"})
    async with await hub.client("shuji") as secretary, await hub.client("huiwu") as organiser:
        items = (await secretary.get(f"/api/meetings/{meeting}")).json()["items"]
        hidden = next(each["id"] for each in items if each["title"] == "补偿王五")
        for kind in ("ballot", "tally"):
            assert (await secretary.get(f"/api/papers/{kind}/{hidden}")).status_code == 200
            assert (await organiser.get(f"/api/papers/{kind}/{hidden}")).status_code == 404
        for kind, subject in (("minutes", meeting), ("dossier", decision), ("record", decision)):
            url = f"/api/papers/{kind}/{subject}"
            assert "王五" in (await secretary.get(url)).text
            theirs = await organiser.get(url)
            assert theirs.status_code == 200
            assert "王五" not in unquote(theirs.text)
            data = (await organiser.get(f"{url}/docx")).content
            with zipfile.ZipFile(io.BytesIO(data)) as file:
                assert all("王五" not in file.read(name).decode("utf-8", "replace") for name in file.namelist())
            assert "限制查看的部分" in theirs.text


async def test_what_is_no_paper_is_not_found(hub: Hub) -> None:
    of = await village(hub)
    async with await hub.client("shuji") as secretary:
        for kind in of:
            assert (await secretary.get(f"/api/papers/{kind}/nothing")).status_code == 404
        assert (await secretary.get(f"/api/papers/diary/{of['record']}")).status_code == 422
        assert (await secretary.get(f"/api/papers/minutes/{of['record']}")).status_code == 404


def template(*paragraphs: str) -> bytes:
    document = Document()
    for each in paragraphs:
        document.add_paragraph(each)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def changed(data: bytes, name: str, content: bytes) -> bytes:
    """The file with one more or another part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        new.writestr(name, content)
    return out.getvalue()


def _rels(target: str) -> bytes:
    return (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        f'attachedTemplate" Target="{target}" TargetMode="External"/></Relationships>'
    ).encode()


PLAIN = template("{{ name }}", "{{ title }}")
LOOP = "{% for a in table.votes %}"
BAD = {
    "not a zip": (b"hello", "paper.template-not-docx", ""),
    "empty": (b"", "paper.template-not-docx", ""),
    "a zip of something": (changed(PLAIN, "word/document.xml", b""), "paper.template-not-docx", ""),
    "broken xml": (changed(PLAIN, "word/document.xml", b"<w:document><"), "paper.template-not-docx", ""),
    "an entity": (
        changed(PLAIN, "word/document.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "paper.template-not-docx",
        "word/document.xml",
    ),
    "a macro": (changed(PLAIN, "word/vbaProject.bin", b"x"), "paper.template-macro", "word/vbaproject.bin"),
    "an embedded file": (changed(PLAIN, "word/embeddings/a.xlsx", b"x"), "paper.template-macro", "embeddings"),
    "a template elsewhere": (
        changed(PLAIN, "word/_rels/settings.xml.rels", _rels("http://x.example/a.dotm")), "paper.template-macro",
        "settings.xml.rels",
    ),
    "too large": (changed(PLAIN, "word/media/a.png", b"\0" * (25 << 20)), "paper.template-too-large", ""),
    "an unknown field": (template("{{ field.chairman }}"), "paper.template-field", "chairman"),
    "an unknown word": (template("{{ nonsense }}"), "paper.template-field", "nonsense"),
    "an unknown column": (
        template("{%p for row in table.breaks %}", "{{ row.why }}", "{%p endfor %}"), "paper.template-field", "why"),
    "a method": (template("{{ field.keys }}"), "paper.template-field", "keys"),
    "the class of a text": (template("{{ title.__class__ }}"), "paper.template-field", "__class__"),
    "a mark left open": (template("{% if title %}"), "paper.template-words", ""),
    "a call": (template("{{ range(9) }}"), "paper.template-words", "call"),
    "a product": (template("{{ 'a' * 999999999 }}"), "paper.template-words", "mul"),
    "a macro of the marks": (template("{% macro a() %}{% endmacro %}"), "paper.template-words", "macro"),
    "a file of the hub": (template("{% include '/etc/passwd' %}"), "paper.template-words", "include"),
    "a loop over what it says itself": (
        template("{% for a in 'abc' %}{{ a }}{% endfor %}"), "paper.template-words", "for"),
    "loops without end": (
        template(LOOP * 5 + "x" + "{% endfor %}" * 5), "paper.template-words", "for"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(BAD))
async def test_a_countys_template_with_a_mistake_is_refused_with_its_name(what: str, tmp_path: Path) -> None:
    data, code, place = BAD[what]
    (tmp_path / "minutes.docx").write_bytes(data)
    documents = Documents(tmp_path)
    with pytest.raises(TemplateError) as refused:
        await documents.make(sample("minutes"))
    documents.close()
    assert (refused.value.code, refused.value.status) == (code, 409)
    assert "minutes.docx" in refused.value.zh
    assert place.lower() in refused.value.zh.lower()
    assert "minutes.docx" in refused.value.en


async def test_a_countys_own_template_is_taken_at_once_and_its_mistake_is_a_sentence(
    tmp_path: Path, bus_url: str, county: Database, county_url: str, seeded: tuple[Path, list[Credential]]
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    own = template("沂河县会议记录", "主持：{{ field.chair }}", "{%p for row in table.votes %}",
                   "{{ row.item }}：{{ row.in_favour }} 票赞成", "{%p endfor %}")  # fmt: skip
    async with serving(config_for(tmp_path, bus_url, county_url, papers=folder), county, seeded[1]) as hub:
        of = await village(hub)
        url = f"/api/papers/minutes/{of['minutes']}/docx"
        async with await hub.client("shuji") as secretary:
            (folder / "minutes.docx").write_bytes(own)
            text = told(Document(io.BytesIO((await secretary.get(url)).content)))
            assert text[0] == "沂河县会议记录"
            assert "村内道路硬化筹资筹劳：9 票赞成" in text
            (folder / "minutes.docx").write_bytes(template("{{ field.chairman }}"))
            answer = await secretary.get(url)
            assert (answer.status_code, answer.json()["code"]) == (409, "paper.template-field")
            assert answer.json()["zh"] == "本县的文书模板里有不认识的字段（minutes.docx：chairman）"
            assert (answer.json()["template"], answer.json()["place"]) == ("minutes.docx", "chairman")
            other = await secretary.get(f"/api/papers/roster/{of['roster']}/docx")
            assert other.status_code == 200, "one mistake stops one paper"


async def test_what_people_typed_is_text_and_never_a_mark(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    wild = "{{ 7*7 }} {% raw %} <w:p/> & “引号” </w:t>"
    async with await hub.client("shuji") as secretary:
        plan = {"title": wild, "kind": "representatives_meeting", "unit": unit,
                "items": [{"title": wild, "matter": "b1", "decision": "new"}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        for kind, subject in (("minutes", meeting["id"]), ("ballot", meeting["items"][0]["id"]),
                              ("dossier", meeting["items"][0]["decision"]["id"])):  # fmt: skip
            answer = await secretary.get(f"/api/papers/{kind}/{subject}/docx")
            assert answer.status_code == 200, answer.text
            assert any(wild in text for text in told(Document(io.BytesIO(answer.content)))), kind


async def test_a_default_template_can_be_changed_and_used_again(tmp_path: Path) -> None:
    """Each of the hub's own passes as a county's."""
    for kind in PAPERS:
        (tmp_path / f"{kind}.docx").write_bytes(default_template(kind))
    documents, plain = Documents(tmp_path), Documents(None)
    for kind in PAPERS:
        own, ours = [await each.make(sample(kind)) for each in (documents, plain)]
        assert told(Document(io.BytesIO(own))) == told(Document(io.BytesIO(ours)))
    documents.close()
    plain.close()


async def test_a_paper_over_its_limit_is_refused_in_words() -> None:
    sheet = sample("roster")
    sheet.tables[0].rows *= 6000
    documents = Documents(None)
    with pytest.raises(PaperTooLong):
        await documents.make(sheet)
    documents.close()
