"""What a person does with events of the inbox: read them again, set their time, put them away."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from interviewer.access import audit
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.times import parse_time
from interviewer.events import intake
from interviewer.ports import Services
from interviewer.store import InboxEvent

MOST_TIMES = 20  # unreadable times in one event that are set together


def named(services: Services, name: str) -> InboxEvent:
    """The event of an id as `interviewer inbox` prints it: SOURCE/ID.

    Raises:
        NotFound: There is none.
    """
    source, _, event_id = name.partition("/")
    return services.store.inbox_event(source, event_id)


def replay(
    services: Services, events: Sequence[InboxEvent], *, actor: str = audit.COMMAND_LINE
) -> int:
    """Let the worker read them again; telling it all again changes nothing. How many they are."""
    fresh = [replace(one, processed_at=None, error=None) for one in events if not one.test]
    services.store.save_inbox(fresh)
    audit.record(services, actor, "inbox.replay", "inbox", events=str(len(fresh)))
    return len(fresh)


def discard(services: Services, event: InboxEvent, *, actor: str = audit.COMMAND_LINE) -> None:
    """Hold it back no more, and never take it in; what came is kept.

    Raises:
        NotFound: It is not held back.
    """
    _check_held(event)
    now = services.clock.now()
    away = replace(event, error=None, processed_at=now, note="discarded")
    services.store.save_inbox([away])
    _audited(services, actor, "inbox.discard", event)


def set_time(
    services: Services, event: InboxEvent, text: str, *, actor: str = audit.COMMAND_LINE
) -> None:
    """Put this time where one is missing or cannot be read, and let the worker read it again.

    Raises:
        NotFound: It is not held back.
        InvalidInput: This is no time, or something else than a time is wrong with the event.
    """
    _check_held(event)
    at, _ = parse_time(text, "UTC", services.clock.now(), "--set-time")
    mended = _mended(services, event, at)
    services.store.save_inbox([replace(mended, error=None, processed_at=None, note="time set")])
    _audited(services, actor, "inbox.set_time", event)


def _mended(services: Services, event: InboxEvent, at: datetime) -> InboxEvent:
    reading = intake.Reading(services)
    for _ in range(MOST_TIMES):
        try:
            reading.read(event)
        except InvalidInput as error:
            body = json.loads(event.mended or event.raw)
            if not (_is_time(error.field) and _put(body, error, at.isoformat())):
                raise InvalidInput(error.field, f"is no time to be set; it {_why(error)}") from None
            event = replace(event, mended=json.dumps(body, ensure_ascii=False))
        else:
            return event
    raise InvalidInput("--set-time", "does not mend it: more than its times are wrong")


def _why(error: InvalidInput) -> str:
    return error.message.removeprefix(f"{error.field}: ")


def _is_time(field: str) -> bool:
    return field.rpartition(".")[2].endswith(("_at", "_time", "_date", "datetime"))


def _put(body: Any, error: InvalidInput, at: str) -> bool:
    """Whether the time could be put: in place of the text that was refused, else at its path."""
    if isinstance(error.value, str) and _replaced(body, error.value, at):
        return True
    *path, last = error.field.split(".")
    for name in path:
        body = _inside(body, name)
    if isinstance(body, dict):
        body[last] = at
    return isinstance(body, dict)


def _inside(body: Any, name: str) -> Any:
    """The part by this name, made where it is missing."""
    if isinstance(body, list):
        if name == str(len(body)):
            body.append({})
        return body[int(name)] if name.isdecimal() and int(name) < len(body) else None
    if not isinstance(body, dict):
        return None
    if body.get(name) is None:
        body[name] = {}
    return body[name]


def _replaced(part: Any, before: str, after: str) -> bool:
    """Replace this text wherever it is a value; whether it was one."""
    places = part.items() if isinstance(part, dict) else enumerate(part) if part else ()
    found = False
    for name, value in list(places):
        if value == before:
            part[name], found = after, True
        elif isinstance(value, dict | list):
            found = _replaced(value, before, after) or found
    return found


def _check_held(event: InboxEvent) -> None:
    if event.error is None:
        raise NotFound(f"{event.source}/{event.event_id} is not held back.")


def _audited(services: Services, actor: str, what: str, event: InboxEvent) -> None:
    audit.record(services, actor, what, f"event:{event.source}/{event.event_id}")
