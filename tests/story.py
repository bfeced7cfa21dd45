"""What the sources of a small carrier say, as CloudEvents, for the flows from event to message."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from interviewer import worker
from interviewer.clock import StoryClock
from interviewer.core.invitation import Invitation
from interviewer.events import intake
from interviewer.ports import Services
from interviewer.studies import lifecycle
from tests.fakes import NOW, RecordingChannel

PHONE, EMAIL = "+12125550142", "robin@example.com"
HOUR = timedelta(hours=1)


def shipment(
    name: str, status: str, at: datetime = NOW - HOUR, ref: str = "S-1", **more: Any
) -> dict[str, Any]:
    """An event about a shipment whose recipient agreed to SMS and mail."""
    data: dict[str, Any] = {
        "shipment_ref": ref,
        "status": status,
        "occurred_at": at.isoformat(),
        "recipient": {
            "ref": "r1",
            "phone": PHONE,
            "email": EMAIL,
            "timezone": "America/New_York",
            "region": "US-NY",
        },
        "consent": {"sms": True, "email": True, "source": "checkout", "at": "2026-01-01T00:00:00Z"},
    }
    return envelope(name, "shipment.status", {**data, **more})


def envelope(name: str, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """A CloudEvent."""
    return {"specversion": "1.0", "id": name, "source": "acme", "type": kind, "data": data}


def tell(services: Services, *events: dict[str, Any]) -> None:
    """Receive these events and work on them."""
    intake.receive_events(services, [json.dumps(event) for event in events])
    intake.work_inbox(services)


def launch(services: Services, *slugs: str) -> None:
    """Let these studies invite people."""
    for slug in slugs:
        lifecycle.set_state(services, slug, "live")


def work(services: Services) -> worker.Round:
    """One round of the worker."""
    return asyncio.run(worker.work(services))


def wait(services: Services, how_long: timedelta) -> None:
    """Move the clock."""
    assert isinstance(services.clock, StoryClock)
    services.clock.move_to(services.clock.at + how_long)


def channel(services: Services, name: str = "sms") -> RecordingChannel:
    """The stand-in for a provider."""
    found = services.channels[name]
    assert isinstance(found, RecordingChannel)
    return found


def only(services: Services, *names: str) -> Services:
    """The installation with these channels alone."""
    return replace(services, channels={name: services.channels[name] for name in names})


def outcomes(services: Services) -> dict[str, str]:
    """Every moment with what became of it."""
    return {one.moment.moment_id: one.outcome for one in services.store.moments()}


def invitation(services: Services) -> Invitation:
    """The one there is."""
    (found,) = services.store.invitations()
    return found
