"""Server time of the console's pages on an installation with 100,000 interviews.

    python -m benchmarks.pages [sqlite:///FILE | postgresql://...] [--interviews 100000]

The database is filled when it is empty, and kept; without one a SQLite file is made and thrown
away. Each interview has three turns and an invitation; beside them are 2,000 accounts, 3,000 cases,
two analyses (80 themes, 20,000 signals, the place of every statement), 5,000 entries of the audit
log, 5,000 notices and 20,000 events. A page's time is that of the whole request in this process,
login and template included; the first request, which fills caches, is left out, and median and 95th
percentile of the next ones are printed, and the CPU time of this process, which a busy machine
does not lengthen (what Postgres works is not in it).
"""

import argparse
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import insert
from starlette.testclient import TestClient

from interviewer.access import audit
from interviewer.access.users import add_user
from interviewer.adapters.sql import tables
from interviewer.adapters.sql.engine import Database
from interviewer.adapters.sql.rows import row_of
from interviewer.core.book import Account
from interviewer.core.case import Case
from interviewer.core.interview import Decision, Interview, Trace, Turn
from interviewer.core.invitation import Invitation
from interviewer.core.notice import Notice, Occurrence
from interviewer.core.reading import Reading
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.store import AnalysisRun, InboxEvent
from interviewer.web.app import create_app
from interviewer.wiring import build, initialize

NOW = datetime.now(UTC)
ROUNDS, PART = 20, 5000
ACCOUNTS, CASES = 2000, 3000
THEMES, SIGNALS, NOTED, EVENTS = 80, 20_000, 5000, 20_000
LIMIT = 300  # ms
STUDIES = ("delivery-check", "exception-follow-up", "account-review", "claim-closed")
WORDS = """
    the driver could not reach loading dock and left our pallets late nobody called us again
    invoice wrong tracking page said delivered but box was smashed hub missed pickup twice
    warehouse waited two days for a truck that never came support answered quickly thanks
"""
PASSWORD = "of this benchmark"
PAGES = {
    "/": "/",
    "interviews": "/interviews",
    "filtered": "/interviews?study=account-review&status=closed&channel=sms",
    "search, common word": "/interviews?q=driver",
    "search, phrase": "/interviews?q=%22loading+dock%22+smashed",
    "search, rare word": "/interviews?q=rareword77",
    "page 500": "/interviews?before=i{middle:06}",
    "one account": "/interviews?account=A-0007",
    "transcript": "/interviews/i{middle:06}",
    "cases": "/cases",
    "case": "/cases/i{case:06}.damage",
    "accounts": "/accounts",
    "account": "/accounts/A-0007",
    "themes": "/themes",
    "theme": "/themes/t7",
    "themes compared": "/themes/compare?run=r0",
    "numbers": "/numbers",
    "reports": "/reports",
    "report": "/reports/r1",
    "studies": "/studies",
    "study": "/studies/account-review",
    "study, another": "/studies/delivery-check",
    "versions": "/studies/account-review/versions",
    "editor": "/studies/account-review/edit",
    "preview": "/studies/account-review/preview",
    "try": "/studies/account-review/try",
    "simulation, its start": "/studies/account-review/simulation",
    "new study": "/studies/new",
    "sources": "/sources",
    "destinations": "/destinations",
    "users": "/users",
    "audit log": "/audit",
    "API docs": "/docs",
}


