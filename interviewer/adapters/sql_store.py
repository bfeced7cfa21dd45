# ruff: noqa: D102 - what a method means is said once, in the port
"""Everything that is remembered, in SQL: SQLite by default, Postgres by its URL."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlmodel import col

from interviewer.adapters import sql_book, sql_interviews
from interviewer.adapters.sql_engine import Database
from interviewer.adapters.sql_rows import chunks, insert_new, row_of, upsert, value_of, values_of
from interviewer.adapters.tables import (
    AccountRiskTable,
    AnalysisRunTable,
    ApiKeyTable,
    CaseTable,
    FindingTable,
    InboxEventTable,
    InterviewTable,
    InvitationTable,
    MomentTable,
    OutboundMessageTable,
    OwnerTable,
    SessionTable,
    SignalTable,
    StudyTable,
    Table,
    ThemeTable,
)
from interviewer.core.book import Row
from interviewer.core.case import Case
from interviewer.core.errors import Conflict, NotFound
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.invitation import Invitation, OutboundMessage
from interviewer.core.moments import Moment
from interviewer.core.study import Study, StudyState
from interviewer.ports import AnalysisRun, ApiKey, InboxEvent, MomentRecord, Put, Store
from interviewer.prompts_folder import load_guide

R = TypeVar("R", bound=Row)
V = TypeVar("V", bound=BaseModel)

OWNER = 1  # the one row of the owner's table
FINDINGS: dict[str, type[FindingTable]] = {
    "themes": ThemeTable,
    "signals": SignalTable,
    "risks": AccountRiskTable,
}


def migrate(url: str) -> None:
    """Create the database, or bring it to this version's schema; safe to repeat."""
    database = Database(url)
    try:
        database.migrate()
    finally:
        database.close()


def open_store(url: str) -> "SqlStore":
    """The store in this database.

    Raises:
        DatabaseNotReady: Its schema is not this version's; `migrate` makes it so.
        InvalidInput: The URL names no database that can be used.
        Unavailable: It does not answer.
    """
    database = Database(url)
    try:
        database.check()
    except BaseException:
        database.close()
        raise
    return SqlStore(database)


