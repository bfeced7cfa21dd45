"""Messages of people wait as jobs: one queue"""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    head = "coalesce(batch, provider_id) || ':' || channel"
    op.execute(
        "insert into job (subject, step, due_at, claims, attempt, replayed) "
        f"select {head}, 'answer', min(due_at), 0, 0, false from inbound_message "
        f"where due_at is not null group by {head}"
    )
    op.drop_index("ix_inbound_message_due_at", table_name="inbound_message")
    with op.batch_alter_table("inbound_message") as batch_op:
        batch_op.drop_column("due_at")
