"""Where carriers and other systems deliver, and what of it is held back: for owners."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from interviewer.access import audit
from interviewer.core.errors import Conflict, InvalidInput
from interviewer.events import endpoints, intake, quarantine, source_trial
from interviewer.events.endpoints import NewEndpoint
from interviewer.events.source_trial import Trial
from interviewer.ports import Services
from interviewer.web.console.frame import after, show
from interviewer.web.doors import Actor, Parts
from interviewer.wiring import sample_event

HELD_SHOWN = 50

router = APIRouter(include_in_schema=False)


@router.get("/sources")
def show_sources(request: Request, services: Parts) -> Response:
    """Every endpoint with what happened there, and the events that wait for a person."""
    return _page(request, services)


@router.post("/sources")
def add_source(
    request: Request,
    services: Parts,
    actor: Actor,
    source: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    secret: Annotated[str, Form()] = "",
) -> Response:
    """Make an endpoint; the page shows its secret this once."""
    try:
        made = endpoints.add(services, source, name.strip(), secret=secret or None, actor=actor)
    except (InvalidInput, Conflict) as error:
        return _page(request, services, error=error.message)
    return _page(request, services, made=made, is_given=bool(secret))


@router.post("/sources/test")
def try_source(
    request: Request, services: Parts, actor: Actor, name: Annotated[str, Form()] = ""
) -> Response:
    """Deliver a signed sample to the endpoint's own address; nothing of it is taken in."""
    base = services.organization.public_url or str(request.base_url).rstrip("/")
    trial = source_trial.run(services, name, base, sample_event)
    audit.record(services, actor, "source.test", f"source:{name}")
    return _page(request, services, tried=(name, trial))


@router.post("/sources/rotate")
def rotate_source(
    request: Request, services: Parts, actor: Actor, name: Annotated[str, Form()] = ""
) -> Response:
    """A second secret, shown this once; the one before ends after 24 hours."""
    return _page(request, services, made=endpoints.rotate(services, name, actor=actor))


@router.post("/sources/replay")
def replay_event(
    services: Parts, actor: Actor, event: Annotated[str, Form()] = ""
) -> RedirectResponse:
    """Read an event again."""
    quarantine.replay(services, [quarantine.named(services, event)], actor=actor)
    return _read_again(services, event)


@router.post("/sources/time")
def set_time(
    request: Request,
    services: Parts,
    actor: Actor,
    event: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
) -> Response:
    """Put a time where none can be read, and read the event again."""
    try:
        quarantine.set_time(services, quarantine.named(services, event), at, actor=actor)
    except InvalidInput as error:
        return _page(request, services, error=error.message)
    return _read_again(services, event)


@router.post("/sources/discard")
def discard_event(
    services: Parts, actor: Actor, event: Annotated[str, Form()] = ""
) -> RedirectResponse:
    """Hold an event back no more, and never take it in."""
    quarantine.discard(services, quarantine.named(services, event), actor=actor)
    return after("/sources", "event.discarded")


def _read_again(services: Services, event: str) -> RedirectResponse:
    while intake.work_inbox(services):
        pass
    is_held = quarantine.named(services, event).error is not None
    return after("/sources", "event.held" if is_held else "event.again")


def _page(
    request: Request,
    services: Services,
    *,
    made: NewEndpoint | None = None,
    is_given: bool = False,
    tried: tuple[str, Trial] | None = None,
    error: str | None = None,
) -> Response:
    base = services.organization.public_url or str(request.base_url).rstrip("/")
    return show(
        request,
        "sources.html.j2",
        endpoints=endpoints.overview(services, base),
        kinds=list(services.sources),
        held=services.store.inbox(held_back=True, limit=HELD_SHOWN),
        made=made,
        url=endpoints.url(base, made.endpoint, made.secret) if made else None,
        is_given=is_given,
        tried=tried,
        error=error,
    )
