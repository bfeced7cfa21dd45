"""Cases in the hands of people; notices to other systems."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "destination",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("sealed_url", sa.String(), nullable=False),
        sa.Column("sealed_secrets", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("kinds", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("contact_data", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_destination")),
    )
    op.create_table(
        "notice",
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_destination"), "notice", ["destination"])
    op.create_index(op.f("ix_notice_state_at"), "notice", ["state", "at"])

    op.create_table(
        "occurrence",
        sa.Column("occurrence_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spread_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("occurrence_id", name=op.f("pk_occurrence")),
    )
    op.create_index(op.f("ix_occurrence_spread_at"), "occurrence", ["spread_at"])

    with op.batch_alter_table("case") as table:
        table.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("owner_email", sa.String(), nullable=True))
        table.add_column(sa.Column("second_owner_email", sa.String(), nullable=True))
        table.add_column(sa.Column("taken_by", sa.String(), nullable=True))
        table.add_column(sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("outcome", sa.String(), nullable=True))
        table.add_column(sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("reopened", sa.Integer(), nullable=True))
        table.add_column(sa.Column("notes", sa.JSON(none_as_null=True), nullable=True))
    case = sa.table("case", sa.column("reopened", sa.Integer()), sa.column("notes", sa.JSON()))
    op.execute(sa.update(case).values(reopened=0, notes=[]))
    with op.batch_alter_table("case") as table:
        table.alter_column("reopened", existing_type=sa.Integer(), nullable=False)
        table.alter_column("notes", existing_type=sa.JSON(none_as_null=True), nullable=False)
