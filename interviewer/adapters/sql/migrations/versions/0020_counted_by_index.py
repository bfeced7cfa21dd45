"""Whether an interview was answered, and how invitations went, counted by an index alone"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

COUNTED = ["study", "status", "channel", "language", "test"]


def upgrade() -> None:
    with op.batch_alter_table("interview", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("answered", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.execute(
        "update interview set answered = true where exists (select 1 from turn "
        "where turn.interview_id = interview.interview_id and turn.speaker = 'respondent')"
    )
    with op.batch_alter_table("interview", schema=None) as batch_op:
        batch_op.alter_column("answered", server_default=None)
    op.drop_index("ix_interview_study_status_channel_language_test", table_name="interview")
    op.create_index(
        "ix_interview_study_status_channel_language_test_answered",
        "interview",
        [*COUNTED, "answered"],
    )
    op.drop_index("ix_invitation_study", table_name="invitation")
    op.create_index("ix_invitation_study_state_reason", "invitation", ["study", "state", "reason"])
