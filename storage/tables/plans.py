"""Plans (方案) that decisions are about: each version a file as it came."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base
from storage.tables.filed import Filed


class PlanFile(Filed, Base):
    """The file of a version of a decision's plan: of the one whose act, as it stands, carries its hash."""

    __tablename__ = "plan_files"
    id: Mapped[str] = mapped_column(primary_key=True)
    decision_id: Mapped[str] = mapped_column(ForeignKey("decisions.id"), index=True)
    title: Mapped[str]  # the file's name, as its sender has it
