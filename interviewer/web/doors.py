"""Who may pass which door: one line per route, checked in one place before any handler runs.

A route without a line stops the application at its start, so nothing is open by oversight.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from interviewer.access import keys
from interviewer.core.access import ROLES, Role, Scope, User
from interviewer.core.errors import NotAllowed
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.web import access
from interviewer.web.protection import from_our_pages

SAFE = ("GET", "HEAD")

bearer = HTTPBearer(auto_error=False, description="A key from `interviewer key create`.")


@dataclass(frozen=True, slots=True)
class Door:
    """Who may pass: everybody, keys of a scope, or users of some roles."""

    everybody: bool = False  # what protects it, if anything, is the link or signature it is sent
    scope: Scope | None = None
    roles: frozenset[Role] = frozenset()


PUBLIC = Door(everybody=True)
USERS = Door(roles=frozenset(ROLES))
WHO_READS_ALL = Door(roles=frozenset({"owner", "researcher", "viewer"}))
WHO_WORKS = Door(roles=frozenset({"owner", "researcher", "account_manager"}))
WHO_STUDIES = Door(roles=frozenset({"owner", "researcher"}))
WHO_CARES = Door(roles=frozenset({"owner", "account_manager"}))  # for accounts
OWNERS = Door(roles=frozenset({"owner"}))
INTERVIEWS, EVENTS = Door(scope="interviews"), Door(scope="events")
STUDIES, FINDINGS = Door(scope="studies"), Door(scope="findings")
CASES = Door(scope="cases")
PEOPLE, ERASURE = Door(scope="people"), Door(scope="erasure")

DOORS: dict[str, Door] = {
    # the pages of users
    "GET /": PUBLIC,  # shows the login to who is not logged in
    "POST /login": PUBLIC,
    "POST /logout": USERS,
    "GET /studies": USERS,
    "GET /studies/new": WHO_STUDIES,
    "POST /studies/new": WHO_STUDIES,
    "POST /studies/check": WHO_STUDIES,
    "POST /studies/save": WHO_STUDIES,
    "GET /studies/{slug}": USERS,
    "GET /studies/{slug}/edit": WHO_STUDIES,
    "GET /studies/{slug}/versions": USERS,
    "GET /studies/{slug}/try": WHO_WORKS,
    "POST /studies/{slug}/try": WHO_WORKS,
    "GET /studies/{slug}/simulation": WHO_STUDIES,
    "POST /studies/{slug}/simulation": WHO_STUDIES,
    "POST /studies/{slug}/simulation/page": WHO_STUDIES,
    "GET /studies/{slug}/preview": WHO_STUDIES,
    "POST /studies/{slug}/list": WHO_STUDIES,
    "POST /studies/{slug}/backtest": WHO_STUDIES,
    "POST /studies/{slug}/launch": WHO_STUDIES,
    "POST /studies/{slug}/shadow": WHO_STUDIES,
    "POST /studies/{slug}/pause": WHO_STUDIES,
    "POST /studies/{slug}/close": WHO_STUDIES,
    "POST /studies/{was}/restore": WHO_STUDIES,
    "GET /interviews": USERS,
    "GET /interviews.csv": WHO_WORKS,
    "GET /interviews/{interview_id}": USERS,
    "POST /interviews/{interview_id}/clear": WHO_WORKS,
    "POST /interviews/{interview_id}/signals": WHO_CARES,
    "GET /interviews/{interview_id}/photos/{photo_id}": WHO_WORKS,
    "GET /cases": WHO_WORKS,
    "GET /cases/{case_id}": WHO_WORKS,
    "POST /cases/{case_id}/take": WHO_WORKS,
    "POST /cases/{case_id}/put-back": WHO_WORKS,
    "POST /cases/{case_id}/notes": WHO_WORKS,
    "POST /cases/{case_id}/close": WHO_WORKS,
    "POST /cases/{case_id}/reopen": WHO_WORKS,
    "POST /cases/{case_id}/tell": WHO_WORKS,
    "POST /cases/{case_id}/reply": WHO_WORKS,
    "GET /accounts": USERS,
    "GET /accounts.{form}": WHO_WORKS,
    "GET /scores": USERS,
    "GET /accounts/{account_ref:path}/{copy}.{form}": WHO_WORKS,
    "GET /accounts/{account_ref:path}": USERS,
    "POST /accounts/{account_ref:path}/ask": WHO_CARES,
    "POST /accounts/{account_ref:path}/signals": WHO_CARES,
    "POST /accounts/{account_ref:path}/actions/{identity}/{state}": WHO_CARES,
    "POST /accounts/{account_ref:path}/{what}": WHO_CARES,
    "GET /themes": USERS,
    "GET /themes.csv": USERS,
    "GET /themes/compare": WHO_READS_ALL,
    "GET /themes/{theme_id}": USERS,
    "POST /themes/{theme_id}/notes": WHO_WORKS,
    "POST /themes/{theme_id}/release": WHO_STUDIES,
    "POST /themes/{theme_id}/decide": WHO_STUDIES,
    "GET /reports": WHO_READS_ALL,
    "GET /reports/{run_id}": WHO_READS_ALL,
    "GET /numbers": WHO_READS_ALL,
    "POST /numbers/costs": WHO_STUDIES,
    "POST /numbers/alerts": WHO_STUDIES,
    "POST /numbers/alerts/remove": WHO_STUDIES,
    "GET /users": OWNERS,
    "POST /users": OWNERS,
    "POST /users/role": OWNERS,
    "POST /users/disable": OWNERS,
    "POST /keys": OWNERS,
    "POST /keys/{key_id}/revoke": OWNERS,
    "GET /audit": OWNERS,
    "GET /people": OWNERS,
    "POST /people/show": OWNERS,
    "POST /people/erase": OWNERS,
    "GET /sources": OWNERS,
    "POST /sources": OWNERS,
    "POST /sources/test": OWNERS,
    "POST /sources/rotate": OWNERS,
    "POST /sources/replay": OWNERS,
    "POST /sources/time": OWNERS,
    "POST /sources/discard": OWNERS,
    "GET /destinations": OWNERS,
    "POST /destinations": OWNERS,
    "POST /destinations/rotate": OWNERS,
    "POST /destinations/disable": OWNERS,
    "POST /destinations/replay": OWNERS,
    # the respondent's side
    "GET /i/{token}": PUBLIC,
    "POST /i/{token}": PUBLIC,
    "GET /i/{token}/messages": PUBLIC,
    "POST /i/{token}/messages": PUBLIC,
    "POST /i/{token}/actions": PUBLIC,
    "POST /i/{token}/photos": PUBLIC,
    "GET /i/{token}/photos/{photo_id}": PUBLIC,
    "GET /widget.js": PUBLIC,
    "GET /widget/{study}": PUBLIC,
    "POST /widget/{study}": PUBLIC,  # of whom it speaks is signed
    "GET /is-this-real": PUBLIC,
    "POST /is-this-real": PUBLIC,
    "GET /unsubscribe/{token}": PUBLIC,
    "POST /unsubscribe/{token}": PUBLIC,
    # providers; what they send is signed
    "POST /hooks/twilio/inbound": PUBLIC,
    "POST /hooks/twilio/status": PUBLIC,
    "POST /hooks/{source}/{endpoint}": PUBLIC,
    "OPTIONS /hooks/{source}/{endpoint}": PUBLIC,
    # the JSON API
    "GET /docs": PUBLIC,
    "POST /api/v1/studies/{slug}/interviews": INTERVIEWS,
    "POST /api/v1/interviews/{interview_id}/messages": INTERVIEWS,
    "GET /api/v1/interviews/{interview_id}": INTERVIEWS,
    "POST /api/v1/interviews/{interview_id}/link": INTERVIEWS,
    "DELETE /api/v1/interviews/{interview_id}/link": INTERVIEWS,
    "GET /api/v1/interviews/{interview_id}/actions": INTERVIEWS,
    "POST /api/v1/interviews/{interview_id}/actions": INTERVIEWS,
    "GET /api/v1/actions": EVENTS,
    "POST /api/v1/actions/{request_id}": EVENTS,
    "POST /api/v1/events": EVENTS,
    "GET /api/v1/studies": STUDIES,
    "GET /api/v1/studies/{slug}/themes": FINDINGS,
    "GET /api/v1/cases": CASES,
    "GET /api/v1/cases/{case_id}": CASES,
    "POST /api/v1/cases/{case_id}/take": CASES,
    "POST /api/v1/cases/{case_id}/notes": CASES,
    "POST /api/v1/cases/{case_id}/close": CASES,
    "POST /api/v1/cases/{case_id}/tell": CASES,
    "POST /api/v1/interviews/{interview_id}/replies": CASES,
    "GET /api/v1/numbers": FINDINGS,
    "GET /api/v1/alerts": FINDINGS,
    "POST /api/v1/alerts": STUDIES,
    "DELETE /api/v1/alerts/{rule_id}": STUDIES,
    "POST /api/v1/people/show": PEOPLE,
    "POST /api/v1/people/erase": ERASURE,
    "GET /api/v1/accounts": FINDINGS,
    "GET /api/v1/accounts/{account_ref:path}/risk": FINDINGS,
}


def services_of(request: Request) -> Services:
    """The parts of this installation."""
    services: Services = request.app.state.services
    return services


Parts = Annotated[Services, Depends(services_of)]


async def pass_door(request: Request) -> None:
    """Let the request through to its handler, or raise what its sender is told.

    Raises:
        HTTPException: 401 without a key, 303 to the login without a session.
        NotAllowed: Known, and not for this door; a form that was not made for this session.
    """
    door = DOORS[_name(request.method, request.scope["route"].path)]
    if door.everybody:
        return
    if door.scope:
        await run_in_threadpool(_key_passes, request, door.scope)
        return
    await run_in_threadpool(_user_passes, request, door.roles)
    if request.method not in SAFE:
        from_our_pages(request)
        await _is_from_own_form(request)


def _key_passes(request: Request, scope: Scope) -> None:
    kind, _, presented = request.headers.get("authorization", "").partition(" ")
    key = keys.holder(services_of(request), presented) if kind.casefold() == "bearer" else None
    if key is None:
        raise HTTPException(
            401,
            "Send a key as 'Authorization: Bearer KEY'; make one with interviewer key create.",
            {"WWW-Authenticate": "Bearer"},
        )
    if scope not in key.scopes:
        raise NotAllowed(f"This key does not open {scope}; make one with --scope {scope}.")
    request.state.actor = f"key:{key.key_id}"


def _user_passes(request: Request, roles: frozenset[Role]) -> None:
    user = user_of(request)
    if user is None:
        asked = request.url.path if request.method in SAFE else "/"
        raise HTTPException(303, "Log in first.", {"Location": f"/?next={quote(asked)}"})
    if user.role not in roles:
        raise NotAllowed(f"Not open to the role {user.role.replace('_', ' ')}.")
    request.state.actor = f"user:{user.login}"
    request.state.user = user


def user_of(request: Request) -> User | None:
    """Who is logged in with the request's cookie."""
    token = session_token(request)
    return access.user_of(services_of(request), token) if token else None


