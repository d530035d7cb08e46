"""Keys that were replaced, and who took their place; append-only like what they prove."""

import sqlalchemy as sa
from alembic import op

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
    for verb in ("UPDATE", "DELETE"):
        _refuse("successions", verb)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER successions_no_truncate BEFORE TRUNCATE ON successions "
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
    raise NotImplementedError("what became of keys is not dropped by a migration")
