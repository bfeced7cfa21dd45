"""Values as rows and rows as values; a column has the name of the value's field."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection, RowMapping, Select
from sqlalchemy.dialects import postgresql, sqlite

from interviewer.adapters.sql.tables import Table

V = TypeVar("V", bound=BaseModel)
T = TypeVar("T")

CHUNK = 500  # members of one IN (...)


def row_of(value: BaseModel, *without: str) -> dict[str, Any]:
    """The columns of a value, but for those kept elsewhere."""
    return value.model_dump(exclude=set(without))


def value_of(kind: type[V], row: RowMapping, **parts: object) -> V:
    """The value of a row; `parts` are the fields that the row does not hold."""
    held = {name: row[name] for name in kind.model_fields if name in row}
    return kind.model_validate(held | parts)


def values_of(kind: type[V], connection: Connection, query: Select[Any]) -> list[V]:
    """The values that a query finds."""
    return [value_of(kind, row) for row in connection.execute(query).mappings()]


def chunks(members: Iterable[T]) -> Iterator[list[T]]:
    """Parts that fit one IN (...)."""
    left = list(members)
    while left:
        yield left[:CHUNK]
        left = left[CHUNK:]


def insert_new(
    connection: Connection, table: type[Table], rows: Sequence[Mapping[str, Any]]
) -> int:
    """Insert the rows that break no unique constraint; how many those were."""
    if not rows:
        return 0
    insert = _insert(connection, table).on_conflict_do_nothing()
    return connection.execute(insert.execution_options(preserve_rowcount=True), rows).rowcount


def insert_new_of(
    connection: Connection,
    table: type[Table],
    key: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
) -> dict[tuple[Any, ...], bool]:
    """As `insert_new`; the keys of the rows that were inserted, each with True."""
    if not rows:
        return {}
    insert = _insert(connection, table).on_conflict_do_nothing()
    new = connection.execute(insert.returning(*(getattr(table, name) for name in key)), rows)
    return dict.fromkeys(map(tuple, new), True)


def upsert(
    connection: Connection,
    table: type[Table],
    key: Collection[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    keep: Collection[str] = (),
) -> None:
    """Insert, or replace by key every given column but those in `keep`."""
    if not rows:
        return
    insert = _insert(connection, table)
    fresh = {name: insert.excluded[name] for name in rows[0].keys() - {*key, *keep}}
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=fresh), rows)


def add_up(
    connection: Connection,
    table: type[Table],
    key: Collection[str],
    number: str,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Insert, or add the number to that of the row with this key."""
    if not rows:
        return
    insert = _insert(connection, table)
    more = {number: getattr(table, number) + insert.excluded[number]}
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=more), rows)


def _insert(connection: Connection, table: type[Table]) -> sqlite.Insert | postgresql.Insert:
    """Both know ON CONFLICT, each in its dialect."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
