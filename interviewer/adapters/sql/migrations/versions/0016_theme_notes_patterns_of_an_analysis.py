"""Theme notes, patterns of an analysis"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "theme_note",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("theme_id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_theme_note")),
    )
    with op.batch_alter_table("theme_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_theme_note_theme_id"), ["theme_id"], unique=False)

    with op.batch_alter_table("analysis_run", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("patterns", sa.JSON(none_as_null=True), nullable=False, server_default="{}")
        )
    with op.batch_alter_table("analysis_run", schema=None) as batch_op:
        batch_op.alter_column("patterns", server_default=None)
