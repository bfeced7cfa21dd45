"""Who may come in: keys of the JSON API, the owner's password, sessions, form tokens."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from interviewer.core.errors import InvalidInput, NotFound
from interviewer.ports import ApiKey, Services

KEY_PREFIX = "iv_live_"
SESSION_LASTS = timedelta(hours=12)
SHORTEST_PASSWORD = 8
LOGIN_TRIES = 5  # per address
LOGIN_WINDOW = timedelta(minutes=5)

_hasher = PasswordHasher()
# Checked in place of a stored hash that does not exist, so that both take the same time.
_NO_PASSWORD = _hasher.hash("there is no password yet")


def new_key(services: Services, name: str) -> str:
    """Make a key of the JSON API; only its hash is stored, so this is the one time it is seen.

    Raises:
        InvalidInput: The name is empty.
    """
    if not name.strip():
        raise InvalidInput("name", "is empty; say who uses the key")
    key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(24)
    key = f"{KEY_PREFIX}{key_id}_{secret}"
    services.store.add_key(
        ApiKey(key_id, name.strip(), _sha256(key), created_at=services.clock.now())
    )
    return key


def is_known_key(services: Services, presented: str) -> bool:
    """Whether this is a key of ours."""
    key_id = presented.removeprefix(KEY_PREFIX).partition("_")[0]
    try:
        stored = services.store.key(key_id).sha256
    except NotFound:
        stored = ""
    return hmac.compare_digest(_sha256(presented), stored)


def set_owner_password(services: Services, password: str) -> None:
    """Set the one password of the pages; ends every session.

    Raises:
        InvalidInput: It is too short.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput("password", f"is too short; use {SHORTEST_PASSWORD} characters or more")
    services.store.set_owner_password(_hasher.hash(password))


def is_owner_password(services: Services, password: str) -> bool:
    """Whether it is the owner's; takes the same time when there is none yet."""
    stored = services.store.owner_password()
    try:
        return _hasher.verify(stored or _NO_PASSWORD, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def begin_session(services: Services) -> str:
    """A new session; its token goes into the cookie, its hash into the store."""
    token = secrets.token_urlsafe(32)
    services.store.add_session(_sha256(token), services.clock.now() + SESSION_LASTS)
    return token


def has_session(services: Services, token: str | None) -> bool:
    """Whether the cookie's token is that of a session that is not over."""
    return token is not None and services.store.has_session(_sha256(token), services.clock.now())


def end_session(services: Services, token: str) -> None:
    """Forget the session."""
    services.store.end_session(_sha256(token))


def form_token(session_token: str) -> str:
    """What a form of this session must send back; useless without the session."""
    return _sha256(f"form:{session_token}")


def is_form_token(session_token: str, presented: str) -> bool:
    """Whether a form was made for this session."""
    return hmac.compare_digest(form_token(session_token), presented)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class LoginThrottle:
    """Counts wrong passwords per address, in memory: one process serves the pages of SQLite."""

    failed: dict[str, list[datetime]] = field(default_factory=dict)

    def is_open(self, address: str, now: datetime) -> bool:
        """Whether another try is allowed."""
        recent = [at for at in self.failed.get(address, []) if now - at < LOGIN_WINDOW]
        self.failed[address] = recent
        return len(recent) < LOGIN_TRIES

    def note_failure(self, address: str, now: datetime) -> None:
        """Remember a wrong password."""
        self.failed.setdefault(address, []).append(now)
