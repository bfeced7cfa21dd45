"""Keys of the JSON API: made once, shown once, stored as a hash."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import timedelta

from interviewer.access import audit
from interviewer.core.access import ORDINARY_SCOPES, SCOPES, ApiKey, Scope
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.ports import Services

PREFIX = "iv_live_"
USE_IS_NOTED = timedelta(minutes=1)  # last_used_at is not written more often


def new_key(
    services: Services,
    name: str,
    scopes: Collection[Scope] = ORDINARY_SCOPES,
    *,
    days: int | None = None,
    actor: str = audit.COMMAND_LINE,
) -> str:
    """Make a key; only its hash is stored, so this is the one time it is seen.

    Args:
        services: The installation.
        name: Who uses it.
        scopes: What it opens.
        days: How long it lives; without end when None.
        actor: Who makes it.

    Raises:
        InvalidInput: The name is empty, or a scope is none of ours.
    """
    if not name.strip():
        raise InvalidInput("name", "is empty; say who uses the key")
    for scope in scopes:
        if scope not in SCOPES:
            raise InvalidInput("scope", f"is none of {', '.join(SCOPES)}", scope)
    key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(24)
    key, now = f"{PREFIX}{key_id}_{secret}", services.clock.now()
    services.store.save_key(
        ApiKey(
            key_id=key_id,
            name=name.strip(),
            sha256=sha256(key),
            scopes=tuple(scope for scope in SCOPES if scope in scopes),
            created_at=now,
            expires_at=now + timedelta(days=days) if days else None,
        )
    )
    audit.record(services, actor, "key.create", f"key:{key_id}", scopes=" ".join(scopes))
    return key


def revoke(services: Services, key_id: str, *, actor: str = audit.COMMAND_LINE) -> ApiKey:
    """Make a key open nothing from now on. Raises NotFound."""
    key = services.store.key(key_id)
    if key.revoked_at is None:
        key = key.model_copy(update={"revoked_at": services.clock.now()})
        services.store.save_key(key)
        audit.record(services, actor, "key.revoke", f"key:{key_id}")
    return key


def holder(services: Services, presented: str) -> ApiKey | None:
    """The live key that was presented."""
    key_id = presented.removeprefix(PREFIX).partition("_")[0]
    try:
        key = services.store.key(key_id)
    except NotFound:
        return None
    now = services.clock.now()
    if not hmac.compare_digest(sha256(presented), key.sha256) or not key.is_live(now):
        return None
    if key.last_used_at is None or now - key.last_used_at >= USE_IS_NOTED:
        services.store.note_use(key_id, now)
    return key


def sha256(text: str) -> str:
    """As hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
