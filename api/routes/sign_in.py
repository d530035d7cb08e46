"""Signing in and out, the own account, accounts below."""

from fastapi import APIRouter, Request, Response

from api.acts import sign_in as acts
from api.acts import users
from api.acts.sign_in import COOKIE_S, Caller, Tokens
from api.house import House
from api.records.accounts import (
    LoggedIn,
    Login,
    LoginByCode,
    Me,
    NewUser,
    NewUserAnswer,
    OneTimeCode,
    PasswordChange,
    Reset,
    UserBrief,
    UserView,
)
from api.records.base import Id
from api.routes.address import address_of
from api.routes.signed import COOKIE, Recognised, Signed, TheHouse

router = APIRouter(prefix="/api", tags=["sign-in"])


@router.post("/login")
async def login(body: Login, request: Request, response: Response, house: TheHouse) -> LoggedIn:
    tokens = await acts.sign_in(
        house.database, house.factors, body.username, body.password, _caller(request, body.page), body.second
    )
    return _signed(tokens, response, house)


@router.post("/login/code")
async def login_by_code(body: LoginByCode, request: Request, response: Response, house: TheHouse) -> LoggedIn:
    tokens = await acts.sign_in_by_code(
        house.database,
        house.factors,
        body.username,
        body.code,
        body.new_password,
        _caller(request, body.page),
        body.second,
    )
    return _signed(tokens, response, house)


@router.post("/logout", status_code=204)
async def logout(actor: Recognised, house: TheHouse, response: Response) -> None:
    await acts.sign_out(house.database, house.config.hub_id, actor)
    response.delete_cookie(COOKIE, path="/", secure=house.config.secure_cookie, httponly=True, samesite="strict")


@router.post("/password", status_code=204)
async def change_password(body: PasswordChange, actor: Recognised, house: TheHouse) -> None:
    await acts.change_password(house.database, house.config.hub_id, actor, body.old_password, body.new_password)


@router.get("/me")
async def me(actor: Recognised, house: TheHouse) -> Me:
    return await users.me(house.database, house.factors, actor)


@router.get("/users")
async def list_users(actor: Signed, house: TheHouse, unit: Id | None = None) -> list[UserView]:
    return await users.list_users(house.database, actor, unit)


@router.post("/users", status_code=201)
async def create_user(body: NewUser, actor: Signed, house: TheHouse) -> NewUserAnswer:
    return await users.create_user(house.database, actor, house.config.hub_id, body)


@router.post("/users/{user_id}/reset")
async def reset_user(user_id: Id, actor: Signed, house: TheHouse, body: Reset | None = None) -> OneTimeCode:
    wanted = body is not None and body.second_factor
    return await users.reset_user(house.database, actor, house.config.hub_id, user_id, wanted)


def _caller(request: Request, page: bool) -> Caller:
    return Caller(address_of(request), request.headers.get("user-agent", ""), page)


def _signed(tokens: Tokens, response: Response, house: House) -> LoggedIn:
    response.set_cookie(
        COOKIE,
        tokens.cookie,
        max_age=COOKIE_S,
        path="/",
        secure=house.config.secure_cookie,
        httponly=True,
        samesite="strict",
    )
    user = UserBrief(id=tokens.user_id, username=tokens.username, name=tokens.name, must_change=tokens.must_change)
    return LoggedIn(token=tokens.bearer, user=user, must_change=tokens.must_change)
