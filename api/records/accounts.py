"""Signing in, accounts and rights."""

from typing import Annotated

from pydantic import StringConstraints

from api.records.base import Answer, Id, Key, Name, Request, Secret, UnitRef
from api.records.second_factor import Typed


class Login(Request):
    username: Secret
    password: Secret
    second: Typed = ""  # an app's code or a recovery code, where one is asked for
    page: bool = False  # a page acts by its cookie: it is given no bearer token


class LoginByCode(Request):
    username: Secret
    code: Secret
    new_password: Secret
    second: Typed = ""
    page: bool = False


class UserBrief(Answer):
    id: str
    username: str
    name: str
    must_change: bool


class LoggedIn(Answer):
    token: str | None
    user: UserBrief
    must_change: bool


class PasswordChange(Request):
    old_password: Secret
    new_password: Secret


class RightView(Answer):
    role: str
    role_name: str
    unit: UnitRef
    giver: str | None = None  # in whose place, where it was lent
    until_on: str | None = None


class NoticeText(Answer):
    version: str
    text: str
    text_en: str


class MeNotice(Answer):
    classification: str
    classification_en: str
    recording: NoticeText


class Me(Answer):
    user: UserBrief
    rights: list[RightView]
    home: UnitRef | None
    must_enrol: bool  # a second factor, before anything else
    attends: bool  # stands on some body's roster
    acts: list[str]  # what any of the rights allows somewhere: which pages make sense
    notice: MeNotice


class UserView(Answer):
    id: str
    username: str
    name: str
    person: str | None
    disabled: bool
    must_change: bool
    second_factor: bool
    rights: list[RightView]


class Reset(Request):
    second_factor: bool = False  # take that off as well


class NewUser(Request):
    username: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\-]{2,40}$")]
    name: Name
    role: Key
    unit: Id
    person: Id | None = None


class OneTimeCode(Answer):
    code: str
    until_wall: str


class NewUserAnswer(UserView):
    code: str
    until_wall: str
