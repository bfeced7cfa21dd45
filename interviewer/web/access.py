"""How a browser is known: sessions and form tokens."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from fastapi import Request

from interviewer.access.keys import sha256
from interviewer.core.access import Session, User
from interviewer.core.errors import NotFound
from interviewer.ports import Services

SEEN_IS_NOTED = timedelta(minutes=1)  # `seen_at` is not written more often


def cookie_name(request: Request) -> str:
    """`__Host-` asks for an encrypted connection, which loopback has not."""
    return "__Host-session" if request.url.scheme == "https" else "session"


def begin_session(services: Services, user: User) -> str:
    """A new session; its token goes into the cookie, its hash into the store."""
    token, now = secrets.token_urlsafe(32), services.clock.now()
    services.store.add_session(
        Session(session_hash=sha256(token), login=user.login, began_at=now, seen_at=now)
    )
    return token


def user_of(services: Services, token: str) -> User | None:
    """Who is logged in with the cookie's token; None when nobody is, or not any more."""
    now = services.clock.now()
    try:
        session = services.store.session(sha256(token))
        user = services.store.user(session.login)
    except NotFound:
        return None
    if session.is_over(now) or user.disabled_at is not None:
        return None
    if now - session.seen_at >= SEEN_IS_NOTED:
        services.store.note_seen(session.session_hash, now)
    return user


def end_session(services: Services, token: str) -> None:
    """Forget the session."""
    services.store.end_session(sha256(token))


def form_token(secret: str, session: str) -> str:
    """What a form of this session must send back: signed, and useless without the session."""
    return hmac.new(secret.encode(), f"form:{session}".encode(), hashlib.sha256).hexdigest()


def is_form_token(secret: str, session: str, presented: str) -> bool:
    """Whether a form was made for this session."""
    return hmac.compare_digest(form_token(secret, session).encode(), presented.encode())
