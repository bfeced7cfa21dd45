"""What every check of a signature needs. Nothing here raises for what a stranger sends."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

TOLERANCE = 300  # seconds, both ways, between a signed time and the clock


def header(headers: Mapping[str, str], name: str) -> str:
    """The value of a header, whatever the case of its name; empty when it is missing."""
    for key, value in headers.items():
        if key.lower() == name:
            return value
    return ""


def digest(secret: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA256 of the parts, one after the other."""
    return hmac.new(secret, b"".join(parts), hashlib.sha256).digest()


def base64_digest(secret: bytes, *parts: bytes) -> str:
    """The digest in base64."""
    return base64.b64encode(digest(secret, *parts)).decode()


def is_same(given: str, expected: str) -> bool:
    """Whether two signatures are equal, in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def is_recent(timestamp: str, now: datetime) -> bool:
    """Whether a signed Unix time in seconds is near the clock."""
    try:
        return abs(now.timestamp() - int(timestamp)) <= TOLERANCE
    except (ValueError, OverflowError):
        return False


def from_base64(text: str) -> bytes:
    """The bytes; empty when it is no base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
