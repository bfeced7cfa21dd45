"""The language of a message: a mail says it to screen readers"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("outbound_message", sa.Column("language", sa.String(), nullable=True))
