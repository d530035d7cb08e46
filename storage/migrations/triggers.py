"""What the database itself refuses, on SQLite and PostgreSQL alike: triggers that migrations make.

A migration that was released keeps what it executes to the letter (tests/storage/test_guards.py): a new rule gets a new
function here. The first version brings `huilu_refuse` and has a `refuse` of its own, whose functions it keeps.
"""

from alembic import op


def append_only(table: str) -> None:
    """Rows are added and nothing else."""
    for verb in ("UPDATE", "DELETE"):
        name = f"{table}_no_{verb.lower()}"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW "
                f"BEGIN SELECT RAISE(ABORT, '{table}: append-only'); END"
            )
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW "
                "EXECUTE FUNCTION huilu_refuse('append-only')"
            )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only')"
        )


def refuse(table: str, verb: str, when: str, because: str, name: str = "") -> None:
    """`verb` (UPDATE or DELETE) on each row for which `when` holds, an expression of NEW and OLD. `name`: of the
    trigger, where the table has one for this verb already."""
    name, message = name or f"{table}_no_{verb.lower()}", f"{table}: {because}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    # A WHEN of PostgreSQL takes no subquery, so each trigger has its condition inside its own function.
    row = "OLD" if verb == "DELETE" else "NEW"
    op.execute(
        f"""CREATE FUNCTION huilu_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF {when} THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN {row}; END $$"""
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION huilu_{name}()")
