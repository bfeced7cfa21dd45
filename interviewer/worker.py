"""What runs in the background: rounds that work on all that is due; nothing waits inside one."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime

from interviewer import conversation, intake, outreach
from interviewer.core.book import Account
from interviewer.ports import Services

log = logging.getLogger(__name__)

PAUSE = 0.5  # seconds between rounds


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did."""

    events: int
    invitations: int
    expired: int

    @property
    def worked(self) -> bool:
        """Whether there may be more to do at once."""
        return bool(self.events or self.invitations or self.expired)


async def work(services: Services) -> Round:
    """Take in events, send what is due, close what is over."""
    events = await asyncio.to_thread(intake.work_inbox, services)
    sent = await outreach.send_due(services) + await outreach.send_replies(services)
    expired = await asyncio.to_thread(conversation.close_expired, services)
    return Round(events, sent, expired)


def look_at_accounts(services: Services) -> None:
    """Renewals and reviews come due with the calendar, not with an event: once a day."""
    refs = {account.account_ref for account in services.store.find(Account)}
    intake.settle(services, intake.Affected(accounts=refs))


async def run(services: Services, stop: asyncio.Event) -> None:
    """Rounds until `stop` is set; a failed round is logged and the next one tries again."""
    looked: datetime | None = None
    while not stop.is_set():
        try:
            now = services.clock.now()
            if looked is None or now.date() > looked.date():
                await asyncio.to_thread(look_at_accounts, services)
                looked = now
            done = await work(services)
        except Exception:
            log.exception("a round of the worker failed")
            done = Round(0, 0, 0)
        if not done.worked:
            try:
                await asyncio.wait_for(stop.wait(), PAUSE)
            except TimeoutError:
                continue
