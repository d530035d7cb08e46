"""What hangs in public, that it was seen on the board, and what was said against it."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import append_only, refuse

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_notices",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=True),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("matter", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("rules_on", sa.String(), nullable=False),
        sa.Column("from_on", sa.String(), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("stops", sa.Boolean(), nullable=False),
        sa.Column("put_up_by", sa.String(), nullable=False),
        sa.Column("put_up_as", sa.String(), nullable=False),
        sa.Column("put_up_wall", sa.BigInteger(), nullable=False),
        sa.Column("off_on", sa.String(), nullable=True),
        sa.Column("off_as", sa.String(), nullable=True),
        sa.Column("off_wall", sa.BigInteger(), nullable=True),
        sa.Column("off_reason", sa.String(), nullable=True),
        sa.CheckConstraint("(off_on IS NULL) = (off_wall IS NULL)", name=op.f("ck_public_notices_off")),
        sa.CheckConstraint("days > 0", name=op.f("ck_public_notices_days")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_public_notices_decision_id_decisions")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_public_notices_unit_id_units")),
        sa.ForeignKeyConstraint(["put_up_by"], ["users.id"], name=op.f("fk_public_notices_put_up_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_notices")),
    )
    op.create_index(op.f("ix_public_notices_decision_id"), "public_notices", ["decision_id"])
    op.create_index(op.f("ix_public_notices_unit_id"), "public_notices", ["unit_id"])
    op.create_table(
        "notice_hangings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("on", sa.String(), nullable=False),
        sa.Column("seen_by", sa.String(), nullable=False),
        sa.Column("seen_as", sa.String(), nullable=False),
        sa.Column("wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["public_notices.id"], name=op.f("fk_notice_hangings_notice_id_public_notices")
        ),
        sa.ForeignKeyConstraint(["seen_by"], ["users.id"], name=op.f("fk_notice_hangings_seen_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_hangings")),
    )
    op.create_index(op.f("ix_notice_hangings_notice_id"), "notice_hangings", ["notice_id"])
    op.create_table(
        "objections",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("on", sa.String(), nullable=False),
        sa.Column("wall", sa.BigInteger(), nullable=False),
        sa.Column("taken_as", sa.String(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_on", sa.String(), nullable=True),
        sa.Column("answered_as", sa.String(), nullable=True),
        sa.Column("answered_wall", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(answer IS NULL) = (answered_on IS NULL)", name=op.f("ck_objections_answered")),
        sa.CheckConstraint("name IS NOT NULL OR taken_as IS NOT NULL", name=op.f("ck_objections_by_name_or_taken")),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["public_notices.id"], name=op.f("fk_objections_notice_id_public_notices")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_objections_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objections")),
    )
    op.create_index(op.f("ix_objections_notice_id"), "objections", ["notice_id"])
    op.create_index(op.f("ix_objections_unit_id"), "objections", ["unit_id"])
    op.create_table(
        "objection_counts",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("on", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "on", name=op.f("pk_objection_counts")),
    )
    append_only("notice_hangings")
    # json has no comparison of its own in PostgreSQL.
    refuse(
        "public_notices",
        "UPDATE",
        """NEW.id <> OLD.id OR COALESCE(NEW.decision_id, '') <> COALESCE(OLD.decision_id, '')
            OR COALESCE(NEW.step, '') <> COALESCE(OLD.step, '') OR NEW.unit_id <> OLD.unit_id
            OR NEW.matter <> OLD.matter OR NEW.title <> OLD.title
            OR CAST(NEW.fields AS TEXT) <> CAST(OLD.fields AS TEXT) OR NEW.rules_on <> OLD.rules_on
            OR NEW.from_on <> OLD.from_on OR NEW.days <> OLD.days OR NEW.put_up_by <> OLD.put_up_by
            OR NEW.put_up_as <> OLD.put_up_as OR NEW.put_up_wall <> OLD.put_up_wall
            OR (OLD.off_on IS NOT NULL AND (NEW.off_on IS NULL OR NEW.off_on <> OLD.off_on))""",
        "what hung stays as it hung",
    )
    refuse("public_notices", "DELETE", "1 = 1", "what hung stays on record")
    refuse(
        "objections",
        "UPDATE",
        """NEW.id <> OLD.id OR NEW.notice_id <> OLD.notice_id OR NEW.unit_id <> OLD.unit_id
            OR COALESCE(NEW.name, '') <> COALESCE(OLD.name, '') OR NEW.text <> OLD.text
            OR NEW."on" <> OLD."on" OR NEW.wall <> OLD.wall
            OR (OLD.answer IS NOT NULL AND (NEW.answer IS NULL OR NEW.answer <> OLD.answer
                OR NEW.answered_on <> OLD.answered_on))""",
        "what was said stays as it was said",
    )
    refuse("objections", "DELETE", "1 = 1", "what was said stays on record")


def downgrade() -> None:
    raise NotImplementedError("what hung in public is not dropped by a migration")
