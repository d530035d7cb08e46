"""What desks are read from says when it changes."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# Of a meeting only what a desk shows: its picture, for one, changes by the minute.
SHOWN = "title, kind, unit_id, state, access_class, planned_wall, opened_wall"
EVER = ("INSERT", "UPDATE", "DELETE")
WATCHED = {
    "decisions": EVER,
    "awaited_steps": EVER,
    "broken_rules": EVER,
    "outside_affairs": EVER,
    "units": EVER,
    "unit_attributes": EVER,
    "meetings": ("INSERT", f"UPDATE OF {SHOWN}", "DELETE"),
    "meeting_parts": ("INSERT", "UPDATE OF unit_id, kind", "DELETE"),
}


def upgrade() -> None:
    op.create_table(
        "desk_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_changes")),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        op.execute(
            "CREATE FUNCTION huilu_desk_changed() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN INSERT INTO desk_changes DEFAULT VALUES; RETURN NULL; END $$"
        )
    for table, verbs in WATCHED.items():
        for verb in verbs:
            head = f"CREATE TRIGGER {table}_{verb.split()[0].lower()}_desks AFTER {verb} ON {table} FOR EACH"
            if sqlite:
                op.execute(f"{head} ROW BEGIN INSERT INTO desk_changes (id) VALUES (NULL); END")
            else:
                op.execute(f"{head} STATEMENT EXECUTE FUNCTION huilu_desk_changed()")


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, verbs in WATCHED.items():
        for verb in verbs:
            op.execute(f"DROP TRIGGER {table}_{verb.split()[0].lower()}_desks" + ("" if sqlite else f" ON {table}"))
    if not sqlite:
        op.execute("DROP FUNCTION huilu_desk_changed()")
    op.drop_table("desk_changes")