def session_token(request: Request) -> str:
    """What the cookie holds."""
    return request.cookies.get(access.cookie_name(request), "")


def form_token(request: Request) -> str:
    """What a form of this page must send back."""
    return access.form_token(_secret(request), session_token(request))


async def _is_from_own_form(request: Request) -> None:
    presented = str((await request.form()).get("form_token", ""))
    if not access.is_form_token(_secret(request), session_token(request), presented):
        raise NotAllowed("This form is not of your session; open the page and resend.")


def _secret(request: Request) -> str:
    settings: Settings = request.app.state.settings
    return settings.secret.get_secret_value()


def logged_in(request: Request) -> User:
    """The user whom `pass_door` let in."""
    user: User = request.state.user
    return user


def actor_of(request: Request) -> str:
    """Who acts, as the audit log names it."""
    actor: str = request.state.actor
    return actor


LoggedIn = Annotated[User, Depends(logged_in)]
Actor = Annotated[str, Depends(actor_of)]


def check_doors(app: FastAPI) -> None:
    """Raise unless every route has its line in `DOORS`, and every line its route."""
    names = {name for route in iter_route_contexts(app.routes) for name in _names(route)}
    if missing := sorted(names - DOORS.keys()):
        raise RuntimeError(f"say in DOORS (web/doors.py) who may pass {', '.join(missing)}")
    if unused := sorted(DOORS.keys() - names):
        raise RuntimeError(f"DOORS (web/doors.py) names routes that are gone: {', '.join(unused)}")


def _names(route: RouteContext) -> Iterable[str]:
    if isinstance(route.original_route, APIRoute):
        yield from (_name(method, route.path or "") for method in route.methods or ())


def _name(method: str, path: str) -> str:
    return f"{'GET' if method == 'HEAD' else method} {path}"
