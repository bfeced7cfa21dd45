# ruff: noqa: D102 - what a method means is said once, in the protocol
"""What leaves for other systems and for people on our side."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlmodel import col

from interviewer.adapters.sql.jobs import schedule
from interviewer.adapters.sql.part import Part, where_given
from interviewer.adapters.sql.rows import insert_new, row_of, upsert
from interviewer.adapters.sql.tables import (
    AlertRuleTable,
    DestinationTable,
    NoticeTable,
    OccurrenceTable,
)
from interviewer.core.errors import NotFound
from interviewer.core.invitation import Job
from interviewer.core.notice import AlertRule, Destination, Notice, Occurrence
from interviewer.store import Notices


class SqlNotices(Part, Notices):
    """What leaves for other systems and for people on our side."""

    def add_occurrences(self, occurrences: Sequence[Occurrence]) -> None:
        with self._database.write() as connection:
            add_occurrences(connection, occurrences)

    def unspread(self, limit: int) -> list[Occurrence]:
        table = OccurrenceTable
        waiting = select(table).where(col(table.spread_at).is_(None))
        oldest = (col(table.at), col(table.occurrence_id))
        return self._values(Occurrence, waiting.order_by(*oldest).limit(limit))

    def spread(self, occurrence: Occurrence, notices: Sequence[Notice], now: datetime) -> None:
        own = update(OccurrenceTable).where(
            col(OccurrenceTable.occurrence_id) == occurrence.occurrence_id
        )
        with self._database.write() as connection:
            new = [n for n in notices if insert_new(connection, NoticeTable, [row_of(n)])]
            schedule(connection, list(dict.fromkeys(_job(notice, now) for notice in new)))
            connection.execute(own.values(spread_at=now))

    def save_notice(self, notice: Notice) -> None:
        own = update(NoticeTable).where(col(NoticeTable.notice_id) == notice.notice_id)
        with self._database.write() as connection:
            if not connection.execute(own.values(row_of(notice))).rowcount:
                raise NotFound("No such notice.")

    def notices(
        self, *, state: str | None = None, destination: str | None = None, limit: int | None = None
    ) -> list[Notice]:
        query = where_given(select(NoticeTable), NoticeTable, state=state, destination=destination)
        newest = (col(NoticeTable.at).desc(), col(NoticeTable.notice_id))
        return self._values(Notice, query.order_by(*newest).limit(limit))

    def notice(self, notice_id: str) -> Notice:
        own = select(NoticeTable).where(col(NoticeTable.notice_id) == notice_id)
        found = self._values(Notice, own)
        if not found:
            raise NotFound("No such notice.")
        return found[0]

    def save_destination(self, destination: Destination) -> None:
        with self._database.write() as connection:
            upsert(connection, DestinationTable, ("name",), [row_of(destination)])

    def destinations(self) -> list[Destination]:
        by_name = select(DestinationTable).order_by(col(DestinationTable.name))
        return self._values(Destination, by_name)

    def save_alert_rule(self, rule: AlertRule, occurrences: Sequence[Occurrence] = ()) -> None:
        with self._database.write() as connection:
            upsert(connection, AlertRuleTable, ("rule_id",), [row_of(rule)])
            add_occurrences(connection, occurrences)

    def remove_alert_rule(self, rule_id: str) -> None:
        own = delete(AlertRuleTable).where(col(AlertRuleTable.rule_id) == rule_id)
        with self._database.write() as connection:
            if not connection.execute(own).rowcount:
                raise NotFound("No such alert rule.")

    def alert_rules(self) -> list[AlertRule]:
        oldest = (col(AlertRuleTable.added_at), col(AlertRuleTable.rule_id))
        return self._values(AlertRule, select(AlertRuleTable).order_by(*oldest))


def _job(notice: Notice, now: datetime) -> Job:
    """What sends it; those of one digest have one."""
    due_at = notice.due_at or now
    if notice.in_digest:
        return Job(step="digest", subject=notice.destination, due_at=due_at)
    return Job(step="notify", subject=notice.notice_id, due_at=due_at)


def add_occurrences(connection: Connection, occurrences: Sequence[Occurrence]) -> None:
    """Store those that are new."""
    rows = [
        {**row_of(each), "occurrence_id": each.occurrence_id, "spread_at": None}
        for each in occurrences
    ]
    if rows:
        insert_new(connection, OccurrenceTable, rows)
