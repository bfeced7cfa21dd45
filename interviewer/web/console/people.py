"""Users, keys and the audit log: for owners."""

from typing import Annotated, cast

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from interviewer.access import keys, users
from interviewer.core.access import ROLES, SCOPES, Role, Scope
from interviewer.core.errors import Conflict, InvalidInput
from interviewer.ports import Services
from interviewer.web.console.frame import after, show
from interviewer.web.doors import Actor, Parts

AUDIT_SHOWN = 200

router = APIRouter(include_in_schema=False)


@router.get("/users")
def show_users(request: Request, services: Parts) -> Response:
    """Who may come in: users and keys."""
    return _users_page(request, services)


def _users_page(request: Request, services: Services, **more: str) -> Response:
    return show(
        request,
        "users.html.j2",
        users=services.store.users(),
        keys=services.store.keys(),
        roles=ROLES,
        scopes=SCOPES,
        new_key=more.get("new_key"),
        error=more.get("error"),
        now=services.clock.now(),
    )


@router.post("/users")
def add_user(
    request: Request,
    services: Parts,
    actor: Actor,
    login: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "viewer",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Add a user."""
    try:
        users.add_user(
            services, login, cast("Role", role), password, name=name or None, actor=actor
        )
    except (InvalidInput, Conflict) as error:
        return _users_page(request, services, error=error.message)
    return after("/users", "user.added")


@router.post("/users/role")
def set_role(
    request: Request,
    services: Parts,
    actor: Actor,
    login: Annotated[str, Form()],
    role: Annotated[str, Form()],
) -> Response:
    """Give a user another role."""
    try:
        users.set_role(services, login, cast("Role", role), actor=actor)
    except (InvalidInput, Conflict) as error:
        return _users_page(request, services, error=error.message)
    return after("/users", "user.changed")


@router.post("/users/disable")
def disable_user(
    request: Request, services: Parts, actor: Actor, login: Annotated[str, Form()]
) -> Response:
    """Let a user in no more."""
    try:
        users.disable(services, login, actor=actor)
    except Conflict as error:
        return _users_page(request, services, error=error.message)
    return after("/users", "user.changed")


@router.post("/keys")
def add_key(
    request: Request,
    services: Parts,
    actor: Actor,
    name: Annotated[str, Form()] = "",
    scope: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Make a key; the page shows it this once."""
    try:
        key = keys.new_key(services, name, cast("list[Scope]", scope or []), actor=actor)
    except InvalidInput as error:
        return _users_page(request, services, error=error.message)
    return _users_page(request, services, new_key=key)


@router.post("/keys/{key_id}/revoke")
def revoke_key(key_id: str, services: Parts, actor: Actor) -> RedirectResponse:
    """Make a key open nothing."""
    keys.revoke(services, key_id, actor=actor)
    return after("/users", "key.revoked")


@router.get("/audit")
def show_audit(request: Request, services: Parts) -> Response:
    """What was done, by whom, the newest first."""
    return show(request, "audit.html.j2", entries=services.store.audit(newest=AUDIT_SHOWN))
