"""One run: a story made from a seed, doors and workers that are killed, and the ledger of it."""

import asyncio
import json
import mmap
import os
import random
import signal
import struct
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine

from interviewer import worker
from interviewer.adapters.sql.engine import Database
from interviewer.adapters.sql.store import SqlStore
from interviewer.core.errors import NotFound, Unavailable, Unconfirmed
from interviewer.core.guide import InterviewGuide
from interviewer.core.invitation import OutboundMessage
from interviewer.events import intake
from interviewer.outreach import inbound
from interviewer.ports import Received, Services
from interviewer.settings import Settings
from interviewer.studies import lifecycle
from interviewer.wiring import build
from tests.fakes import NOW
from tests.postgres_server import PostgresServer
from tests.story import shipment

Fault = Literal["killed", "paused", "database killed"]

LEASE = timedelta(seconds=20)
NOT_ACCEPTED = 3  # exit status of a process that the database did not answer
ROUNDS = 60  # more than any story needs to come to rest
TEXTS = (
    "It came two days late and nobody told us",
    "The box was crushed and I had to repack everything",
    "All good, thanks",
    "I lost a customer over it",
    "STOP",
)


@cache
def base() -> Services:
    """The parts that every run shares: phrases, lexicons, rules."""
    settings = Settings(
        brand="Harbor Parcel",
        human_contact="help@harbor.example.com",
        privacy_url="https://harbor.example.com/privacy",
        public_url="https://feedback.harbor.example.com",
        sms_per_minute=0,
    )
    return build(settings, store=store_at("sqlite:////nowhere.db"), channels={})


@cache
def guides() -> dict[tuple[str, int], InterviewGuide]:
    """What stores of this process remember of guides; forked processes begin with it."""
    return {}


def store_at(url: str) -> SqlStore:
    """A store that knows the guides which another one has read."""
    store = SqlStore(Database(url))
    store._guides = guides()
    return store


@dataclass
class Verdict:
    """What one run came to."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """For the process that started the run."""
        known = {"faults": self.faults, "counts": self.counts, "problems": self.problems}
        (folder / "verdict.json").write_text(json.dumps(known))

    @classmethod
    def read(cls, folder: Path, seed: int, *, crashed: bool) -> "Verdict":
        """What the run wrote; one that wrote nothing has a problem."""
        file = folder / "verdict.json"
        if crashed or not file.exists():
            return cls(seed, problems=["the run itself failed"])
        known = json.loads(file.read_text())
        return cls(seed, Counter(known["faults"]), Counter(known["counts"]), known["problems"])


class SharedClock:
    """One time for every process of a run."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8)
        self.move_to(NOW)

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.fromtimestamp(struct.unpack("d", self._memory[:8])[0], UTC)

    def move_to(self, at: datetime) -> None:
        """Forward."""
        self._memory[:8] = struct.pack("d", at.timestamp())


@dataclass
class Provider:
    """Takes messages into a log that no crash of ours can touch; may fail as providers do."""

    log: Path
    store: SqlStore
    clock: SharedClock
    faults: random.Random
    at_point: Callable[[str], None]

    async def send(self, message: OutboundMessage) -> str:
        """One line per message that was accepted."""
        self.at_point("before the provider has it")
        kind = self.faults.random()
        if kind < 0.08:
            raise Unavailable("the provider is down")
        provider_id = f"p-{os.getpid()}-{message.message_key}-{self.faults.randrange(10**6)}"
        with self.log.open("a") as log:
            log.write(f"{message.message_key}\t{provider_id}\n")
        self.at_point("after the provider took it")
        if kind < 0.16:
            self.tell("its answer lost")
            raise Unconfirmed
        if kind < 0.24:
            self.tell("callback before the answer")
            self.store.report_delivery(
                message.message_key, provider_id, "accepted", None, self.clock.now()
            )
        return provider_id

    async def lookup(self, message: OutboundMessage) -> str | None:
        """As the log has it."""
        return accepted(self.log).get(message.message_key, [None])[0]

    def tell(self, kind: str) -> None:
        """Count a fault."""
        with self.log.with_name("faults.log").open("a") as log:
            log.write(f"{kind}\n")


