"""A second factor beside the password; which tokens were given out together, to which device."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.triggers import refuse

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("begun_wall", sa.BigInteger(), nullable=False),
        sa.Column("since_wall", sa.BigInteger(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_second_factors_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
    )
    refuse("second_factors", "UPDATE", "NEW.last_step < OLD.last_step", "no code is taken twice")
    op.create_table(
        "recovery_codes",
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("used_wall", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id_users")),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_user_id"), "recovery_codes", ["user_id"])
    refuse("recovery_codes", "UPDATE", "OLD.used_wall IS NOT NULL", "no code is taken twice")
    for name in ("login_id", "agent", "address"):
        op.add_column("sign_ins", sa.Column(name, sa.String(), server_default=sa.text("''"), nullable=False))
    op.create_index(op.f("ix_sign_ins_login_id"), "sign_ins", ["login_id"])
    # Cookie and bearer of one signing in were made in one moment.
    op.execute("UPDATE sign_ins SET login_id = 'lgn_' || CAST(created_wall AS VARCHAR(20)) || '_' || user_id")


def downgrade() -> None:
    raise NotImplementedError("a second factor is not dropped by a migration")
