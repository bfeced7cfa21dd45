# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Studies and their versions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    func,
    insert,
    select,
    update,
)
from sqlmodel import col

from interviewer.adapters.sql.engine import Database
from interviewer.adapters.sql.part import Part
from interviewer.adapters.sql.rows import row_of, value_of
from interviewer.adapters.sql.tables import (
    StudyTable,
)
from interviewer.core.errors import NotFound
from interviewer.core.guide import InterviewGuide
from interviewer.core.study import Study, StudyState
from interviewer.store import Studies
from interviewer.studies.prompts_folder import load_guide


class SqlStudies(Part, Studies):
    """Studies and their versions."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._guides: dict[tuple[str, int], InterviewGuide] = {}  # a version never changes

    def save_study(self, study: Study) -> Study:
        with self._database.write() as connection:
            newest = self._find_study(connection, study.slug)
            if newest and newest.guide_hash == study.guide_hash:
                return newest
            lasting = {
                "state",
                "launched_at",
                "brake",
                "redirect_to",
            }  # of the slug, not of a version
            kept = newest.model_dump(include=lasting) if newest else {}
            version = newest.version + 1 if newest else 1
            study = study.model_copy(update={"version": version, **kept})
            connection.execute(insert(StudyTable).values(row_of(study, "guide")))
        return study

    def study(self, slug: str, version: int | None = None) -> Study:
        with self._database.read() as connection:
            found = self._find_study(connection, slug, version)
        if found is None:
            raise NotFound(f"No study {slug!r}." if version is None else f"No {slug!r} {version}.")
        return found

    def studies(self) -> list[Study]:
        slug, newest = col(StudyTable.slug), func.max(col(StudyTable.version))
        with self._database.read() as connection:
            found = connection.execute(select(slug, newest).group_by(slug).order_by(slug)).all()
            return [s for name, v in found if (s := self._find_study(connection, name, v))]

    def set_study_state(
        self, slug: str, state: StudyState, now: datetime, redirect_to: Sequence[str] = ()
    ) -> Study:
        with self._database.write() as connection:
            study = self._find_study(connection, slug)
            if study is None:
                raise NotFound(f"No study {slug!r}.")
            invites = state in ("live", "shadow")
            starts = invites and (study.state != state or study.brake is not None)
            change: dict[str, Any] = {
                "state": state,
                "launched_at": now if starts else study.launched_at,
                "brake": None if invites else study.brake,
                "redirect_to": tuple(redirect_to) if invites else study.redirect_to,
            }
            connection.execute(
                update(StudyTable).where(col(StudyTable.slug) == slug).values(change)
            )
        return study.model_copy(update=change)

    def brake_study(self, slug: str, why: str) -> None:
        own = update(StudyTable).where(col(StudyTable.slug) == slug)
        with self._database.write() as connection:
            connection.execute(own.values(brake=why))

    def _find_study(
        self, connection: Connection, slug: str, version: int | None = None
    ) -> Study | None:
        query = select(StudyTable).where(col(StudyTable.slug) == slug)
        if version is not None:
            query = query.where(col(StudyTable.version) == version)
        newest_first = query.order_by(col(StudyTable.version).desc()).limit(1)
        row = connection.execute(newest_first).mappings().first()
        if row is None:
            return None
        key = (slug, row["version"])
        if key not in self._guides:
            self._guides[key] = load_guide(row["source"])
        return value_of(Study, row, guide=self._guides[key])
