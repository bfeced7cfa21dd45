"""Messages of people, former links, and what a provider reports of a message"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "inbound_message",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("wish", sa.String(), nullable=False),
        sa.Column("media", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("batch", sa.String(), nullable=True),
        sa.Column("interview_id", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.interview_id"], name=op.f("fk_inbound_message_interview")
        ),
        sa.PrimaryKeyConstraint("channel", "provider_id", name=op.f("pk_inbound_message")),
    )
    op.create_index(op.f("ix_inbound_message_due_at"), "inbound_message", ["due_at"])
    op.create_index(
        op.f("ix_inbound_message_address_received_at"),
        "inbound_message",
        ["address", "received_at"],
    )
    op.create_table(
        "former_link",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("interview_id", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.interview_id"], name=op.f("fk_former_link_interview")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_former_link")),
    )
    op.add_column("outbound_message", sa.Column("kind", sa.String(), nullable=True))
    op.execute("update outbound_message set kind = 'reply' where seq > 0")
    op.execute("update outbound_message set kind = 'initiated' where seq = 0")
    with op.batch_alter_table("outbound_message") as batch:
        batch.alter_column("kind", existing_type=sa.String(), nullable=False)
        batch.alter_column("interview_id", existing_type=sa.String(), nullable=True)
        batch.add_column(sa.Column("delivery", sa.String(), nullable=True))
        batch.add_column(sa.Column("error_code", sa.String(), nullable=True))
    op.create_index(op.f("ix_outbound_message_address"), "outbound_message", ["address"])