def accepted(log: Path) -> dict[str, list[str]]:
    """Message key -> the provider's ids of it; two are a message that was sent twice."""
    found: dict[str, list[str]] = {}
    for line in log.read_text().splitlines() if log.exists() else ():
        key, _, provider_id = line.partition("\t")
        found.setdefault(key, []).append(provider_id)
    return found


class Run:
    """A story and its faults, both from the seed."""

    def __init__(
        self, seed: int, folder: Path, url: str, server: PostgresServer | None = None
    ) -> None:
        self.chance = random.Random(seed)
        self.folder, self.url, self.server = folder, url, server
        self.clock = SharedClock()
        self.log = folder / "provider.log"
        self.verdict = Verdict(seed)
        self.store = store_at(url)
        self.events: set[str] = set()
        self.answers: dict[str, str] = {}  # accepted inbound id -> who sent it
        self.spoken: Counter[str] = Counter()

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def add_study(self, guide: InterviewGuide, source: str) -> None:
        """Store a ready study."""
        lifecycle.add(replace(base(), store=self.store), guide, source)

    def warm_up(self) -> None:
        """A round of everything in this process, so that forked ones need not load it."""
        lifecycle.set_state(self.services(self.store), "delivery-check", "live")
        intake.receive_events(self.services(self.store), [b[0] for b in self.story()])
        self.phase = [""]
        self.rounds(self.services(self.store))
        self.wait()
        self.rounds(self.services(self.store))
        for interview in self.store.interviews():
            came = Received(
                channel="sms", provider_id="w", address=interview.address or "", text=TEXTS[0]
            )
            inbound.take(self.services(self.store), came)
            self.clock.move_to(self.clock.now() + LEASE)
            self.rounds(self.services(self.store))

    def play(self) -> Verdict:
        """The whole story, until nothing is left to do."""
        lifecycle.set_state(self.services(self.store), "delivery-check", "live")
        self.store.close()  # no connection crosses a fork
        for batch in self.story():
            self.through_the_door(lambda s, b=batch: intake.receive_events(s, b))
            self.events |= {"acme/" + json.loads(raw)["id"] for raw in batch}
            if self.chance.random() < 0.3:
                self.work()
        for _ in range(ROUNDS):
            self.work()
            if not self.people_answer() and not self.wait():
                break
        self.balance()
        return self.verdict

    def story(self) -> list[list[str]]:
        """Events of some shipments, out of order, some sent several times."""
        told = []
        for n in range(self.chance.randint(3, 6)):
            who = {
                "ref": f"r{n}",
                "phone": f"+1212555{self.chance.randint(100, 104):04}",
                "timezone": "America/New_York",
            }
            for status in ("in_transit", "out_for_delivery", "delivered"):
                age = {"in_transit": 30, "out_for_delivery": 9, "delivered": 3}[status]
                at = NOW - timedelta(hours=age)
                name = f"e{n}-{status}"
                told.append(json.dumps(shipment(name, status, at, f"S-{n}", recipient=who)))
        self.chance.shuffle(told)
        self.count("events out of order", len(told))
        batches = []
        for raw in told:
            times = self.chance.choice((1, 1, 2, 5))
            self.count("event sent again", times - 1)
            batches += [[raw]] * times
        self.chance.shuffle(batches)
        return batches

    # processes

    def services(
        self, store: SqlStore, at_point: Callable[[str], None] = lambda _: None
    ) -> Services:
        """The installation as one process has it."""
        provider = Provider(
            self.log, store, self.clock, random.Random(self.chance.random()), at_point
        )
        channels = {"sms": provider}
        return replace(base(), store=store, clock=self.clock, channels=channels)

    def forked(
        self, what: Callable[[Services], object], at: int | None = None, fault: Fault = "killed"
    ) -> int:
        """A process that does it; at the point of that number something befalls it."""
        pid = os.fork()
        if pid:
            return pid
        passed = 0

        def at_point(name: str) -> None:
            nonlocal passed
            passed += 1
            if passed == at:
                with (self.folder / "faults.log").open("a") as log:
                    log.write(f"{fault} {name}\n")
                self.befalls(fault)

        phase = self.phase = ["door"]
        if fault != "paused":
            event.listen(Engine, "commit", lambda _: at_point(f"before a commit: {phase[0]}"))
            event.listen(Engine, "begin", lambda _: at_point(f"between transactions: {phase[0]}"))
        try:
            store = store_at(self.url)
            what(self.services(store, at_point))
            store.close()
        except Unavailable:
            os._exit(NOT_ACCEPTED)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def befalls(self, fault: Fault) -> None:
        """Let it happen to this process, or to the database in the middle of its work."""
        if fault == "database killed":
            assert self.server
            self.server.kill()
            self.server.start()
        else:
            os.kill(os.getpid(), signal.SIGSTOP if fault == "paused" else signal.SIGKILL)

    def kills(self) -> Fault:
        """Mostly the process; where the run has a server of its own, at times that."""
        return "database killed" if self.server and self.chance.random() < 0.2 else "killed"

    def through_the_door(self, what: Callable[[Services], object]) -> None:
        """A sender tries again until it is told that it was accepted."""
        if self.chance.random() < 0.2:
            pid = self.forked(what, self.chance.randint(1, 6), self.kills())
            if self.ended(pid):
                return
        what(self.services(self.store))
        self.store.close()  # no connection crosses a fork

    def ended(self, pid: int) -> bool:
        """Wait for a process; whether it did all it was to do."""
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            return False
        if os.WEXITSTATUS(status) not in (0, NOT_ACCEPTED):
            self.problem("a process failed by itself")
        return os.WEXITSTATUS(status) == 0

    def work(self) -> None:
        """One or two workers at once, one of them perhaps killed or paused past its lease."""
        kind = self.chance.random()
        if kind < 0.1:
            self.paused_worker()
            return
        pids = [self.worker_that_may_die()]
        if kind < 0.4:
            self.count("two workers at once", 1)
            pids.append(self.worker_that_may_die())
        if kind < 0.15 and self.server:
            self.cut_connections(self.server)
        if not all([self.ended(pid) for pid in pids]):
            self.clock.move_to(self.clock.now() + LEASE)
            self.ended(self.forked(self.rounds))

    def worker_that_may_die(self) -> int:
        at = int(self.chance.expovariate(1 / 25)) + 1 if self.chance.random() < 0.6 else None
        return self.forked(self.rounds, at, self.kills())

    def paused_worker(self) -> None:
        """It stands still while it talks to the provider; another takes its work meanwhile."""
        pid = self.forked(self.rounds, self.chance.randint(1, 3), "paused")
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return
        self.clock.move_to(self.clock.now() + 2 * LEASE)
        self.ended(self.forked(self.rounds))
        os.kill(pid, signal.SIGCONT)
        self.ended(pid)

    def rounds(self, services: Services) -> None:
        """What a worker does, until there is nothing to do."""
        for _ in range(ROUNDS):
            try:
                self.phase[0] = "intake"
                did = intake.work_inbox(services)
                self.phase[0] = "turn or send"
                did += asyncio.run(worker.sweep(services))
            except Unavailable:
                time.sleep(worker.PAUSE)  # the database starts again; the next round
                continue
            if not did:
                return

    def cut_connections(self, server: PostgresServer) -> None:
        """What an administrator, or a firewall, does to us."""
        self.count("database connections cut", 1)
        others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> "
        others += "pg_backend_pid() and backend_type = 'client backend'"
        may_be_down = suppress(psycopg.OperationalError)
        with may_be_down, psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(others.encode())

    # people and time

    def people_answer(self) -> bool:
        """Whoever got a message may answer, once or twice; whether anybody did."""
        said = False
        for interview in self.store.interviews():
            if not interview.address or self.spoken[interview.interview_id] >= 3:
                continue
            got = accepted(self.log)
            if not any(key.startswith(interview.interview_id) for key in got):
                continue
            self.spoken[interview.interview_id] += 1
            said = True
            number = self.spoken[interview.interview_id]
            for part in range(self.chance.choice((1, 1, 2))):
                self.sends(interview.address, f"in-{interview.interview_id}-{number}-{part}")
        self.store.close()
        return said

    def sends(self, address: str, provider_id: str) -> None:
        """An SMS of a person; the provider may bring it several times."""
        text = self.chance.choice(TEXTS)
        came = Received(channel="sms", provider_id=provider_id, address=address, text=text)
        times = self.chance.choice((1, 1, 3))
        self.count("inbound message sent again", times - 1)
        for _ in range(times):
            self.through_the_door(lambda s: inbound.take(s, came))
        self.answers[provider_id] = address

    def wait(self) -> bool:
        """Move the clock to what is due next; whether there is anything."""
        due_at = self.store.next_due_at()
        self.store.close()
        if due_at is None:
            return False
        self.clock.move_to(max(self.clock.now(), due_at) + timedelta(seconds=1))
        return True

    # the ledger

    def balance(self) -> None:
        """Compare what was accepted with what became of it."""
        log = self.folder / "faults.log"
        for kind in log.read_text().splitlines() if log.exists() else ():
            self.count(kind, 1)
        self.balance_events()
        self.balance_answers()
        self.balance_messages()

    def balance_events(self) -> None:
        done = {one.event_id for one in self.store.inbox() if one.processed_at and not one.error}
        for lost in self.events - done:
            self.lost(f"event {lost} was accepted and not worked on")
        per_shipment = Counter(one.shipment_ref for one in self.store.interviews())
        for ref, times in per_shipment.items():
            if times > 1:
                self.doubled(f"{times} interviews about {ref}")
        self.verdict.counts["events"] += len(self.events)

    def balance_answers(self) -> None:
        stored = {one.provider_id: one for one in self.store.inbound_messages()}
        turns = Counter(
            turn.message_id for interview in self.store.interviews() for turn in interview.answers
        )
        for provider_id in self.answers:
            one = stored.get(provider_id)
            if one is None or one.outcome is None:
                self.lost(f"answer {provider_id} was accepted and not worked on")
            elif one.wish == "other" and one.interview_id and turns[one.batch or provider_id] != 1:
                times = turns[one.batch or provider_id]
                (self.doubled if times else self.lost)(f"{times} turns of {provider_id}")
        self.verdict.counts["answers"] += len(self.answers)
        self.verdict.counts["turns"] += sum(turns.values())

    def balance_messages(self) -> None:
        went = accepted(self.log)
        for key, ids in went.items():
            if len(ids) > 1:
                self.doubled(f"{key} was sent {len(ids)} times")
            try:
                state = self.store.message(key).state
            except NotFound:
                state = "unknown to us"
            if state != "sent":
                self.lost(f"{key} went out and is {state}")
        for message in self.store.messages():
            if message.state in ("pending", "sending"):
                self.lost(f"{message.message_key} is still {message.state}")
            if message.state == "sent" and message.message_key not in went:
                self.lost(f"{message.message_key} is said to be sent")
            self.verdict.counts["unknown"] += message.state == "unknown"
        self.verdict.counts["messages"] += len(went)

    def lost(self, what: str) -> None:
        self.verdict.counts["lost"] += 1
        self.problem(what)

    def doubled(self, what: str) -> None:
        self.verdict.counts["doubled"] += 1
        self.problem(what)

    def problem(self, what: str) -> None:
        self.verdict.problems.append(what)

    def count(self, kind: str, times: int) -> None:
        self.verdict.faults[kind] += times


if sys.platform == "win32":
    raise SystemExit("fault runs need fork")
