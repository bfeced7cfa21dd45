# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Where studies may be embedded."""

from dataclasses import asdict

from sqlalchemy import select
from sqlmodel import col

from interviewer.adapters.sql.part import Part
from interviewer.adapters.sql.rows import upsert
from interviewer.adapters.sql.tables import WidgetTable
from interviewer.core.errors import NotFound
from interviewer.store import Widget, Widgets


class SqlWidgets(Part, Widgets):
    """Where studies may be embedded."""

    def save_widget(self, widget: Widget) -> None:
        with self._database.write() as connection:
            upsert(connection, WidgetTable, ("study",), [asdict(widget)])

    def widget(self, study: str) -> Widget:
        query = select(WidgetTable).where(col(WidgetTable.study) == study)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound(f"The study {study!r} may be embedded nowhere.")
        return Widget(**row)

    def widgets(self) -> list[Widget]:
        query = select(WidgetTable).order_by(col(WidgetTable.study))
        with self._database.read() as connection:
            return [Widget(**row) for row in connection.execute(query).mappings()]
