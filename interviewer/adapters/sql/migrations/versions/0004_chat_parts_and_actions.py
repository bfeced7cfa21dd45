"""Messages of the page that join a turn, actions, what a case is about"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "action",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("said_at", sa.Date(), nullable=False),
        sa.Column("topic", sa.String(), nullable=True),
        sa.Column("contact_ref", sa.String(), nullable=True),
        sa.Column("done_at", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_action")),
    )
    op.create_index(op.f("ix_action_account_ref"), "action", ["account_ref"])

    op.create_table(
        "chat_part",
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("interview_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("turn_seq", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.interview_id"], name=op.f("fk_chat_part_interview")
        ),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_chat_part")),
        sa.UniqueConstraint(
            "interview_id", "message_id", name=op.f("uq_chat_part_interview_id_message_id")
        ),
    )

    with op.batch_alter_table("case") as batch_op:
        batch_op.add_column(sa.Column("exception_code", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("customer_action", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("agent_action", sa.String(), nullable=True))

    with op.batch_alter_table("turn") as batch_op:
        batch_op.add_column(
            sa.Column("joined", sa.JSON(none_as_null=True), nullable=False, server_default="[]")
        )
    with op.batch_alter_table("turn") as batch_op:
        batch_op.alter_column("joined", server_default=None)
