# ruff: noqa: D102 - what a method means is said once, in the protocol
"""The book of business."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import or_, select
from sqlmodel import col

from interviewer.adapters.sql import book_rows, shipment_exceptions
from interviewer.adapters.sql.part import Part
from interviewer.adapters.sql.tables import BOOK, ShipmentTable
from interviewer.core.book import Row, ShipmentEvent
from interviewer.core.operations import Passage
from interviewer.store import Book, Put

R = TypeVar("R", bound=Row)


class SqlBook(Part, Book):
    """The book of business."""

    def put(self, values: Sequence[Row]) -> list[Put]:
        with self._database.write() as connection:
            return book_rows.put(connection, values)

    def zone_of(self, code: str) -> str | None:
        table = ShipmentTable
        by_name = col(table.shipment_ref) == code
        either = or_(by_name, col(table.tracking_code) == code)
        known = select(col(table.timezone)).where(either, col(table.timezone).is_not(None))
        with self._database.read() as connection:
            return connection.scalar(known.order_by(by_name.desc(), col(table.identity)).limit(1))

    def exceptions_of(self, refs: Sequence[str]) -> list[ShipmentEvent]:
        with self._database.read() as connection:
            return shipment_exceptions.of_shipments(connection, refs)

    def exceptions_of_account(self, account_ref: str, since: datetime) -> list[ShipmentEvent]:
        with self._database.read() as connection:
            return shipment_exceptions.of_account(connection, account_ref, since)

    def first_event_of(self, account_ref: str) -> datetime | None:
        with self._database.read() as connection:
            return shipment_exceptions.first_event(connection, account_ref)

    def passages(self, since: datetime) -> list[Passage]:
        with self._database.read() as connection:
            return shipment_exceptions.passages(connection, since)

    def times_of(self, kind: type[Row], column: str, since: datetime) -> list[datetime]:
        at = col(getattr(BOOK[kind], column))
        with self._database.read() as connection:
            return list(connection.scalars(select(at).where(at >= since)))

    def find(self, kind: type[R], **where: object) -> list[R]:
        with self._database.read() as connection:
            return book_rows.find(connection, kind, where)
