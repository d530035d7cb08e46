"""Votes from the reading of their question on."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import refuse

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("agenda_item_id", sa.String(), nullable=False),
        sa.Column("asked_ns", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("closed_ns", sa.BigInteger(), nullable=True),
        sa.Column("closed_as", sa.String(), nullable=True),
        sa.CheckConstraint("(closed_ns IS NULL) = (closed_as IS NULL)", name=op.f("ck_questions_closed")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_questions_meeting_id_meetings")),
        sa.ForeignKeyConstraint(
            ["agenda_item_id"], ["agenda_items.id"], name=op.f("fk_questions_agenda_item_id_agenda_items")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_questions_asked_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index(op.f("ix_questions_meeting_id"), "questions", ["meeting_id"])
    op.add_column("votes", sa.Column("asked_ns", sa.BigInteger(), nullable=True))
    refuse(
        "questions",
        "UPDATE",
        """OLD.closed_ns IS NOT NULL OR NEW.closed_ns IS NULL OR NEW.id <> OLD.id OR NEW.meeting_id <> OLD.meeting_id
            OR NEW.agenda_item_id <> OLD.agenda_item_id OR NEW.asked_ns <> OLD.asked_ns
            OR NEW.asked_by <> OLD.asked_by""",
        "a vote is closed once",
    )
    refuse("questions", "DELETE", "1 = 1", "that a vote was begun stays on record")


def downgrade() -> None:
    raise NotImplementedError("when votes were begun is not dropped by a migration")
