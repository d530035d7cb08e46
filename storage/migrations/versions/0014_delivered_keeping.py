"""Delivered files are kept as segments are: looked through in the sweep, claimed before they are taken away.

deliveries   a lock is never noted shorter than it was; nothing of a recording under a hold is taken away
"""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import refuse

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sweeps", sa.Column("delivered_seq", sa.BigInteger(), nullable=True))
    op.add_column("deliveries", sa.Column("removing_wall", sa.BigInteger(), nullable=True))
    refuse(
        "deliveries",
        "UPDATE",
        """(OLD.locked_until_wall IS NOT NULL
            AND (NEW.locked_until_wall IS NULL OR NEW.locked_until_wall < OLD.locked_until_wall)) OR (
           ((NEW.removing_wall IS NOT NULL AND OLD.removing_wall IS NULL)
            OR (NEW.removed_wall IS NOT NULL AND OLD.removing_wall IS NULL))
           AND EXISTS (SELECT 1 FROM holds h WHERE h.recording_id = NEW.recording_id AND h.lifted_wall IS NULL))""",
        "a lock grows only, and holds win",
        name="deliveries_keep",
    )


def downgrade() -> None:
    raise NotImplementedError("what keeps a file is not dropped by a migration")
