"""Whose a part of a meeting is, and a report for each part; until now both were of the whole meeting.

A link of a meeting becomes one of each of its parts in the branch's unit; the plan's entry, and a report, stay with the
first of them that is the party's, of which they were.
"""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import refuse

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

# The party's kinds as they were; where a county named others, the first part counts.
FIRST = """SELECT {of} FROM meeting_parts first WHERE first.meeting_id = {meeting}
    ORDER BY CASE WHEN first.kind IN ('branch_assembly', 'branch_committee', 'party_group_meeting', 'party_lecture',
        'theme_day', 'organisation_life', 'democratic_life') THEN 0 ELSE 1 END, first.number LIMIT 1"""


def upgrade() -> None:
    _meetings()
    _reports()


def _meetings() -> None:
    op.execute("CREATE TABLE kept_links AS SELECT * FROM branch_meetings")
    op.drop_table("branch_meetings")
    op.create_table(
        "branch_meetings",
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.String(), nullable=False),
        sa.Column("body_id", sa.String(), nullable=True),
        sa.Column("entry", sa.String(), nullable=True),
        sa.Column("by_secretary", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_branch_meetings_meeting_id_meetings")),
        sa.ForeignKeyConstraint(["branch_id"], ["bodies.id"], name=op.f("fk_branch_meetings_branch_id_bodies")),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_branch_meetings_body_id_bodies")),
        sa.PrimaryKeyConstraint("meeting_id", "part", name=op.f("pk_branch_meetings")),
    )
    op.create_index(op.f("ix_branch_meetings_branch_id"), "branch_meetings", ["branch_id"])
    op.execute(
        f"""INSERT INTO branch_meetings (meeting_id, part, branch_id, body_id, entry, by_secretary)
        SELECT kept.meeting_id, part.number, kept.branch_id, kept.body_id,
            CASE WHEN part.number = ({FIRST.format(of="first.number", meeting="kept.meeting_id")})
                THEN kept.entry END, kept.by_secretary
        FROM kept_links kept JOIN bodies ON bodies.id = kept.branch_id
        JOIN meeting_parts part ON part.meeting_id = kept.meeting_id AND part.unit_id = bodies.unit_id"""
    )
    op.drop_table("kept_links")


def _reports() -> None:
    op.execute("CREATE TABLE kept_reports AS SELECT * FROM branch_reports")
    op.drop_table("branch_reports")
    op.create_table(
        "branch_reports",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("checked_by", sa.String(), nullable=False),
        sa.Column("checked_as", sa.String(), nullable=False),
        sa.Column("checked_on", sa.String(), nullable=False),
        sa.Column("checked_wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_branch_reports_meeting_id_meetings")),
        sa.ForeignKeyConstraint(["checked_by"], ["users.id"], name=op.f("fk_branch_reports_checked_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_reports")),
        sa.UniqueConstraint("meeting_id", "part", "version", name=op.f("uq_branch_reports_meeting_id_part_version")),
    )
    op.execute(
        f"""INSERT INTO branch_reports (id, meeting_id, part, version, fields, checked_by, checked_as, checked_on,
            checked_wall)
        SELECT id, meeting_id, COALESCE(({FIRST.format(of="first.number", meeting="kept.meeting_id")}), 1), version,
            fields, checked_by, checked_as, checked_on, checked_wall FROM kept_reports kept"""
    )
    op.drop_table("kept_reports")
    _refuse_again()


def _refuse_again() -> None:
    # A trigger goes with its table, its function in PostgreSQL does not.
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION huilu_branch_reports_no_update()")
    refuse("branch_reports", "UPDATE", "1 = 1", "what was checked stays as it was")


def downgrade() -> None:
    raise NotImplementedError("of which part something was is not dropped by a migration")
