"""A chain's head moves with the entry that is put on top of it: one statement for many entries, and no head behind."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MOVE = "UPDATE chains SET head_seq = NEW.seq, head_hash = NEW.hash WHERE id = NEW.chain_id;"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER entries_move_head AFTER INSERT ON entries FOR EACH ROW BEGIN {_MOVE} END")
        return
    op.execute(
        f"""CREATE FUNCTION huilu_entries_move_head() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            {_MOVE}
            RETURN NULL; END $$"""
    )
    op.execute(
        "CREATE TRIGGER entries_move_head AFTER INSERT ON entries "
        "FOR EACH ROW EXECUTE FUNCTION huilu_entries_move_head()"
    )


def downgrade() -> None:
    raise NotImplementedError("what keeps heads with their entries is not dropped by a migration")
