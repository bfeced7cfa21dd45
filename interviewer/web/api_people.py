"""What a person may ask of us, in the JSON API; an address is in the body, where no log has it."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Security
from pydantic import BaseModel, Field

from interviewer.access import privacy
from interviewer.web.api import NAME_LIMIT, ProblemResponses, Text
from interviewer.web.doors import Actor, Parts, bearer
from interviewer.wiring import forget_vectors

router = APIRouter(
    prefix="/api/v1/people",
    dependencies=[Security(bearer)],
    responses=ProblemResponses,
    tags=["people"],
)


class Person(BaseModel):
    """Somebody about whom something is stored."""

    person: Annotated[Text, Field(min_length=1, max_length=NAME_LIMIT)] = Field(
        description="e-mail address, phone number (+...) or contact_ref"
    )


class Held(BaseModel):
    """Everything that is held about a person."""

    tables: dict[str, list[dict[str, Any]]] = Field(description="table -> its rows")


class Erased(BaseModel):
    """What was taken out."""

    rows: dict[str, int] = Field(description="table -> how many rows; empty: erased before")


@router.post("/show")
def show_person(body: Person, services: Parts, actor: Actor) -> Held:
    """Everything that is held about a person: the answer to an access request."""
    return Held(tables=privacy.access_request(services, body.person.strip(), actor=actor))


@router.post("/erase")
def erase_person(body: Person, request: Request, services: Parts, actor: Actor) -> Erased:
    """Take a person out of everything stored; what remains are numbers and a suppression."""
    rows = privacy.erase(
        services,
        body.person.strip(),
        actor=actor,
        forget_vectors=lambda: forget_vectors(request.app.state.settings),
    )
    return Erased(rows=rows)
