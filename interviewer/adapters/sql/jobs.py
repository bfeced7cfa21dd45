# ruff: noqa: D102 - what a method means is said once, in the protocol
"""The queue: jobs in one small table, claimed with a lease; and the audit of the gate."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, tuple_, update
from sqlmodel import col

from interviewer.adapters.sql.part import Part
from interviewer.adapters.sql.rows import chunks, row_of, upsert, value_of
from interviewer.adapters.sql.tables import GateDecisionTable, JobTable
from interviewer.core.errors import Conflict, NotFound
from interviewer.core.invitation import GateDecision, Job, Step
from interviewer.store import Jobs

_subject, _step, _due_at = col(JobTable.subject), col(JobTable.step), col(JobTable.due_at)


class SqlJobs(Part, Jobs):
    """The queue."""

    def schedule(self, jobs: Sequence[Job]) -> None:
        with self._database.write() as connection:
            schedule(connection, jobs)

    def claim(
        self, now: datetime, limit: int, lease: timedelta, *, besides: Collection[Step] = ()
    ) -> list[Job]:
        due = (
            select(_subject, _step)
            .where(_due_at <= now, _step.not_in(besides))
            .order_by(_due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)  # on Postgres; SQLite has one writer anyway
            .cte("due")
        )
        claim = (
            update(JobTable)
            .where(tuple_(_subject, _step).in_(select(due.c.subject, due.c.step)))
            .values(due_at=now + lease, claims=col(JobTable.claims) + 1)
            .returning(JobTable)
        )
        with self._database.read() as connection:  # an empty sweep waits for no writer
            if not connection.scalar(select(_subject).where(_due_at <= now).limit(1)):
                return []
        with self._database.write() as connection:
            return [value_of(Job, row) for row in connection.execute(claim).mappings()]

    def renew(self, jobs: Iterable[Job], until: datetime) -> None:
        with self._database.write() as connection:
            for job in jobs:
                connection.execute(update(JobTable).where(_held(job)).values(due_at=until))

    def end(self, job: Job) -> None:
        with self._database.write() as connection:
            end(connection, job)

    def again(self, job: Job) -> None:
        with self._database.write() as connection:
            put_off = update(JobTable).where(_held(job)).values(row_of(job, "claims"))
            if not connection.execute(put_off).rowcount:
                raise Conflict

    def cancel(self, step: Step, subjects: Collection[str]) -> None:
        with self._database.write() as connection:
            cancel(connection, step, subjects)

    def job(self, step: Step, subject: str) -> Job:
        found = self._values(Job, select(JobTable).where(_subject == subject, _step == step))
        if not found:
            raise NotFound(f"No job {step} {subject!r}.")
        return found[0]

    def dead_letters(self) -> list[Job]:
        return self._values(
            Job, select(JobTable).where(_due_at.is_(None)).order_by(_subject, _step)
        )

    def backlog(self, until: datetime) -> int:
        with self._database.read() as connection:
            due = select(func.count()).select_from(JobTable).where(_due_at <= until)
            return connection.scalar(due) or 0

    def next_due_at(self) -> datetime | None:
        with self._database.read() as connection:
            return connection.scalar(select(func.min(_due_at)))

    def add_decision(self, decision: GateDecision) -> None:
        with self._database.write() as connection:
            connection.execute(insert(GateDecisionTable).values(row_of(decision)))

    def decisions(self, intent_id: str) -> list[GateDecision]:
        table = GateDecisionTable
        own = select(table).where(col(table.intent_id) == intent_id).order_by(col(table.place))
        return self._values(GateDecision, own)


def schedule(connection: Connection, jobs: Sequence[Job]) -> None:
    """Insert jobs; one that is there begins anew, and who had claimed it lost it."""
    for job in jobs:
        again: dict[str, Any] = {**row_of(job), "claims": col(JobTable.claims) + 1}
        known = update(JobTable).where(_subject == job.subject, _step == job.step).values(again)
        if not connection.execute(known).rowcount:
            upsert(connection, JobTable, ("subject", "step"), [row_of(job)])


def hold(connection: Connection, job: Job) -> None:
    """Keep it from being claimed or scheduled anew before this transaction ends."""
    held = select(_subject).where(_held(job)).with_for_update()
    if connection.scalar(held) is None:
        raise Conflict


def end(connection: Connection, job: Job) -> None:
    """Forget it: it is done."""
    if not connection.execute(delete(JobTable).where(_held(job))).rowcount:
        raise Conflict


def cancel(connection: Connection, step: Step, subjects: Iterable[str]) -> None:
    """Take jobs back; who had claimed one lost it."""
    for part in chunks(subjects):
        connection.execute(delete(JobTable).where(_step == step, _subject.in_(part)))


def _held(job: Job) -> ColumnElement[bool]:
    """It is there, and nobody claimed it since."""
    return and_(_subject == job.subject, _step == job.step, col(JobTable.claims) == job.claims)
