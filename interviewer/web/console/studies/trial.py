"""Before anybody is asked: being interviewed oneself, and letting simulated respondents answer.

A trial travels with its page: the interview is in the form, and nothing of it is stored.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError

from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.interview import Interview
from interviewer.core.study import Study
from interviewer.interviews import conversation
from interviewer.ports import Services
from interviewer.studies import lifecycle
from interviewer.studies.rehearsal import (
    Rehearsal,
    compared_rows,
    ready_respondents,
    rehearse,
    scorecard_rows,
)
from interviewer.studies.simulation_page import LANGUAGES, render
from interviewer.studies.trying import begin_trial, exception_codes
from interviewer.web.console.frame import REPORT_POLICY, show
from interviewer.web.doors import Parts

SAMPLE = 12  # simulated respondents that answer while somebody waits

router = APIRouter(include_in_schema=False)


@router.get("/studies/{slug}/try")
def show_trial(
    slug: str, request: Request, services: Parts, language: str = "", code: str = ""
) -> Response:
    """The first message, about an example."""
    study = lifecycle.named(services, slug)
    known = {"exception_code": code} if code in exception_codes(study.guide) else {}
    return _trial(request, study, begin_trial(services, study.guide, language, known))


@router.post("/studies/{slug}/try")
async def answer_trial(
    slug: str,
    request: Request,
    services: Parts,
    interview: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    """The next message, as the ordinary conversation has it."""
    study = lifecycle.named(services, slug)
    try:
        before = Interview.model_validate_json(interview)
        conversation.check_text(text)
        going = await conversation.rehearsed(services, study.guide, before, text)
    except (ValidationError, KeyError):
        raise InvalidInput("interview", "is not of this page; begin the trial again") from None
    except InvalidInput as error:
        return _trial(request, study, before, error=error.message)
    return _trial(request, study, going)


def _trial(
    request: Request, study: Study, interview: Interview, *, error: str | None = None
) -> Response:
    return show(
        request,
        "study_try.html.j2",
        study=study,
        interview=interview,
        codes=exception_codes(study.guide),
        languages={code: LANGUAGES.get(code, code) for code in study.guide.languages},
        error=error,
    )


@router.get("/studies/{slug}/simulation")
def show_simulation(slug: str, request: Request, services: Parts) -> Response:
    """What a simulation is, and the button that starts it."""
    return _simulation(request, services, lifecycle.named(services, slug), None)


@router.post("/studies/{slug}/simulation")
def simulate(slug: str, request: Request, services: Parts) -> Response:
    """A sample of simulated respondents against the study, with the scorecard beside a form."""
    study = lifecycle.named(services, slug)
    return _simulation(request, services, study, _rehearsed(study, SAMPLE))


@router.post("/studies/{slug}/simulation/page")
def show_simulation_page(slug: str, services: Parts) -> Response:
    """All of them, as the page with every transcript, shut off from these pages."""
    done = _rehearsed(lifecycle.named(services, slug), None)
    return HTMLResponse(render(done), headers={"Content-Security-Policy": REPORT_POLICY})


def _rehearsed(study: Study, at_most: int | None) -> Rehearsal:
    every = ready_respondents(study.guide)
    spread = every[:: max(1, len(every) // (at_most or len(every)))]  # of every kind, as listed
    return rehearse(study, spread[:at_most], baselines=("form",))


def _simulation(
    request: Request, services: Services, study: Study, done: Rehearsal | None
) -> Response:
    try:
        there_are = len(ready_respondents(study.guide))
    except NotFound:
        there_are = 0
    return show(
        request,
        "study_simulation.html.j2",
        study=study,
        there_are=there_are,
        sample=min(SAMPLE, there_are),
        played=done.ours if done else (),
        card=scorecard_rows(done.card()) if done else [],
        compared=compared_rows(done.compared()) if done else [],
    )