class SqlStore(Store):
    """The port `Store`; its methods are described there."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._guides: dict[tuple[str, int], InterviewGuide] = {}  # a version never changes

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    # studies

    def save_study(self, study: Study) -> Study:
        with self._database.write() as connection:
            newest = self._find_study(connection, study.slug)
            if newest and newest.guide_hash == study.guide_hash:
                return newest
            kept = {"state": newest.state, "launched_at": newest.launched_at} if newest else {}
            version = newest.version + 1 if newest else 1
            study = study.model_copy(update={"version": version, **kept})
            connection.execute(insert(StudyTable).values(row_of(study, "guide")))
        return study

    def study(self, slug: str, version: int | None = None) -> Study:
        with self._database.read() as connection:
            found = self._find_study(connection, slug, version)
        if found is None:
            raise NotFound(f"No study {slug!r}." if version is None else f"No {slug!r} {version}.")
        return found

    def studies(self) -> list[Study]:
        slug, newest = col(StudyTable.slug), func.max(col(StudyTable.version))
        with self._database.read() as connection:
            found = connection.execute(select(slug, newest).group_by(slug).order_by(slug)).all()
            return [s for name, v in found if (s := self._find_study(connection, name, v))]

    def set_study_state(self, slug: str, state: StudyState, now: datetime) -> Study:
        with self._database.write() as connection:
            study = self._find_study(connection, slug)
            if study is None:
                raise NotFound(f"No study {slug!r}.")
            starts = state == "live" and study.state != "live"
            change = {"state": state, "launched_at": now if starts else study.launched_at}
            connection.execute(
                update(StudyTable).where(col(StudyTable.slug) == slug).values(change)
            )
        return study.model_copy(update=change)

    def _find_study(
        self, connection: Connection, slug: str, version: int | None = None
    ) -> Study | None:
        query = select(StudyTable).where(col(StudyTable.slug) == slug)
        if version is not None:
            query = query.where(col(StudyTable.version) == version)
        newest_first = query.order_by(col(StudyTable.version).desc()).limit(1)
        row = connection.execute(newest_first).mappings().first()
        if row is None:
            return None
        key = (slug, row["version"])
        if key not in self._guides:
            self._guides[key] = load_guide(row["source"])
        return value_of(Study, row, guide=self._guides[key])

    # interviews

    def add_interview(
        self,
        interview: Interview,
        token_hash: str,
        *,
        outbox: Sequence[OutboundMessage] = (),
        invitation: Invitation | None = None,
    ) -> None:
        with self._database.write() as connection:
            sql_interviews.add(connection, interview, token_hash)
            sql_interviews.add_messages(connection, outbox)
            if invitation:
                _save_invitation(connection, invitation)

    def interview(self, interview_id: str) -> Interview:
        return self._one_interview(col(InterviewTable.interview_id) == interview_id)

    def interview_by_token(self, token_hash: str) -> Interview:
        return self._one_interview(col(InterviewTable.token_hash) == token_hash)

    def _one_interview(self, condition: ColumnElement[bool]) -> Interview:
        found = self._interviews(select(InterviewTable).where(condition))
        if not found:
            raise NotFound("No such interview.")
        return found[0]

    def _interviews(self, query: Select[Any]) -> list[Interview]:
        with self._database.read() as connection:
            return sql_interviews.found(connection, query)

    def save_interview(
        self,
        interview: Interview,
        *,
        case: Case | None = None,
        outbox: Sequence[OutboundMessage] = (),
        book: Sequence[Row] = (),
    ) -> Interview:
        with self._database.write() as connection:
            saved = sql_interviews.save(connection, interview)
            if case:
                sql_interviews.save_case(connection, case)
            sql_interviews.add_messages(connection, outbox)
            sql_book.put(connection, book)
        return saved

    def interviews(
        self,
        study: str | None = None,
        *,
        account_ref: str | None = None,
        status: Collection[str] = (),
        limit: int | None = None,
        include_test: bool = False,
    ) -> list[Interview]:
        query = _where_given(
            select(InterviewTable), InterviewTable, study=study, account_ref=account_ref
        )
        if status:
            query = query.where(col(InterviewTable.status).in_(status))
        if not include_test:
            query = query.where(~col(InterviewTable.test))
        newest = (col(InterviewTable.opened_at).desc(), col(InterviewTable.interview_id))
        return self._interviews(query.order_by(*newest).limit(limit))

    def live_interviews(self, address: str) -> list[Interview]:
        live = _where_given(select(InterviewTable), InterviewTable, address=address, status="open")
        oldest = (col(InterviewTable.opened_at), col(InterviewTable.interview_id))
        return self._interviews(live.order_by(*oldest))

    def overdue(self, now: datetime, limit: int) -> list[Interview]:
        over = select(InterviewTable).where(
            col(InterviewTable.status) == "open", col(InterviewTable.expires_at) <= now
        )
        longest = (col(InterviewTable.expires_at), col(InterviewTable.interview_id))
        return self._interviews(over.order_by(*longest).limit(limit))

    def funnel(self) -> dict[str, dict[str, int]]:
        with self._database.read() as connection:
            return sql_interviews.funnel(connection)

    def cases(self, state: str | None = None) -> list[Case]:
        query = _where_given(select(CaseTable), CaseTable, state=state)
        newest = (col(CaseTable.opened_at).desc(), col(CaseTable.interview_id), CaseTable.reason)
        return self._values(Case, query.order_by(*newest))

    # the book of business

    def put(self, values: Sequence[Row]) -> list[Put]:
        with self._database.write() as connection:
            return sql_book.put(connection, values)

    def find(self, kind: type[R], **where: object) -> list[R]:
        with self._database.read() as connection:
            return sql_book.find(connection, kind, where)

    # moments and invitations

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
        query = _where_given(select(MomentTable), MomentTable, outcome=outcome)
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
            return insert_new(connection, InvitationTable, [row_of(invitation)]) == 1

    def claim_due(self, now: datetime, limit: int, lease: timedelta) -> list[Invitation]:
        table = InvitationTable
        state, due_at, lease_until = col(table.state), col(table.due_at), col(table.lease_until)
        due = (
            select(col(table.invitation_id))
            .where(
                or_(
                    and_(state == "due", due_at <= now),
                    and_(state == "leased", lease_until <= now),
                )
            )
            .order_by(due_at, col(table.invitation_id))
            .limit(limit)
            .with_for_update(skip_locked=True)  # on Postgres; SQLite has one writer anyway
            .cte("waiting")
        )
        claim = (
            update(table)
            .where(col(table.invitation_id).in_(select(due.c.invitation_id)))
            .values(state="leased", lease_until=now + lease)
            .returning(table)
        )
        with self._database.write() as connection:
            claimed = [value_of(Invitation, row) for row in connection.execute(claim).mappings()]
        return sorted(claimed, key=lambda one: (one.due_at, one.invitation_id))

    def save_invitation(self, invitation: Invitation) -> None:
        with self._database.write() as connection:
            _save_invitation(connection, invitation)

    def invitations(
        self,
        *,
        study: str | None = None,
        address: str | None = None,
        state: str | None = None,
        moment_id: str | None = None,
    ) -> list[Invitation]:
        query = _where_given(
            select(InvitationTable),
            InvitationTable,
            study=study,
            address=address,
            state=state,
            moment_id=moment_id,
        )
        by_due = (col(InvitationTable.due_at), col(InvitationTable.invitation_id))
        return self._values(Invitation, query.order_by(*by_due))

    def next_due_at(self) -> datetime | None:
        table = InvitationTable
        due = select(func.min(col(table.due_at))).where(col(table.state) == "due")
        leased = select(func.min(col(table.lease_until))).where(col(table.state) == "leased")
        with self._database.read() as connection:
            times = [connection.scalar(due), connection.scalar(leased)]
        return min((at for at in times if at), default=None)

    # events in

    def add_to_inbox(self, events: Sequence[InboxEvent]) -> int:
        rows = [asdict(event) for event in events]
        with self._database.write() as connection:
            return insert_new(connection, InboxEventTable, rows)

    def unprocessed(self, limit: int) -> list[InboxEvent]:
        waiting = select(InboxEventTable).where(
            col(InboxEventTable.processed_at).is_(None), col(InboxEventTable.error).is_(None)
        )
        return self._events(waiting.limit(limit))

    def settle_inbox(self, event: InboxEvent, now: datetime, error: str | None = None) -> None:
        own = update(InboxEventTable).where(
            col(InboxEventTable.source) == event.source,
            col(InboxEventTable.event_id) == event.event_id,
        )
        with self._database.write() as connection:
            connection.execute(own.values(processed_at=now, error=error))

    def inbox(self, *, held_back: bool = False) -> list[InboxEvent]:
        query = select(InboxEventTable)
        if held_back:
            query = query.where(col(InboxEventTable.error).is_not(None))
        return self._events(query)

    def _events(self, query: Select[Any]) -> list[InboxEvent]:
        table = InboxEventTable
        oldest = (col(table.received_at), col(table.source), col(table.event_id))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(*oldest)).mappings()
            return [InboxEvent(**row) for row in rows]

    # messages out

    def due_replies(self, now: datetime, limit: int) -> list[OutboundMessage]:
        table = OutboundMessageTable
        state, due_at = col(table.state), col(table.due_at)
        due = select(table).where(
            col(table.seq) > 0,
            state.in_(("pending", "sending")),
            or_(due_at.is_(None), due_at <= now),
        )
        return self._values(OutboundMessage, due.order_by(col(table.place)).limit(limit))

    def message(self, message_key: str) -> OutboundMessage:
        table = OutboundMessageTable
        found = self._values(
            OutboundMessage, select(table).where(col(table.message_key) == message_key)
        )
        if not found:
            raise NotFound(f"No message {message_key!r}.")
        return found[0]

    def claim_message(self, message_key: str, until: datetime) -> None:
        table = OutboundMessageTable
        pending = update(table).where(
            col(table.message_key) == message_key, col(table.state) == "pending"
        )
        with self._database.write() as connection:
            claimed = connection.execute(pending.values(state="sending", due_at=until))
        if not claimed.rowcount:
            raise Conflict

    def save_message(self, message: OutboundMessage) -> None:
        with self._database.write() as connection:
            upsert(connection, OutboundMessageTable, ("message_key",), [row_of(message)])

    # access

    def add_key(self, key: ApiKey) -> None:
        with self._database.write() as connection:
            connection.execute(insert(ApiKeyTable).values(asdict(key)))

    def key(self, key_id: str) -> ApiKey:
        query = select(ApiKeyTable).where(col(ApiKeyTable.key_id) == key_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound("No such key.")
        return ApiKey(**row)

    def keys(self) -> list[ApiKey]:
        by_creation = (col(ApiKeyTable.created_at), col(ApiKeyTable.key_id))
        with self._database.read() as connection:
            rows = connection.execute(select(ApiKeyTable).order_by(*by_creation)).mappings()
            return [ApiKey(**row) for row in rows]

    def set_owner_password(self, password_hash: str) -> None:
        row = {"owner_id": OWNER, "password_hash": password_hash}
        with self._database.write() as connection:
            upsert(connection, OwnerTable, ("owner_id",), [row])
            connection.execute(delete(SessionTable))

    def owner_password(self) -> str | None:
        with self._database.read() as connection:
            return connection.scalar(select(col(OwnerTable.password_hash)))

    def add_session(self, session_hash: str, expires_at: datetime) -> None:
        row = {"session_hash": session_hash, "expires_at": expires_at}
        with self._database.write() as connection:
            connection.execute(insert(SessionTable).values(row))

    def has_session(self, session_hash: str, now: datetime) -> bool:
        own = select(col(SessionTable.session_hash)).where(
            col(SessionTable.session_hash) == session_hash, col(SessionTable.expires_at) > now
        )
        with self._database.read() as connection:
            return connection.scalar(own) is not None

    def end_session(self, session_hash: str) -> None:
        own = delete(SessionTable).where(col(SessionTable.session_hash) == session_hash)
        with self._database.write() as connection:
            connection.execute(own)

    # analysis

    def save_run(self, run: AnalysisRun) -> None:
        whole = {
            name: getattr(run, name) for name in ("run_id", "at", "settings", "memory", "report")
        }
        with self._database.write() as connection:
            connection.execute(insert(AnalysisRunTable).values(whole))
            for name, table in FINDINGS.items():
                repeated = table.model_fields.keys() - FindingTable.model_fields.keys()
                rows = [
                    {"run_id": run.run_id, "place": place, "data": data}
                    | {column: data.get(column) for column in repeated}
                    for place, data in enumerate(getattr(run, name))
                ]
                if rows:
                    connection.execute(insert(table), rows)

    def latest_run(self) -> AnalysisRun | None:
        newest = select(col(AnalysisRunTable.run_id)).order_by(*_NEWEST_RUN).limit(1)
        with self._database.read() as connection:
            run_id = connection.scalar(newest)
            return None if run_id is None else _whole_run(connection, run_id)

    def runs(self) -> list[AnalysisRun]:
        table = AnalysisRunTable
        head = select(col(table.run_id), col(table.at), col(table.settings)).order_by(*_NEWEST_RUN)
        empty: dict[str, Any] = {**dict.fromkeys(FINDINGS, ()), "memory": {}, "report": ""}
        with self._database.read() as connection:
            return [AnalysisRun(**row, **empty) for row in connection.execute(head).mappings()]

    def run(self, run_id: str) -> AnalysisRun:
        with self._database.read() as connection:
            found = _whole_run(connection, run_id)
        if found is None:
            raise NotFound(f"No run {run_id!r}.")
        return found

    def _values(self, kind: type[V], query: Select[Any]) -> list[V]:
        with self._database.read() as connection:
            return values_of(kind, connection, query)


_NEWEST_RUN = (col(AnalysisRunTable.at).desc(), col(AnalysisRunTable.run_id))


def _whole_run(connection: Connection, run_id: str) -> AnalysisRun | None:
    own = select(AnalysisRunTable).where(col(AnalysisRunTable.run_id) == run_id)
    row = connection.execute(own).mappings().first()
    if row is None:
        return None
    rows: dict[str, Any] = {
        name: connection.scalars(
            select(col(table.data)).where(col(table.run_id) == run_id).order_by(col(table.place))
        ).all()
        for name, table in FINDINGS.items()
    }
    return AnalysisRun(**row, **rows)


def _save_invitation(connection: Connection, invitation: Invitation) -> None:
    """A lease is known by its end, which stays in the row: only who had it last may write."""
    table = InvitationTable
    own = col(table.invitation_id) == invitation.invitation_id
    fence = col(table.lease_until).is_not_distinct_from(invitation.lease_until)
    if connection.execute(update(table).where(own, fence).values(row_of(invitation))).rowcount:
        return
    if connection.scalar(select(col(table.invitation_id)).where(own)) is None:
        raise NotFound(f"No invitation {invitation.invitation_id!r}.")
    raise Conflict


def _moment_record(row: RowMapping) -> MomentRecord:
    return MomentRecord(
        moment=Moment.model_validate(row["moment"]),
        outcome=row["outcome"],
        study=row["study"],
        due_at=row["due_at"],
        seen_at=row["seen_at"],
    )


def _where_given(query: Select[Any], table: type[Table], **columns: object) -> Select[Any]:
    """The query with a condition for every column whose value is given."""
    given = {name: value for name, value in columns.items() if value is not None}
    return query.where(*(col(getattr(table, name)) == value for name, value in given.items()))
