"""What measuring found in recordings, and what a person said to it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "measured",
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("levels", sa.JSON(), nullable=False),
        sa.Column("done_wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_measured_recording_id_recordings")),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_measured")),
    )
    op.create_table(
        "quality_marks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("track_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_as", sa.String(), nullable=True),
        sa.Column("answered_wall", sa.BigInteger(), nullable=True),
        sa.Column("remark", sa.String(), nullable=True),
        sa.CheckConstraint("(state = 'proposed') = (answered_wall IS NULL)", name=op.f("ck_quality_marks_answered")),
        sa.CheckConstraint("end_ns > start_ns", name=op.f("ck_quality_marks_span")),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_quality_marks_answered_by_users")),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_quality_marks_recording_id_recordings")
        ),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name=op.f("fk_quality_marks_track_id_tracks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_marks")),
    )
    op.create_index(op.f("ix_quality_marks_recording_id"), "quality_marks", ["recording_id"])


def downgrade() -> None:
    raise NotImplementedError("what persons said of recordings is not dropped by a migration")
