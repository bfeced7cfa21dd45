"""Rounds in the background: they go on after a fault, and stop when they are told to."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

import pytest

from interviewer import worker
from interviewer.core.invitation import OutboundMessage
from interviewer.ports import Services
from interviewer.store import InboxEvent
from tests.fakes import services_in
from tests.flows.story import channel, launch, outcomes, shipment, tell, wait
from tests.flows.test_outreach import SETTLED


@pytest.fixture
def services(tmp_path: Path) -> Services:
    services = services_in(tmp_path)
    launch(services, "delivery-check")
    return services


class Hanging:
    """A channel that never answers."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()

    async def send(self, message: OutboundMessage) -> str:
        self.reached.set()
        await asyncio.Event().wait()
        return "never"

    async def lookup(self, message: OutboundMessage) -> str | None:
        return None


async def stopped(services: Services, when: Awaitable[object], grace: float) -> float:
    """Run until something happened, then stop; the seconds that stopping took."""
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(services, stop, grace=grace))
    await when
    began = time.monotonic()
    stop.set()
    await running
    return time.monotonic() - began


def test_nothing_to_do_stops_at_once(services: Services) -> None:
    assert asyncio.run(stopped(services, asyncio.sleep(0), grace=60)) < 5


def test_a_round_that_hangs_is_broken_off_and_taken_up_again(services: Services) -> None:
    tell(services, shipment("1", "delivered"))
    wait(services, SETTLED)

    async def hang() -> float:
        hanging = Hanging()
        held = replace(services, channels={"sms": hanging})
        return await stopped(held, hanging.reached.wait(), grace=0.01)

    assert asyncio.run(hang()) < 5
    (message,) = services.store.messages()
    assert message.state == "sending"
    assert services.store.job("send", message.message_key).due_at


class Restless:
    """The inbox fails once; then it is empty, and the worker is told to stop."""

    def __init__(self, services: Services, stop: asyncio.Event) -> None:
        self.store, self.stop, self.calls = services.store, stop, 0
        self.loop = asyncio.get_running_loop()

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)

    def unprocessed(self, limit: int) -> list[InboxEvent]:
        self.calls += 1
        if self.calls == 1:
            raise RuntimeError("a fault")
        self.loop.call_soon_threadsafe(self.stop.set)
        return []


def test_a_round_that_fails_is_followed_by_another(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> int:
        stop = asyncio.Event()
        restless = Restless(services, stop)
        await worker.run(replace(services, store=restless), stop)  # type: ignore[arg-type]
        return restless.calls

    assert asyncio.run(run()) == 2
    assert "a round of the worker failed" in caplog.text


def test_a_round_says_what_it_did(services: Services) -> None:
    tell(services, shipment("1", "delivered"))
    wait(services, SETTLED)
    assert asyncio.run(worker.work(services)) == worker.Round(jobs=1)
    assert asyncio.run(worker.work(services)) == worker.Round()
    assert outcomes(services) == {"Delivered/S-1": "asked"}
    assert len(channel(services).sent) == 1
