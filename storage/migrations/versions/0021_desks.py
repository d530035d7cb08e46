"""What desks and shares are read from, and affairs that were found outside the system.

Decisions that are there get their rows when they are looked at next, which is at once.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SHARE = ("due_from", "due_until", "unit_id", "matter", "access_class", "broken_on", "uncovered_on")


def upgrade() -> None:
    for name in ("due_from", "due_until", "broken_on", "uncovered_on"):
        op.add_column("decisions", sa.Column(name, sa.String(), nullable=True))
    op.create_index("ix_decisions_share", "decisions", list(SHARE))
    op.execute("UPDATE decisions SET looked_on = ''")
    op.create_table(
        "awaited_steps",
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("due_on", sa.String(), nullable=True),
        sa.Column("late_on", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_awaited_steps_decision_id_decisions")),
        sa.PrimaryKeyConstraint("decision_id", "number", name=op.f("pk_awaited_steps")),
    )
    op.create_index("ix_awaited_steps_act_due_on", "awaited_steps", ["act", "due_on"])
    op.create_index("ix_awaited_steps_late_on", "awaited_steps", ["late_on"])
    op.create_table(
        "broken_rules",
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("whose", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("meeting", sa.String(), nullable=True),
        sa.Column("on", sa.String(), nullable=False),
        sa.Column("zh", sa.String(), nullable=False),
        sa.Column("en", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_broken_rules_decision_id_decisions")),
        sa.PrimaryKeyConstraint("decision_id", "number", name=op.f("pk_broken_rules")),
    )
    op.create_index("ix_broken_rules_rule_on", "broken_rules", ["rule", "on", "decision_id"])
    op.create_table(
        "outside_affairs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("matter", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("access_class", sa.String(), nullable=False),
        sa.Column("on", sa.String(), nullable=False),
        sa.Column("found", sa.String(), nullable=False),
        sa.Column("found_by", sa.String(), nullable=False),
        sa.Column("found_as", sa.String(), nullable=False),
        sa.Column("found_wall", sa.BigInteger(), nullable=False),
        sa.Column("struck_by", sa.String(), nullable=True),
        sa.Column("struck_as", sa.String(), nullable=True),
        sa.Column("struck_wall", sa.BigInteger(), nullable=True),
        sa.Column("struck_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_outside_affairs_unit_id_units")),
        sa.ForeignKeyConstraint(["found_by"], ["users.id"], name=op.f("fk_outside_affairs_found_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_affairs")),
    )
    op.create_index(op.f("ix_outside_affairs_unit_id"), "outside_affairs", ["unit_id"])
    op.create_index(op.f("ix_outside_affairs_on"), "outside_affairs", ["on"])


def downgrade() -> None:
    raise NotImplementedError("what was found outside the system is not dropped by a migration")
