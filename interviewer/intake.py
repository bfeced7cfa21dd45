"""What sources say, on its way in: `receive_events` and `work_inbox`, `take` and `store`."""

import json
import logging
from collections.abc import Sequence

from interviewer.core.book import Row
from interviewer.core.errors import Conflict, InterviewerError, Unavailable
from interviewer.faults import log_fault
from interviewer.ports import InboxEvent, Put, Services
from interviewer.settling import Affected, Counts, settle

log = logging.getLogger(__name__)

AT_ONCE = 100  # events of the inbox in one round


def receive_events(services: Services, source: str, events: Sequence[str]) -> int:
    """Put verified events, each as its raw JSON, into the inbox; how many were new.

    Raises:
        InvalidInput: One of them is no event of this source; none was stored.
    """
    now, read = services.clock.now(), services.sources[source]
    return services.store.add_to_inbox(
        [
            InboxEvent(source=source, event_id=read.event_id(raw), raw=raw, received_at=now)
            for raw in events
        ]
    )


def work_inbox(services: Services) -> int:
    """Work on what the inbox holds, oldest first; how many events were looked at.

    One that cannot be read is held back with the reason and blocks nobody. When the database does
    not answer, the event waits for the next round.
    """
    events = services.store.unprocessed(AT_ONCE)
    for event in events:
        reason = _work_on(services, event)
        if reason:
            log.warning("event %s/%s is held back", event.source, event.event_id)
        services.store.settle_inbox(event, services.clock.now(), reason)
    return len(events)


def _work_on(services: Services, event: InboxEvent) -> str | None:
    """Why it cannot be read; None when all that it says was taken."""
    try:
        take(services, services.sources[event.source].rows(event.raw, event.received_at))
    except (Conflict, Unavailable):
        raise
    except (InterviewerError, json.JSONDecodeError) as error:
        return str(error)
    except Exception as error:
        log_fault(log, f"an event of {event.source}", error)
        return f"a fault of ours: {type(error).__name__}"
    return None


def take(services: Services, rows: Sequence[Row]) -> tuple[list[Put], Counts]:
    """Store rows and look again at everything that they changed."""
    puts, affected = store(services, rows)
    return puts, settle(services, affected)


def store(services: Services, rows: Sequence[Row]) -> tuple[list[Put], Affected]:
    """Store rows; what they changed is settled later, once for a whole file."""
    puts = services.store.put(rows)
    affected = Affected()
    for row, put in zip(rows, puts, strict=True):
        if put != "known":
            affected.add(row)
    return puts, affected
