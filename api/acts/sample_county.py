"""A sample county: 1 county, 12 镇街, 60 villages with real-looking codes, bodies with rosters, one account per role.

Names and persons are made up, and the same at every run; passwords are new each time and given back once.
"""

import random
import secrets
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.sign_in import hash_password
from api.domain.catalogue import catalogue
from api.domain.day import day_of
from storage.database import Database
from storage.ids import new_id
from storage.tables import (
    Body,
    PartyOrganisation,
    PartyOrganisationAttributes,
    Person,
    Post,
    Right,
    Unit,
    UnitAttributes,
    User,
)

FROM = "2018-01-01"
TERM = "2026-01-01"
# 37 Shandong, 15 and 99: a county that does not exist.
COUNTY_CODE = "371599"


def _words(text: str) -> list[str]:
    return text.split()


TOWNS = _words(
    """
    城关街道 东风街道 清河镇 石门镇 柳林镇 大王庙镇 双河镇 马踏湖镇 青阳镇 桃花峪镇 白塔镇
    北坛乡
    """
)
TOWN_CODES = _words("001 002 101 102 103 104 105 106 107 108 109 201")
VILLAGES = _words(
    """
    张庄村 李家沟村 王家台村 前赵村 后赵村 刘官庄村 陈家湾村 杨树屯村 周村 吴家坡村 孙家寨村
    马家集村 东胡村 西胡村 朱家峪村 高家洼村 林家桥村 何庄村 郭家店村 罗圈村 梁家铺村 宋家营村
    郑家园村 谢家岭村 韩家滩村 唐家庙村 冯家口村 于家河村 董家楼村 萧家甸村 程家屯村 曹家庄村 袁家庵村
    邓家坪村 许家坞村 傅家坳村 沈家浜村 曾家冲村 彭家垴村 吕家崖村 苏家疃村 卢家埠村 蒋家堰村 蔡家岗村
    贾家堡村 丁家窝村 魏家关村 薛家塬村 叶家渡村 阎家岔村 余家圩村 潘家堤村 杜家塘村 戴家墩村 夏家场村
    钟家垭村 汪家井村 田家洞村 任家畈村 姜家圪村
    """
)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = _words(
    """
    建国 秀英 桂兰 志强 玉梅 德才 春生 丽华 永福 凤霞 长河
    海燕 守信 淑芬 大伟 红梅 文斌 翠花 立新 爱民
    """
)

