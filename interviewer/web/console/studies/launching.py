"""Before a study is launched and after: who would be asked, in shadow, live, paused, closed."""

from typing import Annotated, Literal, cast, get_args

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from interviewer.access import audit
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.study import Study, StudyState
from interviewer.outreach import launch
from interviewer.outreach.backtest import Backtest, backtest, days_of
from interviewer.outreach.preview import preview
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.studies import lifecycle
from interviewer.web.console.frame import after, show
from interviewer.web.console.studies.said import MOMENTS
from interviewer.web.doors import Actor, Parts
from interviewer.wiring import trial

LONGEST_BACKTEST = 31  # days, while somebody waits

router = APIRouter(include_in_schema=False)


@router.get("/studies/{slug}/preview")
def show_preview(slug: str, request: Request, services: Parts) -> Response:
    """Who would be asked if it were launched now, and who not and why; it writes nothing."""
    return _preview(request, services, slug)


def _preview(
    request: Request,
    services: Services,
    slug: str,
    error: str | None = None,
    *,
    chosen: launch.ByHand | None = None,
    draft: tuple[str, str] = ("", ""),
    past: Backtest | None = None,
    days: tuple[str, str] = ("", ""),
) -> Response:
    return show(
        request,
        "study_preview.html.j2",
        study=lifecycle.named(services, slug),
        found=preview(services, slug, chosen),
        moments=MOMENTS,
        error=error,
        chosen=chosen,
        draft=draft,
        columns=launch.COLUMNS,
        past=past,
        days=days,
    )


@router.post("/studies/{slug}/list")
def launch_list(
    slug: str,
    request: Request,
    services: Parts,
    actor: Actor,
    listed: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    do: Annotated[Literal["preview", "launch"], Form()] = "preview",
) -> Response:
    """Who of a list would be asked; or launch the study for them."""
    before = lifecycle.ready_to_launch(services, slug)
    try:
        chosen = launch.read_list(listed, name.strip() or "list")
    except InvalidInput as error:
        return _preview(request, services, slug, error.message, draft=(name, listed))
    if do == "preview":
        return _preview(request, services, slug, chosen=chosen, draft=(name, listed))
    study = before if before.state == "live" else launch.go(services, slug)
    launch.by_hand(services, study, chosen)
    return _done(services, before, "live", actor)


@router.post("/studies/{slug}/backtest")
def backtest_study(
    slug: str,
    request: Request,
    services: Parts,
    since: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
) -> Response:
    """What the study would have done in some days of the past, on a copy that is thrown away."""
    lifecycle.ready_to_launch(services, slug)
    try:
        first, last = days_of(f"{since}..{until}")
        if (last - first).days >= LONGEST_BACKTEST:
            most = f"is over {LONGEST_BACKTEST} days; longer ones: interviewer study launch"
            raise InvalidInput("until", most, until)
    except InvalidInput as error:
        return _preview(request, services, slug, error.message)
    settings: Settings = request.app.state.settings
    with trial(settings) as copy:
        found = backtest(services, copy, slug, first, last)
    return _preview(request, services, slug, past=found, days=(since, until))


@router.post("/studies/{slug}/launch")
def launch_study(slug: str, services: Parts, actor: Actor) -> RedirectResponse:
    """Let the study's moments invite people from now on."""
    before = lifecycle.ready_to_launch(services, slug)
    launch.go(services, slug)
    return _done(services, before, "live", actor)


@router.post("/studies/{slug}/shadow")
def shadow_study(
    slug: str,
    request: Request,
    services: Parts,
    actor: Actor,
    phone: Annotated[str, Form()] = "",
    mail: Annotated[str, Form()] = "",
) -> Response:
    """Do everything but send; with an address of ours a copy of each message comes there."""
    before = lifecycle.ready_to_launch(services, slug)
    try:
        launch.shadow(services, slug, [to.strip() for to in (phone, mail) if to.strip()])
    except InvalidInput as error:
        return _preview(request, services, slug, error.message)
    return _done(services, before, "shadow", actor)


@router.post("/studies/{slug}/pause")
def pause_study(slug: str, services: Parts, actor: Actor) -> RedirectResponse:
    """Invite nobody until it is launched again."""
    before = lifecycle.named(services, slug)
    lifecycle.set_state(services, slug, "paused")
    return _done(services, before, "paused", actor)


@router.post("/studies/{slug}/close")
def close_study(slug: str, services: Parts, actor: Actor) -> RedirectResponse:
    """Accept no new interview."""
    before = lifecycle.named(services, slug)
    lifecycle.set_state(services, slug, "closed")
    return _done(services, before, "closed", actor)


@router.post("/studies/{was}/restore")
def restore_study(was: str, services: Parts, actor: Actor) -> RedirectResponse:
    """Take back a change of state; `was` is the study with the state it had, as in slug.live."""
    slug, _, state = was.rpartition(".")
    if state not in get_args(StudyState):
        raise NotFound("No such state.")
    lifecycle.restore(services, slug, cast(StudyState, state))
    audit.record(services, actor, "study.restored", f"study:{slug}", state=state)
    return after(f"/studies/{slug}", "study.restored")


def _done(services: Services, before: Study, state: str, actor: str) -> RedirectResponse:
    audit.record(services, actor, f"study.{state}", f"study:{before.slug}")
    return after(f"/studies/{before.slug}", f"study.{state}", f"{before.slug}.{before.state}")
