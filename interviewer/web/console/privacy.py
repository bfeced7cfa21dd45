"""What a person may ask of us: everything that is held about them, and that it is erased."""

import json
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from interviewer.access import privacy
from interviewer.core.errors import InterviewerError
from interviewer.web.console.frame import show
from interviewer.web.doors import Actor, Parts
from interviewer.web.problems import status_of
from interviewer.wiring import forget_vectors

router = APIRouter(include_in_schema=False)

Who = Annotated[str, Form()]


@router.get("/people")
def ask(request: Request) -> Response:
    """Who it is about."""
    return _page(request)


@router.post("/people/show")
def give_out(request: Request, services: Parts, actor: Actor, person: Who = "") -> Response:
    """Everything that is held about them, as a file."""
    try:
        held = privacy.access_request(services, person.strip(), actor=actor)
    except InterviewerError as error:
        return _refused(request, error)
    written = json.dumps(held, indent=2, ensure_ascii=False, default=str)
    headers = {"Content-Disposition": 'attachment; filename="person.json"'}
    return Response(written, media_type="application/json", headers=headers)


@router.post("/people/erase")
def erase(
    request: Request,
    services: Parts,
    actor: Actor,
    person: Who = "",
    confirmed: Annotated[bool, Form()] = False,
) -> Response:
    """Take them out of everything; the page says how much that was."""
    if not confirmed:
        unsure = "Nothing was erased: tick that it cannot be taken back."
        return _page(request, 422, error=unsure)
    try:
        counts = privacy.erase(
            services,
            person.strip(),
            actor=actor,
            forget_vectors=lambda: forget_vectors(request.app.state.settings),
        )
    except InterviewerError as error:
        return _refused(request, error)
    return _page(request, counts=counts)


def _refused(request: Request, error: InterviewerError) -> Response:
    return _page(request, status_of(error), error=error.message)


def _page(
    request: Request,
    status: int = 200,
    *,
    error: str | None = None,
    counts: Mapping[str, int] | None = None,
) -> Response:
    return show(request, "privacy.html.j2", status=status, error=error, counts=counts)
