"""Explanations of gaps, and their countersignatures."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import append_only

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "explanations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("explained_by", sa.String(), nullable=False),
        sa.Column("explained_as", sa.String(), nullable=False),
        sa.Column("explained_wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_explanations_recording_id_recordings")
        ),
        sa.ForeignKeyConstraint(["explained_by"], ["users.id"], name=op.f("fk_explanations_explained_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_explanations")),
    )
    op.create_index(op.f("ix_explanations_recording_id"), "explanations", ["recording_id"])
    op.create_table(
        "explained_gaps",
        sa.Column("explanation_id", sa.String(), nullable=False),
        sa.Column("gap_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["explanation_id"], ["explanations.id"], name=op.f("fk_explained_gaps_explanation_id_explanations")
        ),
        sa.ForeignKeyConstraint(["gap_id"], ["gaps.id"], name=op.f("fk_explained_gaps_gap_id_gaps")),
        sa.PrimaryKeyConstraint("explanation_id", "gap_id", name=op.f("pk_explained_gaps")),
    )
    op.create_index(op.f("ix_explained_gaps_gap_id"), "explained_gaps", ["gap_id"])
    op.create_table(
        "countersignatures",
        sa.Column("explanation_id", sa.String(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("signed_as", sa.String(), nullable=False),
        sa.Column("signed_wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["explanation_id"], ["explanations.id"], name=op.f("fk_countersignatures_explanation_id_explanations")
        ),
        sa.ForeignKeyConstraint(["signed_by"], ["users.id"], name=op.f("fk_countersignatures_signed_by_users")),
        sa.PrimaryKeyConstraint("explanation_id", name=op.f("pk_countersignatures")),
    )
    op.create_index(op.f("ix_meetings_opened_by"), "meetings", ["opened_by"])  # who chaired is asked for an explanation
    for table in ("explanations", "explained_gaps", "countersignatures"):
        append_only(table)


def downgrade() -> None:
    raise NotImplementedError("what was said of gaps is not dropped by a migration")
