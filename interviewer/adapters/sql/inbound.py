# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Messages of people, as they came."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlmodel import col

from interviewer.adapters.sql import book_rows
from interviewer.adapters.sql.engine import lock_of, take_turns
from interviewer.adapters.sql.jobs import end, hold, schedule
from interviewer.adapters.sql.part import Part, where_given
from interviewer.adapters.sql.rows import insert_new, row_of, values_of
from interviewer.adapters.sql.tables import InboundMessageTable
from interviewer.core.book import Row
from interviewer.core.inbound import InboundMessage
from interviewer.core.invitation import Job
from interviewer.store import Inbound


class SqlInbound(Part, Inbound):
    """Messages of people, as they came."""

    def take_message(
        self, message: InboundMessage, due_at: datetime, *, book: Sequence[Row] = ()
    ) -> bool:
        with self._database.write() as connection:
            take_turns(connection, _lock(message))
            if not insert_new(connection, InboundMessageTable, [row_of(message)]):
                return False
            book_rows.put(connection, book)
            if message.outcome is None:
                head = _waiting(connection, message)[0]
                schedule(connection, [Job(step="answer", subject=head.subject, due_at=due_at)])
        return True

    def take_batch(self, job: Job) -> list[InboundMessage]:
        table = InboundMessageTable
        provider_id, _, channel = job.subject.rpartition(":")
        named = (col(table.channel) == channel, col(table.provider_id) == provider_id)
        with self._database.write() as connection:
            head = values_of(InboundMessage, connection, select(table).where(*named))[0]
            take_turns(connection, _lock(head))
            hold(connection, job)
            name = head.batch or head.provider_id
            parts = _waiting(connection, head)
            own = col(table.provider_id).in_([part.provider_id for part in parts])
            connection.execute(update(table).where(named[0], own).values(batch=name))
        return [part.model_copy(update={"batch": name}) for part in parts]

    def settle_batch(
        self, job: Job, batch: Sequence[InboundMessage], outcome: str, interview_id: str | None
    ) -> None:
        table = InboundMessageTable
        with self._database.write() as connection:
            end(connection, job)
            for part in batch:
                own = (
                    col(table.channel) == part.channel,
                    col(table.provider_id) == part.provider_id,
                )
                told = {"outcome": outcome, "interview_id": interview_id}
                connection.execute(update(table).where(*own).values(told))

    def inbound_messages(
        self,
        *,
        address: str | None = None,
        interview_id: str | None = None,
        since: datetime | None = None,
    ) -> list[InboundMessage]:
        table = InboundMessageTable
        query = where_given(select(table), table, address=address, interview_id=interview_id)
        if since:
            query = query.where(col(table.received_at) >= since)
        return self._values(
            InboundMessage, query.order_by(col(table.received_at), col(table.provider_id))
        )

    def count_inbound(self, channel: str, address: str, since: datetime) -> int:
        table = InboundMessageTable
        query = select(func.count()).where(
            col(table.channel) == channel,
            col(table.address) == address,
            col(table.received_at) > since,
        )
        with self._database.read() as connection:
            return connection.scalar(query) or 0


def _lock(message: InboundMessage) -> int:
    """Messages of one person are taken one after the other."""
    return lock_of(f"inbound/{message.channel}/{message.address}")


def _waiting(connection: Connection, message: InboundMessage) -> list[InboundMessage]:
    """What is answered with this one, oldest first: the batch that it is in, or all new text."""
    table = InboundMessageTable
    same = select(table).where(
        col(table.channel) == message.channel,
        col(table.address) == message.address,
        col(table.outcome).is_(None),
    )
    if message.batch:
        same = same.where(col(table.batch) == message.batch)
    elif message.wish == "other":
        same = same.where(col(table.wish) == "other", col(table.batch).is_(None))
    else:
        same = same.where(col(table.provider_id) == message.provider_id)
    order = (col(table.received_at), col(table.provider_id))
    return values_of(InboundMessage, connection, same.order_by(*order))
