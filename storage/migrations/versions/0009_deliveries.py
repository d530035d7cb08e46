"""Deliveries: what was recorded elsewhere and came later.

Beside the program's own rules the database says:

    deliveries   no DELETE; what was sealed keeps its bytes' hashes, its name, its place on the time line and its origin
"""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import refuse

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SEALED = ("sha256", "sm3", "name", "bytes", "start_ns", "end_ns", "received_wall")


def upgrade() -> None:
    text = ("place", "reason", "name", "sha256", "sm3", "bucket", "version", "copy", "countersigned_by",
            "countersigned_as", "site_id", "publisher")  # fmt: skip
    whole = ("taken_wall", "received_wall", "locked_until_wall", "confirmed_wall", "removed_wall", "length_ns",
             "countersigned_wall")  # fmt: skip
    must_text = ("meeting_id", "recording_id", "origin", "key", "user_id", "user_as", "mime", "state")
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in must_text),
        *(sa.Column(name, sa.BigInteger(), nullable=False)
          for name in ("start_ns", "end_ns", "bytes", "pieces", "begun_wall")),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("late", "held")),
        *(sa.Column(name, sa.Boolean(), nullable=True) for name in ("picture", "sound")),
        *(sa.Column(name, sa.String(), nullable=True) for name in text),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in whole),
        sa.Column("clock", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_deliveries_meeting_id_meetings")),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_deliveries_recording_id_recordings")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_deliveries_user_id_users")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_deliveries_site_id_sites")),
        sa.ForeignKeyConstraint(["countersigned_by"], ["users.id"], name=op.f("fk_deliveries_countersigned_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("meeting_id", "user_id", "key", name=op.f("uq_deliveries_meeting_id_user_id_key")),
        sa.UniqueConstraint("name", name=op.f("uq_deliveries_name")),
    )  # fmt: skip
    op.create_index("ix_deliveries_meeting", "deliveries", ["meeting_id"], unique=False)
    op.create_index(op.f("ix_deliveries_recording_id"), "deliveries", ["recording_id"], unique=False)
    op.create_index(op.f("ix_deliveries_state"), "deliveries", ["state"], unique=False)
    refuse("deliveries", "DELETE", "TRUE", "what was delivered is never forgotten")
    changed = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in SEALED)
    never = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in ("origin", "user_id", "recording_id"))
    refuse(
        "deliveries",
        "UPDATE",
        f"{never} OR (OLD.sha256 IS NOT NULL AND (NEW.sha256 IS NULL OR {changed}))",
        "sealed as it came",
    )


def downgrade() -> None:
    raise NotImplementedError("what was delivered is not dropped by a migration")
