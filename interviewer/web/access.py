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
LOGIN_TRIES = 5  # wrong passwords per address
LOGIN_WINDOW = timedelta(minutes=5)

_hasher = PasswordHasher()


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
        return False
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
    """Whether it is the owner's; a wrong one takes as long as the right one."""
    stored = services.store.owner_password()
    if stored is None:
        return False
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def begin_session(services: Services) -> str:
    """A new session; its token goes into the cookie, its hash into the store."""
    token = secrets.token_urlsafe(32)
    services.store.add_session(_sha256(token), services.clock.now() + SESSION_LASTS)
    return token


def has_session(services: Services, token: str) -> bool:
    """Whether the cookie's token is that of a session that is not over."""
    return services.store.has_session(_sha256(token), services.clock.now())


def end_session(services: Services, token: str) -> None:
    """Forget the session."""
    services.store.end_session(_sha256(token))


def form_token(secret: str, session: str) -> str:
    """What a form of this session must send back: signed, and useless without the session."""
    return hmac.new(secret.encode(), f"form:{session}".encode(), hashlib.sha256).hexdigest()


def is_form_token(secret: str, session: str, presented: str) -> bool:
    """Whether a form was made for this session."""
    return hmac.compare_digest(form_token(secret, session).encode(), presented.encode())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class LoginThrottle:
    """Counts tries per address, in memory; a try is counted before its password is looked at."""

    tries: dict[str, list[datetime]] = field(default_factory=dict)

    def take(self, address: str, now: datetime) -> bool:
        """Count a try; False when there were too many."""
        self.tries = {
            other: recent
            for other, times in self.tries.items()
            if (recent := [at for at in times if now - at < LOGIN_WINDOW])
        }
        recent = self.tries.setdefault(address, [])
        if len(recent) >= LOGIN_TRIES:
            return False
        recent.append(now)
        return True

    def forget(self, address: str) -> None:
        """The password was right: its tries count no more."""
        self.tries.pop(address, None)
