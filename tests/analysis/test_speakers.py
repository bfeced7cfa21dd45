from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from analysis import speakers
from analysis.prepare import utterances
from analysis.speakers import Said, leanings, periods, reach, trends, two_sided, wilson
from analysis.tables import (
    Account,
    Asked,
    Assignment,
    Book,
    Score,
    Segment,
    Theme,
    Transcript,
    Turn,
)

LATE = Theme("t-late", "Late", (), 0, 0, 0, None, ())
AS_OF = date(2026, 9, 1)


def said(n: int, speaking: int, *groups: tuple[str, str], start: date | None = None) -> list[Said]:
    """`n` people of these groups, the first of whom speak of lateness."""
    return [
        Said(
            f"{groups}{start}{i}",
            frozenset(groups),
            frozenset({"t-late"} if i < speaking else set()),
            start + timedelta(days=i) if start else None,
        )
        for i in range(n)
    ]


def test_a_group_that_speaks_more_of_a_theme_leans_over_and_the_others_under() -> None:
    people = said(40, 30, ("carrier", "Halyard")) + said(60, 6, ("carrier", "Corridor"))
    over, under = sorted(leanings(people, [LATE]), key=lambda row: row.leans)
    assert (over.value, over.leans, over.speaking, over.heard) == ("Halyard", "over", 30, 40)
    assert (over.speaking_elsewhere, over.heard_elsewhere) == (6, 60)
    assert over.low < 0.75 < over.high
    assert under.leans == "under"


def test_a_person_counts_once_however_many_interviews() -> None:
    people = said(10, 10, ("carrier", "A")) * 5 + said(10, 1, ("carrier", "B"))
    assert {(row.value, row.speaking, row.heard) for row in leanings(people, [LATE])} == {
        ("A", 10, 10),
        ("B", 1, 10),
    }


def test_few_people_are_not_compared() -> None:
    assert leanings(said(4, 4, ("carrier", "A")) + said(50, 0), [LATE]) == ()


def test_chance_seldom_looks_like_a_leaning() -> None:
    random = np.random.RandomState(0)
    people = [
        Said(f"p{n}", frozenset({("carrier", f"c{random.randint(12)}")}),
             frozenset(f"t{k}" for k in range(30) if random.rand() < 0.2), None)
        for n in range(600)
    ]  # fmt: skip
    themes = [replace(LATE, theme_id=f"t{k}") for k in range(30)]
    found = leanings(people, themes)
    assert len(found) == 12 * 30
    assert sum(row.leans != "none" for row in found) <= 2


@given(st.tuples(*[st.integers(0, 30)] * 4).filter(any))
def test_the_test_is_twice_the_smaller_tail_of_fishers(table: tuple[int, ...]) -> None:
    a, b, c, d = table
    p = two_sided(*(np.array([x]) for x in (a, a + b, c, c + d)))[0]
    tails = [fisher_exact([[a, b], [c, d]], alternative=way)[1] for way in ("less", "greater")]
    assert p == pytest.approx(min(1, 2 * min(tails)))


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(0, 0, 0, 1), (0, 10, 0, 0.28), (5, 10, 0.24, 0.76), (9, 9, 0.70, 1)],
)
def test_an_interval_says_how_little_is_known(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == pytest.approx((low, high), abs=0.005)


def test_time_is_cut_into_weeks_and_when_long_into_months() -> None:
    week = periods(said(20, 5, start=date(2026, 3, 4)), [LATE])
    assert [p.start for p in week] == [date(2026, 3, day) for day in (2, 9, 16, 23)]
    assert [(p.speaking, p.heard) for p in week] == [(5, 5), (0, 7), (0, 7), (0, 1)]
    month = periods(said(200, 0, start=date(2026, 11, 20)), [LATE])
    assert [p.start.month for p in month] == [11, 12, 1, 2, 3, 4, 5, 6]
    assert periods(said(3, 1), [LATE]) == ()


def test_a_theme_that_comes_up_is_rising_and_a_steady_one_is_not() -> None:
    (rising,) = trends(
        said(40, 2, start=date(2026, 1, 1)) + said(40, 30, start=date(2026, 5, 1)), [LATE]
    )
    assert rising.direction == "rising"
    steady = said(40, 20, start=date(2026, 1, 1)) + said(40, 20, start=date(2026, 5, 1))
    assert trends(steady, [LATE])[0].direction == "none"
    assert trends(said(4, 4, start=date(2026, 1, 1)), [LATE]) == ()


def test_groups_come_from_the_interview_its_account_and_the_newest_score() -> None:
    at = datetime(2026, 8, 1, tzinfo=UTC)
    context = {"carrier": "Halyard", "origin": "Oslo", "destination": "Bergen"}
    late, ok = Turn("i1:1", "respondent", "It was late."), Turn("i2:1", "respondent", "ok")
    held = [
        Transcript("i1", (late,), "A", "c1", "buyer", "review", at=at, context=context),
        Transcript("i2", (ok,), "A", at=at),
    ]
    book = Book(
        held,
        [Account("A", tier="gold")],
        [Score("A", "nps", "2026-06", 50), Score("A", "nps", "2026-07", -5),
         Score("A", "nps", "2026-09", 70)],
        asked=[Asked("c1", "review", "A", {"carrier": "Halyard"}), Asked("c9", "review", "A")],
    )  # fmt: skip
    points = (
        Segment("i1:1:0", "i1:1", 0, 12, "It was late.", "It was late."),
        Segment("i2:1:0", "i2:1", 0, 2, "ok", "ok", "non_answer"),
    )
    given = (Assignment("i1:1:0", "t-late"), Assignment("i2:1:0", None))
    (only,) = speakers.interviews(book, utterances(book), points, given, AS_OF)
    assert only.groups == {
        ("carrier", "Halyard"),
        ("lane", "Oslo to Bergen"),
        ("study", "review"),
        ("role", "buyer"),
        ("account tier", "gold"),
        ("score band", "NPS below 0"),
    }
    asked = {(r.dimension, r.value): (r.asked, r.heard) for r in reach(book, [only], AS_OF)}
    assert asked["study", "review"] == (2, 1)
    assert asked["carrier", "Halyard"] == (1, 1)
    assert all(r.asked is None for r in reach(replace(book, asked=()), [only], AS_OF))
