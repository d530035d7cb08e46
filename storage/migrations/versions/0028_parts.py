"""A meeting has one or several parts; each that was planned until now has one."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meeting_parts",
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=True),
        sa.Column("begun_ns", sa.BigInteger(), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("present", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_meeting_parts_meeting_id_meetings")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_meeting_parts_unit_id_units")),
        sa.PrimaryKeyConstraint("meeting_id", "number", name=op.f("pk_meeting_parts")),
    )
    op.create_index(op.f("ix_meeting_parts_unit_id"), "meeting_parts", ["unit_id"])
    op.add_column("agenda_items", sa.Column("part", sa.BigInteger(), server_default="1", nullable=False))
    op.execute(
        """INSERT INTO meeting_parts (meeting_id, number, unit_id, kind, way, begun_ns)
        SELECT id, 1, unit_id, kind, way, CASE WHEN opened_wall IS NULL THEN NULL ELSE 0 END FROM meetings"""
    )


def downgrade() -> None:
    raise NotImplementedError("what belongs to which body is not dropped by a migration")
