"""Interviews in SQL: the aggregate's row, its turns, and what is saved with them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, case, exists, func, insert, select, update
from sqlmodel import col

from interviewer.adapters.sql_rows import chunks, row_of, upsert, value_of
from interviewer.adapters.tables import (
    CaseTable,
    InterviewTable,
    InvitationTable,
    OutboundMessageTable,
    StudyTable,
    TurnTable,
)
from interviewer.core.case import Case
from interviewer.core.errors import Conflict, NotFound
from interviewer.core.interview import Interview, Turn
from interviewer.core.invitation import OutboundMessage

FUNNEL = ("invited", "opened", "answered", "closed", "handed_off", "opted_out", "refused")


def add(connection: Connection, interview: Interview, token_hash: str) -> None:
    """Store a new interview with its turns."""
    row = {**row_of(interview, "turns"), "token_hash": token_hash}
    connection.execute(insert(InterviewTable).values(row))
    _add_turns(connection, interview.interview_id, interview.turns)


def save(connection: Connection, interview: Interview) -> Interview:
    """Write state and new turns; the interview at its next version."""
    own = col(InterviewTable.interview_id) == interview.interview_id
    saved = interview.evolve(version=interview.version + 1)
    written = connection.execute(
        update(InterviewTable)
        .where(own, col(InterviewTable.version) == interview.version)
        .values(row_of(saved, "turns"))
    )
    if written.rowcount == 0:
        if connection.scalar(select(col(InterviewTable.interview_id)).where(own)) is None:
            raise NotFound(f"No interview {interview.interview_id!r}.")
        raise Conflict
    last = connection.scalar(
        select(func.max(col(TurnTable.seq))).where(
            col(TurnTable.interview_id) == interview.interview_id
        )
    )
    new = [turn for turn in interview.turns if last is None or turn.seq > last]
    _add_turns(connection, interview.interview_id, new)
    return saved


def _add_turns(connection: Connection, interview_id: str, turns: Sequence[Turn]) -> None:
    rows = [
        {
            **row_of(turn),
            "interview_id": interview_id,
            "decided": turn.decision and turn.decision.move,
            "reason": turn.decision and turn.decision.reason,
        }
        for turn in turns
    ]
    if rows:
        connection.execute(insert(TurnTable), rows)


def found(connection: Connection, query: Select[Any]) -> list[Interview]:
    """The interviews of a query on their table, in its order, each with its turns."""
    rows = connection.execute(query).mappings().all()
    turns: defaultdict[str, list[Turn]] = defaultdict(list)
    for part in chunks(row["interview_id"] for row in rows):
        own = select(TurnTable).where(col(TurnTable.interview_id).in_(part))
        for row in connection.execute(own.order_by(col(TurnTable.seq))).mappings():
            turns[row["interview_id"]].append(value_of(Turn, row))
    return [value_of(Interview, row, turns=turns[row["interview_id"]]) for row in rows]


def save_case(connection: Connection, new: Case) -> None:
    """Open the case, or add its turn to the one with the same reason."""
    query = select(CaseTable).where(
        col(CaseTable.interview_id) == new.interview_id, col(CaseTable.reason) == new.reason
    )
    stored = connection.execute(query).mappings().first()
    whole = value_of(Case, stored).add(new) if stored else new
    upsert(connection, CaseTable, ("interview_id", "reason"), [row_of(whole)])


def add_messages(connection: Connection, messages: Sequence[OutboundMessage]) -> None:
    """Put messages on their way out."""
    if messages:
        connection.execute(insert(OutboundMessageTable), [row_of(m) for m in messages])


def funnel(connection: Connection) -> dict[str, dict[str, int]]:
    """Per study: how many of each step; interviews that are tests count nowhere."""
    counts = {
        slug: dict.fromkeys(FUNNEL, 0)
        for slug in connection.scalars(
            select(col(StudyTable.slug)).distinct().order_by(StudyTable.slug)
        )
    }
    test = exists().where(
        col(InterviewTable.interview_id) == col(InvitationTable.interview_id),
        col(InterviewTable.test),
    )
    steps = {"sent": "invited", "refused": "refused"}
    invitations = (
        select(col(InvitationTable.study), col(InvitationTable.state), func.count())
        .where(col(InvitationTable.state).in_(steps), ~test)
        .group_by(col(InvitationTable.study), col(InvitationTable.state))
    )
    for study, state, number in connection.execute(invitations):
        counts.setdefault(study, dict.fromkeys(FUNNEL, 0))[steps[state]] += number

    answered = exists().where(
        col(TurnTable.interview_id) == col(InterviewTable.interview_id),
        col(TurnTable.speaker) == "respondent",
    )
    interviews = (
        select(
            col(InterviewTable.study),
            col(InterviewTable.status),
            func.count(),
            func.sum(case((answered, 1), else_=0)),
        )
        .where(~col(InterviewTable.test))
        .group_by(col(InterviewTable.study), col(InterviewTable.status))
    )
    for study, status, opened, with_answer in connection.execute(interviews):
        counts[study]["opened"] += opened
        counts[study]["answered"] += with_answer
        if status in counts[study]:
            counts[study][status] += opened
    return counts
