"""The catalogue: kinds, matters, bodies, roles, notices."""

from typing import Literal

from api.records.accounts import NoticeText
from api.records.base import Answer


class KindView(Answer):
    key: str
    name: str
    name_en: str
    body: str | None
    recording: Literal["always", "choice", "never"]
    access_class: str
    group: str
    ways: bool  # its body may meet by adults or by a representative of each household


class CategoryView(Answer):
    key: str
    name: str
    name_en: str


class WalkView(Answer):
    """A way in which a matter may be dealt with: by which procedure, and whose body decides."""

    procedure: str
    name: str
    name_en: str
    body: str | None
    ratified: bool  # an urgent one is, by the next meeting


class MatterView(Answer):
    key: str
    name: str
    name_en: str
    category: str
    procedure: str
    body: str | None
    access: str
    guarantee: bool  # asked for when one is begun
    walks: list[WalkView]  # of two the one is chosen when one is begun; the first is meant where nobody chooses
    small_below_fen: int | None  # it is meant for less; an amount is asked for
    note: str | None


class RoleView(Answer):
    key: str
    name: str
    name_en: str


class BodyView(Answer):
    key: str
    name: str
    name_en: str
    source: str


class NoticeView(NoticeText):
    key: str


class CatalogueView(Answer):
    on: str
    kinds: list[KindView]
    categories: list[CategoryView]
    matters: list[MatterView]
    bodies: list[BodyView]
    roles: list[RoleView]
    notices: list[NoticeView]
