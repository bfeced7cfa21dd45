"""Rounds in the background: they go on after a fault, and stop when they are told to."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from interviewer import worker
from interviewer.adapters.sql.store import migrate, open_store
from interviewer.clock import StoryClock
from interviewer.core.invitation import OutboundMessage
from interviewer.outreach import inviting
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.store import InboxEvent
from interviewer.wiring import build
from tests.databases import DATABASES, empty_database
from tests.fakes import NOW, RecordingChannel, services_in
from tests.outreach.test_outreach import SETTLED
from tests.story import PHONE, channel, launch, outcomes, shipment, tell, wait, work

ROOT = Path(__file__).parents[1]


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


class Killed(RecordingChannel):
    """Takes a message; then its process is killed, as with kill -9."""

    async def send(self, message: OutboundMessage) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return "never"


def be_killed(url: str) -> None:
    """What the worker's process does in the test below."""
    store = open_store(url)
    services = build(Settings(brand="Harbor Parcel"), store=store, clock=StoryClock(NOW))
    asyncio.run(worker.work(replace(services, channels={"sms": Killed()})))


@pytest.mark.parametrize("kind", DATABASES)
def test_what_a_killed_worker_had_is_taken_up_when_its_lease_ends(
    kind: str, tmp_path: Path
) -> None:
    """The lease is 20 s and a worker looks every .5 s, so within 30 s of the kill."""
    with empty_database(kind, tmp_path) as url:
        migrate(url)
        clock, sms = StoryClock(NOW), RecordingChannel()
        services = build(Settings(brand="Harbor Parcel"), store=open_store(url), clock=clock)
        services = replace(services, channels={"sms": sms})
        help_words = {"interview_id": None, "seq": 0, "kind": "help", "channel": "sms"}
        message = OutboundMessage(
            message_key="help", address=PHONE, text="Harbor Parcel.", **help_words
        )
        services.store.add_messages([message])
        code = "import sys; from tests.test_worker import be_killed; be_killed(sys.argv[1])"
        victim = subprocess.run([sys.executable, "-c", code, url], cwd=ROOT)
        assert victim.returncode == -signal.SIGKILL
        assert services.store.message("help").state == "sending"

        sms.sent.append(message)  # the provider has it
        clock.move_to(NOW + inviting.LEASE - timedelta(seconds=1))
        assert not work(services).jobs
        clock.move_to(NOW + inviting.LEASE)
        assert work(services).jobs == 1
        assert services.store.message("help").state == "sent"
        assert sms.sent == [message]
        services.store.close()


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
