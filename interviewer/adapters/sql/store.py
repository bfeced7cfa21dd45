"""The whole store in SQL: SQLite by default, Postgres by its URL."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from datetime import datetime

from interviewer.adapters.sql.access import SqlAccess
from interviewer.adapters.sql.book import SqlBook
from interviewer.adapters.sql.book_rows import keep_ledgers
from interviewer.adapters.sql.endpoints import SqlEndpoints
from interviewer.adapters.sql.engine import Database, InTransaction, lock_of, take_turns
from interviewer.adapters.sql.inbound import SqlInbound
from interviewer.adapters.sql.inbox import SqlInbox
from interviewer.adapters.sql.interviews import SqlInterviews
from interviewer.adapters.sql.jobs import SqlJobs
from interviewer.adapters.sql.notices import SqlNotices
from interviewer.adapters.sql.outbox import SqlOutbox
from interviewer.adapters.sql.outreach import SqlOutreach
from interviewer.adapters.sql.photos import SqlPhotos
from interviewer.adapters.sql.privacy import SqlPrivacy
from interviewer.adapters.sql.requests import SqlRequests
from interviewer.adapters.sql.runs import SqlRuns
from interviewer.adapters.sql.studies import SqlStudies
from interviewer.adapters.sql.widgets import SqlWidgets
from interviewer.store import Store


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
    with ExitStack() as unless_ready:
        unless_ready.callback(database.close)
        database.check()
        unless_ready.pop_all()
    return SqlStore(database)


class SqlStore(
    SqlStudies,
    SqlInterviews,
    SqlRequests,
    SqlPhotos,
    SqlWidgets,
    SqlBook,
    SqlOutreach,
    SqlInbox,
    SqlInbound,
    SqlEndpoints,
    SqlOutbox,
    SqlJobs,
    SqlNotices,
    SqlAccess,
    SqlRuns,
    SqlPrivacy,
    Store,
):
    """The port `Store`; its methods are described there."""

    @contextmanager
    def transaction(self, *locks: str) -> Iterator["SqlStore"]:  # noqa: D102 - see the protocol
        with self._database.write() as connection:
            keep_ledgers(connection)
            for name in sorted(set(locks)):
                take_turns(connection, lock_of(name))
            inside = copy(self)  # it shares what is remembered of guides
            inside._database = InTransaction(connection, self._database)
            yield inside

    def now(self) -> datetime:  # noqa: D102 - see the protocol
        return self._database.now()

    def close(self) -> None:
        """Close every connection."""
        self._database.close()
