"""Where notices of what happened go: for owners."""

from typing import Annotated, cast

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from interviewer.core.errors import Conflict, InterviewerError, InvalidInput
from interviewer.core.notice import FORMATS, KINDS, Format, OccurrenceKind
from interviewer.followup import notices
from interviewer.ports import Services
from interviewer.web.console.frame import after, show
from interviewer.web.doors import Actor, Parts

DEAD_SHOWN = 50

router = APIRouter(include_in_schema=False)


@router.get("/destinations")
def show_destinations(request: Request, services: Parts) -> Response:
    """Every destination with what it got, and the notices that were given up."""
    return _page(request, services)


@router.post("/destinations")
def add_destination(
    request: Request,
    services: Parts,
    actor: Actor,
    name: Annotated[str, Form()] = "",
    url: Annotated[str, Form()] = "",
    format: Annotated[str, Form()] = "standard",
    kind: Annotated[list[str] | None, Form()] = None,
    contact_data: Annotated[bool, Form()] = False,
) -> Response:
    """Tell another system what happens; the page shows the secret that signs this once."""
    try:
        if not name.strip():
            raise InvalidInput("name", "is empty; write what you call it")
        if not kind:
            raise InvalidInput("kind", "is empty; choose what it is told of")
        secret = notices.add_destination(
            services,
            name.strip(),
            url.strip(),
            format=cast("Format", format),
            kinds=cast("list[OccurrenceKind]", kind),
            contact_data=contact_data,
            actor=actor,
        )
    except (InvalidInput, Conflict) as error:
        return _page(request, services, error=error)
    return _page(request, services, made=name.strip(), secret=secret)


@router.post("/destinations/rotate")
def rotate_destination(
    request: Request, services: Parts, actor: Actor, name: Annotated[str, Form()] = ""
) -> Response:
    """A new secret, shown this once; the one before signs beside it."""
    secret = notices.rotate(services, name, actor=actor)
    return _page(request, services, made=name, secret=secret)


@router.post("/destinations/disable")
def disable_destination(
    services: Parts, actor: Actor, name: Annotated[str, Form()] = ""
) -> RedirectResponse:
    """Send nothing there any more."""
    notices.disable(services, name, actor=actor)
    return after("/destinations", "destination.disabled")


@router.post("/destinations/replay")
def replay_notice(
    services: Parts, actor: Actor, notice: Annotated[str, Form()] = ""
) -> RedirectResponse:
    """Send a notice that was given up again."""
    notices.replay(services, notice, actor=actor)
    return after("/destinations", "notice.again")


def _page(
    request: Request,
    services: Services,
    *,
    made: str | None = None,
    secret: str | None = None,
    error: InterviewerError | None = None,
) -> Response:
    store = services.store
    return show(
        request,
        "destinations.html.j2",
        destinations=store.destinations(),
        dead=store.notices(state="dead")[:DEAD_SHOWN],
        formats=FORMATS,
        kinds=KINDS,
        made=made,
        secret=secret,
        error=error.message if error else None,
    )
