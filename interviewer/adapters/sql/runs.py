# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Analyses and their findings."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import (
    Connection,
    insert,
    select,
)
from sqlmodel import col

from interviewer.adapters.sql.part import Part
from interviewer.adapters.sql.tables import (
    AccountRiskTable,
    AnalysisRunTable,
    FindingTable,
    SignalTable,
    ThemeTable,
)
from interviewer.core.errors import NotFound
from interviewer.store import AnalysisRun, RunPart, Runs

FINDINGS: dict[str, type[FindingTable]] = {
    "themes": ThemeTable,
    "signals": SignalTable,
    "risks": AccountRiskTable,
}
HEAD = ("run_id", "at", "settings")
WHOLE = (*HEAD, "memory", "patterns", "report")  # in the row of the run
EMPTY: dict[str, Any] = {**dict.fromkeys(FINDINGS, ()), "memory": {}, "patterns": {}, "report": ""}
_NEWEST_RUN = (col(AnalysisRunTable.at).desc(), col(AnalysisRunTable.run_id))
_HEAD = select(
    col(AnalysisRunTable.run_id), col(AnalysisRunTable.at), col(AnalysisRunTable.settings)
).order_by(*_NEWEST_RUN)


class SqlRuns(Part, Runs):
    """Analyses and their findings."""

    def save_run(self, run: AnalysisRun) -> None:
        whole = {name: getattr(run, name) for name in WHOLE}
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

    def latest_run(self, *parts: RunPart) -> AnalysisRun | None:
        newest = select(col(AnalysisRunTable.run_id)).order_by(*_NEWEST_RUN).limit(1)
        with self._database.read() as connection:
            run_id = connection.scalar(newest)
            return None if run_id is None else _run(connection, run_id, parts)

    def latest_risks(self, account_refs: Collection[str] | None = None) -> AnalysisRun | None:
        as_of = col(AnalysisRunTable.memory)["as_of"].as_string().label("as_of")
        with self._database.read() as connection:
            row = connection.execute(_HEAD.add_columns(as_of).limit(1)).mappings().first()
            if row is None:
                return None
            head = {**row}
            memory = {"as_of": head.pop("as_of")}
            risks = _rows(connection, AccountRiskTable, head["run_id"], account_refs)
        return AnalysisRun(**{**EMPTY, **head, "memory": memory, "risks": risks})

    def signals(self, run_id: str, account_ref: str) -> list[Mapping[str, Any]]:
        with self._database.read() as connection:
            return _rows(connection, SignalTable, run_id, [account_ref])

    def runs(self) -> list[AnalysisRun]:
        with self._database.read() as connection:
            return [AnalysisRun(**{**EMPTY, **row}) for row in connection.execute(_HEAD).mappings()]

    def run(self, run_id: str, *parts: RunPart) -> AnalysisRun:
        with self._database.read() as connection:
            found = _run(connection, run_id, parts)
        if found is None:
            raise NotFound(f"No run {run_id!r}.")
        return found

    def bands(self, run_id: str) -> dict[str, str]:
        table = AccountRiskTable
        query = select(col(table.account_ref), col(table.band)).where(col(table.run_id) == run_id)
        with self._database.read() as connection:
            return {str(ref): str(band) for ref, band in connection.execute(query)}


def _run(connection: Connection, run_id: str, parts: Collection[RunPart]) -> AnalysisRun | None:
    """The run with these parts; with all where none is named."""
    columns = [name for name in WHOLE if name in (*HEAD, *(parts or EMPTY))]
    table = AnalysisRunTable
    own = select(*(col(getattr(table, name)) for name in columns))
    row = connection.execute(own.where(col(table.run_id) == run_id)).mappings().first()
    if row is None:
        return None
    rows: dict[str, Any] = {
        name: _rows(connection, table, run_id)
        for name, table in FINDINGS.items()
        if not parts or name in parts
    }
    return AnalysisRun(**{**EMPTY, **row, **rows})


def _rows(
    connection: Connection,
    table: type[FindingTable],
    run_id: str,
    account_refs: Collection[str] | None = None,
) -> list[Mapping[str, Any]]:
    """The findings of a run at their places; those of some accounts where these are given."""
    query = select(col(table.data)).where(col(table.run_id) == run_id)
    if account_refs is not None:
        query = query.where(col(table.account_ref).in_(account_refs))  # type: ignore[attr-defined]
    return list(connection.scalars(query.order_by(col(table.place))).all())
