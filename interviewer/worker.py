"""What runs in the background: rounds that work on all that is due; nothing waits inside one."""

import asyncio
import logging
import signal
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from interviewer.access import privacy
from interviewer.core.book import Account
from interviewer.core.errors import Conflict, Unavailable
from interviewer.core.invitation import Job, Step
from interviewer.events import folders, intake, settling
from interviewer.faults import log_fault
from interviewer.followup import actions, cases, notices
from interviewer.interviews import conversation
from interviewer.outreach import brake, delivery, inbound, inviting
from interviewer.ports import Services

log = logging.getLogger(__name__)

PAUSE = 0.5  # seconds between rounds when there is nothing to do
GRACE = 8.0  # seconds that a round has to end once the worker is to stop
AT_ONCE = 50  # jobs claimed in one round
RENEW = 5.0  # seconds after which the leases of jobs that still run are lengthened

STEPS: Mapping[Step, Callable[[Services, Job], Awaitable[None]]] = {
    "answer": inbound.answer,
    "invite": inviting.invite,
    "remind": inviting.remind,
    "send": delivery.send,
    "notify": notices.notify,
    "digest": notices.send_digest,
    "expire": actions.expire,
    "reroute": inviting.reroute,
}


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did."""

    events: int = 0
    jobs: int = 0
    expired: int = 0
    told: int = 0

    @property
    def worked(self) -> bool:
        """Whether there may be more to do at once."""
        return bool(self.events or self.jobs or self.expired or self.told)


async def work(services: Services) -> Round:
    """Take in events, do the jobs that are due, close what is over; a bounded part of each."""
    return Round(
        events=await asyncio.to_thread(intake.work_inbox, services),
        jobs=await sweep(services),
        expired=await asyncio.to_thread(conversation.close_expired, services),
        told=await asyncio.to_thread(_tell, services),
    )


def _tell(services: Services) -> int:
    """Make the notices of what happened, and of cases that nobody took in time."""
    return cases.tell_overdue(services) + notices.spread(services)


async def sweep(services: Services) -> int:
    """Do the jobs that are due, many at once, the leases held meanwhile; how many there were."""
    now = services.clock.now()
    jobs = await asyncio.to_thread(services.store.claim, now, AT_ONCE, inviting.LEASE)
    running = dict.fromkeys(jobs)
    renewing = asyncio.create_task(_renew(services, running)) if jobs else None
    try:
        await asyncio.gather(*(_in_order(services, own, running) for own in _by_subject(jobs)))
    finally:
        if renewing:
            renewing.cancel()
    return len(jobs)


def _by_subject(jobs: Sequence[Job]) -> list[list[Job]]:
    """Jobs of one interview one after the other: what is said keeps its order."""
    grouped: defaultdict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        grouped[job.subject.partition(":")[0]].append(job)
    return [sorted(own, key=lambda job: job.subject) for own in grouped.values()]


async def _in_order(services: Services, jobs: Sequence[Job], running: dict[Job, None]) -> None:
    for job in jobs:
        await _do(services, job)
        del running[job]


async def _do(services: Services, job: Job) -> None:
    """One job; a fault of its own never stops the others, and at last makes it a dead letter."""
    try:
        await STEPS[job.step](services, job)
    except Conflict:
        log.info("%s %s: somebody else has it", job.step, job.subject)
    except Unavailable:
        raise  # the database does not answer: its lease runs out
    except Exception as error:
        log_fault(log, f"{job.step} {job.subject}", error)
        later = delivery.put_off(job, services.clock.now(), error)
        with suppress(Conflict):
            await asyncio.to_thread(services.store.again, later)


async def _renew(services: Services, running: Mapping[Job, None]) -> None:
    while True:
        await asyncio.sleep(RENEW)
        until = services.clock.now() + inviting.LEASE
        await asyncio.to_thread(services.store.renew, list(running), until)


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
    folders_at, sizes = services.clock.now(), dict[Path, int]()
    while not stop.is_set():
        done = Round()
        try:
            if services.clock.now() >= folders_at:
                folders_at = services.clock.now() + folders.LOOK
                await asyncio.to_thread(folders.look, services, sizes)
                await asyncio.to_thread(folders.tell_overdue, services)
                await asyncio.to_thread(brake.look, services)
            today = services.clock.now().date()
            if looked != today:
                await asyncio.to_thread(look_at_accounts, services)
                await asyncio.to_thread(privacy.purge, services)
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
