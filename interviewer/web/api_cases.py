"""Cases in the JSON API: read, take, note, close, and write to the respondent."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Security
from pydantic import BaseModel, ConfigDict, Field

from interviewer.core.case import Case, CaseClass
from interviewer.core.interview import Channel
from interviewer.core.invitation import MessageState
from interviewer.followup import cases, taking_over
from interviewer.interviews.conversation import TEXT_LIMIT
from interviewer.web.api import NAME_LIMIT, ProblemResponses, Text
from interviewer.web.doors import Actor, Parts, bearer

router = APIRouter(
    prefix="/api/v1",
    dependencies=[Security(bearer)],
    responses=ProblemResponses,
    tags=["cases"],
)


class NoteShown(BaseModel):
    """What somebody wrote down about a case."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    author: str
    text: str


class CaseShown(BaseModel):
    """One reason in one interview for a person to look."""

    model_config = ConfigDict(from_attributes=True)

    case_id: str
    reason: str
    case_class: CaseClass
    hands_off: bool = Field(description="whether the interview ended with it")
    state: Literal["open", "taken", "closed"]
    opened_at: datetime
    due_at: datetime | None = Field(description="when a person should have looked")
    overdue_at: datetime | None
    interview_id: str
    study: str
    account_ref: str | None
    shipment_ref: str | None
    exception_code: str | None
    customer_action: str | None = Field(description="what fits, not what is possible")
    agent_action: str | None
    owner_email: str | None
    taken_by: str | None
    closed_at: datetime | None
    outcome: str | None
    quotes: list[str]
    notes: list[NoteShown]


class ByWhom(BaseModel):
    """Who acts, as your system names them."""

    by: Annotated[Text, Field(min_length=1, max_length=NAME_LIMIT)]


class NewNote(ByWhom):
    """Something to write down."""

    text: Annotated[Text, Field(min_length=1, max_length=cases.NOTE)]


class Outcome(ByWhom):
    """What came of it."""

    outcome: Annotated[Text, Field(min_length=1, max_length=cases.NOTE)]
    tell: Annotated[Text, Field(max_length=TEXT_LIMIT)] | None = Field(
        default=None, description="goes to the respondent, as your words"
    )


class Words(ByWhom):
    """What a person writes to the respondent; `by` is shown, up to an @."""

    text: Annotated[Text, Field(min_length=1, max_length=TEXT_LIMIT)]


class WordsTaken(BaseModel):
    """What becomes of the words."""

    model_config = ConfigDict(from_attributes=True)

    message_key: str
    channel: Channel
    state: MessageState = Field(description="pending: the send gate waits for a decent hour")


@router.get("/cases")
def list_cases(
    services: Parts, state: Literal["open", "taken", "closed"] | None = None
) -> list[CaseShown]:
    """Cases, newest first."""
    return [_shown(case) for case in services.store.cases(state)]


@router.get("/cases/{case_id}")
def show_case(case_id: str, services: Parts) -> CaseShown:
    """One case."""
    return _shown(cases.find(services, case_id))


@router.post("/cases/{case_id}/take")
def take_case(case_id: str, body: ByWhom, services: Parts, actor: Actor) -> CaseShown:
    """Put a case into the hands of a person."""
    return _shown(cases.take(services, case_id, body.by, actor=actor))


@router.post("/cases/{case_id}/notes")
def note_case(case_id: str, body: NewNote, services: Parts, actor: Actor) -> CaseShown:
    """Write something down about a case."""
    return _shown(cases.note(services, case_id, body.by, body.text, actor=actor))


@router.post("/cases/{case_id}/close")
def close_case(case_id: str, body: Outcome, services: Parts, actor: Actor) -> CaseShown:
    """End a case with what came of it."""
    return _shown(
        cases.close(services, case_id, body.by, body.outcome, tells=body.tell, actor=actor)
    )


@router.post("/cases/{case_id}/tell")
def tell_respondent(case_id: str, body: Words, services: Parts, actor: Actor) -> WordsTaken:
    """Tell the respondent what came of it, once."""
    return WordsTaken.model_validate(cases.tell(services, case_id, body.by, body.text, actor=actor))


@router.post("/interviews/{interview_id}/replies")
def reply_as_a_person(interview_id: str, body: Words, services: Parts, actor: Actor) -> WordsTaken:
    """Answer as a person in an interview; the program says nothing more in it."""
    return WordsTaken.model_validate(
        taking_over.reply(services, interview_id, body.by, body.text, actor=actor)
    )


def _shown(case: Case) -> CaseShown:
    return CaseShown.model_validate(case)
