# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Where sources deliver, and what is counted there."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import col

from interviewer.adapters.sql.part import Part
from interviewer.adapters.sql.rows import add_up, upsert
from interviewer.adapters.sql.tables import EndpointCountTable, EndpointTable, InboxEventTable
from interviewer.core.errors import NotFound
from interviewer.store import Endpoint, EndpointCount, Endpoints


class SqlEndpoints(Part, Endpoints):
    """Where sources deliver, and what is counted there."""

    def save_endpoint(self, endpoint: Endpoint) -> None:
        with self._database.write() as connection:
            upsert(connection, EndpointTable, ("name",), [asdict(endpoint)])

    def endpoint(self, name: str) -> Endpoint:
        found = self._endpoints(select(EndpointTable).where(col(EndpointTable.name) == name))
        if not found:
            raise NotFound(f"No source {name!r}; see interviewer source list.")
        return found[0]

    def endpoint_at(self, source: str, path: str) -> Endpoint:
        at = select(EndpointTable).where(
            col(EndpointTable.path) == path, col(EndpointTable.source) == source
        )
        found = self._endpoints(at)
        if not found:
            raise NotFound("No such endpoint.")
        return found[0]

    def endpoints(self) -> list[Endpoint]:
        return self._endpoints(select(EndpointTable).order_by(col(EndpointTable.name)))

    def count(self, counts: Sequence[EndpointCount]) -> None:
        rows = [asdict(one) for one in counts]
        with self._database.write() as connection:
            add_up(connection, EndpointCountTable, ("name", "hour", "what", "word"), "n", rows)

    def counts(self, since: datetime) -> list[EndpointCount]:
        table, inbox = EndpointCountTable, InboxEventTable
        counted = select(table).where(col(table.hour) >= since)
        newest = func.max(col(inbox.received_at))
        came = select(col(inbox.source), newest, func.count()).group_by(col(inbox.source))
        came = came.where(col(inbox.received_at) >= since)
        with self._database.read() as connection:
            found = [EndpointCount(**row) for row in connection.execute(counted).mappings()]
            events = connection.execute(came).all()
        return [*found, *(EndpointCount(name, hour, "event", n=n) for name, hour, n in events)]

    def _endpoints(self, query: Select[Any]) -> list[Endpoint]:
        with self._database.read() as connection:
            return [Endpoint(**row) for row in connection.execute(query).mappings()]
