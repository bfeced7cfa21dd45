"""The queue of jobs: the same sends by our own worker, and by DBOS workflows started per job.

Every send is the whole of it: the gate in its transaction with its audit, the channel, the note
of what came of it. The two take turns in one process, on the same tables.

    python -m benchmarks.outreach [postgresql://...]    (a new, empty database; else SQLite)
"""

import asyncio
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from sqlalchemy import Engine, create_engine, event, insert, text

from interviewer import worker
from interviewer.adapters.sql.engine import Database
from interviewer.adapters.sql.store import migrate, open_store
from interviewer.adapters.sql.tables import JobTable
from interviewer.core.invitation import Job, OutboundMessage
from interviewer.outreach import delivery, inviting
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.wiring import build

SENDS = 200
WAITING = 100_000
SPREAD = 10.0  # seconds over which the sends come due, when lateness is measured
IDLE = 10.0  # seconds
DBOS_SEND: Any = None


class Counting:
    """A channel that takes every message at once and notes when."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}

    async def send(self, message: OutboundMessage) -> str:
        self.taken[message.message_key] = time.time()
        return f"p-{message.message_key}"

    async def lookup(self, message: OutboundMessage) -> str | None:
        return None


class Hanging(Counting):
    """A channel that never answers: the process is killed while it waits."""

    async def send(self, message: OutboundMessage) -> str:
        await asyncio.Event().wait()
        return ""


def installation(url: str, channel: Counting) -> Services:
    settings = Settings(database_url=url, brand="Harbor Parcel", sms_per_minute=0)
    services = build(settings, store=open_store(url))
    return replace(services, channels={"sms": channel})


def messages(prefix: str, spread: float) -> list[OutboundMessage]:
    """Answers to HELP, due one after the other."""
    begins = datetime.now(UTC) + timedelta(seconds=0.5 if spread else -1)
    return [
        OutboundMessage(
            message_key=f"{prefix}{place}",
            interview_id=None,
            seq=0,
            kind="help",
            channel="sms",
            address=f"+1212555{place:04}",
            text="Harbor Parcel: automated feedback assistant. Reply STOP to opt out.",
            due_at=begins + timedelta(seconds=spread * place / SENDS),
        )
        for place in range(SENDS)
    ]


async def by_dbos(services: Services, job: Job) -> None:
    """One short workflow per job, as `STEPS` of the worker would have it."""
    from dbos import DBOS, SetWorkflowID

    with SetWorkflowID(f"{job.subject}/{job.claims}/{time.time_ns()}"):
        handle = await DBOS.start_workflow_async(DBOS_SEND, job.model_dump(mode="json"))
    await handle.get_result()


def quick_engine(url: str) -> Engine:
    """DBOS's own tables as quick as ours: with its default journal it is some ten times slower."""
    engine = create_engine(url, pool_size=5, max_overflow=0)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=wal", "synchronous=normal", "busy_timeout=30000"):
            connection.execute(f"pragma {pragma}")

    return engine


def launch_dbos(services: Services, url: str) -> None:
    global DBOS_SEND
    from dbos import DBOS

    async def step(job: dict[str, Any]) -> None:
        await delivery.send(services, Job.model_validate(job))

    async def flow(job: dict[str, Any]) -> None:
        await DBOS.run_step_async(None, step, job)

    config: Any = {"name": "bench", "application_version": "1", "log_level": "ERROR"}
    if url.startswith("sqlite"):
        config["system_database_engine"] = quick_engine(url)
    DBOS(config={**config, "system_database_url": url})
    DBOS_SEND = DBOS.workflow(name="send")(flow)
    DBOS.launch()


async def sent(services: Services, prefix: str, spread: float) -> tuple[float, list[float]]:
    """Sends a second, and how late each was in seconds."""
    channel = services.channels["sms"]
    assert isinstance(channel, Counting)
    due = messages(prefix, spread)
    await asyncio.to_thread(services.store.add_messages, due)
    began, own = time.time(), {message.message_key: message for message in due}
    while not own.keys() <= channel.taken.keys():
        if not await worker.sweep(services):
            await asyncio.sleep(worker.PAUSE)
    late = [channel.taken[key] - m.due_at.timestamp() for key, m in own.items() if m.due_at]
    return SENDS / (time.time() - began), late


