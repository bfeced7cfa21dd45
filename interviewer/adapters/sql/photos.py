# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Photos that respondents added."""

from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy import func, insert, select
from sqlmodel import col

from interviewer.adapters.sql.part import Part
from interviewer.adapters.sql.rows import chunks
from interviewer.adapters.sql.tables import InterviewTable, PhotoTable, Table
from interviewer.core.errors import Conflict, NotFound
from interviewer.store import Photo, Photos

WITHOUT_PICTURE = [c for c in Table.metadata.tables["photo"].columns if c.name != "jpeg"]


class SqlPhotos(Part, Photos):
    """Photos that respondents added."""

    def add_photo(self, photo: Photo, limit: int) -> None:
        own = col(PhotoTable.interview_id) == photo.interview_id
        interview_id = col(InterviewTable.interview_id)
        # The interview's row is held, so that two uploads at once count each other.
        held = select(interview_id).where(interview_id == photo.interview_id).with_for_update()
        with self._database.write() as connection:
            if connection.scalar(held) is None:
                raise NotFound(f"No interview {photo.interview_id!r}.")
            if (connection.scalar(select(func.count()).where(own)) or 0) >= limit:
                raise Conflict(f"There are {limit} photos already.")
            connection.execute(insert(PhotoTable).values(asdict(photo)))

    def photo(self, photo_id: str) -> Photo:
        query = select(PhotoTable).where(col(PhotoTable.photo_id) == photo_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound("No such photo.")
        return Photo(**row)

    def photos(self, interview_ids: Collection[str]) -> list[Photo]:
        with self._database.read() as connection:
            found = [
                Photo(**row)
                for part in chunks(interview_ids)
                for row in connection.execute(
                    select(*WITHOUT_PICTURE).where(col(PhotoTable.interview_id).in_(part))
                ).mappings()
            ]
        return sorted(found, key=lambda photo: (photo.at, photo.photo_id))
