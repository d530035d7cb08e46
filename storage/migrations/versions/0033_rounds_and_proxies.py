"""Of an election's vote: which round it was, and the ballots that were handed in for others."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

FIGURES = {"round": "1", "proxies": "0", "proxies_most": "0", "proxies_of_candidates": "0"}


def upgrade() -> None:
    for name, default in FIGURES.items():
        op.add_column("votes", sa.Column(name, sa.BigInteger(), nullable=False, server_default=default))


def downgrade() -> None:
    raise NotImplementedError("what a vote counted is not dropped by a migration")
