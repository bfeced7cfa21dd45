"""Notes, volumes, invoices, ratings, reviews"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "invoice",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("invoice_ref", sa.String(), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=False),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("disputed", sa.String(), nullable=True),
        sa.Column("invoice_kind", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_invoice")),
    )
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_account_ref"), ["account_ref"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_invoice_ref"), ["invoice_ref"], unique=False)

    op.create_table(
        "note",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_quality", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column("contact_ref", sa.String(), nullable=True),
        sa.Column("note_kind", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_note")),
    )
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_note_account_ref"), ["account_ref"], unique=False)

    op.create_table(
        "rating",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_quality", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("rating", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_rating")),
    )
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_account_ref"), ["account_ref"], unique=False)

    op.create_table(
        "signal_review",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("turn_id", sa.String(), nullable=False),
        sa.Column("signal", sa.String(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_signal_review")),
    )
    with op.batch_alter_table("signal_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signal_review_turn_id"), ["turn_id"], unique=False)

    op.create_table(
        "volume",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("units", sa.Float(), nullable=False),
        sa.Column("market_index", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_volume")),
    )
    with op.batch_alter_table("volume", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_volume_account_ref"), ["account_ref"], unique=False)

    with op.batch_alter_table("action", schema=None) as batch_op:
        batch_op.add_column(sa.Column("owner_name", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("due_date", sa.Date(), nullable=True))
