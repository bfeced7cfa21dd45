"""One queue of jobs, the audit of the gate, the brake of a study"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "gate_decision",
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("intent_id", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("retry_at", TIME, nullable=True),
        sa.Column("rule_set", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_gate_decision")),
    )
    op.create_index(op.f("ix_gate_decision_intent_id"), "gate_decision", ["intent_id"])
    op.create_table(
        "job",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("replayed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "step", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_due_at"), "job", ["due_at"])
    op.add_column("study", sa.Column("brake", sa.String(), nullable=True))

    op.add_column("invitation", sa.Column("version", sa.Integer(), nullable=True))
    op.execute("update invitation set version = 0")
    op.execute("update invitation set state = 'due' where state = 'leased'")
    with op.batch_alter_table("invitation") as batch:
        batch.alter_column("version", nullable=False)
        batch.drop_column("lease_until")
        batch.drop_column("attempt")

    with op.batch_alter_table("outbound_message") as batch:
        batch.add_column(sa.Column("ends_at", TIME, nullable=True))
        batch.add_column(sa.Column("gated_at", TIME, nullable=True))
        batch.add_column(sa.Column("reason", sa.String(), nullable=True))
    op.execute("update outbound_message set gated_at = sent_at")
    for columns in (["channel", "gated_at"], ["provider_id"]):
        name = op.f(f"ix_outbound_message_{'_'.join(columns)}")
        op.create_index(name, "outbound_message", columns)

    # What waits becomes a job: an invitation whose interview has begun waits with its message.
    empty = "0, 0, null, false"
    op.execute(
        f"insert into job select invitation_id, 'invite', due_at, {empty} from invitation"
        " where state = 'due' and interview_id is null"
    )
    op.execute(
        f"insert into job select message_key, 'send', coalesce(due_at, current_timestamp), {empty}"
        " from outbound_message where state in ('pending', 'sending')"
    )
    op.execute(
        "update invitation set state = 'sending' where state = 'due' and interview_id is not null"
    )
