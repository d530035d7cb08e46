"""Signed papers, as photographs and as signatures on a screen.

signed_papers   no DELETE; the bytes' hashes, their name, what they are of and who said so stay; a lock grows only
"""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import refuse

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

STAYS = ("form", "kind", "subject", "unit_id", "mime", "bytes", "sha256", "sm3", "name", "user_id", "received_wall")
STAYS_EMPTY = ("number", "pages")
STAYS_UNSAID = ("placed", "signer", "signer_id", "place", "document", "device")


def upgrade() -> None:
    op.create_table(
        "signed_papers",
        *(sa.Column(name, sa.String(), nullable=False)
          for name in ("id", "form", "kind", "subject", "unit_id", "mime", "sha256", "sm3", "name", "user_id",
                       "user_as", "state")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("bytes", "received_wall")),
        sa.Column("chains", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=True) for name in (*STAYS_UNSAID, "bucket", "version")),
        *(sa.Column(name, sa.BigInteger(), nullable=True)
          for name in (*STAYS_EMPTY, "locked_until_wall", "confirmed_wall")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_signed_papers_unit_id_units")),
        sa.ForeignKeyConstraint(["signer_id"], ["persons.id"], name=op.f("fk_signed_papers_signer_id_persons")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_signed_papers_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_papers")),
        sa.UniqueConstraint("name", name=op.f("uq_signed_papers_name")),
    )  # fmt: skip
    op.create_index(op.f("ix_signed_papers_state"), "signed_papers", ["state"])
    op.create_index(op.f("ix_signed_papers_kind_subject"), "signed_papers", ["kind", "subject"])
    refuse("signed_papers", "DELETE", "TRUE", "what was signed is never forgotten")
    changed = " OR ".join(
        [
            *(f"NEW.{name} <> OLD.{name}" for name in STAYS),
            *(f"COALESCE(NEW.{name}, -1) <> COALESCE(OLD.{name}, -1)" for name in STAYS_EMPTY),
            *(f"COALESCE(NEW.{name}, '') <> COALESCE(OLD.{name}, '')" for name in STAYS_UNSAID),
        ]
    )
    shorter = (
        "(OLD.locked_until_wall IS NOT NULL "
        "AND (NEW.locked_until_wall IS NULL OR NEW.locked_until_wall < OLD.locked_until_wall))"
    )
    refuse("signed_papers", "UPDATE", f"{changed} OR {shorter}", "it stays as it came, and a lock grows only")


def downgrade() -> None:
    raise NotImplementedError("what was signed is not dropped by a migration")
