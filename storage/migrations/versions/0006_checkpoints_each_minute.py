"""Checkpoints of the second version, which state the clock and the checkpoint before, and the frontier from which the
next root is made without reading the whole chain again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("checkpoints", sa.Column("version", sa.BigInteger(), server_default="1", nullable=False))
    op.add_column("checkpoints", sa.Column("clock", sa.JSON(), nullable=True))
    op.add_column("checkpoints", sa.Column("previous", sa.String(), nullable=True))
    op.create_table(
        "frontiers",
        sa.Column("chain_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("nodes", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["chain_id"], ["chains.id"], name=op.f("fk_frontiers_chain_id_chains")),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_frontiers")),
    )


def downgrade() -> None:
    raise NotImplementedError("checkpoints are not dropped by a migration")
