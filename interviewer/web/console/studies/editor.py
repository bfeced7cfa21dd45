"""Writing a study: its text, with what is wrong or weak in it beside each line."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from interviewer.core.errors import Conflict, InterviewerError, InvalidGuide, Problem
from interviewer.core.study import Study
from interviewer.studies import lifecycle
from interviewer.studies.new_study import COMMENTS, draft
from interviewer.studies.prompts_folder import check_guide, ready_slugs
from interviewer.web.console.frame import after, show
from interviewer.web.console.studies.said import MOMENTS
from interviewer.web.doors import Actor, Parts
from interviewer.web.pages import page
from interviewer.web.problems import status_of

router = APIRouter(include_in_schema=False)


@router.get("/studies/new")
def show_start(request: Request) -> Response:
    """Where a study of one's own begins: the moment, and what is to be learned."""
    return _start_page(request)


def _start_page(
    request: Request, moment: str = "", goal: str = "", error: str | None = None
) -> Response:
    return show(
        request, "study_new.html.j2", moments=MOMENTS, moment=moment, goal=goal, error=error
    )


@router.post("/studies/new")
def start_study(
    request: Request,
    moment: Annotated[str, Form()] = "",
    goal: Annotated[str, Form()] = "",
) -> Response:
    """A draft in the editor, made from the closest ready study; nothing is stored yet."""
    try:
        source = draft(moment, goal.strip() or None)
    except InterviewerError as error:
        return _start_page(request, moment, goal, error.message)
    return _editor(request, source, None)


@router.get("/studies/{slug}/edit")
def show_editor(slug: str, request: Request, services: Parts) -> Response:
    """The newest version, to be changed."""
    study = lifecycle.named(services, slug)
    return _editor(request, study.source, study)


@router.post("/studies/check")
def check_study(source: Annotated[str, Form()] = "") -> Response:
    """What is wrong with a text, as the part of the page that says so."""
    return page("console/study_problems.html.j2", problems=_problems(source))


@router.post("/studies/save")
def save_study(
    request: Request,
    services: Parts,
    actor: Actor,
    source: Annotated[str, Form()] = "",
    slug: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
    do: Annotated[Literal["check", "save"], Form()] = "save",
) -> Response:
    """Store the text as a new study or version; or say what is wrong, and keep the text."""
    over = services.store.study(slug, version) if slug else None
    if do == "check":
        return _editor(request, source, over, problems=_problems(source))
    try:
        named = (over.slug, over.version) if over else None
        stored = lifecycle.write(services, source, over=named, actor=actor)
    except InvalidGuide as error:
        return _editor(request, source, over, 422, problems=error.problems)
    except Conflict as error:
        return _editor(request, source, over, status_of(error), error=error.message)
    return after(f"/studies/{stored.slug}", "study.saved", stored.slug)


def _problems(source: str) -> tuple[Problem, ...]:
    return check_guide(lifecycle.as_text(source))


def _editor(
    request: Request,
    source: str,
    study: Study | None,
    status: int = 200,
    *,
    problems: Sequence[Problem] | None = None,
    error: str | None = None,
) -> Response:
    answer = show(
        request,
        "study_edit.html.j2",
        study=study,
        is_ready=study is not None and study.slug in ready_slugs(),
        source=source,
        problems=problems,
        error=error,
        keys={key: " ".join(said.replace("\n#", "").split()) for key, said in COMMENTS.items()},
    )
    answer.status_code = status
    return answer
