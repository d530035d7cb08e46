"""A county's own rules: files proposed by one person, taken up by the word of another."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import refuse

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule_sets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("from_on", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_as", sa.String(), nullable=False),
        sa.Column("proposed_wall", sa.BigInteger(), nullable=False),
        sa.Column("expires_wall", sa.BigInteger(), nullable=False),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_as", sa.String(), nullable=True),
        sa.Column("answered_wall", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_on", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["proposed_by"], ["users.id"], name=op.f("fk_rule_sets_proposed_by_users")),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_rule_sets_answered_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_sets")),
        sa.UniqueConstraint("number", name=op.f("uq_rule_sets_number")),
    )
    op.create_index(op.f("ix_rule_sets_state"), "rule_sets", ["state"])
    refuse(
        "rule_sets",
        "UPDATE",
        """OLD.state <> 'open' OR NEW.id <> OLD.id OR CAST(NEW.files AS TEXT) <> CAST(OLD.files AS TEXT)
            OR NEW.sha256 <> OLD.sha256 OR NEW.reason <> OLD.reason OR NEW.from_on <> OLD.from_on
            OR NEW.proposed_by <> OLD.proposed_by OR NEW.proposed_as <> OLD.proposed_as
            OR NEW.proposed_wall <> OLD.proposed_wall OR NEW.expires_wall <> OLD.expires_wall
            OR (NEW.state = 'confirmed' AND (NEW.number IS NULL OR NEW.confirmed_on IS NULL
                OR NEW.answered_by IS NULL OR NEW.answered_by = OLD.proposed_by))""",
        "rules stay as they were proposed, and take two persons",
    )
    refuse("rule_sets", "DELETE", "1 = 1", "rules stay on record")


def downgrade() -> None:
    raise NotImplementedError("rules under which records began are not dropped by a migration")
