"""What people outside are told through the webhook."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import refuse

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("unit_name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("created_wall", sa.BigInteger(), nullable=False),
        sa.Column("next_wall", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("sent_wall", sa.BigInteger(), nullable=True),
        sa.Column("given_up_wall", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("sent_wall IS NULL OR given_up_wall IS NULL", name=op.f("ck_messages_one_end")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_messages_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_messages_kind_subject")),
    )
    op.create_index(op.f("ix_messages_unit_id"), "messages", ["unit_id"])
    op.create_index(op.f("ix_messages_next_wall"), "messages", ["next_wall"])
    refuse(
        "messages",
        "UPDATE",
        """NEW.text <> OLD.text OR NEW.text_en <> OLD.text_en OR NEW.subject <> OLD.subject OR NEW.kind <> OLD.kind
            OR NEW.unit_id <> OLD.unit_id OR NEW.created_wall <> OLD.created_wall
            OR (OLD.sent_wall IS NOT NULL AND (NEW.sent_wall IS NULL OR NEW.sent_wall <> OLD.sent_wall))
            OR (OLD.given_up_wall IS NOT NULL AND (NEW.given_up_wall IS NULL
                OR NEW.given_up_wall <> OLD.given_up_wall))""",
        "what was said stays as it was said",
    )


def downgrade() -> None:
    raise NotImplementedError("what people were told is not dropped by a migration")
