"""Time stamps of checkpoints (RFC 3161) and the certificates behind them; append-only like what they prove."""

import sqlalchemy as sa
from alembic import op

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
        for verb in ("UPDATE", "DELETE"):
            _refuse(table, verb)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only')"
            )


def _refuse(table: str, verb: str) -> None:
    """As in the first version; the function of PostgreSQL is that one's."""
    name = f"{table}_no_{verb.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW "
            f"BEGIN SELECT RAISE(ABORT, '{table}: append-only'); END"
        )
    else:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION huilu_refuse('append-only')"
        )


def downgrade() -> None:
    raise NotImplementedError("stamps are not dropped by a migration")
