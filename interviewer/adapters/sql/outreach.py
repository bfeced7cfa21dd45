# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Moments and invitations."""

from collections.abc import Collection, Sequence

from sqlalchemy import RowMapping, func, select, update
from sqlmodel import col

from interviewer.adapters.sql import interview_rows, jobs
from interviewer.adapters.sql.part import Part, where_given
from interviewer.adapters.sql.rows import chunks, insert_new, row_of, upsert
from interviewer.adapters.sql.tables import (
    InvitationTable,
    MomentTable,
)
from interviewer.core.errors import NotFound
from interviewer.core.invitation import Invitation, InvitationState
from interviewer.core.moments import Moment
from interviewer.store import MomentRecord, Outreach


class SqlOutreach(Part, Outreach):
    """Moments and invitations."""

    def save_moments(self, records: Sequence[MomentRecord]) -> None:
        rows = [
            {
                "moment_id": record.moment.moment_id,
                "kind": record.moment.kind,
                "subject": record.moment.subject,
                "moment": row_of(record.moment),
                "outcome": record.outcome,
                "study": record.study,
                "due_at": record.due_at,
                "seen_at": record.seen_at,
            }
            for record in records
        ]
        with self._database.write() as connection:
            upsert(connection, MomentTable, ("moment_id",), rows, keep=("seen_at",))

    def moments(
        self, subjects: Collection[str] | None = None, *, outcome: str | None = None
    ) -> list[MomentRecord]:
        query = where_given(select(MomentTable), MomentTable, outcome=outcome)
        if subjects is None:
            queries = [query]
        else:
            parts = chunks(dict.fromkeys(subjects))
            queries = [query.where(col(MomentTable.subject).in_(part)) for part in parts]
        with self._database.read() as connection:
            found = [
                _moment_record(row)
                for part in queries
                for row in connection.execute(part).mappings()
            ]
        return sorted(found, key=lambda record: (record.seen_at, record.moment.moment_id))

    def moment(self, moment_id: str) -> MomentRecord:
        query = select(MomentTable).where(col(MomentTable.moment_id) == moment_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound(f"No moment {moment_id!r}.")
        return _moment_record(row)

    def plan(self, invitation: Invitation) -> bool:
        with self._database.write() as connection:
            if not insert_new(connection, InvitationTable, [row_of(invitation)]):
                return False
            interview_rows.wait_for(connection, invitation)
            return True

    def save_invitation(self, invitation: Invitation) -> Invitation:
        with self._database.write() as connection:
            return interview_rows.save_invitation(connection, invitation)

    def hold_invitations(self, study: str, state: InvitationState, reason: str) -> int:
        table = InvitationTable
        waiting = select(col(table.invitation_id)).where(
            col(table.study) == study, col(table.state).in_(("due", "held"))
        )
        own = update(table).where(col(table.invitation_id).in_(waiting))
        version = col(table.version) + 1
        with self._database.write() as connection:
            jobs.cancel(connection, "invite", connection.scalars(waiting).all())
            held = connection.execute(own.values(state=state, reason=reason, version=version))
            return held.rowcount

    def invitation(self, invitation_id: str) -> Invitation:
        own = select(InvitationTable).where(col(InvitationTable.invitation_id) == invitation_id)
        found = self._values(Invitation, own)
        if not found:
            raise NotFound(f"No invitation {invitation_id!r}.")
        return found[0]

    def invitation_counts(self, study: str) -> dict[tuple[str, str | None], int]:
        table = InvitationTable
        by = (col(table.state), col(table.reason))
        counts = select(*by, func.count()).where(col(table.study) == study).group_by(*by)
        with self._database.read() as connection:
            return {(state, why): n for state, why, n in connection.execute(counts)}

    def invitations(
        self,
        *,
        study: str | None = None,
        address: str | Collection[str] | None = None,
        state: str | None = None,
        moment_id: str | None = None,
    ) -> list[Invitation]:
        query = where_given(
            select(InvitationTable),
            InvitationTable,
            study=study,
            state=state,
            moment_id=moment_id,
        )
        if address is None:
            found = self._values(Invitation, query)
        else:
            own = col(InvitationTable.address)
            parts = chunks([address] if isinstance(address, str) else address)
            found = [
                i for part in parts for i in self._values(Invitation, query.where(own.in_(part)))
            ]
        return sorted(found, key=lambda invitation: (invitation.due_at, invitation.invitation_id))


def _moment_record(row: RowMapping) -> MomentRecord:
    return MomentRecord(
        moment=Moment.model_validate(row["moment"]),
        outcome=row["outcome"],
        study=row["study"],
        due_at=row["due_at"],
        seen_at=row["seen_at"],
    )
