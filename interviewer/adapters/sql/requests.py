# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Actions that respondents asked for."""

from sqlalchemy import Connection, select, update
from sqlmodel import col

from interviewer.adapters.sql import jobs
from interviewer.adapters.sql.notices import add_occurrences
from interviewer.adapters.sql.part import Part, where_given
from interviewer.adapters.sql.rows import insert_new, row_of
from interviewer.adapters.sql.tables import ActionRequestTable
from interviewer.core.errors import Conflict, NotFound
from interviewer.core.invitation import Job
from interviewer.core.notice import Occurrence
from interviewer.core.offer import ActionRequest
from interviewer.store import Requests


class SqlRequests(Part, Requests):
    """Actions that respondents asked for."""

    def add_request(self, request: ActionRequest) -> None:
        with self._database.write() as connection:
            add(connection, request)

    def request(self, request_id: str) -> ActionRequest:
        table = ActionRequestTable
        own = select(table).where(col(table.request_id) == request_id)
        found = self._values(ActionRequest, own)
        if not found:
            raise NotFound(f"No request {request_id!r}.")
        return found[0]

    def requests(
        self,
        *,
        interview_id: str | None = None,
        shipment_ref: str | None = None,
        state: str | None = None,
    ) -> list[ActionRequest]:
        table = ActionRequestTable
        query = where_given(
            select(table),
            table,
            interview_id=interview_id,
            shipment_ref=shipment_ref,
            state=state,
        )
        newest = (col(table.chosen_at).desc(), col(table.request_id))
        return self._values(ActionRequest, query.order_by(*newest))

    def settle_request(self, request: ActionRequest) -> None:
        table = ActionRequestTable
        own = update(table).where(
            col(table.request_id) == request.request_id, col(table.state) == "requested"
        )
        with self._database.write() as connection:
            if not connection.execute(own.values(row_of(request))).rowcount:
                raise Conflict
            jobs.cancel(connection, "expire", [request.request_id])


def add(connection: Connection, request: ActionRequest) -> None:
    """Store a new one, with all that follows from it."""
    if not insert_new(connection, ActionRequestTable, [row_of(request)]):
        return
    ends = Job(step="expire", subject=request.request_id, due_at=request.answer_by)
    jobs.schedule(connection, [ends])
    told = Occurrence(kind="action.requested", about=request.request_id, at=request.chosen_at)
    add_occurrences(connection, [told])