async def idle(services: Services) -> float:
    """Share of one CPU that a worker with nothing to do takes."""
    began, cpu = time.time(), time.process_time()
    while time.time() - began < IDLE:
        await worker.work(services)
        await asyncio.sleep(worker.PAUSE)
    return (time.process_time() - cpu) / (time.time() - began)


def size(database: Database) -> int:
    """Bytes of the due table with its indexes."""
    with database.write() as connection:
        if not database.is_sqlite:
            return int(connection.scalar(text("select pg_total_relation_size('job')")) or 0)
        pages = "select sum(pgsize) from dbstat where name in ('job', 'ix_job_due_at',"
        return int(connection.scalar(text(f"{pages} 'sqlite_autoindex_job_1')")) or 0)


def fill(database: Database) -> None:
    """Invitations that wait for next year."""
    due_at = datetime.now(UTC) + timedelta(days=365)
    plain = {"step": "invite", "claims": 0, "attempt": 0, "error": None, "replayed": False}
    rows = [
        {**plain, "subject": f"{place:032x}", "due_at": due_at + timedelta(seconds=place)}
        for place in range(WAITING)
    ]
    with database.write() as connection:
        connection.execute(insert(JobTable), rows)


def hang(url: str) -> None:
    services = installation(url, Hanging())
    asyncio.run(worker.sweep(services))


def picked_up(url: str) -> float:
    """Seconds from the kill of a worker until another one has taken up its message."""
    channel = Counting()
    services = installation(url, channel)
    services.store.add_messages(messages("killed", 0)[:1])
    victim = multiprocessing.get_context("spawn").Process(target=hang, args=(url,))
    victim.start()
    while services.store.message("killed0").state != "sending":
        time.sleep(0.05)
    assert victim.pid
    os.kill(victim.pid, signal.SIGKILL)
    killed = time.time()
    while services.store.message("killed0").state != "unknown":
        asyncio.run(worker.sweep(services))
        time.sleep(worker.PAUSE)
    return time.time() - killed


def show(name: str, speed: float, late: list[float]) -> None:
    p95 = quantiles(late, n=20)[-1]
    print(
        f"{name:6} {speed:6.0f} sends/s at once;"
        f" late p50 {median(late):.2f} p95 {p95:.2f} max {max(late):.2f} s with {WAITING} waiting",
        flush=True,
    )


def main(url: str, dbos_url: str) -> None:
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    migrate(url)
    database = Database(url)
    services = installation(url, Counting())
    empty, before = asyncio.run(idle(services)), size(database)
    fill(database)
    print(f"due table: {(size(database) - before) / WAITING:.0f} bytes per waiting row")
    full = asyncio.run(idle(services))
    print(f"idle worker: {empty:.2%} of a CPU with 0 waiting, {full:.2%} with {WAITING}")

    launch_dbos(services, dbos_url)
    engines: dict[str, Callable[[Services, Job], Awaitable[None]]] = {
        "ours": delivery.send,
        "dbos": by_dbos,
    }
    steps = dict(worker.STEPS)
    for name, engine in engines.items():
        worker.STEPS = {**steps, "send": engine}  # type: ignore[misc]
        speed, _ = asyncio.run(sent(services, f"{name}-fast-", 0))
        _, late = asyncio.run(sent(services, f"{name}-late-", SPREAD))
        show(name, speed, late)
    worker.STEPS = steps  # type: ignore[misc]

    from dbos import DBOS

    print(f"ours: {picked_up(url):.1f} s from kill -9 to another worker (lease {inviting.LEASE})")
    DBOS.destroy()
    database.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        by_server = sys.argv[1] if len(sys.argv) > 1 else None
        main(
            by_server or f"sqlite:///{Path(folder) / 'outreach.db'}",
            by_server or f"sqlite:///{Path(folder) / 'dbos.db'}",
        )
