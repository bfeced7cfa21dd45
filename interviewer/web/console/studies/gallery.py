"""Every study: those that come with the product, and own ones."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from interviewer.studies.prompts_folder import ready_slugs
from interviewer.web.console.frame import show
from interviewer.web.console.studies.said import MOMENTS
from interviewer.web.doors import Parts

STEPS = ("invited", "answered", "closed", "opted_out")

router = APIRouter(include_in_schema=False)


@router.get("/studies")
def show_studies(request: Request, services: Parts) -> Response:
    """What each study asks, of whom, when, and how far its interviews came."""
    studies = services.store.studies()
    ready = ready_slugs()
    return show(
        request,
        "studies.html.j2",
        own=[study for study in studies if study.slug not in ready],
        ready=[study for study in studies if study.slug in ready],
        funnel=services.store.funnel(),
        steps=STEPS,
        moments=MOMENTS,
    )
