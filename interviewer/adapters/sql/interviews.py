# ruff: noqa: D102 - what a method means is said once, in the protocol
"""Interviews with their turns and cases."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlmodel import col

from interviewer.adapters.sql import book_rows, interview_rows, interview_search, requests
from interviewer.adapters.sql.notices import add_occurrences
from interviewer.adapters.sql.part import Part, where_given
from interviewer.adapters.sql.rows import chunks, insert_new, row_of
from interviewer.adapters.sql.tables import (
    CaseTable,
    ChatPartTable,
    FormerLinkTable,
    InterviewTable,
)
from interviewer.core.book import Row
from interviewer.core.case import Case
from interviewer.core.errors import NotFound
from interviewer.core.inbound import ChatPart
from interviewer.core.interview import Interview
from interviewer.core.invitation import Invitation, OutboundMessage
from interviewer.core.notice import Occurrence
from interviewer.core.offer import ActionRequest
from interviewer.store import Course, InterviewCount, Interviews, Wanted


class SqlInterviews(Part, Interviews):
    """Interviews with their turns and cases."""

    def add_interview(
        self,
        interview: Interview,
        token_hash: str,
        *,
        outbox: Sequence[OutboundMessage] = (),
        invitation: Invitation | None = None,
    ) -> None:
        with self._database.write() as connection:
            interview_rows.add(connection, interview, token_hash)
            interview_rows.add_messages(connection, outbox)
            if invitation:
                interview_rows.save_invitation(connection, invitation)

    def interview(self, interview_id: str) -> Interview:
        return self._one_interview(col(InterviewTable.interview_id) == interview_id)

    def interview_by_token(self, token_hash: str) -> Interview:
        return self._one_interview(col(InterviewTable.token_hash) == token_hash)

    def replace_link(self, interview_id: str, token_hash: str, why: str, now: datetime) -> None:
        with self._database.write() as connection:
            interview_rows.replace_link(connection, interview_id, token_hash, why, now)

    def interview_by_former_link(self, token_hash: str) -> Interview:
        former = select(col(FormerLinkTable.interview_id)).where(
            col(FormerLinkTable.token_hash) == token_hash,
            col(FormerLinkTable.why) == "replaced",
        )
        return self._one_interview(col(InterviewTable.interview_id).in_(former))

    def _one_interview(self, condition: ColumnElement[bool]) -> Interview:
        found = self._interviews(select(InterviewTable).where(condition))
        if not found:
            raise NotFound("No such interview.")
        return found[0]

    def _interviews(self, query: Select[Any]) -> list[Interview]:
        with self._database.read() as connection:
            return interview_rows.found(connection, query)

    def save_interview(
        self,
        interview: Interview,
        *,
        case: Case | None = None,
        outbox: Sequence[OutboundMessage] = (),
        book: Sequence[Row] = (),
        occurrences: Sequence[Occurrence] = (),
        request: ActionRequest | None = None,
    ) -> Interview:
        with self._database.write() as connection:
            saved = interview_rows.save(connection, interview)
            if request:
                requests.add(connection, request)
            if case:
                interview_rows.save_case(connection, case)
            interview_rows.add_messages(connection, outbox)
            book_rows.put(connection, book)
            add_occurrences(connection, occurrences)
        return saved

    def add_part(self, part: ChatPart) -> bool:
        with self._database.write() as connection:
            return insert_new(connection, ChatPartTable, [row_of(part)]) == 1

    def waiting_parts(self, interview_id: str) -> list[ChatPart]:
        table = ChatPartTable
        waiting = where_given(select(table), table, interview_id=interview_id)
        waiting = waiting.where(col(table.turn_seq).is_(None))
        return self._values(ChatPart, waiting.order_by(col(table.place)))

    def interviews(
        self,
        study: str | None = None,
        *,
        account_ref: str | Collection[str] | None = None,
        address: str | None = None,
        status: Collection[str] = (),
        with_contact: bool = False,
        limit: int | None = None,
        include_test: bool = False,
    ) -> list[Interview]:
        query = where_given(select(InterviewTable), InterviewTable, study=study, address=address)
        if account_ref is not None:
            refs = [account_ref] if isinstance(account_ref, str) else account_ref
            query = query.where(col(InterviewTable.account_ref).in_(refs))
        if status:
            query = query.where(col(InterviewTable.status).in_(status))
        if with_contact:
            query = query.where(col(InterviewTable.contact_ref).is_not(None))
        if not include_test:
            query = query.where(~col(InterviewTable.test))
        newest = (col(InterviewTable.opened_at).desc(), col(InterviewTable.interview_id))
        return self._interviews(query.order_by(*newest).limit(limit))

    def interviews_named(self, interview_ids: Collection[str]) -> list[Interview]:
        name = col(InterviewTable.interview_id)
        return [
            interview
            for part in chunks(interview_ids)
            for interview in self._interviews(
                select(InterviewTable).where(name.in_(part)).order_by(name)
            )
        ]

    def page_of_interviews(
        self,
        wanted: Wanted,
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int,
    ) -> list[Interview]:
        with self._database.read() as connection:
            query = interview_search.page(
                connection, wanted, before=before, after=after, limit=limit
            )
            return interview_rows.found(connection, query)

    def count_interviews(self, wanted: Wanted) -> list[InterviewCount]:
        with self._database.read() as connection:
            return interview_search.counts(connection, wanted)

    def live_interviews(self, address: str) -> list[Interview]:
        live = where_given(select(InterviewTable), InterviewTable, address=address, status="open")
        oldest = (col(InterviewTable.opened_at), col(InterviewTable.interview_id))
        return self._interviews(live.order_by(*oldest))

    def overdue(self, now: datetime, limit: int) -> list[Interview]:
        over = select(InterviewTable).where(
            col(InterviewTable.status) == "open", col(InterviewTable.expires_at) <= now
        )
        longest = (col(InterviewTable.expires_at), col(InterviewTable.interview_id))
        return self._interviews(over.order_by(*longest).limit(limit))

    def funnel(self, study: str | None = None) -> dict[str, dict[str, int]]:
        with self._database.read() as connection:
            return interview_rows.funnel(connection, study)

    def courses(self, study: str, limit: int) -> list[Course]:
        with self._database.read() as connection:
            return interview_rows.courses(connection, study, limit)

    def cases(
        self,
        state: str | None = None,
        *,
        interview_id: str | None = None,
        account_ref: str | Collection[str] | None = None,
        shipment_ref: str | None = None,
    ) -> list[Case]:
        query = where_given(
            select(CaseTable),
            CaseTable,
            state=state,
            interview_id=interview_id,
            shipment_ref=shipment_ref,
        )
        if account_ref is not None:
            refs = [account_ref] if isinstance(account_ref, str) else account_ref
            query = query.where(col(CaseTable.account_ref).in_(refs))
        newest = (col(CaseTable.opened_at).desc(), col(CaseTable.interview_id), CaseTable.reason)
        return self._values(Case, query.order_by(*newest))

    def case(self, interview_id: str, reason: str) -> Case:
        with self._database.read() as connection:
            return interview_rows.stored_case(connection, interview_id, reason)

    def change_case(
        self,
        interview_id: str,
        reason: str,
        change: Callable[[Case], Case],
        *,
        occurrences: Sequence[Occurrence] = (),
    ) -> Case:
        with self._database.write() as connection:
            stored = interview_rows.stored_case(connection, interview_id, reason, lock=True)
            changed = change(stored)
            interview_rows.replace_case(connection, changed)
            add_occurrences(connection, occurrences)
        return changed
