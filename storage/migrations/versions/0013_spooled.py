"""Which segments lie in the recorder's spool: what it asks all day is asked of a day's rows, not of all there ever were."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spooled",
        sa.Column("segment_id", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sealed_wall", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_wall", sa.BigInteger(), nullable=True),
        sa.Column("settled_wall", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_spooled_segment_id_segments")),
        sa.PrimaryKeyConstraint("segment_id", name=op.f("pk_spooled")),
    )
    op.create_index("ix_spooled_confirmed_wall_sealed_wall", "spooled", ["confirmed_wall", "sealed_wall"])
    op.create_index("ix_spooled_settled_wall_confirmed_wall", "spooled", ["settled_wall", "confirmed_wall"])
    # Which files are still there nobody knows: all are taken for it, and those that have gone are let go at once.
    op.execute(
        """INSERT INTO spooled (segment_id, bytes, sealed_wall, confirmed_wall, settled_wall)
           SELECT segments.id, segments.bytes, segments.sealed_wall, stored.confirmed_wall, stored.confirmed_wall
           FROM segments LEFT JOIN stored ON stored.segment_id = segments.id"""
    )


def downgrade() -> None:
    raise NotImplementedError("what lies in the spool is not forgotten by a migration")
