"""Shipments without reading all their events: exceptions that may make a bad week, passages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, or_, select, union
from sqlmodel import col

from interviewer.adapters.sql.rows import values_of
from interviewer.adapters.sql.tables import ShipmentEventTable, ShipmentTable
from interviewer.core.book import ShipmentEvent
from interviewer.core.operations import Passage

EVENT, SHIPMENT = ShipmentEventTable, ShipmentTable


def of_shipments(connection: Connection, refs: Sequence[str]) -> list[ShipmentEvent]:
    """As the store says; the references fit one IN (...)."""
    query = select(EVENT).where(
        col(EVENT.shipment_ref).in_(refs), col(EVENT.exception_code).is_not(None)
    )
    events = values_of(ShipmentEvent, connection, query)
    if not events:
        return []
    ref, code, account = (
        col(each) for each in (SHIPMENT.shipment_ref, SHIPMENT.tracking_code, SHIPMENT.account_ref)
    )
    names = {event.shipment_ref for event in events}
    owners: dict[str, str] = {}
    for name in (code, ref):  # a shipment's own reference counts before another's tracking code
        found = select(name, account).where(name.in_(names), account.is_not(None))
        owners |= {str(one): str(owner) for one, owner in connection.execute(found)}
    return [
        event.model_copy(update={"account_ref": owners.get(event.shipment_ref, event.account_ref)})
        for event in events
    ]


def of_account(connection: Connection, account_ref: str, since: datetime) -> list[ShipmentEvent]:
    """As the store says."""
    is_exception = (col(EVENT.exception_code).is_not(None), col(EVENT.occurred_at) >= since)
    keys = union(*_of_account(col(EVENT.identity), account_ref, *is_exception)).subquery()
    query = select(EVENT).where(col(EVENT.identity).in_(select(keys.c.identity)))
    return values_of(ShipmentEvent, connection, query)


def first_event(connection: Connection, account_ref: str) -> datetime | None:
    """As the store says."""
    times = [
        connection.scalar(query)
        for query in _of_account(func.min(col(EVENT.occurred_at)), account_ref)
    ]
    return min((at for at in times if at), default=None)


def passages(connection: Connection, since: datetime) -> list[Passage]:
    """As the store says."""
    at, status = col(EVENT.occurred_at), col(EVENT.status)
    troubled = or_(status == "attempt_failed", col(EVENT.exception_code).is_not(None))
    query = (
        select(
            col(EVENT.shipment_ref),
            func.min(at),
            func.min(case((status == "delivered", at))),
            func.min(col(EVENT.timezone)),
            func.max(case((troubled, 1), else_=0)),
        )
        .where(col(EVENT.event_kind) == "scan")
        .group_by(col(EVENT.shipment_ref))
        .having(func.max(at) >= since)
    )
    return [
        Passage(ref, began, delivered, timezone, bool(is_troubled))
        for ref, began, delivered, timezone, is_troubled in connection.execute(query)
    ]


def _of_account(what: Any, account_ref: str, *conditions: ColumnElement[bool]) -> list[Select[Any]]:
    """A column of the events of an account's shipments, in three ways that each use an index."""
    own = col(SHIPMENT.account_ref) == account_ref
    by_name = col(EVENT.shipment_ref) == col(SHIPMENT.shipment_ref)
    by_code = col(EVENT.shipment_ref) == col(SHIPMENT.tracking_code)
    return [
        select(what).where(col(EVENT.account_ref) == account_ref, *conditions),
        select(what).join_from(EVENT, SHIPMENT, by_name).where(own, *conditions),
        select(what).join_from(EVENT, SHIPMENT, by_code).where(own, *conditions),
    ]
