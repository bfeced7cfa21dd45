"""The migrations make exactly the tables of the models, and those hold every value whole."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from interviewer.adapters import tables
from interviewer.adapters.sql_engine import Database, DatabaseNotReady
from interviewer.adapters.sql_store import migrate, open_store
from interviewer.core.case import Case
from interviewer.core.errors import InvalidInput, Unavailable
from interviewer.core.interview import Interview, Turn
from interviewer.core.invitation import Invitation, OutboundMessage
from interviewer.core.study import Study
from interviewer.ports import ApiKey, InboxEvent
from tests.databases import DATABASES, empty_database

VALUES: list[tuple[type[Any], type[tables.Table], set[str]]] = [
    (Study, tables.StudyTable, {"-guide"}),
    (Interview, tables.InterviewTable, {"-turns", "+token_hash"}),
    (Turn, tables.TurnTable, {"+interview_id", "+decided", "+reason"}),
    (Case, tables.CaseTable, set()),
    (Invitation, tables.InvitationTable, set()),
    (OutboundMessage, tables.OutboundMessageTable, {"+place"}),
    (InboxEvent, tables.InboxEventTable, set()),
    (ApiKey, tables.ApiKeyTable, set()),
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
        options = {"compare_type": True, "compare_server_default": True}
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


def test_migrating_again_changes_nothing(url: str) -> None:
    migrate(url)
    store = open_store(url)
    store.set_owner_password("hash")
    migrate(url)
    assert store.owner_password() == "hash"
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
