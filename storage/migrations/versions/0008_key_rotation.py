"""Keys that were replaced, and who took their place; append-only like what they prove."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import append_only

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "successions",
        sa.Column("by_key_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("chain_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["by_key_id"], ["signing_keys.id"], name=op.f("fk_successions_by_key_id_signing_keys")),
        sa.ForeignKeyConstraint(["key_id"], ["signing_keys.id"], name=op.f("fk_successions_key_id_signing_keys")),
        sa.ForeignKeyConstraint(
            ["chain_id", "seq"],
            ["checkpoints.chain_id", "checkpoints.seq"],
            name=op.f("fk_successions_chain_id_checkpoints"),
        ),
        sa.PrimaryKeyConstraint("by_key_id", name=op.f("pk_successions")),
        sa.UniqueConstraint("key_id", name=op.f("uq_successions_key_id")),
    )
    append_only("successions")


def downgrade() -> None:
    raise NotImplementedError("what became of keys is not dropped by a migration")
