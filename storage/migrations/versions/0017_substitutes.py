"""Who acts in whose place, for a time."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import refuse

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "substitutes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("giver_id", sa.String(), nullable=False),
        sa.Column("substitute_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("from_on", sa.String(), nullable=False),
        sa.Column("until_on", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_wall", sa.BigInteger(), nullable=False),
        sa.Column("ended_wall", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.CheckConstraint("giver_id <> substitute_id", name=op.f("ck_substitutes_another")),
        sa.CheckConstraint("from_on < until_on", name=op.f("ck_substitutes_span")),
        sa.ForeignKeyConstraint(["ended_by"], ["users.id"], name=op.f("fk_substitutes_ended_by_users")),
        sa.ForeignKeyConstraint(["giver_id"], ["users.id"], name=op.f("fk_substitutes_giver_id_users")),
        sa.ForeignKeyConstraint(["substitute_id"], ["users.id"], name=op.f("fk_substitutes_substitute_id_users")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_substitutes_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitutes")),
    )
    op.create_index(op.f("ix_substitutes_giver_id"), "substitutes", ["giver_id"])
    op.create_index(op.f("ix_substitutes_substitute_id"), "substitutes", ["substitute_id"])
    # Whether two words were one person's is read from these rows, later too: they end once, and stay.
    refuse(
        "substitutes",
        "UPDATE",
        """OLD.ended_wall IS NOT NULL OR NEW.ended_wall IS NULL OR NEW.giver_id <> OLD.giver_id
            OR NEW.substitute_id <> OLD.substitute_id OR COALESCE(NEW.role, '') <> COALESCE(OLD.role, '')
            OR COALESCE(NEW.unit_id, '') <> COALESCE(OLD.unit_id, '') OR NEW.from_on <> OLD.from_on
            OR NEW.until_on <> OLD.until_on OR NEW.reason <> OLD.reason OR NEW.created_wall <> OLD.created_wall""",
        "ended once, and never changed",
    )
    refuse("substitutes", "DELETE", "TRUE", "kept")


def downgrade() -> None:
    raise NotImplementedError("who acted in whose place is not forgotten by a migration")
