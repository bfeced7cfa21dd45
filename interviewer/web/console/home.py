"""What needs somebody today, and what was learned; the login for who is not logged in."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from interviewer.findings.today import today
from interviewer.web.console.frame import show
from interviewer.web.console.login import login_page
from interviewer.web.doors import Parts, user_of

router = APIRouter(include_in_schema=False)


@router.get("/")
def show_today(request: Request, services: Parts, next: str = "/") -> Response:
    """The first page after the login."""
    user = user_of(request)
    if user is None:
        return login_page(services, next)
    request.state.user = user
    return show(request, "today.html.j2", today=today(services, user))
