"""What runs in the background: rounds that work on all that is due; nothing waits inside one."""

import asyncio
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from interviewer import conversation, delivery, intake, outreach, settling
from interviewer.core.book import Account
from interviewer.faults import log_fault
from interviewer.ports import Services

log = logging.getLogger(__name__)

PAUSE = 0.5  # seconds between rounds when there is nothing to do
GRACE = 8.0  # seconds that a round has to end once the worker is to stop


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did."""

    events: int = 0
    invitations: int = 0
    replies: int = 0
    expired: int = 0

    @property
    def worked(self) -> bool:
        """Whether there may be more to do at once."""
        return bool(self.events or self.invitations or self.replies or self.expired)


async def work(services: Services) -> Round:
    """Take in events, send what is due, close what is over; a bounded part of each."""
    return Round(
        events=await asyncio.to_thread(intake.work_inbox, services),
        invitations=await outreach.send_due(services),
        replies=await delivery.send_replies(services),
        expired=await asyncio.to_thread(conversation.close_expired, services),
    )


def look_at_accounts(services: Services) -> None:
    """Renewals and reviews come due with the calendar, not with an event: once a day."""
    refs = {account.account_ref for account in services.store.find(Account)}
    settling.settle(services, settling.Affected(accounts=refs))


async def run_until_signal(services: Services, ready: Callable[[], None]) -> None:
    """Rounds until the process is told to stop: SIGTERM, or Ctrl-C; `ready` when it can be."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    ready()
    await run(services, stop)


async def run(services: Services, stop: asyncio.Event, *, grace: float = GRACE) -> None:
    """Rounds until `stop` is set, or this is cancelled.

    The round that runs then may end within `grace` seconds. One that does not is broken off:
    what it had claimed is taken up again when its lease ends, and nothing is sent twice.
    """
    rounds = asyncio.create_task(_rounds(services, stop))
    try:
        await stop.wait()
        await asyncio.wait({rounds}, timeout=grace)
    finally:
        stop.set()
        rounds.cancel()
        await asyncio.gather(rounds, return_exceptions=True)


async def _rounds(services: Services, stop: asyncio.Event) -> None:
    """A failed round is logged, and the next one tries again."""
    looked: date | None = None
    while not stop.is_set():
        done = Round()
        try:
            today = services.clock.now().date()
            if looked != today:
                await asyncio.to_thread(look_at_accounts, services)
                looked = today
            done = await work(services)
        except Exception as error:
            log_fault(log, "a round of the worker failed", error)
        if not done.worked:
            await _pause(stop)


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), PAUSE)
    except TimeoutError:
        return
