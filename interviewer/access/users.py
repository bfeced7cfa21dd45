"""Users: add, change, let in. Every change ends the sessions of whom it is about."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from interviewer.access import audit
from interviewer.core.access import ROLES, Role, User
from interviewer.core.errors import Conflict, InvalidInput, NotFound
from interviewer.ports import Services

SHORTEST_PASSWORD = 8
LONGEST_LOGIN = 254  # of an e-mail address

_hasher = PasswordHasher()
_nobody = _hasher.hash(secrets.token_urlsafe())  # so that an unknown login takes as long


def add_user(
    services: Services,
    login: str,
    role: Role,
    password: str,
    *,
    name: str | None = None,
    actor: str = audit.COMMAND_LINE,
) -> User:
    """Store a new user.

    Raises:
        InvalidInput: Login, role or password cannot be used.
        Conflict: There is a user of that login.
    """
    login = _login(login)
    if role not in ROLES:
        raise InvalidInput("role", f"is none of {', '.join(ROLES)}", role)
    if any(user.login == login for user in services.store.users()):
        raise Conflict(f"There is a user {login!r} already: interviewer user set-password {login}")
    user = User(
        login=login,
        role=role,
        name=name,
        password_hash=_hashed(password),
        created_at=services.clock.now(),
    )
    services.store.save_user(user)
    audit.record(services, actor, "user.add", f"user:{login}", role=role)
    return user


def set_password(
    services: Services, login: str, password: str, *, actor: str = audit.COMMAND_LINE
) -> None:
    """Replace a user's password. Raises NotFound, InvalidInput."""
    user = services.store.user(login.strip().casefold())
    services.store.save_user(user.model_copy(update={"password_hash": _hashed(password)}))
    audit.record(services, actor, "user.set_password", f"user:{user.login}")


def set_role(
    services: Services, login: str, role: Role, *, actor: str = audit.COMMAND_LINE
) -> None:
    """Give a user another role. Raises NotFound, Conflict where nobody would own the rest."""
    user = services.store.user(login.strip().casefold())
    if user.role == "owner" and role != "owner":
        _keep_an_owner(services, user)
    services.store.save_user(user.model_copy(update={"role": role}))
    audit.record(services, actor, "user.set_role", f"user:{user.login}", role=role)


def disable(services: Services, login: str, *, actor: str = audit.COMMAND_LINE) -> None:
    """Let a user in no more. Raises NotFound, Conflict for the last owner."""
    user = services.store.user(login.strip().casefold())
    _keep_an_owner(services, user)
    services.store.save_user(user.model_copy(update={"disabled_at": services.clock.now()}))
    audit.record(services, actor, "user.disable", f"user:{user.login}")


def let_in(services: Services, login: str, password: str) -> User | None:
    """The user with that password; a wrong one and an unknown login take equally long."""
    try:
        user = services.store.user(login.strip().casefold())
    except NotFound:
        user = None
    try:
        _hasher.verify(user.password_hash if user else _nobody, password)
    except (VerificationError, InvalidHashError):
        return None
    return user if user and user.disabled_at is None else None


def _login(text: str) -> str:
    login = text.strip().casefold()
    if not login or len(login) > LONGEST_LOGIN or not login.isprintable() or " " in login:
        raise InvalidInput("login", "is no e-mail address or name without blanks", text)
    return login


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput("password", f"is too short; use {SHORTEST_PASSWORD} characters or more")
    return _hasher.hash(password)


def _keep_an_owner(services: Services, leaving: User) -> None:
    others = [
        user
        for user in services.store.users()
        if user.role == "owner" and user.disabled_at is None and user.login != leaving.login
    ]
    if leaving.role == "owner" and not others:
        raise Conflict(f"{leaving.login!r} is the only owner: make another one first.")
