"""Since when a meeting was called, and by which of two ways an assembly counts, as was stated beforehand."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("meetings", sa.Column("called_on", sa.String(), nullable=True))
    op.add_column("meetings", sa.Column("way", sa.String(), nullable=True))
    # Until now the day of planning counted.
    meetings = sa.table("meetings", *(sa.column(name) for name in ("id", "planned_wall", "created_wall", "called_on")))
    rows = op.get_bind().execute(
        sa.select(meetings.c.id, meetings.c.created_wall).where(meetings.c.planned_wall.is_not(None))
    )
    for key, wall in rows.all():
        day = (datetime.fromtimestamp(wall // 1_000_000_000, UTC) + timedelta(hours=8)).date().isoformat()
        op.execute(sa.update(meetings).where(meetings.c.id == key).values(called_on=day))


def downgrade() -> None:
    raise NotImplementedError("how a meeting was called is not dropped by a migration")
