"""Two months of a 3PL in a minute: events in, interviews held, themes and renewal risk out.

The book of business in `examples/book` is replayed with a clock that is moved from one due time
to the next; simulated respondents answer through the same code path as real ones. Run again, it
goes on where it stopped and changes nothing twice.
"""

import asyncio
import json
import os
import secrets
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path

from pydantic import SecretStr

from interviewer import worker
from interviewer.access.users import add_user, set_password
from interviewer.cli.terminal import progress, say, steps, table
from interviewer.clock import StoryClock, SystemClock
from interviewer.core.book import KINDS, Row
from interviewer.core.errors import InterviewerError, NotFound
from interviewer.core.invitation import OutboundMessage
from interviewer.core.simulated_respondent import SimulatedRespondent
from interviewer.events import intake
from interviewer.events.import_files import ImportFile, Refused
from interviewer.events.import_rows import Plan
from interviewer.findings import analyzing
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.outreach.backtest import known_at
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.studies import lifecycle
from interviewer.studies.simulation import SimulatedInbox
from interviewer.web.serving import serve_app
from interviewer.wiring import build, encoder, initialize, vector_cache

HERE = Path(__file__).parent
FOLDER = Path("demo")
STARTS = datetime(2026, 9, 1, 6, tzinfo=UTC)
ENDS = datetime(2026, 11, 1, tzinfo=UTC)
BEFORE = ("accounts", "contacts", "consents", "suppressions", "shipments", "scores", "claims")
OWNER = "owner"  # who logs in to the pages
BRAND = "Larchgate Logistics"


@dataclass
class Mailbox:
    """Both channels of the demo: what was sent lies here until the respondents look."""

    new: list[OutboundMessage] = field(default_factory=list)
    sent: int = 0

    async def send(self, message: OutboundMessage) -> str:
        """Take one message."""
        self.new.append(message)
        self.sent += 1
        return f"mailbox-{self.sent}"

    def take(self) -> list[OutboundMessage]:
        """What came since the last look."""
        new, self.new = self.new, []
        return new


def settings() -> Settings:
    """The demo's installation; a language model is used where the environment names one."""
    FOLDER.mkdir(exist_ok=True)
    given = Settings()
    return given.model_copy(
        update={
            "database_url": f"sqlite:///{FOLDER / 'demo.db'}",
            "cache_dir": FOLDER / "cache",
            "brand": BRAND,
            "human_contact": "care@larchgate.example.com",
            "postal_address": "1 Larchgate Way, Columbus, OH 43215",
            "privacy_url": "https://larchgate.example.com/privacy",
            "public_url": "https://feedback.larchgate.example.com",
            "secret": SecretStr(kept("secret.txt", 32)),
        }
    )


def kept(name: str, size: int) -> str:
    """A random text of so many bytes, made on the first run and kept in a file of the demo."""
    file = FOLDER / name
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(size), encoding="utf-8")
    return file.read_text(encoding="utf-8")


def timeline() -> list[tuple[datetime, Row]]:
    """Every row of the book at the time it becomes known; what is older is there at the start."""
    rows: list[tuple[datetime, Row]] = []
    for name in (*BEFORE, "events"):
        plan = Plan(now=ENDS, region="US")
        for record in ImportFile(HERE / "book" / f"{name}.csv", KINDS[name], plan):
            if isinstance(record, Refused):
                raise SystemExit(f"{name}.csv, row {record.row_number}: {record.reason}")
            rows += (step for row in record.values for step in known_at(row, STARTS))
    return sorted(rows, key=lambda step: step[0])


