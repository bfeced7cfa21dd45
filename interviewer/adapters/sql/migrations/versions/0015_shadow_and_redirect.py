"""Where a study sends everything while it is tried, and for whom such a message was"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    empty = sa.Column(
        "redirect_to", sa.JSON(none_as_null=True), nullable=False, server_default="[]"
    )
    with op.batch_alter_table("study") as batch_op:
        batch_op.add_column(empty)
    with op.batch_alter_table("study") as batch_op:
        batch_op.alter_column("redirect_to", server_default=None)
    op.add_column("outbound_message", sa.Column("meant_for", sa.String(), nullable=True))
