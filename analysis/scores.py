"""Scores: how OTIF, NPS and CSAT moved, and which themes the account spoke of at the time."""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean, stdev

from analysis.tables import Assignment, Score, ScoreMove, Segment, Utterance

DROP: Mapping[str, float] = {"otif": 2.0, "nps": 10.0, "csat": 0.3}  # points on the usual scale
USUAL_SCALE: Mapping[str, tuple[float, float]] = {
    "otif": (0, 100),
    "nps": (-100, 100),
    "csat": (1, 5),
}
OWN_SERIES = 8  # periods from which the account's own spread counts as well
SPREAD = 2.0  # standard deviations below the mean of the periods before
LISTEN = timedelta(days=45)  # what is said this long after a period may still explain it
MOST_THEMES = 3
PERIODS = ("day", "week", "month", "quarter", "year")
_LENGTHS = (1, 7, 28, 90, 365)  # the fewest days of each

_FORMS: tuple[tuple[re.Pattern[str], Callable[..., tuple[date, date]]], ...] = (
    (re.compile(r"(\d{4})"), lambda y: (date(y, 1, 1), date(y + 1, 1, 1))),
    (re.compile(r"(\d{4})-Q([1-4])"), lambda y, q: (_month(y, 3 * q - 2), _month(y, 3 * q + 1))),
    (re.compile(r"(\d{4})-W(\d{2})"), lambda y, w: _week(y, w)),
    (re.compile(r"(\d{4})-(0[1-9]|1[0-2])"), lambda y, m: (_month(y, m), _month(y, m + 1))),
    (
        re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
        lambda y, m, d: (date(y, m, d), date(y, m, d) + timedelta(days=1)),
    ),
)


def days(period: str) -> tuple[date, date]:
    """The first and the last day of 2026, 2026-Q3, 2026-10, 2026-W42 or a day.

    Raises:
        ValueError: The text is none of these.
    """
    for form, span in _FORMS:
        if found := form.fullmatch(period):
            start, after = span(*map(int, found.groups()))
            return start, after - timedelta(days=1)
    raise ValueError(f"{period!r} is not a period; use 2026, 2026-Q3, 2026-10, 2026-W42 or a day")


def kind_of(period: str) -> str:
    """Which of `PERIODS` it is; see `days`."""
    first, last = days(period)
    return PERIODS[bisect(_LENGTHS, (last - first).days + 1) - 1]


def series(
    scores: Sequence[Score], as_of: date
) -> Mapping[tuple[str, str, str], tuple[Score, ...]]:
    """The scores by account, metric and kind of period, oldest first, that ended before a day."""
    found: dict[tuple[str, str, str], dict[str, Score]] = {}
    for score in sorted(scores, key=lambda s: (s.account_ref, s.metric, s.period, s.value)):
        if days(score.period)[1] < as_of:
            kind = kind_of(score.period)
            found.setdefault((score.account_ref, score.metric, kind), {})[score.period] = score
    return {
        key: tuple(sorted(rows.values(), key=lambda s: days(s.period)[0]))
        for key, rows in sorted(found.items())
    }


def score_moves(
    scores: Sequence[Score],
    utterances: Sequence[Utterance],
    segments: Sequence[Segment],
    assignments: Sequence[Assignment],
    as_of: date,
) -> tuple[ScoreMove, ...]:
    """Every drop that counts, newest first, with the themes the account spoke of at the time."""
    said = _themes_by_account(utterances, segments, assignments)
    moves = [
        ScoreMove(
            score.account_ref,
            score.metric,
            before.period,
            score.period,
            before.value,
            score.value,
            _most_spoken_of(said.get(score.account_ref, ()), score.period),
        )
        for rows in series(scores, as_of).values()
        for before, score in _drops(rows)
    ]
    return tuple(sorted(moves, key=lambda m: (-days(m.period)[0].toordinal(), m.account_ref)))


def _drops(rows: Sequence[Score]) -> Iterator[tuple[Score, Score]]:
    for index, (before, score) in enumerate(pairwise(rows), start=1):
        if before.value - score.value >= least_move(score) or _below_own(rows[:index], score):
            yield before, score


def least_move(score: Score) -> float:
    """The drop that counts, in proportion to the scale of this score."""
    usual, least = USUAL_SCALE.get(score.metric), DROP.get(score.metric)
    if usual is None or least is None:
        return float("inf")
    if score.scale_min is None or score.scale_max is None:
        return least
    if score.metric == "nps" and (score.scale_min, score.scale_max) == (0, 10):
        return 1.0  # one answer from 0 to 10, not a share of promoters
    return least * (score.scale_max - score.scale_min) / (usual[1] - usual[0])


def _below_own(earlier: Sequence[Score], score: Score) -> bool:
    values = [s.value for s in earlier]
    if len(values) + 1 < OWN_SERIES or score.value >= values[-1]:
        return False
    return score.value < fmean(values) - SPREAD * stdev(values)


def _themes_by_account(
    utterances: Sequence[Utterance],
    segments: Sequence[Segment],
    assignments: Sequence[Assignment],
) -> Mapping[str, Sequence[tuple[date, str, str]]]:
    """Per account: the day, the theme and the respondent of each thing said."""
    turns = {u.turn_id: u for u in utterances}
    theme_of = {a.segment_id: a.theme_id for a in assignments}
    found: dict[str, list[tuple[date, str, str]]] = {}
    for segment in segments:
        turn, theme = turns[segment.turn_id], theme_of.get(segment.segment_id)
        if theme and turn.account_ref and turn.at:
            row = (turn.at.date(), theme, turn.respondent)
            found.setdefault(turn.account_ref, []).append(row)
    return found


def _most_spoken_of(said: Sequence[tuple[date, str, str]], period: str) -> tuple[str, ...]:
    first, last = days(period)
    voices = {(theme, who) for day, theme, who in said if first <= day <= last + LISTEN}
    counted = Counter(theme for theme, _ in voices)
    return tuple(sorted(counted, key=lambda t: (-counted[t], t))[:MOST_THEMES])


def _month(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _week(year: int, week: int) -> tuple[date, date]:
    monday = date.fromisocalendar(year, week, 1)
    return monday, monday + timedelta(days=7)
