"""Turns per second of the store, beside the same statements in plain SQLAlchemy Core.

A turn reads an interview with its 12 turns, adds 2 turns and writes state and version. Every turn
is taken on an interview of its own; the two are measured in turns, three times each.

    python benchmarks/store.py [sqlite:///FILE | postgresql://...]    (a new, empty database)
"""

import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select, update
from sqlmodel import col

from interviewer.adapters.sql.engine import Database
from interviewer.adapters.sql.rows import row_of
from interviewer.adapters.sql.store import SqlStore, migrate, open_store
from interviewer.adapters.sql.tables import InterviewTable, TurnTable
from interviewer.core.guide import guide_hash
from interviewer.core.interview import Decision, Interview, Trace, Turn
from interviewer.core.reading import IntentReading, Reading, TopicReading
from interviewer.core.study import Study
from interviewer.studies.prompts_folder import load_guide, prompts_folder

TURNS, REPEATS = 400, 3
NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
LATE = "It came two days late and nobody told us."


def turn(seq: int) -> Turn:
    if seq % 2 == 0:
        return Turn(
            seq=seq,
            speaker="interviewer",
            text="What did the delay change on your side?",
            at=NOW,
            language="en",
            move="ask",
            topic="impact",
            trace=Trace(latency_ms=3.5),
        )
    return Turn(
        seq=seq,
        speaker="respondent",
        text=LATE,
        at=NOW,
        language="en",
        message_id=f"m{seq}",
        reading=Reading(
            source="offline",
            sentiment=-1,
            topics={"impact": TopicReading(covered="yes", evidence="two days late")},
            intents=(IntentReading(intent="question", evidence="nobody told us"),),
        ),
        decision=Decision(move="ask", reason="next_topic", options=("ask:told", "close")),
    )


def fill(store: SqlStore, prefix: str) -> list[str]:
    """Interviews of 12 turns; their ids."""
    ids = [f"{prefix}{place}" for place in range(TURNS)]
    for interview_id in ids:
        interview = Interview(
            interview_id=interview_id,
            study="delivery-check",
            study_version=1,
            guide_hash="",
            context={"brand": "Northwind", "item": "desk", "late": True},
            turns=tuple(turn(seq) for seq in range(12)),
            opened_at=NOW,
            expires_at=NOW + timedelta(days=1),
        )
        store.add_interview(interview, f"token {interview_id}")
    return ids


def by_store(store: SqlStore) -> Callable[[str], None]:
    def take(interview_id: str) -> None:
        store.save_interview(store.interview(interview_id).add(turn(12), turn(13)))

    return take


def by_core(database: Database) -> Callable[[str], None]:
    """The same reads and writes with rows that are ready: no values, no checks."""
    fresh = [{**row_of(turn(seq)), "decided": None, "reason": None} for seq in (12, 13)]
    interview_id_of_turn = col(TurnTable.interview_id)

    def take(interview_id: str) -> None:
        own = col(InterviewTable.interview_id) == interview_id
        with database.read() as connection:
            row = connection.execute(select(InterviewTable).where(own)).mappings().one()
            said = select(TurnTable).where(interview_id_of_turn == interview_id)
            connection.execute(said.order_by(col(TurnTable.seq))).mappings().all()
        state = {"context": row["context"], "status": "open", "version": row["version"] + 1}
        seen = col(InterviewTable.version) == row["version"]
        with database.write() as connection:
            connection.execute(update(InterviewTable).where(own, seen).values(state))
            rows = [{**row, "interview_id": interview_id} for row in fresh]
            connection.execute(insert(TurnTable), rows)

    return take


def measure(take: Callable[[str], None], ids: list[str], threads: int) -> tuple[float, float]:
    """Turns per second, and milliseconds of CPU per turn."""
    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(take, ids))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return len(ids) / wall, 1000 * cpu / len(ids)


def main(url: str) -> None:
    migrate(url)
    store, database = open_store(url), Database(url)
    source = (prompts_folder() / "guides" / "delivery-check.yaml").read_text(encoding="utf-8")
    guide = load_guide(source)
    digest = guide_hash(guide)
    store.save_study(
        Study(slug=guide.slug, version=0, guide=guide, guide_hash=digest, source=source)
    )
    ways = {"SqlStore": by_store(store), "Core": by_core(database)}
    for threads in (1, 32):
        for repeat in range(REPEATS):
            for name, take in ways.items():
                speed, cpu = measure(take, fill(store, f"{name}-{threads}-{repeat}-"), threads)
                print(f"{name:9} {threads:3} at once  {speed:6.0f} turns/s  {cpu:.2f} ms CPU/turn")
    store.close()
    database.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(f"sqlite:///{Path(folder) / 'store.db'}")
