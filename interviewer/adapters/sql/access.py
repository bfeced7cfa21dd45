# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Who may come in, and what they did."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from interviewer.adapters.sql.engine import take_turns
from interviewer.adapters.sql.part import Part
from interviewer.adapters.sql.rows import row_of, upsert, values_of
from interviewer.adapters.sql.tables import ApiKeyTable, AuditEntryTable, SessionTable, UserTable
from interviewer.core.access import NOTHING_BEFORE, ApiKey, AuditEntry, Session, User
from interviewer.core.errors import NotFound
from interviewer.store import Access

AUDIT_LOCK = 7_206_453  # see take_turns


class SqlAccess(Part, Access):
    """Who may come in, and what they did."""

    def save_key(self, key: ApiKey) -> None:
        with self._database.write() as connection:
            upsert(connection, ApiKeyTable, ("key_id",), [row_of(key)])

    def key(self, key_id: str) -> ApiKey:
        found = self._values(ApiKey, select(ApiKeyTable).where(col(ApiKeyTable.key_id) == key_id))
        if not found:
            raise NotFound("No such key.")
        return found[0]

    def keys(self) -> list[ApiKey]:
        by_creation = (col(ApiKeyTable.created_at), col(ApiKeyTable.key_id))
        return self._values(ApiKey, select(ApiKeyTable).order_by(*by_creation))

    def note_use(self, key_id: str, now: datetime) -> None:
        own = update(ApiKeyTable).where(col(ApiKeyTable.key_id) == key_id)
        with self._database.write() as connection:
            connection.execute(own.values(last_used_at=now))

    def save_user(self, user: User) -> None:
        with self._database.write() as connection:
            upsert(connection, UserTable, ("login",), [row_of(user)])
            connection.execute(delete(SessionTable).where(col(SessionTable.login) == user.login))

    def user(self, login: str) -> User:
        found = self._values(User, select(UserTable).where(col(UserTable.login) == login))
        if not found:
            raise NotFound(f"No user {login!r}.")
        return found[0]

    def users(self) -> list[User]:
        return self._values(User, select(UserTable).order_by(col(UserTable.login)))

    def add_session(self, session: Session) -> None:
        with self._database.write() as connection:
            connection.execute(insert(SessionTable).values(row_of(session)))

    def session(self, session_hash: str) -> Session:
        own = select(SessionTable).where(col(SessionTable.session_hash) == session_hash)
        found = self._values(Session, own)
        if not found:
            raise NotFound("No such session.")
        return found[0]

    def note_seen(self, session_hash: str, now: datetime) -> None:
        own = update(SessionTable).where(col(SessionTable.session_hash) == session_hash)
        with self._database.write() as connection:
            connection.execute(own.values(seen_at=now))

    def end_session(self, session_hash: str) -> None:
        own = delete(SessionTable).where(col(SessionTable.session_hash) == session_hash)
        with self._database.write() as connection:
            connection.execute(own)

    def add_to_audit(self, entry: AuditEntry) -> None:
        table = AuditEntryTable
        newest = select(col(table.entry_hash)).order_by(col(table.place).desc()).limit(1)
        with self._database.write() as connection:
            take_turns(connection, AUDIT_LOCK)
            sealed = entry.sealed(connection.scalar(newest) or NOTHING_BEFORE)
            connection.execute(insert(table).values(row_of(sealed)))

    def audit(self, *, newest: int | None = None) -> list[AuditEntry]:
        place = col(AuditEntryTable.place)
        query = select(AuditEntryTable).order_by(place.desc() if newest else place).limit(newest)
        with self._database.read() as connection:
            return values_of(AuditEntry, connection, query)
