"""A decision record walks its procedure: the day on which it began, what its meetings' recordings have shown, and all
figures of a vote."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

FIGURES = ("recused", "issued", "returned", "invalid", "other", "written_in_favour")


def upgrade() -> None:
    op.add_column("decisions", sa.Column("begun_on", sa.String(), nullable=False, server_default=sa.text("''")))
    op.add_column("decisions", sa.Column("looked_on", sa.String(), nullable=False, server_default=sa.text("''")))
    op.create_index(op.f("ix_decisions_looked_on"), "decisions", ["looked_on"])
    op.execute("UPDATE decisions SET outcome = 'resolved' WHERE outcome = 'passed'")
    op.add_column("decision_items", sa.Column("step", sa.String(), nullable=True))
    op.add_column("decision_items", sa.Column("sealed_wall", sa.BigInteger(), nullable=True))
    op.add_column("decision_items", sa.Column("confirmed_wall", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_decision_items_sealed_wall"), "decision_items", ["sealed_wall"])
    for name in FIGURES:
        op.add_column("votes", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    raise NotImplementedError("what a vote counted is not dropped by a migration")
