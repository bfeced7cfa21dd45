"""Whom a case is for"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    with op.batch_alter_table("case") as batch_op:
        batch_op.add_column(
            sa.Column("audience", sa.String(), nullable=False, server_default="all")
        )
    with op.batch_alter_table("case") as batch_op:
        batch_op.alter_column("audience", server_default=None)
