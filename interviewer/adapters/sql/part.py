"""What every part of the SQL store is built on: the database, and reading values."""

from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Select
from sqlmodel import col

from interviewer.adapters.sql.engine import Database
from interviewer.adapters.sql.rows import values_of
from interviewer.adapters.sql.tables import Table

V = TypeVar("V", bound=BaseModel)


class Part:
    """One subject of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def _values(self, kind: type[V], query: Select[Any]) -> list[V]:
        with self._database.read() as connection:
            return values_of(kind, connection, query)


def where_given(query: Select[Any], table: type[Table], **columns: object) -> Select[Any]:
    """The query with a condition for every column whose value is given."""
    given = {name: value for name, value in columns.items() if value is not None}
    return query.where(*(col(getattr(table, name)) == value for name, value in given.items()))
