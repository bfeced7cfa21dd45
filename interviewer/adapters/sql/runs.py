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
from interviewer.store import AnalysisRun, Runs

FINDINGS: dict[str, type[FindingTable]] = {
    "themes": ThemeTable,
    "signals": SignalTable,
    "risks": AccountRiskTable,
}
WHOLE = ("run_id", "at", "settings", "memory", "patterns", "report")  # in the row of the run
_NEWEST_RUN = (col(AnalysisRunTable.at).desc(), col(AnalysisRunTable.run_id))
_HEAD = select(
    col(AnalysisRunTable.run_id), col(AnalysisRunTable.at), col(AnalysisRunTable.settings)
).order_by(*_NEWEST_RUN)
_EMPTY: dict[str, Any] = {
    **dict.fromkeys(FINDINGS, ()),
    **{"memory": {}, "patterns": {}, "report": ""},
}


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

    def latest_run(self) -> AnalysisRun | None:
        newest = select(col(AnalysisRunTable.run_id)).order_by(*_NEWEST_RUN).limit(1)
        with self._database.read() as connection:
            run_id = connection.scalar(newest)
            return None if run_id is None else _whole_run(connection, run_id)

    def latest_risks(self, account_refs: Collection[str] | None = None) -> AnalysisRun | None:
        as_of = col(AnalysisRunTable.memory)["as_of"].as_string().label("as_of")
        with self._database.read() as connection:
            row = connection.execute(_HEAD.add_columns(as_of).limit(1)).mappings().first()
            if row is None:
                return None
            head = {**row}
            memory = {"as_of": head.pop("as_of")}
            risks = _rows(connection, AccountRiskTable, head["run_id"], account_refs)
        return AnalysisRun(**{**_EMPTY, **head, "memory": memory, "risks": risks})

    def signals(self, run_id: str, account_ref: str) -> list[Mapping[str, Any]]:
        with self._database.read() as connection:
            return _rows(connection, SignalTable, run_id, [account_ref])

    def runs(self) -> list[AnalysisRun]:
        with self._database.read() as connection:
            return [
                AnalysisRun(**{**_EMPTY, **row}) for row in connection.execute(_HEAD).mappings()
            ]

    def run(self, run_id: str) -> AnalysisRun:
        with self._database.read() as connection:
            found = _whole_run(connection, run_id)
        if found is None:
            raise NotFound(f"No run {run_id!r}.")
        return found


def _whole_run(connection: Connection, run_id: str) -> AnalysisRun | None:
    own = select(AnalysisRunTable).where(col(AnalysisRunTable.run_id) == run_id)
    row = connection.execute(own).mappings().first()
    if row is None:
        return None
    rows: dict[str, Any] = {
        name: _rows(connection, table, run_id) for name, table in FINDINGS.items()
    }
    return AnalysisRun(**row, **rows)


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
