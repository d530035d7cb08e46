"""Desks of a whole county counted from indexes alone: decisions by unit, and of each decision's broken rules the earliest."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

SHARE = ("unit_id", "due_from", "due_until", "matter", "access_class", "broken_on", "uncovered_on", "id")
SEEN = ("id", "unit_id", "matter", "access_class", "due_from", "due_until")


def upgrade() -> None:
    op.drop_index("ix_decisions_share", "decisions")
    op.drop_index("ix_decisions_unit_id", "decisions")
    op.create_index("ix_decisions_share", "decisions", list(SHARE))
    op.create_index("ix_decisions_seen", "decisions", list(SEEN))
    op.add_column("broken_rules", sa.Column("first", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_index("ix_broken_rules_rule_on", "broken_rules")
    op.create_index("ix_broken_rules_counted", "broken_rules", ["first", "rule", "kind", "whose", "on", "decision_id"])
    # They are numbered in the order of their days.
    op.execute(
        "UPDATE broken_rules SET first = true WHERE NOT EXISTS (SELECT 1 FROM broken_rules AS earlier WHERE"
        " earlier.decision_id = broken_rules.decision_id AND earlier.rule = broken_rules.rule"
        " AND earlier.number < broken_rules.number)"
    )


def downgrade() -> None:
    raise NotImplementedError("an index is made again by who wants it")
