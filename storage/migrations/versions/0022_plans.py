"""Plans as files.

plan_files   no DELETE; the bytes' hashes, their name and what they are a version of stay; a lock grows only
"""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import refuse

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STAYS = ("decision_id", "title", "mime", "bytes", "sha256", "sm3", "name", "user_id", "received_wall")


def upgrade() -> None:
    op.create_table(
        "plan_files",
        *(sa.Column(name, sa.String(), nullable=False)
          for name in ("id", "decision_id", "title", "mime", "sha256", "sm3", "name", "user_id", "user_as", "state")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("bytes", "received_wall")),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("bucket", "version")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("locked_until_wall", "confirmed_wall")),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_plan_files_decision_id_decisions")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_plan_files_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_files")),
        sa.UniqueConstraint("name", name=op.f("uq_plan_files_name")),
    )  # fmt: skip
    op.create_index(op.f("ix_plan_files_decision_id"), "plan_files", ["decision_id"])
    op.create_index(op.f("ix_plan_files_state"), "plan_files", ["state"])
    refuse("plan_files", "DELETE", "TRUE", "what was decided on is never forgotten")
    changed = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in STAYS)
    shorter = (
        "(OLD.locked_until_wall IS NOT NULL "
        "AND (NEW.locked_until_wall IS NULL OR NEW.locked_until_wall < OLD.locked_until_wall))"
    )
    refuse("plan_files", "UPDATE", f"{changed} OR {shorter}", "it stays as it came, and a lock grows only")


def downgrade() -> None:
    raise NotImplementedError("what was decided on is not dropped by a migration")
