"""Endpoints of sources, what is counted there, and what a person did with an event"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "endpoint",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("secrets", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("words", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("folder", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_endpoint")),
        sa.UniqueConstraint("path", name=op.f("uq_endpoint_path")),
    )
    op.create_table(
        "endpoint_count",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "hour", "what", "word", name=op.f("pk_endpoint_count")),
    )
    op.add_column("inbox_event", sa.Column("mended", sa.String(), nullable=True))
    op.add_column("inbox_event", sa.Column("note", sa.String(), nullable=True))
    op.add_column(
        "inbox_event",
        sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index(op.f("ix_shipment_tracking_code"), "shipment", ["tracking_code"])
