"""In and out."""

import re
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from interviewer.access import audit, users
from interviewer.core.access import SESSION_LASTS
from interviewer.ports import Services
from interviewer.web import access
from interviewer.web.doors import Parts, session_token
from interviewer.web.pages import page
from interviewer.web.protection import from_our_pages
from interviewer.web.throttle import LOGIN, TooMany, address_of, throttle_of

OWN_PATH = re.compile(r"/(?![/\\])[\w\-./?=&%]*")

router = APIRouter(include_in_schema=False)


def login_page(
    services: Services,
    next: str,
    status: int = 200,
    error: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """The page that asks who one is."""
    return page(
        "console/login.html.j2",
        status,
        dict(headers or {}),
        brand=services.organization.brand,
        has_users=bool(services.store.users()),
        next=next,
        error=error,
    )


@router.post("/login", dependencies=[Depends(from_our_pages)])
def log_in(
    request: Request,
    services: Parts,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Begin a session for who knows the password."""
    throttle, address = throttle_of(request), address_of(request)
    try:
        throttle.take(LOGIN, address)
    except TooMany as error:
        words = "Too many tries. Wait five minutes."
        return login_page(services, next, 429, words, headers=error.headers)
    user = users.let_in(services, login, password)
    if user is None:
        return login_page(services, next, 403, "Login and password do not fit.")
    throttle.forget(LOGIN, address)
    audit.record(services, f"user:{user.login}", "login", f"user:{user.login}", address=address)
    answer = RedirectResponse(next if OWN_PATH.fullmatch(next) else "/", 303)
    answer.set_cookie(
        access.cookie_name(request),
        access.begin_session(services, user),
        max_age=int(SESSION_LASTS.total_seconds()),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


@router.post("/logout")
def log_out(request: Request, services: Parts) -> Response:
    """End the session."""
    access.end_session(services, session_token(request))
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(
        access.cookie_name(request),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer
