"""Which interviews a list shows, in SQL: filters, full text, keyset paging, counts.

Full text is the database's own: on SQLite the FTS5 table `said`, which a trigger fills with every
answer, on Postgres a GIN index over the answers. Migration 0014 makes both.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select, text, tuple_
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlmodel import UTCDateTime, col

from interviewer.adapters.sql.tables import (
    AnalysisRunTable,
    CaseTable,
    InterviewTable,
    SignalTable,
    ThemeTable,
    TurnTable,
)
from interviewer.core.search import Term
from interviewer.store import COUNTED, InterviewCount, Wanted

SAID = sql_table("said", sql_column("interview_id"), sql_column("seq"))
NEWEST_RUN = (
    select(col(AnalysisRunTable.run_id))
    .order_by(col(AnalysisRunTable.at).desc(), col(AnalysisRunTable.run_id).desc())
    .limit(1)
    .scalar_subquery()
)


def page(
    connection: Connection, wanted: Wanted, *, before: str | None, after: str | None, limit: int
) -> Select[Any]:
    """The query of one page: the newest first, or with `after` the oldest of the newer ones."""
    at, own = col(InterviewTable.opened_at), col(InterviewTable.interview_id)
    query = select(InterviewTable).where(*_conditions(connection, wanted))
    for column in COUNTED:
        if (value := getattr(wanted, column)) is not None:
            query = query.where(col(getattr(InterviewTable, column)) == value)
    edge = before or after
    if edge is not None:
        row = connection.execute(select(at, own).where(own == edge)).first()
        if row is not None:
            place, key = tuple_(at, own), tuple_(literal(row[0], UTCDateTime()), literal(row[1]))
            query = query.where(place < key if before else place > key)
    newest_first = (at.desc(), own.desc())
    return query.order_by(*((at, own) if after else newest_first)).limit(limit)


def counts(connection: Connection, wanted: Wanted) -> list[InterviewCount]:
    """How many there are of each kind, whatever kind is wanted."""
    kinds = [col(getattr(InterviewTable, column)) for column in COUNTED]
    query = (
        select(*kinds, func.count().label("n"))
        .where(*_conditions(connection, wanted))
        .group_by(*kinds)
    )
    return [InterviewCount(**row) for row in connection.execute(query).mappings()]


def _conditions(connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    """All but the columns that are counted."""
    table = InterviewTable
    own, found = col(table.interview_id), list[ColumnElement[bool]]()
    if wanted.accounts is not None:
        found.append(col(table.account_ref).in_(wanted.accounts))
    if wanted.account_ref is not None:
        found.append(col(table.account_ref) == wanted.account_ref)
    if wanted.since is not None:
        found.append(col(table.opened_at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(table.opened_at) < wanted.until)
    if wanted.has_case:
        found.append(own.in_(_with_case(wanted)))
    if wanted.signal is not None:
        found.append(own.in_(_with_signal(wanted)))
    if wanted.theme is not None:
        found.append(own.in_(_quoted_for(connection, wanted)))
    if wanted.terms:
        found.append(own.in_(_said(connection, wanted)))
    return found


def _with_case(wanted: Wanted) -> Select[Any]:
    query = select(col(CaseTable.interview_id))
    return query if wanted.reads_kept_back else query.where(col(CaseTable.audience) == "all")


def _with_signal(wanted: Wanted) -> Select[Any]:
    quote = col(SignalTable.data)["quote"]
    query = select(quote["interview_id"].as_string()).where(
        col(SignalTable.run_id) == NEWEST_RUN,
        col(SignalTable.signal) == wanted.signal,
        quote["interview_id"].as_string().is_not(None),
    )
    if not wanted.reads_kept_back:
        query = query.where(quote["audience"].as_string() == "all")
    return query


def _quoted_for(connection: Connection, wanted: Wanted) -> set[str]:
    query = select(col(ThemeTable.data)).where(
        col(ThemeTable.run_id) == NEWEST_RUN, col(ThemeTable.theme_id) == wanted.theme
    )
    return {
        quote["interview_id"]
        for theme in connection.scalars(query)
        for quote in theme["quotes"]
        if wanted.reads_kept_back or quote["audience"] == "all"
    }


def _said(connection: Connection, wanted: Wanted) -> Select[Any]:
    """The interviews in which one answer has all the words."""
    turn, own = TurnTable, col(TurnTable.interview_id)
    if connection.dialect.name == "sqlite":
        found = text("said MATCH :said").bindparams(said=_fts5(wanted.terms))
        query = select(SAID.c.interview_id).where(found)
        if not wanted.reads_kept_back:
            same = (own == SAID.c.interview_id) & (col(turn.seq) == SAID.c.seq)
            query = query.join(turn, same).where(col(turn.audience) == "all")
        return query
    query = select(own).where(
        func.searchable(col(turn.text)).op("@@")(
            func.to_tsquery(text("'simple'"), func.folded(_tsquery(wanted.terms)))
        ),
        col(turn.speaker) == "respondent",
    )
    return query if wanted.reads_kept_back else query.where(col(turn.audience) == "all")


def _fts5(wanted: Sequence[Term]) -> str:
    """Words hold letters and digits only, so nothing in them is an operator."""
    return " AND ".join(f'"{" ".join(t.words)}"{" *" if t.is_open else ""}' for t in wanted)


def _tsquery(wanted: Sequence[Term]) -> str:
    return " & ".join(f"({' <-> '.join(t.words)}{':*' if t.is_open else ''})" for t in wanted)
