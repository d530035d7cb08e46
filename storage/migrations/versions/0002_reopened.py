"""When a meeting was last opened again: nobody's absence before that moment counts, recorded or not."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("meetings", sa.Column("reopened_ns", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("meetings", "reopened_ns")