# role → (user name, which unit)
ACCOUNTS = (
    ("security", "anquan", "county"), ("auditor", "shenji", "county"), ("organiser", "huiwu", "county"),
    ("inspector", "ducha", "county"), ("reviewer", "shenhe", "town"), ("secretary", "shuji", "village"),
    ("minutes", "jilu", "village"), ("supervisor", "jiandu", "village"), ("member", "dangyuan", "village"),
    ("terminal", "zhongduan", "village"), ("terminal", "zhongduan2", "town"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Credential:
    """What `huilu up --demo` prints, a line each."""

    role: str
    role_name: str
    username: str
    password: str
    unit: str


@dataclass
class _Rows:
    """Rows by table, inserted in an order that foreign keys like."""

    rows: dict[type, list[dict[str, Any]]]
    ORDER = (Unit, UnitAttributes, PartyOrganisation, PartyOrganisationAttributes, Person, Body, Post)

    def add(self, table: type, **values: Any) -> str:
        self.rows.setdefault(table, []).append(values)
        return str(values["id"])


async def seed_demo(database: Database) -> list[Credential]:
    """Once, beside the county that `ensure_admin` made (or makes its own); a second call changes nothing and gives
    the empty list."""
    passwords = {username: secrets.token_urlsafe(6) for _, username, _ in ACCOUNTS}
    hashed = {username: await hash_password(password) for username, password in passwords.items()}
    async with database.writing() as session:
        if await session.scalar(select(User.id).where(User.username == ACCOUNTS[0][1])):
            return []
        rows = _Rows({})
        county = await _county(session)
        units = {"county": county}
        town_names = iter(VILLAGES)
        chance = random.Random(2026)  # names of people who don't exist
        committee = _party(rows, "中共示范县委员会", "committee", None, county)
        for number, (town_name, town_code) in enumerate(zip(TOWNS, TOWN_CODES, strict=True)):
            town = _unit(rows, town_name, "town", COUNTY_CODE + town_code + "000", county)
            town_party = _party(rows, f"中共{town_name}委员会", "committee", committee, town)
            for place in range(5):
                name = next(town_names)
                village = _unit(rows, name, "village", f"{COUNTY_CODE}{town_code}{201 + place}", town)
                _people(rows, chance, name, village, town_party)
                if number == 2 and place == 0:
                    units |= {"town": town, "village": village}
        for table in rows.ORDER:
            await session.execute(insert(table), rows.rows[table])
        return await _accounts(session, units, passwords, hashed)


async def _county(session: AsyncSession) -> str:
    found = await session.scalar(select(Unit.id).where(Unit.level == "county", Unit.closed_on.is_(None)))
    if found is None:
        found = new_id("unt")
        session.add(Unit(id=found, level="county"))
        await session.flush()
        session.add(UnitAttributes(id=new_id("una"), unit_id=found, name="示范县", from_on=FROM))
        await session.flush()
    row = (await session.scalars(select(UnitAttributes).where(UnitAttributes.unit_id == found))).one()
    row.code = row.code or COUNTY_CODE + "000000"
    return found


def _unit(rows: _Rows, name: str, level: str, code: str, parent: str) -> str:
    unit = rows.add(Unit, id=new_id("unt"), level=level)
    rows.add(UnitAttributes, id=new_id("una"), unit_id=unit, name=name, code=code, parent_id=parent, from_on=FROM)
    return unit


def _party(rows: _Rows, name: str, level: str, parent: str | None, unit: str) -> str:
    party = rows.add(PartyOrganisation, id=new_id("pty"), level=level)
    rows.add(
        PartyOrganisationAttributes,
        id=new_id("pta"), party_organisation_id=party, name=name, parent_id=parent, unit_id=unit, from_on=FROM,
    )  # fmt: skip
    return party


def _people(rows: _Rows, chance: random.Random, name: str, village: str, town_party: str) -> None:
    """18 persons: 5 in the two committees, 3 supervisors, 15 representatives, 9 members of the branch."""
    branch = _party(rows, f"中共{name}支部委员会", "branch", town_party, village)
    full_names = chance.sample([a + b for a in SURNAMES for b in GIVEN], 18)
    persons = [rows.add(Person, id=new_id("per"), name=full, unit_id=village) for full in full_names]
    committees = persons[:5]
    rosters: tuple[tuple[str, str, list[tuple[str, str]], str | None], ...] = (
        ("two_committees", f"{name}“两委”", _with(committees, "书记 主任 委员 委员 委员"), None),
        ("supervision", f"{name}村务监督委员会", _with(persons[5:8], "主任 委员 委员"), None),
        ("representatives", f"{name}村民代表会议", [(person, "代表") for person in committees + persons[8:]], None),
        ("branch", f"中共{name}支部", [(person, "党员") for person in committees + persons[5:9]], branch),
    )  # fmt: skip
    for kind, title, members, party in rosters:
        body = rows.add(Body, id=new_id("bdy"), kind=kind, name=title, unit_id=village, party_organisation_id=party)
        for person, post in members:
            rows.add(
                Post, id=new_id("pst"), person_id=person, body_id=body, title=post, votes=True, from_on=TERM
            )  # fmt: skip


def _with(persons: list[str], posts: str) -> list[tuple[str, str]]:
    return list(zip(persons, posts.split(), strict=True))


async def _accounts(
    session: AsyncSession, units: dict[str, str], passwords: dict[str, str], hashed: dict[str, str]
) -> list[Credential]:
    now = time.time_ns()
    roles = catalogue(day_of(now)).roles
    names = {
        key: await session.scalar(select(UnitAttributes.name).where(UnitAttributes.unit_id == unit))
        for key, unit in units.items()
    }
    secretary = await session.scalar(
        select(Post.person_id).join(Body, Body.id == Post.body_id)
        .where(Body.unit_id == units["village"], Body.kind == "two_committees", Post.title == "书记")
    )  # fmt: skip
    given: list[Credential] = []
    for role, username, place in ACCOUNTS:
        user_id, unit_name = new_id("usr"), names[place] or ""
        session.add(
            User(
                id=user_id,
                username=username,
                name=f"{unit_name}{roles[role].name}",
                person_id=secretary if role == "secretary" else None,
                password_hash=hashed[username],
                created_wall=now,
            )
        )
        await session.flush()
        session.add(Right(id=new_id("rgt"), user_id=user_id, role=role, unit_id=units[place], from_on=FROM))
        given.append(Credential(role, roles[role].name, username, passwords[username], unit_name))
    return given
