"""Keeping: terms, locks of stored objects, holds, what is secluded, proposals of two persons, deletions.

Beside the program's own rules the database says:

    locks     no DELETE; a lock is never noted shorter than it was; nothing of a recording under a hold is taken away
    holds     no DELETE
"""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import refuse

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("placed_by", sa.String(), nullable=False),
        sa.Column("placed_as", sa.String(), nullable=False),
        sa.Column("placed_wall", sa.BigInteger(), nullable=False),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.Column("lifted_as", sa.String(), nullable=True),
        sa.Column("lifted_reason", sa.String(), nullable=True),
        sa.Column("lifted_wall", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["lifted_by"], ["users.id"], name=op.f("fk_holds_lifted_by_users")),
        sa.ForeignKeyConstraint(["placed_by"], ["users.id"], name=op.f("fk_holds_placed_by_users")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_holds_recording_id_recordings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index("ix_holds_recording_lifted", "holds", ["recording_id", "lifted_wall"], unique=False)
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_as", sa.String(), nullable=False),
        sa.Column("proposed_wall", sa.BigInteger(), nullable=False),
        sa.Column("expires_wall", sa.BigInteger(), nullable=False),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_as", sa.String(), nullable=True),
        sa.Column("answered_wall", sa.BigInteger(), nullable=True),
        sa.Column("until_wall", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_proposals_answered_by_users")),
        sa.ForeignKeyConstraint(["proposed_by"], ["users.id"], name=op.f("fk_proposals_proposed_by_users")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_proposals_recording_id_recordings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index(op.f("ix_proposals_recording_id"), "proposals", ["recording_id"], unique=False)
    op.create_index(op.f("ix_proposals_state"), "proposals", ["state"], unique=False)
    op.create_table(
        "seclusions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("begun_wall", sa.BigInteger(), nullable=False),
        sa.Column("ended_wall", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_seclusions_recording_id_recordings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seclusions")),
    )
    op.create_index(op.f("ix_seclusions_recording_id"), "seclusions", ["recording_id"], unique=False)
    op.create_table(
        "terms",
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("retention", sa.String(), nullable=False),
        sa.Column("until_wall", sa.BigInteger(), nullable=True),
        sa.Column("settled_on", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_terms_recording_id_recordings")),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_terms")),
    )
    op.create_index(op.f("ix_terms_settled_on"), "terms", ["settled_on"], unique=False)
    op.create_index(op.f("ix_terms_until_wall"), "terms", ["until_wall"], unique=False)
    op.create_table(
        "deletions",
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("ordered_wall", sa.BigInteger(), nullable=False),
        sa.Column("chain_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("done_wall", sa.BigInteger(), nullable=True),
        sa.Column("done_seq", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["chain_id", "seq"], ["entries.chain_id", "entries.seq"], name=op.f("fk_deletions_chain_id_entries")
        ),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name=op.f("fk_deletions_proposal_id_proposals")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_deletions_recording_id_recordings")),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_deletions")),
    )
    op.create_index(op.f("ix_deletions_done_wall"), "deletions", ["done_wall"], unique=False)
    op.create_table(
        "locks",
        sa.Column("segment_id", sa.String(), nullable=False),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("until_wall", sa.BigInteger(), nullable=False),
        sa.Column("due_wall", sa.BigInteger(), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("removing_wall", sa.BigInteger(), nullable=True),
        sa.Column("removed_wall", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_locks_recording_id_recordings")),
        sa.ForeignKeyConstraint(["segment_id"], ["stored.segment_id"], name=op.f("fk_locks_segment_id_stored")),
        sa.PrimaryKeyConstraint("segment_id", name=op.f("pk_locks")),
    )
    op.create_index(op.f("ix_locks_held"), "locks", ["held"], unique=False)
    op.create_index(op.f("ix_locks_due_wall"), "locks", ["due_wall"], unique=False)
    op.create_index(op.f("ix_locks_recording_id"), "locks", ["recording_id"], unique=False)
    # What was stored before: its lock is to be prolonged as soon as its recording is closed.
    op.execute(
        """INSERT INTO locks (segment_id, recording_id, until_wall, due_wall, held)
           SELECT stored.segment_id, segments.recording_id, stored.locked_until_wall, stored.confirmed_wall, FALSE
           FROM stored JOIN segments ON segments.id = stored.segment_id"""
    )
    refuse("locks", "DELETE", "TRUE", "a lock is never forgotten")
    refuse("holds", "DELETE", "TRUE", "a hold is lifted, never deleted")
    refuse(
        "locks",
        "UPDATE",
        """NEW.until_wall < OLD.until_wall OR (
           ((NEW.removing_wall IS NOT NULL AND OLD.removing_wall IS NULL)
            OR (NEW.removed_wall IS NOT NULL AND OLD.removing_wall IS NULL))
           AND EXISTS (SELECT 1 FROM holds h WHERE h.recording_id = NEW.recording_id AND h.lifted_wall IS NULL))""",
        "a lock grows only, and holds win",
    )


def downgrade() -> None:
    raise NotImplementedError("what is kept, and by whose word, is not dropped by a migration")
