"""Accounts: made by a superior, opened by a one-time code, reset by one."""

import time
from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor, load_actor
from api.acts.hub_log import log_to_hub
from api.acts.own_attendance import stands_somewhere
from api.acts.second_factor import SecondFactors, enrolled, take_off
from api.acts.sign_in import CODE_S, SECOND, code_hash, new_code
from api.domain.day import utc_text
from api.domain.rights import Place
from api.errors.request import Forbidden, NotFound, Taken
from api.records.accounts import (
    Me,
    MeNotice,
    NewUser,
    NewUserAnswer,
    NoticeText,
    OneTimeCode,
    RightView,
    UserBrief,
    UserView,
)
from storage.database import Database
from storage.ids import new_id
from storage.tables import Person, Right, SignIn, User

# A reviewer of a town helps his villages, but no equals and nobody above: who may reset whose account.
RANK = {"admin": 3, "security": 3, "auditor": 3, "inspector": 2, "organiser": 2, "reviewer": 2}


async def me(database: Database, factors: SecondFactors, actor: Actor) -> Me:
    catalogue = actor.catalogue
    async with database.reading() as session:
        refs = await tree.refs(session, [grant.unit_id for grant in actor.grants])
        attends = await stands_somewhere(session, actor.person_id)
    notices = catalogue.notices
    text, text_en = notices["recording"].said(refs[actor.home].name if actor.home else None)
    return Me(
        user=UserBrief(id=actor.user_id, username=actor.username, name=actor.name, must_change=actor.must_change),
        rights=[
            RightView(
                role=grant.role,
                role_name=catalogue.role(grant.role).name,
                unit=refs[grant.unit_id],
                giver=grant.giver.name if grant.giver else None,
                until_on=grant.until_on,
            )
            for grant in actor.grants
        ],
        home=refs[actor.home] if actor.home else None,
        must_enrol=factors.lacking(actor),
        attends=attends,
        acts=sorted(
            act
            for act in {act for grant in actor.grants for act in catalogue.role(grant.role).acts}
            if actor.subtrees(act)
        ),
        notice=MeNotice(
            classification=notices["classification"].text,
            classification_en=notices["classification"].text_en,
            recording=NoticeText(
                version=notices["recording"].version,
                text=text,
                text_en=text_en,
            ),
        ),
    )


async def list_users(database: Database, actor: Actor, unit: str | None) -> list[UserView]:
    async with database.reading() as session:
        roots = actor.subtrees("user.write") | actor.subtrees("user.reset")
        if not roots:
            raise Forbidden("user.reset")
        allowed = await tree.subtree(session, roots)
        if unit is not None:
            allowed &= await tree.subtree(session, [unit])
        users = await session.scalars(
            select(User)
            .where(User.id.in_(select(Right.user_id).where(Right.unit_id.in_(allowed))))
            .order_by(User.username)
            .limit(1000)
        )
        return await _views(session, actor, users.all())


async def _views(session: AsyncSession, actor: Actor, users: Iterable[User]) -> list[UserView]:
    users = list(users)
    rights = (await session.scalars(select(Right).where(Right.user_id.in_([u.id for u in users])))).all()
    refs = await tree.refs(session, [right.unit_id for right in rights])
    having = await enrolled(session, [user.id for user in users])
    roles = actor.catalogue.roles
    return [
        UserView(
            id=user.id,
            username=user.username,
            name=user.name,
            person=user.person_id,
            disabled=user.disabled,
            must_change=user.must_change,
            second_factor=user.id in having,
            rights=[
                RightView(
                    role=right.role,
                    role_name=roles[right.role].name if right.role in roles else right.role,
                    unit=refs[right.unit_id],
                )
                for right in rights
                if right.user_id == user.id
            ],
        )
        for user in users
    ]


async def create_user(database: Database, actor: Actor, hub_id: str, new: NewUser) -> NewUserAnswer:
    """The account opens with the code; nobody but its holder ever knows the password."""
    code, until = new_code(), time.time_ns() + 48 * CODE_S * SECOND
    username = new.username.casefold()
    async with database.writing() as session:
        actor.require("user.write", Place(await tree.path_of(session, new.unit)))
        actor.catalogue.role(new.role)
        if await session.scalar(select(User.id).where(User.username == username)):
            raise Taken(username)
        if new.person is not None:
            person = await session.get(Person, new.person)
            if person is None or not actor.may("user.write", Place(await tree.path_of(session, person.unit_id))):
                raise NotFound(new.person)
        user_id = new_id("usr")
        user = User(
            id=user_id,
            username=username,
            name=new.name,
            person_id=new.person,
            must_change=True,
            code_hash=code_hash(user_id, code),
            code_until_wall=until,
            disabled=False,
            created_wall=time.time_ns(),
        )
        session.add(user)
        await session.flush()
        session.add(Right(id=new_id("rgt"), user_id=user_id, role=new.role, unit_id=new.unit, from_on=actor.on))
        await session.flush()
        await log_to_hub(
            session,
            hub_id,
            "right",
            {"user": user_id, "role": new.role, "unit": new.unit, "from": actor.on, "by": actor.user_id},
        )
        view = (await _views(session, actor, [user]))[0]
        return NewUserAnswer(**view.model_dump(), code=code, until_wall=utc_text(until))


async def reset_user(
    database: Database, actor: Actor, hub_id: str, user_id: str, second_factor: bool = False
) -> OneTimeCode:
    """A superior's one-time code, read out on the telephone; the old password and all sign-ins end at once. The second
    factor stays, unless who gives rights takes it off: else a reviewer's word would be worth both."""
    code, until = new_code(), time.time_ns() + CODE_S * SECOND
    async with database.writing() as session:
        user = await session.get(User, user_id)
        if user is None:
            raise NotFound(user_id)
        target = await load_actor(session, user)
        await require_superior(session, actor, target, "user.write" if second_factor else "user.reset")
        user.code_hash, user.code_until_wall = code_hash(user_id, code), until
        user.password_hash, user.must_change = None, True
        await session.execute(delete(SignIn).where(SignIn.user_id == user_id))
        removed = second_factor and await take_off(session, user_id)
        await log_to_hub(session, hub_id, "reset", {"user": user_id, "by": actor.user_id})
        if removed:
            await log_to_hub(session, hub_id, "second-factor", {"user": user_id, "verb": "reset", "by": actor.user_id})
    return OneTimeCode(code=code, until_wall=utc_text(until))


async def require_superior(session: AsyncSession, actor: Actor, target: Actor, act: str) -> None:
    """Raises Forbidden; NotFound for an account that the actor's list doesn't have."""
    if actor.user_id == target.user_id:
        raise Forbidden(act)
    roots = actor.subtrees("user.write") | actor.subtrees("user.reset")
    units = set(await session.scalars(select(Right.unit_id).where(Right.user_id == target.user_id)))
    paths = await tree.paths_of(session, units)
    if not any(roots & set(path) for path in paths.values()):
        raise NotFound(target.user_id)
    if not target.grants:
        raise Forbidden(act)
    # Nobody stands higher for being a substitute, but he is spared like those in whose place he acts.
    own = max((RANK.get(grant.role, 1) for grant in actor.grants if grant.giver is None), default=0)
    theirs = max(RANK.get(grant.role, 1) for grant in target.grants)
    if own < theirs or (own == theirs and own < RANK["admin"]):
        raise Forbidden(act)
    for grant in target.grants:
        actor.require(act, Place(await tree.path_of(session, grant.unit_id)))
