"""The one declarative base. Times are integers: wall clock in ns UTC (`*_wall`), meeting time in ns (`*_ns`);
dates are ISO text in Asia/Shanghai (`*_on`), because a term or a unit's name holds for days, not for instants."""

from sqlalchemy import JSON, BigInteger, MetaData, String
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {int: BigInteger(), str: String(), dict: JSON(), list: JSON()}  # noqa: RUF012
