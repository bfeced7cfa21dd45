"""The book of business in SQL: any kind of row, put and found the same way."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from typing import TypeVar

from sqlalchemy import Connection, select
from sqlmodel import col

from interviewer.adapters.sql.engine import keep_out, lock_of, take_turns
from interviewer.adapters.sql.rows import chunks, row_of, upsert, values_of
from interviewer.adapters.sql.tables import BOOK
from interviewer.core.book import Consent, Row, Suppression
from interviewer.core.errors import InvalidInput
from interviewer.store import Put

R = TypeVar("R", bound=Row)

LEDGERS = (Consent, Suppression)  # what the send gate must see as it will be committed


def keep_ledgers(connection: Connection) -> None:
    """Let nobody write into the ledgers before this transaction ends; the rest of the book may."""
    for kind in LEDGERS:
        keep_out(connection, _lock(kind))


def _lock(kind: type[Row]) -> int:
    return lock_of(f"put/{kind.kind}")


def put(connection: Connection, values: Sequence[Row]) -> list[Put]:
    """Insert by natural key, or add to what is known; one outcome per value, in order."""
    if not values:
        return []
    places: defaultdict[type[Row], list[int]] = defaultdict(list)
    for place, value in enumerate(values):
        places[type(value)].append(place)
    outcomes: list[Put] = ["known"] * len(values)
    for kind in sorted(places, key=lambda kind: kind.kind):  # in one order: no two wait in a ring
        take_turns(connection, _lock(kind))
        own = places[kind]
        found = _put_kind(connection, kind, [values[place] for place in own])
        for place, outcome in zip(own, found, strict=True):
            outcomes[place] = outcome
    return outcomes


def _put_kind(connection: Connection, kind: type[R], values: Sequence[R]) -> list[Put]:
    """As `put`, for values of one kind; a key that comes twice is taken in order."""
    table = BOOK[kind]
    identities = [value.identity for value in values]
    current: dict[str, R] = {}
    for part in chunks(dict.fromkeys(identities)):
        stored = values_of(kind, connection, select(table).where(col(table.identity).in_(part)))
        current |= {value.identity: value for value in stored}
    outcomes: list[Put] = []
    written: dict[str, R] = {}
    for identity, value in zip(identities, values, strict=True):
        before = current.get(identity)
        whole = value.over(before) if before else value
        if before == whole or (before and table.append_only):
            outcomes.append("known")
        else:
            current[identity] = written[identity] = whole
            outcomes.append("changed" if before else "added")
    rows = [{**row_of(value), "identity": identity} for identity, value in written.items()]
    upsert(connection, table, ("identity",), rows)
    return outcomes


def find(connection: Connection, kind: type[R], where: dict[str, object]) -> list[R]:
    """The values whose columns equal these (a list or tuple: any member), by natural key."""
    table = BOOK[kind]
    if unknown := where.keys() - kind.model_fields.keys():
        raise InvalidInput(sorted(unknown)[0], f"is no column of {kind.kind}")
    columns = [col(getattr(table, name)) for name in where]
    parts = [
        chunks(dict.fromkeys(wanted)) if isinstance(wanted, list | tuple) else [wanted]
        for wanted in where.values()
    ]
    found: list[R] = []
    for wanted in product(*parts):
        query = select(table).where(
            *(
                column.in_(one) if isinstance(one, list) else column == one
                for column, one in zip(columns, wanted, strict=True)
            )
        )
        found += values_of(kind, connection, query)
    return sorted(found, key=lambda value: [(x is not None, x) for x in value.natural_key])
