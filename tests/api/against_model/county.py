"""Who acts in the trial against the model, and what each may do, written by hand from DESIGN §8."""

from dataclasses import dataclass
from datetime import date

import httpx
from sqlalchemy import select

from api.acts.sign_in import hash_password
from storage.database import Database
from storage.ids import new_id
from storage.tables import Body, Person, Post, Right, User

PASSWORD = "a long enough password"
# A small village: what is counted is the same, and fewer are to be ticked.
SIZES = {"two_committees": 5, "representatives": 6, "branch": 4, "assembly": 6, "members": 6,
         "member_representatives": 6, "branch_committee": 3, "households": 4, "villagers_group": 6}  # fmt: skip

# Right: the roles that have it.
ROLES = {
    "look": {"admin", "reviewer", "organiser", "secretary", "minutes", "supervisor", "inspector"},
    "write": {"admin", "secretary", "minutes"},
    "review": {"reviewer"},
    "countersign": {"supervisor"},
}
SEES_RESTRICTED = {"reviewer", "secretary", "minutes", "supervisor", "inspector"}
# DOMAIN's catalogue: (r) and (rp). (ra) is restricted in the evaluation alone.
RESTRICTED = {"g1", "g2", "g3", "h1", "h2", "h3"}


@dataclass(frozen=True)
class Post_:
    role: str
    here: bool  # at the village, its town or its county
    category: str | None = None


@dataclass(eq=False)
class Somebody:
    username: str
    posts: tuple[Post_, ...]
    user_id: str = ""
    person_id: str | None = None
    client: httpx.AsyncClient | None = None
    signed_in: date | None = None

    def may(self, right: str, matter: str) -> bool:
        return any(
            post.here
            and post.role in ROLES[right]
            and post.category in (None, matter[0].upper())
            and (matter not in RESTRICTED or post.role in SEES_RESTRICTED)
            for post in self.posts
        )

    @property
    def who(self) -> str:
        return self.person_id or self.user_id


def here(role: str, username: str, category: str | None = None) -> Somebody:
    return Somebody(username, (Post_(role, True, category),))


def elsewhere(role: str, username: str) -> Somebody:
    return Somebody(username, (Post_(role, False),))


def everybody() -> list[Somebody]:
    return [
        here("secretary", "shuji"), here("minutes", "jilu"), here("supervisor", "jiandu"), here("reviewer", "shenhe"),
        here("admin", "admin"), here("organiser", "huiwu"), here("inspector", "ducha"), here("security", "anquan"),
        here("auditor", "shenji"), here("member", "dangyuan"), here("terminal", "zhongduan"),
        here("reviewer", "shenhe_b", "B"), here("reviewer", "xianshenhe"), elsewhere("secretary", "waishuji"),
        elsewhere("supervisor", "waijiandu"), elsewhere("reviewer", "waishenhe"),
        Somebody("liangzhi", (Post_("secretary", True), Post_("reviewer", True))),
    ]  # fmt: skip


async def settle(database: Database, people: list[Somebody]) -> tuple[str, list[str], set[str]]:
    """The accounts that the sample county hasn't got, and the rosters; gives the village, five of its people, of whom
    the last one sits in the supervision committee and has the supervisor's account, and that committee."""
    known = {each.username: each for each in people}
    password = await hash_password(PASSWORD)
    async with database.writing() as session:
        at = {}
        for username in ("shuji", "shenhe", "huiwu"):
            right = select(Right.unit_id).join(User, User.id == Right.user_id).where(User.username == username)
            at[username] = (await session.scalars(right)).one()
        village, town, county = at["shuji"], at["shenhe"], at["huiwu"]
        bodies = (await session.scalars(select(Body).where(Body.kind == "two_committees"))).all()
        other = next(each.unit_id for each in bodies if each.unit_id != village)
        for username, rights in {
            "shenhe_b": [("reviewer", town, "B")],
            "xianshenhe": [("reviewer", county, None)],
            "waishuji": [("secretary", other, None)],
            "waijiandu": [("supervisor", other, None)],
            "waishenhe": [("reviewer", other, None)],
            "liangzhi": [("secretary", village, None), ("reviewer", town, None)],
        }.items():
            user = User(id=new_id("usr"), username=username, name=username, password_hash=password, created_wall=0)
            session.add(user)
            await session.flush()
            for role, unit, category in rights:
                session.add(Right(id=new_id("rgt"), user_id=user.id, role=role, unit_id=unit, category=category,
                                  from_on="2018-01-01"))  # fmt: skip
        persons = list(await session.scalars(select(Person.id).where(Person.unit_id == village).order_by(Person.id)))
        for kind, count in SIZES.items():
            rows = await session.scalars(
                select(Post).join(Body, Body.id == Post.body_id)
                .where(Body.unit_id == village, Body.kind == kind).order_by(Post.id)
            )  # fmt: skip
            if known_posts := rows.all():
                for post in known_posts[count:]:
                    post.until_on = "2026-01-02"
                continue
            body = Body(id=new_id("bdy"), kind=kind, name=kind, unit_id=village)
            session.add(body)
            await session.flush()
            for person in persons[:count]:
                session.add(Post(id=new_id("pst"), person_id=person, body_id=body.id, title="成员", votes=True,
                                 from_on="2026-01-01"))  # fmt: skip
        supervising = select(Post.person_id).join(Body, Body.id == Post.body_id)
        committee = list(
            await session.scalars(
                supervising.where(Body.unit_id == village, Body.kind == "supervision").order_by(Post.id)
            )
        )
        supervisor = committee[0]
        for row in (await session.scalars(select(User))).all():
            if row.username == "jiandu":
                row.person_id = supervisor
            if row.username in known:
                known[row.username].user_id, known[row.username].person_id = row.id, row.person_id
    return village, [*[each for each in persons if each != supervisor][:4], supervisor], set(committee)
