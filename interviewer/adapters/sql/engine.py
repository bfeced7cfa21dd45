"""The database: its connections, its transactions, its schema.

Errors of the driver leave here as ours:
    unique constraint -> Conflict; foreign key -> NotFound; a value it cannot hold -> InvalidInput;
    locked, full, restarted or out of connections -> Unavailable
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from pydantic_core import to_json
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    IntegrityError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from interviewer.clock import ServerClock, SystemClock
from interviewer.core.errors import Conflict, InvalidInput, NotFound, Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
URL_SETTING = "INTERVIEWER_DATABASE_URL"
MIGRATION_LOCK = 7_206_451  # see take_turns
NO_PARENT = ("SQLITE_CONSTRAINT_FOREIGNKEY", "23503")  # SQLite's and Postgres's code
STANDS_STILL = "10s"  # on Postgres, after which a transaction is rolled back
HEARD_AGAIN = 600  # seconds after which a connection to Postgres is made anew, and its time heard
PRAGMAS = (
    "busy_timeout=5000",
    "journal_mode=wal",
    "synchronous=normal",
    "foreign_keys=on",
    "secure_delete=on",  # what is erased is overwritten
)


class DatabaseNotReady(Unavailable):
    """The database does not fit this version; run `interviewer init`."""


class Database:
    """Short transactions on one database; safe to share between threads."""

    def __init__(self, url: str) -> None:
        self._server_clock = ServerClock()
        self._engine = _engine(_checked(url), self._server_clock)
        # A snapshot waits for no writer, and no writer waits for it.
        self._snapshots = self._engine.execution_options(
            **({"snapshot": True} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"})
        )

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file; else it is Postgres."""
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and changes nothing."""
        with _our_errors(), self._snapshots.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at its end, and on an error rolled back."""
        with _our_errors(), self._engine.begin() as connection:
            yield connection

    def now(self) -> datetime:
        """The machine's time on SQLite; on Postgres the server's, which all who share it have."""
        if self.is_sqlite:
            return SystemClock().now()
        if not self._server_clock.is_heard:
            with self.read():
                pass  # every new connection hears it
        return self._server_clock.now()

    def leave_nothing_behind(self) -> None:
        """Write the file of a SQLite database anew, and empty its write-ahead log.

        Raises Unavailable when another process reads for so long that the log stays.
        """
        if not self.is_sqlite:
            return  # Postgres frees what was deleted on its own, see README
        with _our_errors(), closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("VACUUM")
            busy = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise Unavailable("It is erased, but still in the log of the database; erase again.")

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def migrate(self) -> None:
        """Bring the schema to this version's; safe to repeat, and from two processes at once."""
        with self._unchecked() as connection:
            take_turns(connection, MIGRATION_LOCK)
            try:
                command.upgrade(migrations(connection), "head")
            except CommandError as error:  # the stored revision is none of ours
                raise DatabaseNotReady(
                    "The database was made by a later version; install that version."
                ) from error

    @contextmanager
    def _unchecked(self) -> Iterator[Connection]:
        """A write in which SQLite lets a table be made anew though others refer to its rows."""
        with _our_errors(), self._engine.connect() as connection:
            own = connection.connection.driver_connection
            if self.is_sqlite and own:
                own.execute("pragma foreign_keys=off")  # counts only outside of a transaction
            try:
                with connection.begin():
                    yield connection
            finally:
                if self.is_sqlite and own:
                    own.execute("pragma foreign_keys=on")

    def check(self) -> None:
        """Raise DatabaseNotReady unless the schema is this version's; creates no file."""
        file = self._engine.url.database
        if self.is_sqlite and not (file and Path(file).is_file()):
            raise DatabaseNotReady("There is no database yet; run `interviewer init`.")
        with self.read() as connection:
            found = MigrationContext.configure(connection).get_current_heads()
        if set(found) != set(ScriptDirectory(str(MIGRATIONS)).get_heads()):
            raise DatabaseNotReady


class InTransaction(Database):
    """The database from inside one transaction: what is read is what will be committed."""

    def __init__(self, connection: Connection, outer: Database) -> None:
        self._connection, self._outer = connection, outer

    @property
    def is_sqlite(self) -> bool:
        """As the database it is."""
        return self._connection.dialect.name == "sqlite"

    def now(self) -> datetime:
        """As of the database it is in."""
        return self._outer.now()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """The transaction itself."""
        yield self._connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The transaction itself; it is committed at its own end."""
        yield self._connection


def take_turns(connection: Connection, lock: int) -> None:
    """Wait until no other transaction that took this lock is open; on SQLite none ever is."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(lock)))


def keep_out(connection: Connection, lock: int) -> None:
    """Let no transaction that takes turns with this lock commit before this one ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock_shared(lock)))


def lock_of(name: str) -> int:
    """The lock that a name stands for, as Postgres numbers them: 64 bits with a sign."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)


def migrations(connection: Connection) -> Config:
    """Alembic's configuration, on this connection."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise InvalidInput(URL_SETTING, "is no database URL; write sqlite:///FILE") from None
    kind = parsed.drivername.partition("+")[0]
    if kind in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite")
    raise InvalidInput(
        URL_SETTING, "names no database we know; write sqlite:///FILE or postgresql://HOST/NAME"
    )


def _engine(url: URL, server_clock: ServerClock) -> Engine:
    options: dict[str, Any] = {
        "max_overflow": 0,
        "pool_timeout": 30,
        "hide_parameters": True,  # what people said stays out of error messages
        "json_serializer": lambda value: to_json(value).decode(),
    }
    if url.drivername != "sqlite":
        # A prepared plan made while a table was empty reads the whole table once it is full.
        unprepared = {"prepare_threshold": None}
        options |= {"pool_size": 8, "pool_pre_ping": True, "pool_recycle": HEARD_AGAIN}
        engine = create_engine(url, connect_args=unprepared, **options)

        @event.listens_for(engine, "connect")
        def limit(connection: Any, _record: object) -> None:
            # A process that stands still in the middle of one must not hold up all others.
            connection.execute(f"set idle_in_transaction_session_timeout = '{STANDS_STILL}'")
            server_clock.hear(connection.execute("select clock_timestamp()").fetchone()[0])
            connection.commit()

        return engine
    engine = create_engine(url, pool_size=2, **options)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the "begin" event below owns BEGIN
        for pragma in PRAGMAS:
            connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A plain BEGIN that reads first cannot write later: "locked", whatever the busy timeout.
        snapshot = connection.get_execution_options().get("snapshot")
        connection.exec_driver_sql("BEGIN" if snapshot else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", "")
        if code in NO_PARENT:
            raise NotFound("What it belongs to is not stored.") from error
        raise Conflict("It is stored already.") from error
    except DataError as error:
        raise InvalidInput("value", "cannot be stored by this database") from error
    except (OperationalError, NoConnectionFree) as error:
        raise Unavailable("The database does not answer now; try again.") from error
    except DatabaseError as error:
        if "not a database" not in str(error.orig):
            raise
        fix = "names a file that is no database; write sqlite:///FILE with another one"
        raise InvalidInput(URL_SETTING, fix) from error
