"""Actions that respondents ask for"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "action_request",
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("interview_id", sa.String(), nullable=False),
        sa.Column("shipment_ref", sa.String(), nullable=False),
        sa.Column("action_id", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.interview_id"], name=op.f("fk_action_request_interview")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_action_request")),
    )
    for column in ("interview_id", "shipment_ref"):
        op.create_index(op.f(f"ix_action_request_{column}"), "action_request", [column])