def interviews(number: int) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Rows of interviews, each with those of its turns; the same for the same number."""
    chance = random.Random(8)
    for place in range(number):
        at = NOW - timedelta(minutes=number - place)
        interview = Interview(
            interview_id=f"i{place:06}",
            study=chance.choice(STUDIES),
            study_version=1,
            guide_hash="h",
            channel=chance.choice(("chat", "sms", "email")),
            language=chance.choice(("en", "en", "de", "es")),
            status=chance.choice(("closed", "closed", "closed", "open", "opted_out")),
            context={"contact_role": "buyer", "item": "desk"},
            account_ref=f"A-{place % ACCOUNTS:04}",
            opened_at=at,
            expires_at=at + timedelta(days=1),
        )
        said = " ".join(chance.choices(WORDS.split(), k=18))
        if place % 10_007 == 77:
            said += " rareword77"
        yield (
            {**row_of(interview, "turns"), "token_hash": f"t{place}", "answered": True},
            [turn_row(interview, seq, text, at) for seq, text in enumerate(("How?", said, "Bye."))],
        )


def turn_row(interview: Interview, seq: int, text: str, at: datetime) -> dict[str, Any]:
    """A turn of the respondent when `seq` is odd."""
    common: dict[str, Any] = {"seq": seq, "text": text, "at": at, "language": interview.language}
    if seq % 2:
        turn = Turn(
            **common,
            speaker="respondent",
            message_id=f"m{seq}",
            reading=Reading(source="offline", sentiment=-1, specificity="specific"),
            decision=Decision(move="close", reason="covered"),
        )
    else:
        turn = Turn(**common, speaker="interviewer", move="ask", trace=Trace(template="opener"))
    known = {"interview_id": interview.interview_id, "decided": None, "reason": None}
    return {**row_of(turn), **known}


def fill(url: str, number: int) -> None:
    """Bulk inserts, in parts."""
    database = Database(url)
    interview_rows, turn_rows = list[dict[str, Any]](), list[dict[str, Any]]()
    with database.write() as connection:
        for row, turns in interviews(number):
            interview_rows.append(row)
            turn_rows += turns
            if len(interview_rows) == PART:
                connection.execute(insert(tables.InterviewTable), interview_rows)
                connection.execute(insert(tables.TurnTable), turn_rows)
                interview_rows, turn_rows = [], []
        connection.execute(insert(tables.CaseTable), [row_of(case) for case in cases(number)])
        for part in chunks(invitations(number)):
            connection.execute(insert(tables.InvitationTable), [row_of(one) for one in part])
        connection.exec_driver_sql("analyze")
    database.close()


def chunks(values: Iterator[Invitation]) -> Iterator[list[Invitation]]:
    """In parts that are inserted together."""
    while part := list(itertools.islice(values, PART)):
        yield part


def invitations(number: int) -> Iterator[Invitation]:
    """One for every interview, and one in ten that was refused."""
    for place, (interview, _) in enumerate(interviews(number)):
        known = {
            "study": interview["study"],
            "moment_id": f"m{place}",
            "channel": "sms",
            "address": f"+1415{place:07}",
            "language": "en",
            "due_at": interview["opened_at"],
            "expires_at": interview["expires_at"],
        }
        yield Invitation(
            **known, invitation_id=f"v{place}", state="sent", interview_id=f"i{place:06}"
        )
        if place % 10 == 0:
            yield Invitation(
                **known, invitation_id=f"n{place}", state="refused", reason="G04: no consent"
            )


def quote(place: int, number: int) -> dict[str, Any]:
    """Words of one of the interviews."""
    name = f"i{place % number:06}"
    return {
        "turn_id": f"{name}:1",
        "interview_id": name,
        "start": 0,
        "end": 10,
        "text": "the driver could not reach the loading dock",
        "account_ref": f"A-{place % ACCOUNTS:04}",
        "contact_role": "buyer",
        "said_at": NOW.isoformat(),
        "audience": "all",
    }


def analysis(run_id: str, at: datetime, number: int) -> AnalysisRun:
    """Findings as large as those of so many interviews."""
    chance = random.Random(9)
    names = [f"t{place}" for place in range(THEMES)]
    signals = [
        {
            "signal": chance.choice(("leave_intent", "silent_am", "recurrence", "price_dispute")),
            "status": "asserted",
            "status_reason": "",
            "p": 0.8,
            "source": "detector",
            "account_ref": f"A-{place % ACCOUNTS:04}",
            "contact_ref": None,
            "contact_role": "buyer",
            "said_at": NOW.isoformat(),
            "quote": quote(place, number),
            "data_row": None,
        }
        for place in range(SIGNALS)
    ]
    starts = [(at - timedelta(days=30 * n)).date().replace(day=1).isoformat() for n in range(12)]
    return AnalysisRun(
        run_id=run_id,
        at=at,
        settings={},
        themes=[
            {
                "theme_id": name,
                "title": f"Theme {name}",
                "subtitle": "",
                "words": ["dock", "driver"],
                "respondents": 200 + place,
                "segments": 400,
                "area": place % 20,
                "negative": 0.7,
                "quotes": [quote(place * 8 + each, number) for each in range(8)],
                "studies": dict.fromkeys(STUDIES, 50),
                "accounts": {f"A-{each:04}": 2 for each in range(place, ACCOUNTS, 20)},
            }
            for place, name in enumerate(names)
        ],
        signals=signals,
        risks=[
            {
                "account_ref": f"A-{place:04}",
                "as_of": at.date().isoformat(),
                "band": chance.choice(("high", "elevated", "low", "not_enough_evidence")),
                "why_not": None,
                "base_rate": 0.12,
                "base_logit": -2.0,
                "logit": 0.3,
                "reasons": [
                    {
                        "signal": name,
                        "weight": 1.0,
                        "value": 1.0,
                        "contribution": 0.5,
                        "evidence": signals[place : place + 2],
                    }
                    for name in ("leave_intent", "silent_am", "recurrence")
                ],
                "unscored": [],
                "disagreements": [],
                "tone_shift": "no reliable change",
                "contacts_heard": 1,
                "contacts_known": 2,
                "previous_band": "low",
                "moved": {},
                "notes": [],
                "tones": [],
            }
            for place in range(ACCOUNTS)
        ],
        memory={
            "as_of": at.date().isoformat(),
            "themes": {
                "themes": [
                    {"theme_id": name, "words": [], "centroid": [chance.random()] * 384}
                    for name in names
                ],
                "places": {f"i{place:06}:1:0": chance.choice(names) for place in range(number)},
                "grouped": number,
            },
        },
        report="<p>" + "a report of two megabytes " * 80_000,
        patterns={
            "heard": number,
            "asked": number,
            "small": False,
            "map": {name: [chance.random() * 1000, chance.random() * 500, 20] for name in names},
            "leanings": [
                {
                    "theme_id": name,
                    "dimension": "carrier",
                    "value": f"carrier {each}",
                    "speaking": 40,
                    "heard": 900,
                    "leans": "none",
                }
                for name in names
                for each in range(30)
            ],
            "periods": [
                {"theme_id": name, "start": start, "speaking": 20, "heard": 800}
                for name in names
                for start in starts
            ],
            "trends": [],
            "reach": [],
        },
    )


def fill_rest(services: Services, number: int) -> None:
    """What is beside interviews: analyses, audit, notices, events."""
    store = services.store
    for name, days in (("r0", 8), ("r1", 0)):
        store.save_run(analysis(name, NOW - timedelta(days=days), number))
    for place in range(NOTED):
        audit.record(services, "user:ann", "transcript.read_in_clear", f"interview:i{place:06}")
    occurrence = Occurrence(kind="import.failed", about="shipments.csv", at=NOW)
    notices = [
        Notice(
            notice_id=f"n{place}",
            destination="crm",
            kind="import.failed",
            at=NOW,
            body={"about": "shipments.csv"},
            state="dead" if place % 50 == 0 else "sent",
        )
        for place in range(NOTED)
    ]
    store.spread(occurrence, notices, NOW)
    events = [
        InboxEvent(
            source="tms",
            event_id=f"e{place}",
            raw="{}",
            received_at=NOW,
            processed_at=NOW,
            error="type: is none of ours" if place % 100 == 0 else None,
        )
        for place in range(EVENTS)
    ]
    store.add_to_inbox(events)


def cases(number: int) -> Iterator[Case]:
    """Half of them open."""
    for place in range(min(CASES, number)):
        yield Case(
            interview_id=f"i{place * (number // min(CASES, number)):06}",
            reason="damage",
            case_class="same_day",
            hands_off=False,
            opened_at=NOW - timedelta(minutes=place),
            turn_seqs=(1,),
            quotes=("the box was smashed",),
            study=STUDIES[0],
            account_ref=f"A-{place % ACCOUNTS:04}",
            state="open" if place % 2 else "closed",
        )


def measured(client: TestClient, path: str) -> tuple[float, float, float]:
    """Median and 95th percentile of some requests, and the median of their CPU time, in ms."""
    times, worked = [], []
    for _ in range(ROUNDS + 1):
        began, at_work = time.perf_counter(), time.process_time()
        answer = client.get(path)
        times.append(1000 * (time.perf_counter() - began))
        worked.append(1000 * (time.process_time() - at_work))
        assert answer.status_code == 200, (path, answer.status_code)
    p95 = statistics.quantiles(times[1:], n=20)[-1]
    return statistics.median(times[1:]), p95, statistics.median(worked[1:])


def logged_in(services: Services, settings: Settings) -> TestClient:
    """A browser of an owner."""
    if not services.store.users():
        add_user(services, "owner@example.com", "owner", PASSWORD)
    client = TestClient(create_app(services, settings))
    client.post("/login", data={"login": "owner@example.com", "password": PASSWORD})
    return client


def main(url: str, number: int) -> None:
    """Fill the database, and time every page."""
    settings = Settings(database_url=url, secret=SecretStr("of-this-benchmark" * 2))
    initialize(settings)
    services = build(settings)
    if services.store.latest_run() is None:
        began = time.perf_counter()
        refs = [f"A-{place:04}" for place in range(ACCOUNTS)]
        accounts = [Account(account_ref=ref, account_name=f"Account {ref}") for ref in refs]
        services.store.put(accounts)
        fill(url, number)
        fill_rest(services, number)
        print(f"{number:,} interviews in {time.perf_counter() - began:.0f} s", flush=True)
    place = number // 2
    of_case = place // (number // CASES) * (number // CASES)
    client, slow = logged_in(services, settings), 0
    for name, path in PAGES.items():
        median, p95, cpu = measured(client, path.format(middle=place, case=of_case))
        slow += p95 > LIMIT
        mark = f"  over {LIMIT} ms" if p95 > LIMIT else ""
        line = f"{name:22} p50 {median:6.0f} ms, p95 {p95:6.0f} ms, CPU {cpu:5.0f} ms{mark}"
        print(line, flush=True)
    print(f"{len(PAGES) - slow} of {len(PAGES)} pages with a p95 of at most {LIMIT} ms")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("url", nargs="?")
    arguments.add_argument("--interviews", type=int, default=100_000)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        main(given.url or f"sqlite:///{Path(folder) / 'pages.db'}", given.interviews)
