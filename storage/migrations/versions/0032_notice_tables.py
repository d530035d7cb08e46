"""Tables that hang with a notice.

notice_tables   no DELETE; the bytes' hashes, their name, whose notice's they are stay; a lock grows only
"""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import refuse

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

STAYS = (
    "notice_id",
    "number",
    "title",
    "mime",
    "bytes",
    "sha256",
    "sm3",
    "name",
    "user_id",
    "user_as",
    "received_wall",
)


def upgrade() -> None:
    op.create_table(
        "notice_tables",
        *(sa.Column(name, sa.String(), nullable=False)
          for name in ("id", "notice_id", "title", "mime", "sha256", "sm3", "name", "user_id", "user_as", "state")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("number", "bytes", "received_wall")),
        sa.Column("chains", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("bucket", "version")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("locked_until_wall", "confirmed_wall")),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["public_notices.id"], name=op.f("fk_notice_tables_notice_id_public_notices")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notice_tables_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_tables")),
        sa.UniqueConstraint("name", name=op.f("uq_notice_tables_name")),
    )  # fmt: skip
    op.create_index(op.f("ix_notice_tables_notice_id"), "notice_tables", ["notice_id"])
    op.create_index(op.f("ix_notice_tables_state"), "notice_tables", ["state"])
    refuse("notice_tables", "DELETE", "TRUE", "what hung is never forgotten")
    changed = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in STAYS)
    shorter = (
        "(OLD.locked_until_wall IS NOT NULL "
        "AND (NEW.locked_until_wall IS NULL OR NEW.locked_until_wall < OLD.locked_until_wall))"
    )
    refuse("notice_tables", "UPDATE", f"{changed} OR {shorter}", "it stays as it came, and a lock grows only")


def downgrade() -> None:
    raise NotImplementedError("what hung is not dropped by a migration")
