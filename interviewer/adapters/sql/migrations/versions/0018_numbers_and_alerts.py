"""Tickets, cost assumptions, alert rules"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

KINDS_BEFORE = 12  # of notices


def book_row() -> tuple["sa.Column[str]", "sa.Column[object]"]:
    return (
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
    )


def upgrade() -> None:
    op.create_table(
        "ticket",
        *book_row(),
        sa.Column("ticket_ref", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_quality", sa.String(), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=True),
        sa.Column("shipment_ref", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_ticket")),
    )
    op.create_index(op.f("ix_ticket_at"), "ticket", ["at"])
    op.create_index(op.f("ix_ticket_shipment_ref"), "ticket", ["shipment_ref"])
    op.create_table(
        "cost_assumption",
        *book_row(),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_quality", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("contact", sa.Float(), nullable=True),
        sa.Column("reattempt", sa.Float(), nullable=True),
        sa.Column("claim", sa.Float(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_cost_assumption")),
    )
    op.create_table(
        "alert_rule",
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("watches", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("account_ref", sa.String(), nullable=True),
        sa.Column("limit", sa.Float(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_alert_rule")),
    )
    _tell_who_is_told_everything()


def _tell_who_is_told_everything() -> None:
    """A destination that wants every kind of notice wants the new one as well."""
    table = sa.table("destination", sa.column("name"), sa.column("kinds", sa.JSON()))
    bind = op.get_bind()
    for name, kinds in bind.execute(sa.select(table.c.name, table.c.kinds)).all():
        if len(kinds) == KINDS_BEFORE:
            more = [*kinds, "alert.raised"]
            bind.execute(sa.update(table).where(table.c.name == name).values(kinds=more))
