"""The owner's pages: studies, interviews, cases, accounts and reports, behind one password."""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.web import access
from interviewer.web.api import Parts, list_accounts
from interviewer.web.pages import page
from interviewer.web.protection import from_our_pages

PER_PAGE = 50
OWN_PATH = re.compile(r"/(?![/\\])[\w\-./?=&%]*")
REPORT_POLICY = (  # the document's own policy allows its one style and its one script, by hash
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; "
    "sandbox allow-scripts allow-popups allow-modals"
)
STEPS = ("invited", "opened", "answered", "closed", "handed_off", "opted_out", "refused")

router = APIRouter(include_in_schema=False)


def session_of(request: Request) -> str | None:
    """The token of the session that the request belongs to, if there is one."""
    token = request.cookies.get(_cookie(request))
    return token if token and access.has_session(request.app.state.services, token) else None


def signed_in(request: Request) -> str:
    """The session's token; who has none is sent to the login page."""
    session = session_of(request)
    if session is None:
        asked = request.url.path if request.method == "GET" else "/"
        raise HTTPException(303, "Log in first.", {"Location": f"/?next={asked}"})
    return session


Session = Annotated[str, Depends(signed_in)]


def _cookie(request: Request) -> str:
    """The cookie's name; `__Host-` asks for an encrypted connection, which loopback has not."""
    return "__Host-session" if request.url.scheme == "https" else "session"


def _secret(request: Request) -> str:
    settings: Settings = request.app.state.settings
    return settings.secret.get_secret_value()


def _show(request: Request, session: str, template: str, **values: Any) -> HTMLResponse:
    form_token = access.form_token(_secret(request), session)
    here = "/" + request.url.path.split("/")[1]
    return page(template, here=here, form_token=form_token, **values)


@router.get("/")
def show_studies(request: Request, services: Parts, next: str = "/") -> Response:
    """The studies with their funnel; who is not signed in sees the login page alone."""
    session = session_of(request)
    if session is None:
        return _login_page(services, next)
    studies = services.store.studies()
    return _show(
        request,
        session,
        "studies.html.j2",
        studies=studies,
        funnel=services.store.funnel(),
        steps=STEPS,
        held_back=services.store.inbox(held_back=True),
    )


def _login_page(
    services: Services, next: str, status: int = 200, error: str | None = None
) -> HTMLResponse:
    return page(
        "login.html.j2",
        status,
        {"Retry-After": str(int(access.LOGIN_WINDOW.total_seconds()))} if status == 429 else None,
        brand=services.organization.brand,
        has_password=services.store.owner_password() is not None,
        next=next,
        error=error,
    )


@router.post("/login", dependencies=[Depends(from_our_pages)])
def log_in(
    request: Request,
    services: Parts,
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Begin a session for who knows the password."""
    throttle: access.LoginThrottle = request.app.state.throttle
    address = request.client.host if request.client else ""
    if not throttle.take(address, services.clock.now()):
        return _login_page(services, next, 429, "Too many tries. Wait five minutes.")
    if not access.is_owner_password(services, password):
        return _login_page(services, next, 403, "That is not the password.")
    throttle.forget(address)
    answer = RedirectResponse(next if OWN_PATH.fullmatch(next) else "/", 303)
    answer.set_cookie(
        _cookie(request),
        access.begin_session(services),
        max_age=int(access.SESSION_LASTS.total_seconds()),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


@router.post("/logout", dependencies=[Depends(from_our_pages)])
def log_out(
    request: Request,
    services: Parts,
    session: Session,
    form_token: Annotated[str, Form()] = "",
) -> Response:
    """End the session."""
    if not access.is_form_token(_secret(request), session, form_token):
        raise HTTPException(403, "This form is not of your session; open the page and resend.")
    access.end_session(services, session)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(
        _cookie(request), secure=request.url.scheme == "https", httponly=True, samesite="lax"
    )
    return answer


@router.get("/interviews")
def show_interviews(
    request: Request,
    services: Parts,
    session: Session,
    study: str | None = None,
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> Response:
    """Interviews, newest first; those of trials are marked."""
    found = services.store.interviews(study or None, limit=page * PER_PAGE + 1, include_test=True)
    first = (page - 1) * PER_PAGE
    return _show(
        request,
        session,
        "interviews.html.j2",
        interviews=found[first : first + PER_PAGE],
        study=study,
        number=page,
        has_more=len(found) > page * PER_PAGE,
    )


@router.get("/interviews/{interview_id}")
def show_transcript(
    interview_id: str, request: Request, services: Parts, session: Session
) -> Response:
    """One interview with reading and decision per turn."""
    interview = services.store.interview(interview_id)
    return _show(request, session, "transcript.html.j2", interview=interview)


@router.get("/cases")
def show_cases(request: Request, services: Parts, session: Session) -> Response:
    """What a person has to look at."""
    return _show(request, session, "cases.html.j2", cases=services.store.cases())


@router.get("/accounts")
def show_accounts(request: Request, services: Parts, session: Session) -> Response:
    """The accounts with their band in the newest analysis."""
    run = services.store.latest_run()
    accounts = sorted(list_accounts(services), key=lambda account: BANDS.index(account.band))
    return _show(request, session, "accounts.html.j2", accounts=accounts, run=run)


BANDS: tuple[Literal["high", "elevated", "low", "not_enough_evidence"], ...] = (
    "high",
    "elevated",
    "low",
    "not_enough_evidence",
)


@router.get("/reports")
def show_reports(request: Request, services: Parts, session: Session) -> Response:
    """Every analysis that was made."""
    return _show(request, session, "reports.html.j2", runs=services.store.runs())


@router.get("/reports/{run_id}")
def show_report(run_id: str, services: Parts, session: Session) -> Response:
    """A stored report as it was made, shut off from these pages."""
    report = services.store.run(run_id).report
    return HTMLResponse(report, headers={"Content-Security-Policy": REPORT_POLICY})
