# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Messages on their way out."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import Select, func, or_, select, update
from sqlmodel import col

from interviewer.adapters.sql import interview_rows
from interviewer.adapters.sql.part import Part, where_given
from interviewer.adapters.sql.rows import row_of
from interviewer.adapters.sql.tables import InterviewTable, OutboundMessageTable
from interviewer.core.errors import Conflict, NotFound
from interviewer.core.invitation import OUT, Delivery, MessageState, OutboundMessage
from interviewer.store import Outbox

ORDER: tuple[Delivery, ...] = get_args(Delivery)


class SqlOutbox(Part, Outbox):
    """Messages on their way out."""

    def message(self, message_key: str) -> OutboundMessage:
        table = OutboundMessageTable
        found = self._values(
            OutboundMessage, select(table).where(col(table.message_key) == message_key)
        )
        if not found:
            raise NotFound(f"No message {message_key!r}.")
        return found[0]

    def messages(
        self,
        *,
        interview_id: str | None = None,
        state: str | None = None,
        addresses: Collection[str] | None = None,
        channel: str | None = None,
        gated_since: datetime | None = None,
        error_code: str | None = None,
    ) -> list[OutboundMessage]:
        table = OutboundMessageTable
        query = where_given(
            select(table),
            table,
            interview_id=interview_id,
            state=state,
            channel=channel,
            error_code=error_code,
        )
        if addresses is not None:
            query = query.where(col(table.address).in_(addresses))
        if gated_since is not None:
            query = query.where(col(table.gated_at) >= gated_since, col(table.state).in_(OUT))
        return self._values(OutboundMessage, query.order_by(col(table.place)))

    def invited(self, study: str, since: datetime | None = None) -> int:
        query = _begun(select(func.count()).select_from(OutboundMessageTable), study, since)
        with self._database.read() as connection:
            return connection.scalar(query) or 0

    def first_messages(
        self, study: str, newest: int, since: datetime | None = None
    ) -> list[OutboundMessage]:
        query = _begun(select(OutboundMessageTable), study, since)
        latest = query.order_by(col(OutboundMessageTable.gated_at).desc()).limit(newest)
        return self._values(OutboundMessage, latest)

    def add_messages(self, messages: Sequence[OutboundMessage]) -> None:
        with self._database.write() as connection:
            interview_rows.add_messages(connection, messages)

    def move_message(self, message: OutboundMessage, *states: MessageState) -> None:
        table = OutboundMessageTable
        own = update(table).where(
            col(table.message_key) == message.message_key, col(table.state).in_(states)
        )
        with self._database.write() as connection:
            ours = row_of(message, "delivery", "error_code")  # `report_delivery` writes these
            if message.state == "pending":  # it is sent once more: what was reported is over
                ours |= dict.fromkeys(("delivery", "error_code"))
            if not connection.execute(own.values(ours)).rowcount:
                raise Conflict

    def report_delivery(
        self,
        message_key: str,
        provider_id: str,
        delivery: Delivery,
        error_code: str | None,
        now: datetime,
    ) -> OutboundMessage | None:
        table = OutboundMessageTable
        before = self.message(message_key)
        told = ORDER[: ORDER.index(delivery)]
        own = update(table).where(col(table.message_key) == message_key)
        is_new = own.where(
            or_(col(table.delivery).is_(None), col(table.delivery).in_(told)),
            # A report of the first try says nothing of the second.
            or_(col(table.provider_id).is_(None), col(table.provider_id) == provider_id),
            col(table.state) != "pending",
        )
        with self._database.write() as connection:
            report = is_new.values(delivery=delivery, error_code=error_code)
            new = connection.execute(report).rowcount
            gone = own.where(col(table.state).in_(("sending", "unknown")))
            sent = {"state": "sent", "provider_id": provider_id, "sent_at": before.sent_at or now}
            connection.execute(gone.values(**sent))
        return self.message(message_key) if new else None

    def messages_to(self, address: str, since: datetime) -> list[OutboundMessage]:
        table = OutboundMessageTable
        query = select(table).where(
            col(table.address) == address,
            or_(col(table.sent_at) > since, col(table.state).in_(("pending", "sending"))),
        )
        return self._values(OutboundMessage, query.order_by(col(table.place)))


def _begun(query: Select[Any], study: str, since: datetime | None) -> Select[Any]:
    """The query on the messages that began an interview of the study and went out; no tests."""
    table = OutboundMessageTable
    own = query.join(
        InterviewTable, col(InterviewTable.interview_id) == col(table.interview_id)
    ).where(
        col(InterviewTable.study) == study,
        ~col(InterviewTable.test),
        col(table.kind) == "initiated",
        col(table.seq) == 0,
        col(table.state).in_(OUT),
    )
    return own if since is None else own.where(col(table.gated_at) >= since)
