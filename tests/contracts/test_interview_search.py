"""Finding interviews, on SQLite and on Postgres: words, filters, pages, counts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from interviewer.adapters.sql.store import SqlStore, migrate, open_store
from interviewer.core.case import Case
from interviewer.core.interview import Interview, Turn
from interviewer.core.search import matches, terms
from interviewer.store import AnalysisRun, InterviewCount, Wanted
from tests.contracts.test_store import study
from tests.databases import DATABASES, empty_database

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)

SAID = {
    "i1": "The driver could not reach the loading-dock.",
    "i2": "El envío llegó TARDE; nadie avisó.",
    "i3": "It was delayed (2 days), then the dock was shut. It's bad.",
    "i4": "Großartig, über die Straße geliefert.",
    "i5": "https://x.example/dock?id=7 50% 'or' 1=1; C&A",
}


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    with empty_database(request.param, tmp_path) as url:
        migrate(url)
        store = open_store(url)
        store.save_study(study())
        yield store
        store.close()


def turn(seq: int, text: str, **more: Any) -> Turn:
    speaker: Any = "respondent" if seq % 2 else "interviewer"
    return Turn(seq=seq, speaker=speaker, text=text, at=NOW, language="en", **more)


def add(store: SqlStore, interview_id: str, text: str, **more: Any) -> Interview:
    """An interview whose answer is saved after its question, as a conversation does."""
    given = {"opened_at": NOW + timedelta(minutes=int(interview_id[1:])), **more}
    interview = Interview(
        interview_id=interview_id,
        study="parcel",
        study_version=1,
        guide_hash="h",
        expires_at=NOW + timedelta(days=1),
        turns=(turn(0, "What about the question of the interviewer?"),),
        **given,
    )
    store.add_interview(interview, f"token {interview_id}")
    return store.save_interview(interview.add(turn(1, text)))


def ids(store: SqlStore, search: str = "", limit: int = 50, **wanted: Any) -> list[str]:
    wish = Wanted(terms=terms(search), **wanted)
    return [one.interview_id for one in store.page_of_interviews(wish, limit=limit)]


@pytest.mark.parametrize(
    "search",
    [
        *("dock", "DOCK", "delay", "layed", '"loading dock"', '"dock was"', '"dock wa"', "envio"),
        *("envío", "tarde aviso", "dock days", "dock never", "it's", "2", "50", "1=1", "C&A", "x"),
        *("AND OR NOT", "dock*", '"', "'; drop", "straße", "uber", "großartig", "id=7", "question"),
    ],
)
def test_the_index_finds_what_the_words_say(store: SqlStore, search: str) -> None:
    for interview_id, text in SAID.items():
        add(store, interview_id, text)
    wanted = terms(search)
    meant = [one for one in sorted(SAID, reverse=True) if matches(SAID[one], wanted)]
    assert ids(store, search) == meant


def test_what_is_kept_back_is_found_by_those_alone_who_may_read_it(store: SqlStore) -> None:
    saved = add(store, "i1", "Between us: the dock is a mess.")
    assert ids(store, "mess", reads_kept_back=False) == ["i1"]
    store.save_interview(saved.keep_back([1]))  # said later: not for the account manager
    assert ids(store, "mess", reads_kept_back=False) == []
    assert ids(store, "mess") == ["i1"]


def test_filters_are_taken_together(store: SqlStore) -> None:
    add(store, "i1", "late", account_ref="a", channel="sms", language="de", status="closed")
    add(store, "i2", "late", account_ref="b", status="closed")
    add(store, "i3", "late", test=True)
    opened = Case(
        interview_id="i2",
        reason="damage",
        case_class="urgent",
        hands_off=False,
        opened_at=NOW,
        turn_seqs=(1,),
        quotes=("late",),
        study="parcel",
        audience="owner",
    )
    store.save_interview(store.interview("i2"), case=opened)
    assert ids(store, channel="sms") == ids(store, language="de") == ids(store, account_ref="a")
    assert ids(store, "late", status="closed") == ["i2", "i1"]
    assert ids(store, accounts=["a"]) == ["i1"]
    assert ids(store, accounts=["a"], account_ref="b") == ids(store, accounts=[]) == []
    assert ids(store, test=False) == ["i2", "i1"]
    assert ids(store, has_case=True) == ["i2"]
    assert ids(store, has_case=True, reads_kept_back=False) == []
    assert ids(store, since=NOW + timedelta(minutes=2)) == ["i3", "i2"]
    assert ids(store, until=NOW + timedelta(minutes=2)) == ["i1"]


def test_signals_and_themes_are_those_of_the_newest_analysis(store: SqlStore) -> None:
    for name in ("i1", "i2"):
        add(store, name, "late")

    def quote(interview_id: str, audience: str = "all") -> dict[str, str]:
        return {"interview_id": interview_id, "audience": audience}

    for day, run_id in enumerate(("old", "new")):
        store.save_run(
            AnalysisRun(
                run_id=run_id,
                at=NOW + timedelta(days=day),
                settings={},
                themes=[
                    {
                        "theme_id": "t1",
                        "title": "t",
                        "respondents": 1,
                        "quotes": [quote("i1"), quote("i2", "owner")],
                    }
                ],
                signals=[
                    {"signal": run_id, "status": "current", "quote": quote("i1", "owner")},
                    {"signal": run_id, "status": "current", "quote": quote("i2")},
                    {"signal": run_id, "status": "current", "quote": None},
                ],
                risks=[],
                memory={},
                report="",
            )
        )
    assert ids(store, signal="old") == []
    assert ids(store, signal="new") == ids(store, theme="t1") == ["i2", "i1"]
    assert ids(store, signal="new", reads_kept_back=False) == ["i2"]
    assert ids(store, theme="t1", reads_kept_back=False) == ["i1"]


def test_pages_hang_together_in_both_directions(store: SqlStore) -> None:
    same = NOW + timedelta(days=1)
    for place in range(1, 8):
        add(store, f"i{place}", "late", **({"opened_at": same} if place > 4 else {}))
    newest_first = [f"i{place}" for place in range(7, 0, -1)]
    wanted, read = Wanted(), list[str]()
    while True:
        before = read[-1] if read else None
        page = store.page_of_interviews(wanted, before=before, limit=3)
        if not page:
            break
        read += [one.interview_id for one in page]
    assert read == newest_first
    newer = store.page_of_interviews(wanted, after="i4", limit=2)
    assert [one.interview_id for one in newer] == ["i5", "i6"]
    assert ids(store, limit=2) == newest_first[:2]
    whole = store.page_of_interviews(wanted, before="nothing", limit=9)
    assert [one.interview_id for one in whole] == newest_first


def test_counts_are_of_everything_but_the_kind(store: SqlStore) -> None:
    add(store, "i1", "late", channel="sms")
    add(store, "i2", "late", channel="sms")
    add(store, "i3", "on time")
    wish = Wanted(terms=terms("late"), channel="chat")
    assert store.count_interviews(wish) == [InterviewCount("parcel", "open", "sms", "en", False, 2)]