class Story:
    """Plays the book against the clock."""

    def __init__(self, services: Services, clock: StoryClock, mailbox: Mailbox) -> None:
        self.services, self.clock, self.mailbox = services, clock, mailbox
        lines = (HERE / "respondents.jsonl").read_text(encoding="utf-8").splitlines()
        respondents = [SimulatedRespondent.read(json.loads(line)) for line in lines if line.strip()]
        self.people = SimulatedInbox(services, respondents)
        self.did: Counter[str] = Counter()

    async def play(self) -> None:
        """Move the clock from one thing that happens to the next, until the story ends."""
        rows = timeline()
        known = sum(at <= self.clock.at for at, _ in rows)
        self.take([row for _, row in rows[:known]])
        days = (ENDS - self.clock.at).days
        with progress() as bars:
            bar = bars.add_task(f"{self.clock.at:%d %b} to {ENDS:%d %b}", total=max(days, 1))
            while (at := self.next_at(rows, known)) is not None:
                new_day = at.date() > self.clock.at.date()
                self.clock.move_to(at)
                first, known = known, sum(when <= at for when, _ in rows)
                self.take([row for _, row in rows[first:known]])
                if new_day:
                    worker.look_at_accounts(self.services)
                    bars.update(bar, completed=days - (ENDS - at).days)
                await self.work()
            bars.update(bar, completed=max(days, 1))

    def next_at(self, rows: list[tuple[datetime, Row]], known: int) -> datetime | None:
        """The next row, due invitation or morning; None when the story is over."""
        tomorrow = datetime.combine(self.clock.at.date() + timedelta(days=1), time(6), UTC)
        waiting = [tomorrow, *(at for at, _ in rows[known : known + 1])]
        due_at = self.services.store.next_due_at()
        if due_at is not None and due_at > self.clock.at:
            waiting.append(due_at)
        at = min(waiting)
        return at if at < ENDS else None

    def take(self, rows: list[Row]) -> None:
        """What the sources say now."""
        if rows:
            puts, _ = intake.take(self.services, rows)
            self.did["rows taken"] += sum(put != "known" for put in puts)

    async def work(self) -> None:
        """What is due goes out; whoever got a message answers it; the answers' replies go out."""
        while (await worker.work(self.services)).worked or self.mailbox.new:
            for message in self.mailbox.take():
                self.did["messages sent"] += 1
                if message.seq == 0 and await self.people.answer(message.interview_id):
                    self.did["interviews answered"] += 1


def clock_of(services: Services) -> StoryClock:
    """The start of the story or, where it was played before, the time it came to."""
    moments = services.store.moments()
    return StoryClock(max([STARTS, *(record.seen_at for record in moments)]))


def counted_ids() -> Iterator[str]:
    """Ids that are the same in every run, so that every first run tells the same story."""
    for number in range(1_000_000):
        yield sha256(f"demo {number}".encode()).hexdigest()[:24]


def what_happened(services: Services, mailbox: Mailbox) -> list[dict[str, object]]:
    """The story in numbers."""
    moments = Counter((r.moment.kind, r.outcome) for r in services.store.moments())
    rows: list[dict[str, object]] = []
    for kind in sorted({kind for kind, _ in moments}):
        own = {outcome: n for (k, outcome), n in moments.items() if k == kind}
        others = sum(n for outcome, n in own.items() if outcome not in ("asked", "stale"))
        rows.append(
            {
                "moment": kind,
                "happened": sum(own.values()),
                "asked": own.get("asked", 0),
                "history": own.get("stale", 0),
                "not asked": others,
            }
        )
    return rows


def interviews(services: Services) -> list[dict[str, object]]:
    """Per study, how far its interviews came."""
    funnel = services.store.funnel()
    names = ("invited", "opened", "answered", "closed", "handed_off", "opted_out", "refused")
    return [
        {"study": slug, **{name: steps_.get(name, 0) for name in names}}
        for slug, steps_ in sorted(funnel.items())
        if any(steps_.values())
    ]


def refusals(services: Services) -> list[dict[str, object]]:
    """Why people were not written to, by rule of the send gate."""
    reasons = Counter(
        (invitation.reason or "").removesuffix(".")
        for invitation in services.store.invitations(state="refused")
    )
    return [{"not written to because": why, "people": n} for why, n in reasons.most_common(8)]


