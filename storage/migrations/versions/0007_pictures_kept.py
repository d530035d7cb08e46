"""How many sites a meeting may have for every camera to be kept."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recordings", sa.Column("pictures_up_to", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("recordings", "pictures_up_to")
