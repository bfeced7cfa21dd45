"""Reading what a carrier posts: JSON parts, texts, times, and its words by the shared map.

Every error is an `InvalidInput` whose field is the path of the part, such as
`result.tracking_details.0.datetime`: a person can set a time there.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple, get_args

from interviewer.core.errors import InvalidInput
from interviewer.core.scan import Scan
from interviewer.core.vocabulary import ExceptionCode, Status

Object = Mapping[str, Any]
NOTHING: Object = {}
LONGEST_ID = 200  # characters, of what the inbox is indexed by


def load(raw: bytes) -> Object:
    """The object that a body is."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise InvalidInput("body", "is no JSON") from None
    if not isinstance(body, dict):
        raise InvalidInput("body", "is no JSON object")
    return body


def loaded(raw: bytes) -> Object:
    """As `load`; empty where that is refused."""
    try:
        return load(raw)
    except InvalidInput:
        return NOTHING


def part(body: Object, name: str) -> Object:
    """An object inside; empty when it is missing or something else."""
    found = body.get(name)
    return found if isinstance(found, dict) else NOTHING


def parts(body: Object, name: str) -> Sequence[Object]:
    """The objects of a list inside."""
    found = body.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(body: Object, name: str) -> str | None:
    """A text, or a number as text; None when it is missing, empty or something else."""
    value = body.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def needed(body: Object, name: str, path: str) -> str:
    """A text without which nothing can be said."""
    found = text(body, name)
    if found is None:
        raise InvalidInput(path, "is missing")
    return found


class Written(NamedTuple):
    """A time as it was written, and what it says."""

    at: datetime | date
    quality: Literal["exact", "local", "date"]
    written: str


def time(body: Object, name: str, path: str) -> Written:
    """The time of a scan; one that cannot be read is refused and never becomes now."""
    written = needed(body, name, path)
    at = _moment(written)
    if at is None:
        fix = "is no time; write ISO 8601 such as 2026-11-20T14:03:00Z"
        raise InvalidInput(path, fix, written)
    if not isinstance(at, datetime):
        return Written(at, "date", written)
    return Written(at, "exact" if at.tzinfo else "local", written)


def estimate(body: Object, name: str) -> datetime | date | None:
    """A time that lies ahead; None when it is missing or cannot be read: it decides nothing."""
    return _moment(text(body, name) or "")


def _moment(written: str) -> datetime | date | None:
    try:
        return (
            date.fromisoformat(written) if len(written) == 10 else datetime.fromisoformat(written)
        )
    except ValueError:
        return None


class Word(NamedTuple):
    """What a carrier's words mean in ours, and which of them are on no map."""

    status: Status
    exception_code: ExceptionCode | None = None
    unknown: tuple[str, ...] = ()


def meaning(map_name: str, detail_map: str, raw: Mapping[str, str]) -> Word:
    """The detail before its parent: a detail on no map means what its parent means.

    Args:
        map_name: The map of the parent, which `raw` has as `status`.
        detail_map: The map of the detail, which `raw` may have as `detail`. Its entries are as
            the parent's, or an exception code alone, or null: they leave the rest to the parent.
        raw: The carrier's words.
    """
    parent = words(map_name).get(raw["status"])
    unknown = () if parent is not None else ("status",)
    status, code = _pair(parent) if parent is not None else ("unknown", None)
    if "detail" in raw:
        found = words(detail_map)
        if raw["detail"] not in found:
            return Word(status, code, (*unknown, "detail"))
        detail = found[raw["detail"]]
        if isinstance(detail, dict):
            return Word(*_pair(detail), unknown)
        code = detail or code
    return Word(status, code, unknown)


def _pair(entry: Object) -> tuple[Status, ExceptionCode | None]:
    status, code = entry["status"], entry["exception"]
    assert status in get_args(Status)
    return status, code


@cache
def words(map_name: str) -> Mapping[str, Any]:
    """A map of `vocabulary.json`."""
    source = files("interviewer.adapters.carriers").joinpath("vocabulary.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(source)["map"][map_name]
    return found


def in_order(scans: Sequence[Scan]) -> list[Scan]:
    """Newest last; equal times stay as they came. A time without an offset counts as UTC."""
    return sorted(scans, key=lambda scan: _sortable(scan.occurred_at))


def _sortable(at: datetime | date) -> tuple[date, float]:
    if not isinstance(at, datetime):
        return at, 86_400.0
    seconds = at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6
    return at.date(), seconds


def named(event_id: str | None, raw: bytes) -> str:
    """The sender's id of an event; without a usable one, the hash of what it sent."""
    if event_id and len(event_id) <= LONGEST_ID and "\x00" not in event_id:
        return event_id
    return hashlib.sha256(raw).hexdigest()
