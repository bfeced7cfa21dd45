from datetime import UTC, date, datetime

import pytest

from analysis.scores import days, score_moves
from analysis.tables import Assignment, Score, Segment, Utterance

AS_OF = date(2026, 12, 1)


def values(metric: str, *found: float, **scale: float) -> list[Score]:
    return [Score("A", metric, f"2026-{n:02d}", v, **scale) for n, v in enumerate(found, start=1)]


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
        ("2026-10-05", date(2026, 10, 5), date(2026, 10, 5)),
    ],
)
def test_a_period_is_its_days(period: str, first: date, last: date) -> None:
    assert days(period) == (first, last)


@pytest.mark.parametrize("period", ["", "26", "2026-13", "2026-Q5", "2026-W60", "2026-02-30", "x"])
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        days(period)


@pytest.mark.parametrize(
    ("scores", "drops"),
    [
        (values("otif", 97, 95), 1),
        (values("otif", 97, 95.5), 0),
        (values("otif", 95, 97), 0),
        (values("otif", 0.97, 0.95, scale_min=0, scale_max=1), 1),
        (values("nps", 40, 30), 1),
        (values("nps", 9, 8, scale_min=0, scale_max=10), 1),
        (values("csat", 4.5, 4.1), 1),
        (values("csat", 9.0, 8.5, scale_min=1, scale_max=10), 0),
        (values("otif", *[97, 97.2, 96.8, 97.1, 96.9, 97, 97.1], 96), 1),  # own series, 8 periods
        (values("otif", *[97, 97.2, 96.8, 97.1, 96.9, 97], 96), 0),
        (values("punctuality", 97, 50), 0),
        ([Score("A", "otif", "2026-11", 97), Score("A", "otif", "2026-12", 80)], 0),  # not over yet
    ],
)
def test_a_drop_counts_from_its_threshold(scores: list[Score], drops: int) -> None:
    assert len(score_moves(scores, [], [], [], AS_OF)) == drops


def test_a_drop_is_joined_with_what_the_account_spoke_of_at_the_time() -> None:
    def spoke(n: int, who: str, account: str, month: int, theme: str) -> tuple[Utterance, str]:
        at = datetime(2026, month, 10, tzinfo=UTC)
        args = (None, None, "en", at, "all", None, None, {})
        return Utterance(f"t{n}", f"i{n}", "words", who, account, *args), theme  # type: ignore[arg-type]

    rows = [
        spoke(1, "c1", "A", 2, "late"),
        spoke(2, "c1", "A", 2, "billing"),
        spoke(3, "c1", "A", 2, "billing"),
        spoke(4, "c2", "A", 3, "late"),
        spoke(5, "c3", "A", 6, "damage"),
        spoke(6, "c4", "B", 2, "damage"),
    ]
    turns = [turn for turn, _ in rows]
    points = [Segment(f"{t.turn_id}:0", t.turn_id, 0, 5, "words", "words") for t in turns]
    themes = [Assignment(f"{turn.turn_id}:0", theme) for turn, theme in rows]
    (move,) = score_moves(values("otif", 97, 90), turns, points, themes, AS_OF)
    assert (move.period_before, move.period) == ("2026-01", "2026-02")
    assert move.themes == ("late", "billing")  # two people, then one
