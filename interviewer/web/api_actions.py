"""Actions in the JSON API: what may be offered, what was asked for, what the network says to it."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Security
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from interviewer.core.offer import ActionAnswer, ActionRequest, RequestState
from interviewer.followup import actions
from interviewer.web.api import NAME_LIMIT, ProblemResponses, Text
from interviewer.web.doors import Actor, Parts, bearer

ANSWER_LIMIT = 300  # characters that the network adds to its answer

router = APIRouter(
    prefix="/api/v1",
    dependencies=[Security(bearer)],
    responses=ProblemResponses,
    tags=["actions"],
)


class RequestShown(BaseModel):
    """An action that a respondent asked for."""

    model_config = ConfigDict(from_attributes=True)

    request_id: str
    interview_id: str
    shipment_ref: str
    action_id: str
    label: str
    chosen_at: datetime
    until: datetime | None
    answer_by: datetime = Field(description="then it expires, and a person gets a case")
    state: RequestState
    settled_at: datetime | None
    text: str | None


class ActionShown(BaseModel):
    """Something that the network can do now, and what became of it here."""

    action_id: str
    label: str
    link: str | None = Field(description="a page of yours; without one it can be asked for here")
    until: datetime | None
    state: Literal["offered"] | RequestState
    request: RequestShown | None


class Choice(BaseModel):
    """What the respondent chose."""

    action_id: Annotated[Text, Field(min_length=1, max_length=NAME_LIMIT, examples=["pickup"])]


class Answer(BaseModel):
    """What the network says; the respondent hears it through the send gate, once."""

    state: Literal["confirmed", "refused"]
    text: Annotated[Text, Field(max_length=ANSWER_LIMIT)] | None = Field(
        default=None, description="what is added for the respondent, where it fits"
    )
    until: AwareDatetime | None = None


@router.get("/interviews/{interview_id}/actions")
def list_offered(interview_id: str, services: Parts) -> list[ActionShown]:
    """What may be offered in an interview, and what was asked for in it."""
    interview = services.store.interview(interview_id)
    return [_shown(one) for one in actions.of_interview(services, interview)]


@router.post("/interviews/{interview_id}/actions", status_code=201)
def choose_action(interview_id: str, body: Choice, services: Parts) -> RequestShown:
    """Ask the network for an action; the same choice again is the same request."""
    return RequestShown.model_validate(actions.choose(services, interview_id, body.action_id))


@router.get("/actions")
def list_requests(services: Parts, state: RequestState | None = None) -> list[RequestShown]:
    """What respondents asked for, newest first."""
    found = services.store.requests(state=state)
    return [RequestShown.model_validate(one) for one in found]


@router.post("/actions/{request_id}")
def answer_request(request_id: str, body: Answer, services: Parts, actor: Actor) -> RequestShown:
    """Confirm or refuse what a respondent asked for; the same answer again changes nothing."""
    said = ActionAnswer(request_id, body.state == "confirmed", text=body.text, until=body.until)
    return RequestShown.model_validate(actions.answer(services, said, actor=actor))


def _shown(one: actions.Offered) -> ActionShown:
    request: ActionRequest | None = one.request
    return ActionShown(
        action_id=one.action.id,
        label=one.action.label,
        link=one.action.link,
        until=one.action.until,
        state=request.state if request else "offered",
        request=RequestShown.model_validate(request) if request else None,
    )
