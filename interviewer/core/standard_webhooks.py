"""Secrets and signatures as Standard Webhooks writes them, for what comes in and what leaves.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: the
scheme is twenty lines, its library would bring an HTTP client.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
CHANCE = 32  # bytes of a fresh secret


def new_secret(chance: bytes) -> str:
    """A secret of these random bytes."""
    return PREFIX + base64.b64encode(chance).decode()


def key_of(secret: str) -> bytes:
    """What signs; empty when the secret is none."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""


def signature(raw: bytes, key: bytes, message_id: str, signed_at: str) -> str:
    """One signature of a body, with its version."""
    signed = f"{message_id}.{signed_at}.".encode("utf-8", "replace") + raw
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def headers(message_id: str, at: datetime, raw: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The three headers; one signature per secret that is still valid."""
    signed_at = str(int(at.timestamp()))
    own = (signature(raw, key_of(secret), message_id, signed_at) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": signed_at,
        "webhook-signature": " ".join(own),
    }
