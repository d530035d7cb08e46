"""By which sign-in a media session was opened: when the one is ended, so is the other."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("media_sessions", sa.Column("sign_in", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("media_sessions", "sign_in")
