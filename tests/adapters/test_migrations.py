"""The migrations make exactly the tables of the models, and those hold every value whole."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Boolean, Connection, DateTime, Integer, inspect, text

from interviewer.adapters.sql import tables
from interviewer.adapters.sql.engine import Database, DatabaseNotReady, migrations
from interviewer.adapters.sql.store import migrate, open_store
from interviewer.core.access import ORDINARY_SCOPES, ApiKey, AuditEntry, Session, User
from interviewer.core.case import Case
from interviewer.core.errors import InvalidInput, NotFound, Unavailable
from interviewer.core.inbound import InboundMessage
from interviewer.core.interview import Interview, Turn
from interviewer.core.invitation import Invitation, OutboundMessage
from interviewer.core.notice import AlertRule, Destination, Notice, Occurrence
from interviewer.core.study import Study
from interviewer.store import Endpoint, EndpointCount, InboxEvent, Photo, Widget
from tests.databases import DATABASES, empty_database

VALUES: list[tuple[type[Any], type[tables.Table], set[str]]] = [
    (Study, tables.StudyTable, {"-guide"}),
    (Interview, tables.InterviewTable, {"-turns", "+token_hash", "+answered"}),
    (Turn, tables.TurnTable, {"+interview_id", "+decided", "+reason"}),
    (Case, tables.CaseTable, set()),
    (Invitation, tables.InvitationTable, set()),
    (OutboundMessage, tables.OutboundMessageTable, {"+place"}),
    (InboundMessage, tables.InboundMessageTable, set()),
    (InboxEvent, tables.InboxEventTable, set()),
    (Endpoint, tables.EndpointTable, set()),
    (EndpointCount, tables.EndpointCountTable, set()),
    (ApiKey, tables.ApiKeyTable, set()),
    (User, tables.UserTable, set()),
    (Session, tables.SessionTable, set()),
    (AuditEntry, tables.AuditEntryTable, {"+place"}),
    (Occurrence, tables.OccurrenceTable, {"+occurrence_id", "+spread_at"}),
    (Destination, tables.DestinationTable, set()),
    (Notice, tables.NoticeTable, set()),
    (AlertRule, tables.AlertRuleTable, set()),
    (Photo, tables.PhotoTable, set()),
    (Widget, tables.WidgetTable, set()),
    *((kind, table, {"+identity"}) for kind, table in tables.BOOK.items()),
]


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as url:
        yield url


@pytest.mark.parametrize(("value", "table", "differences"), VALUES)
def test_a_table_has_a_column_for_every_field(
    value: type[Any], table: type[tables.Table], differences: set[str]
) -> None:
    model = getattr(value, "model_fields", None)
    names = set(model) if model else {field.name for field in fields(value)}
    columns = set(table.model_fields)
    assert {f"-{n}" for n in names - columns} | {f"+{n}" for n in columns - names} == differences


def test_the_migrations_make_the_tables_of_the_models(url: str) -> None:
    migrate(url)
    database = Database(url)
    with database.read() as connection:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": tables.is_modelled,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.Table.metadata) == []
        assert len(tables.Table.metadata.tables) > 20
    database.close()


def test_a_database_that_is_not_at_head_is_refused(url: str) -> None:
    with pytest.raises(DatabaseNotReady, match="interviewer init"):
        open_store(url)

    migrate(url)
    open_store(url).close()

    database = Database(url)
    with database.write() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    database.close()
    with pytest.raises(DatabaseNotReady):
        open_store(url)
    with pytest.raises(DatabaseNotReady, match="later version"):
        migrate(url)


OWNER = User(
    login="ann", role="owner", password_hash="hash", created_at=datetime(2026, 11, 2, tzinfo=UTC)
)


def test_the_owner_of_before_is_a_user_and_keys_keep_their_doors(url: str) -> None:
    database = Database(url)
    with database.write() as connection:
        command.upgrade(migrations(connection), "0004")
        connection.execute(text("insert into owner (owner_id, password_hash) values (1, 'hash')"))
        columns = "key_id, name, sha256, created_at"
        row = "'k1', 'shop', 'h', '2026-11-02 00:00:00+00:00'"
        connection.execute(text(f"insert into api_key ({columns}) values ({row})"))
    database.close()
    migrate(url)
    store = open_store(url)
    owner = store.user("owner")
    assert (owner.role, owner.password_hash) == ("owner", "hash")
    assert store.key("k1").scopes == ORDINARY_SCOPES
    store.close()


def test_migrating_again_changes_nothing(url: str) -> None:
    migrate(url)
    store = open_store(url)
    store.save_user(OWNER)
    migrate(url)
    assert store.users() == [OWNER]
    store.close()


def test_sqlite_runs_as_it_should(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/a.db")
    with database.write() as connection:
        found = {
            name: connection.exec_driver_sql(f"pragma {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,
        "busy_timeout": 5000,
        "foreign_keys": 1,
    }
    database.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/name", "sqlite://"])
def test_a_url_that_names_no_database_says_what_to_write(url: str) -> None:
    with pytest.raises(InvalidInput, match="sqlite:///FILE"):
        open_store(url)


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/a.db", "postgres://secret:word@127.0.0.1:1/none"]
)
def test_a_database_that_does_not_answer_is_unavailable(url: str) -> None:
    with pytest.raises(Unavailable) as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def test_a_database_with_interviews_comes_to_this_version(url: str) -> None:
    database = Database(url)
    with database.write() as connection:
        command.upgrade(migrations(connection), "0001")
        for table, own in (("study", {}), ("interview", {"study": "s", "study_version": 1})):
            values = {
                name: _example(type_) for name, type_ in _needed_columns(connection, table)
            } | {"slug": "s", "version": 1, **own}
            known = {name for name, _ in _needed_columns(connection, table)}
            row = {name: value for name, value in values.items() if name in known}
            places = ", ".join(f":{name}" for name in row)
            said = f'insert into "{table}" ({", ".join(row)}) values ({places})'
            connection.execute(text(said), row)
    database.migrate()
    with database.read() as connection:
        assert connection.scalar(text("select count(*) from interview")) == 1
        assert connection.scalar(text("select count(*) from study")) == 1
    with pytest.raises(NotFound), database.write() as connection:
        connection.execute(text("update interview set study = 'gone'"))
    database.close()


def _needed_columns(connection: Connection, table: str) -> list[tuple[str, type[Any]]]:
    columns = inspect(connection).get_columns(table)
    return [(c["name"], type(c["type"])) for c in columns if not c["nullable"]]


def _example(type_: type[Any]) -> Any:
    if issubclass(type_, Boolean):
        return False
    if issubclass(type_, DateTime):
        return datetime(2026, 1, 1, tzinfo=UTC)
    return 0 if issubclass(type_, Integer) else "[]"
