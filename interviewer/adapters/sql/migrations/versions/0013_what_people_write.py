"""What people write into interviews, and when they are told of what happened."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("turn", sa.Column("author", sa.String(), nullable=True))
    op.add_column("outbound_message", sa.Column("answers", sa.String(), nullable=True))
    op.add_column("notice", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "notice",
        sa.Column("in_digest", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
