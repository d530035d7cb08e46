"""三会一课: plans of branches, whose a meeting is, reasons for absence, reports."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import refuse

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEPT = ("id", "branch_id", "quarter", "version", "filed_by", "filed_as", "filed_on", "filed_wall")


def upgrade() -> None:
    op.create_table(
        "branch_plans",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("branch_id", sa.String(), nullable=False),
        sa.Column("quarter", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("fixed_day", sa.BigInteger(), nullable=True),
        sa.Column("filed_by", sa.String(), nullable=False),
        sa.Column("filed_as", sa.String(), nullable=False),
        sa.Column("filed_on", sa.String(), nullable=False),
        sa.Column("filed_wall", sa.BigInteger(), nullable=False),
        sa.Column("opinion", sa.String(), nullable=True),
        sa.Column("reasons", sa.String(), nullable=True),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("reviewed_as", sa.String(), nullable=True),
        sa.Column("reviewed_on", sa.String(), nullable=True),
        sa.Column("reviewed_wall", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("version >= 1", name=op.f("ck_branch_plans_version")),
        sa.CheckConstraint("(opinion IS NULL) = (reviewed_wall IS NULL)", name=op.f("ck_branch_plans_reviewed")),
        sa.ForeignKeyConstraint(["branch_id"], ["bodies.id"], name=op.f("fk_branch_plans_branch_id_bodies")),
        sa.ForeignKeyConstraint(["filed_by"], ["users.id"], name=op.f("fk_branch_plans_filed_by_users")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["users.id"], name=op.f("fk_branch_plans_reviewed_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_plans")),
        sa.UniqueConstraint("branch_id", "quarter", "version", name=op.f("uq_branch_plans_branch_id_quarter_version")),
    )
    op.create_table(
        "branch_meetings",
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("branch_id", sa.String(), nullable=False),
        sa.Column("body_id", sa.String(), nullable=True),
        sa.Column("entry", sa.String(), nullable=True),
        sa.Column("by_secretary", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_branch_meetings_meeting_id_meetings")),
        sa.ForeignKeyConstraint(["branch_id"], ["bodies.id"], name=op.f("fk_branch_meetings_branch_id_bodies")),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_branch_meetings_body_id_bodies")),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_branch_meetings")),
    )
    op.create_index(op.f("ix_branch_meetings_branch_id"), "branch_meetings", ["branch_id"])
    op.create_table(
        "absence_reasons",
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("noted_by", sa.String(), nullable=False),
        sa.Column("noted_wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_absence_reasons_meeting_id_meetings")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_absence_reasons_person_id_persons")),
        sa.ForeignKeyConstraint(["noted_by"], ["users.id"], name=op.f("fk_absence_reasons_noted_by_users")),
        sa.PrimaryKeyConstraint("meeting_id", "person_id", name=op.f("pk_absence_reasons")),
    )
    op.create_table(
        "branch_reports",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("checked_by", sa.String(), nullable=False),
        sa.Column("checked_as", sa.String(), nullable=False),
        sa.Column("checked_on", sa.String(), nullable=False),
        sa.Column("checked_wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_branch_reports_meeting_id_meetings")),
        sa.ForeignKeyConstraint(["checked_by"], ["users.id"], name=op.f("fk_branch_reports_checked_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_reports")),
        sa.UniqueConstraint("meeting_id", "version", name=op.f("uq_branch_reports_meeting_id_version")),
    )
    # json has no comparison of its own in PostgreSQL.
    other = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in KEPT)
    refuse(
        "branch_plans",
        "UPDATE",
        f"""{other} OR CAST(NEW.entries AS TEXT) <> CAST(OLD.entries AS TEXT)
            OR COALESCE(NEW.fixed_day, 0) <> COALESCE(OLD.fixed_day, 0) OR OLD.opinion IS NOT NULL""",
        "what was filed stays, and is reviewed once",
    )
    refuse("branch_plans", "DELETE", "1 = 1", "what was filed stays")
    refuse("branch_reports", "UPDATE", "1 = 1", "what was checked stays as it was")


def downgrade() -> None:
    raise NotImplementedError("what branches filed is not dropped by a migration")
