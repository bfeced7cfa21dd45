"""Interviews in SQL: the aggregate's row, its turns, and what is saved with them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, case, func, insert, select, update
from sqlmodel import col

from interviewer.adapters.sql import jobs
from interviewer.adapters.sql.rows import chunks, row_of, upsert, value_of
from interviewer.adapters.sql.tables import (
    AccountTable,
    CaseTable,
    ChatPartTable,
    FormerLinkTable,
    InterviewTable,
    InvitationTable,
    OutboundMessageTable,
    StudyTable,
    TurnTable,
)
from interviewer.core.case import Case
from interviewer.core.errors import Conflict, NotFound
from interviewer.core.interview import Interview, Turn
from interviewer.core.invitation import Invitation, Job, OutboundMessage
from interviewer.store import Course

AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)  # before every clock
FUNNEL = ("invited", "opened", "answered", "closed", "handed_off", "opted_out", "refused")


def add(connection: Connection, interview: Interview, token_hash: str) -> None:
    """Store a new interview with its turns."""
    row = {**_row(interview), "token_hash": token_hash}
    connection.execute(insert(InterviewTable).values(row))
    _add_turns(connection, interview.interview_id, interview.turns)


def _row(interview: Interview) -> dict[str, Any]:
    return {**row_of(interview, "turns"), "answered": bool(interview.answers)}


def replace_link(
    connection: Connection, interview_id: str, token_hash: str, why: str, now: datetime
) -> None:
    """Give the interview another link, and remember the one before."""
    table = InterviewTable
    own = col(table.interview_id) == interview_id
    before = connection.scalar(select(col(table.token_hash)).where(own).with_for_update())
    if before is None:
        raise NotFound(f"No interview {interview_id!r}.")
    former = {"token_hash": before, "interview_id": interview_id, "ended_at": now, "why": why}
    connection.execute(insert(FormerLinkTable).values(former))
    connection.execute(update(table).where(own).values(token_hash=token_hash))


def save(connection: Connection, interview: Interview) -> Interview:
    """Write state and new turns; the interview at its next version."""
    own = col(InterviewTable.interview_id) == interview.interview_id
    saved = interview.evolve(version=interview.version + 1)
    written = connection.execute(
        update(InterviewTable)
        .where(own, col(InterviewTable.version) == interview.version)
        .values(_row(saved))
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
    _keep_back(connection, interview)
    for turn in new:
        _answer_parts(connection, interview.interview_id, turn)
    return saved


def _keep_back(connection: Connection, interview: Interview) -> None:
    """Earlier turns may turn out to be for the owner alone; none ever turns back."""
    kept = [turn.seq for turn in interview.turns if turn.audience == "owner"]
    if kept:
        own = col(TurnTable.interview_id) == interview.interview_id
        marked = update(TurnTable).where(own, col(TurnTable.seq).in_(kept))
        connection.execute(marked.values(audience="owner"))
        cases = select(CaseTable).where(col(CaseTable.interview_id) == interview.interview_id)
        for row in connection.execute(cases).mappings().all():
            told = value_of(Case, row)
            if told.audience == "all" and set(kept) & set(told.turn_seqs):
                hidden = told.model_copy(update={"audience": "owner", "to_second_owner": True})
                upsert(connection, CaseTable, ("interview_id", "reason"), [row_of(hidden)])


def _answer_parts(connection: Connection, interview_id: str, turn: Turn) -> None:
    if turn.message_id is None:
        return
    table = ChatPartTable
    own = update(table).where(
        col(table.interview_id) == interview_id,
        col(table.message_id).in_((turn.message_id, *turn.joined)),
    )
    connection.execute(own.values(turn_seq=turn.seq))


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
    try:
        whole = stored_case(connection, new.interview_id, new.reason, lock=True).add(new)
    except NotFound:
        whole = new
    replace_case(connection, whole)


def replace_case(connection: Connection, case: Case) -> None:
    """Store it in place of the one with its interview and reason."""
    upsert(connection, CaseTable, ("interview_id", "reason"), [row_of(case)])


def stored_case(
    connection: Connection, interview_id: str, reason: str, *, lock: bool = False
) -> Case:
    """The case; with `lock` nobody else changes it before this transaction ends."""
    query = select(CaseTable).where(
        col(CaseTable.interview_id) == interview_id, col(CaseTable.reason) == reason
    )
    stored = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if stored is None:
        raise NotFound("No such case.")
    return value_of(Case, stored)


def add_messages(connection: Connection, messages: Sequence[OutboundMessage]) -> None:
    """Put messages on their way out; each that is pending waits with a job."""
    if messages:
        connection.execute(insert(OutboundMessageTable), [row_of(m) for m in messages])
    waiting = [
        Job(step="send", subject=message.message_key, due_at=message.due_at or AT_ONCE)
        for message in messages
        if message.state == "pending"
    ]
    jobs.schedule(connection, waiting)


def funnel(connection: Connection, slug: str | None) -> dict[str, dict[str, int]]:
    """Of one study or each: how many of each step; interviews that are tests count nowhere."""
    invitation, interview = InvitationTable, InterviewTable
    slugs = select(col(StudyTable.slug)).distinct().order_by(col(StudyTable.slug))
    counts = {each: dict.fromkeys(FUNNEL, 0) for each in connection.scalars(slugs)}
    steps = {"sent": "invited", "refused": "refused"}
    kind = (col(invitation.study), col(invitation.state))
    of_study = [] if slug is None else [kind[0] == slug]
    asked = (
        select(*kind, func.count())
        .where(col(invitation.state).in_(steps), *of_study)
        .group_by(*kind)
    )
    tests = select(col(interview.interview_id)).where(col(interview.test))
    trials = asked.where(col(invitation.interview_id).in_(tests))
    for query, sign in ((asked, 1), (trials, -1)):
        for study, state, number in connection.execute(query):
            counts.setdefault(study, dict.fromkeys(FUNNEL, 0))[steps[state]] += sign * number

    went = (col(interview.study), col(interview.status))
    of_study = [] if slug is None else [went[0] == slug]
    interviews = (
        select(*went, func.count(), func.sum(case((col(interview.answered), 1), else_=0)))
        .where(~col(interview.test), *of_study)
        .group_by(*went)
    )
    for study, status, opened, with_answer in connection.execute(interviews):
        counts[study]["opened"] += opened
        counts[study]["answered"] += with_answer
        if status in counts[study]:
            counts[study][status] += opened
    return counts


def courses(connection: Connection, study: str, limit: int) -> list[Course]:
    """How the newest interviews of a study went."""
    table = InterviewTable
    newest = (
        select(
            col(table.channel),
            col(table.language),
            col(table.status),
            col(table.answered),
            col(table.opened_at),
            col(table.closed_at),
            col(table.context),
            col(AccountTable.tier),
        )
        .outerjoin(AccountTable, col(AccountTable.account_ref) == col(table.account_ref))
        .where(col(table.study) == study, ~col(table.test))
        .order_by(col(table.opened_at).desc())
        .limit(limit)
    )
    return [Course(*row) for row in connection.execute(newest)]


def save_invitation(connection: Connection, invitation: Invitation) -> Invitation:
    """Replace it at the version it was read at; its job follows its state."""
    table = InvitationTable
    own = col(table.invitation_id) == invitation.invitation_id
    saved = invitation.model_copy(update={"version": invitation.version + 1})
    seen = col(table.version) == invitation.version
    if connection.execute(update(table).where(own, seen).values(row_of(saved))).rowcount:
        wait_for(connection, saved)
        return saved
    if connection.scalar(select(col(table.invitation_id)).where(own)) is None:
        raise NotFound(f"No invitation {invitation.invitation_id!r}.")
    raise Conflict


def wait_for(connection: Connection, invitation: Invitation) -> None:
    """An invitation that is due waits with a job, any other with none."""
    subject = invitation.invitation_id
    if invitation.state == "due":
        job = Job(step="invite", subject=subject, due_at=invitation.due_at)
        jobs.schedule(connection, [job])
    else:
        jobs.cancel(connection, "invite", [subject])
