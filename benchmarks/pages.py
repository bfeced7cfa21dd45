"""Server time of the console's pages on an installation with 100,000 interviews.

    python -m benchmarks.pages [sqlite:///FILE | postgresql://...] [--interviews 100000]

The database is new and empty; without one a SQLite file is made and thrown away. Each interview has
three turns, 2,000 accounts and 3,000 cases are beside them. A page's time is that of the whole
request in this process, login and template included; the first request, which fills caches, is
left out, and the median and the slowest of the next ones are printed.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import insert
from starlette.testclient import TestClient

from interviewer.access.users import add_user
from interviewer.adapters.sql import tables
from interviewer.adapters.sql.engine import Database
from interviewer.adapters.sql.rows import row_of
from interviewer.core.book import Account
from interviewer.core.case import Case
from interviewer.core.interview import Decision, Interview, Trace, Turn
from interviewer.core.reading import Reading
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.web.app import create_app
from interviewer.wiring import build, initialize

NOW = datetime.now(UTC)
ROUNDS, PART = 7, 5000
ACCOUNTS, CASES = 2000, 3000
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
    "accounts": "/accounts",
    "studies": "/studies",
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
            {**row_of(interview, "turns"), "token_hash": f"t{place}"},
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
        if not database.is_sqlite:
            connection.exec_driver_sql("analyze")
    database.close()


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


def measured(client: TestClient, path: str) -> tuple[float, float]:
    """Median and slowest of some requests, in ms."""
    times = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        answer = client.get(path)
        times.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, (path, answer.status_code)
    return statistics.median(times[1:]), max(times[1:])


def logged_in(services: Services, settings: Settings) -> TestClient:
    """A browser of an owner."""
    add_user(services, "owner@example.com", "owner", PASSWORD)
    client = TestClient(create_app(services, settings))
    client.post("/login", data={"login": "owner@example.com", "password": PASSWORD})
    return client


def main(url: str, number: int) -> None:
    """Fill the database, and time every page."""
    settings = Settings(database_url=url, secret=SecretStr("of-this-benchmark" * 2))
    initialize(settings)
    services = build(settings)
    refs: Sequence[str] = [f"A-{place:04}" for place in range(ACCOUNTS)]
    services.store.put([Account(account_ref=ref, account_name=f"Account {ref}") for ref in refs])
    began = time.perf_counter()
    fill(url, number)
    kind = url.partition(":")[0]
    print(f"{number:,} interviews on {kind} in {time.perf_counter() - began:.0f} s", flush=True)
    client, slow = logged_in(services, settings), 0
    for name, path in PAGES.items():
        median, slowest = measured(client, path.format(middle=number // 2))
        slow += median > LIMIT
        mark = f"  over {LIMIT} ms" if median > LIMIT else ""
        print(f"{name:20} {median:6.0f} ms, slowest {slowest:6.0f} ms{mark}", flush=True)
    print(f"{slow} of {len(PAGES)} pages over {LIMIT} ms")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("url", nargs="?")
    arguments.add_argument("--interviews", type=int, default=100_000)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        main(given.url or f"sqlite:///{Path(folder) / 'pages.db'}", given.interviews)