def bands(run_risks: list[dict[str, object]]) -> list[dict[str, object]]:
    """How many accounts are in each band."""
    counts = Counter(str(risk["band"]).replace("_", " ") for risk in run_risks)
    return [{"band": band, "accounts": n} for band, n in counts.most_common()]


def analyze(services: Services, used: Settings) -> None:
    """Themes, risk and the report; a story without news keeps the report it has."""
    with steps() as step:
        step("loading the sentence encoder", 0)
        made = analyzing.analyze(
            services,
            encoder(used),
            cache=vector_cache(used),
            base_rate=used.base_rate,
            encoder_name=used.encoder,
            progress=step,
        )
    (FOLDER / "report.html").write_text(made.run.report, encoding="utf-8")


async def open_interview(services: Services) -> str:
    """The path of an interview that waits for an answer; a new one when the last is over."""
    kept = FOLDER / "open-interview.txt"
    if kept.exists():
        path = kept.read_text(encoding="utf-8").strip()
        try:
            token = conversation.token_hash(path.rpartition("/")[2])
            if services.store.interview_by_token(token).status == "open":
                return path
        except NotFound:
            pass  # the database was made anew
    yesterday = (SystemClock().now() - timedelta(days=1)).isoformat()
    context = {"shipment_ref": "S-0001", "delivered_at": yesterday, "late": False}
    now_services = replace(services, clock=SystemClock())
    started = await conversation.start(
        now_services, "delivery-check", Opening(context=context, test=True)
    )
    path = f"/i/{started.token}"
    kept.write_text(path, encoding="utf-8")
    return path


def owner_password(services: Services) -> str:
    """The password of the pages; set again on every run, so that it is the one that is shown."""
    password = kept("owner-password.txt", 9)
    if any(user.login == OWNER for user in services.store.users()):
        set_password(services, OWNER, password)
    else:
        add_user(services, OWNER, "owner", password)
    return password


def main() -> None:
    """The whole demo."""
    used = settings()
    initialize(used)
    mailbox = Mailbox()
    services = build(used, channels={"sms": mailbox, "email": mailbox})
    clock = clock_of(services)
    services = replace(services, clock=clock)
    if services.store.latest_run() is None:
        ids = counted_ids()
        services = replace(services, new_id=lambda: next(ids))
        for study in services.store.studies():
            lifecycle.set_state(services, study.slug, "live")

    say(
        f"{BRAND}: {STARTS:%d %b} to {ENDS:%d %b %Y}, 16 accounts, with "
        f"{used.llm_model if used.uses_model else 'the offline interviewer'}"
    )
    story = Story(services, clock, mailbox)
    asyncio.run(story.play())
    if story.did.total() or not (FOLDER / "report.html").exists():
        analyze(services, used)
    else:
        say("Nothing new since the last run: nothing was changed.")

    table(what_happened(services, mailbox), as_json=False, title="What happened")
    table(interviews(services), as_json=False, title="Interviews")
    table(refusals(services), as_json=False, title="Not written to")
    run = services.store.latest_run()
    if run:
        table(bands([dict(risk) for risk in run.risks]), as_json=False, title="Renewal risk")
    say(f"Report:          {FOLDER / 'report.html'}")
    if os.environ.get("DEMO_SERVE") == "0":
        return
    path, password = asyncio.run(open_interview(services)), owner_password(services)
    base = "http://127.0.0.1:8000"
    say(f"Chat page:       {base}{path}")
    say(f"Home page:       {base}/   (log in as {OWNER}, password {password})")
    say(f"API docs:        {base}/docs\nStop with Ctrl-C.")
    serve_app(build(used), used, "127.0.0.1", 8000)


if __name__ == "__main__":
    try:
        main()
    except InterviewerError as error:
        sys.exit(f"error: {error.message}")
