# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Events as they came."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import col

from interviewer.adapters.sql.part import Part
from interviewer.adapters.sql.rows import insert_new_of, upsert
from interviewer.adapters.sql.tables import InboxEventTable
from interviewer.core.errors import NotFound
from interviewer.store import Inbox, InboxEvent

COLUMNS = tuple(InboxEvent.__dataclass_fields__)


class SqlInbox(Part, Inbox):
    """Events as they came."""

    def add_to_inbox(self, events: Sequence[InboxEvent]) -> list[bool]:
        # In one order everywhere, so that two processes never wait for each other's rows.
        fresh = {(event.source, event.event_id): event for event in reversed(events)}
        rows = [_row(fresh[name]) for name in sorted(fresh)]
        with self._database.write() as connection:
            new = insert_new_of(connection, InboxEventTable, ("source", "event_id"), rows)
        return [new.pop((event.source, event.event_id), False) for event in events]

    def unprocessed(self, limit: int) -> list[InboxEvent]:
        waiting = select(InboxEventTable).where(
            col(InboxEventTable.processed_at).is_(None),
            col(InboxEventTable.error).is_(None),
            col(InboxEventTable.test).is_(False),
        )
        return self._events(waiting.order_by(*_by_age()).limit(limit))

    def save_inbox(self, events: Sequence[InboxEvent]) -> None:
        rows = [_row(event) for event in events]
        with self._database.write() as connection:
            upsert(connection, InboxEventTable, ("source", "event_id"), rows)

    def inbox_event(self, source: str, event_id: str) -> InboxEvent:
        own = select(InboxEventTable).where(
            col(InboxEventTable.source) == source, col(InboxEventTable.event_id) == event_id
        )
        found = self._events(own)
        if not found:
            raise NotFound(f"No event {source}/{event_id} came in.")
        return found[0]

    def inbox(self, *, held_back: bool = False, limit: int | None = None) -> list[InboxEvent]:
        query = select(InboxEventTable)
        if held_back:
            query = query.where(col(InboxEventTable.error).is_not(None))
        if limit is None:
            return self._events(query.order_by(*_by_age()))
        newest = query.order_by(*(column.desc() for column in _by_age())).limit(limit)
        return self._events(newest)[::-1]

    def _events(self, query: Select[Any]) -> list[InboxEvent]:
        with self._database.read() as connection:
            return [InboxEvent(**row) for row in connection.execute(query).mappings()]


def _row(event: InboxEvent) -> dict[str, Any]:
    return {name: getattr(event, name) for name in COLUMNS}  # `asdict` copies what it finds


def _by_age() -> tuple[Any, ...]:
    table = InboxEventTable
    return col(table.received_at), col(table.source), col(table.event_id)
