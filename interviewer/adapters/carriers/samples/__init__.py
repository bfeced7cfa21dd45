"""One event per source, as its provider would send it now: for trying an endpoint."""

import json
from datetime import datetime, timedelta
from importlib.resources import files

SCANNED = timedelta(minutes=5)  # before it is sent


def sample(source: str, now: datetime) -> bytes:
    """The body of a delivery a few minutes ago; each has ids of its own.

    Args:
        source: aftership, cloudevents, easypost, shippo or shopify.
        now: Aware UTC.
    """
    text = files(__name__).joinpath(f"{source}.json").read_text(encoding="utf-8")
    scanned = (now - SCANNED).replace(microsecond=0)
    words = {
        "SCANNED": scanned.isoformat().replace("+00:00", "Z"),
        "NUMBER": f"TEST{int(now.timestamp() * 1000)}",
    }
    for word, value in words.items():
        text = text.replace(f"<{word}>", value)
    return json.dumps(json.loads(text)).encode()
