"""Time stamps of checkpoints (RFC 3161) and the certificates behind them; append-only like what they prove."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import append_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FROZEN = ("authorities", "stamps")


def upgrade() -> None:
    op.create_table(
        "authorities",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("certificate", sa.String(), nullable=False),
        sa.Column("first_used", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorities")),
    )
    op.create_table(
        "stamps",
        sa.Column("chain_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("authority_id", sa.String(), nullable=False),
        sa.Column("path", sa.JSON(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("received_wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_stamps_authority_id_authorities")),
        sa.ForeignKeyConstraint(
            ["chain_id", "seq"],
            ["checkpoints.chain_id", "checkpoints.seq"],
            name=op.f("fk_stamps_chain_id_checkpoints"),
        ),
        sa.PrimaryKeyConstraint("chain_id", "seq", name=op.f("pk_stamps")),
    )
    op.create_index("ix_checkpoints_final_at", "checkpoints", ["final", "at"])
    for table in FROZEN:
        append_only(table)


def downgrade() -> None:
    raise NotImplementedError("stamps are not dropped by a migration")
