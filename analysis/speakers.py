"""Who speaks of each theme, when, and who was asked: counts of people with intervals.

A person counts once per theme and group. Whether a group speaks of a theme more or less than
everybody else is tested exactly (hypergeometric, two-sided), and the tests of a run are corrected
together (Benjamini and Hochberg), because with hundreds of them some always look remarkable.
"""

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, hypergeom

from analysis.scores import days
from analysis.tables import (
    Account,
    Asked,
    Assignment,
    Book,
    Leaning,
    Period,
    Reach,
    Score,
    Segment,
    Theme,
    Transcript,
    Trend,
    Utterance,
)

LEAST = 5  # people of a group below which nothing is compared
SURE = 0.05  # corrected probability below which a group leans
MOST_VALUES = 12  # groups of one dimension, those with most people
WEEKLY = timedelta(days=70)  # up to this long, time is cut into weeks, above into months
Z = 1.959964  # of a 95 % interval

DIMENSIONS: Mapping[str, str] = {
    "carrier": "carrier",
    "exception_code": "exception code",
    "service_level": "service level",
    "lane": "lane",
}
"""Context keys of an interview by which respondents are grouped, with their name on the page."""

SCORE_BANDS: Mapping[str, Sequence[tuple[float, str]]] = {
    "nps": ((0, "NPS below 0"), (30, "NPS 0 to 29"), (np.inf, "NPS 30 and more")),
    "csat": ((3, "CSAT below 3"), (4, "CSAT 3 to 3.9"), (np.inf, "CSAT 4 and more")),
    "otif": ((90, "OTIF below 90"), (95, "OTIF 90 to 94"), (np.inf, "OTIF 95 and more")),
}
"""Upper ends (excluded) of the bands that an account's newest score falls into."""

Group = tuple[str, str]  # dimension, value
Direction = Literal["over", "under", "none"]


class Said(NamedTuple):
    """One interview as it counts: whose it is, its groups, its themes, its day."""

    respondent: str
    groups: frozenset[Group]
    themes: frozenset[str]
    day: date | None


def interviews(
    book: Book,
    utterances: Sequence[Utterance],
    segments: Sequence[Segment],
    assignments: Sequence[Assignment],
    as_of: date,
) -> tuple[Said, ...]:
    """The interviews in which something was said, as they count here."""
    turn_of = {u.turn_id: u for u in utterances}
    themes: dict[str, set[str]] = defaultdict(set)
    for segment, given in zip(segments, assignments, strict=True):
        if segment.parked in (None, "duplicate"):
            spoken = themes[turn_of[segment.turn_id].interview_id]
            if given.theme_id is not None:
                spoken.add(given.theme_id)
    accounts = {account.account_ref: account for account in book.accounts}
    bands = score_bands(book.scores, as_of)
    return tuple(
        Said(
            t.contact_ref or t.interview_id,
            _groups(t, accounts, bands),
            frozenset(themes[t.interview_id]),
            t.at.date() if t.at else None,
        )
        for t in book.transcripts
        if t.interview_id in themes
    )


def score_bands(scores: Iterable[Score], as_of: date) -> dict[str, frozenset[Group]]:
    """account_ref -> the bands of its newest scores that were known on the day."""
    newest: dict[tuple[str, str], Score] = {}
    for score in sorted(scores, key=lambda s: days(s.period)):
        if days(score.period)[1] <= as_of and score.metric in SCORE_BANDS:
            newest[score.account_ref, score.metric] = score
    bands: dict[str, set[Group]] = defaultdict(set)
    for (account, metric), score in newest.items():
        name = next(name for end, name in SCORE_BANDS[metric] if score.value < end)
        bands[account].add(("score band", name))
    return {account: frozenset(own) for account, own in bands.items()}


def _groups(
    held: Transcript | Asked,
    accounts: Mapping[str, Account],
    bands: Mapping[str, frozenset[Group]],
) -> frozenset[Group]:
    context = held.context
    ends = [context.get(key) for key in ("origin", "destination")]
    lane = context.get("lane") or (" to ".join(map(str, ends)) if all(ends) else None)
    account = accounts.get(held.account_ref or "")
    found = {name: context.get(key) for key, name in DIMENSIONS.items()} | {"lane": lane}
    found |= {"study": held.study, "account tier": account.tier if account else None}
    if isinstance(held, Transcript):
        found["role"] = held.contact_role
    given = {(name, str(value)) for name, value in found.items() if value not in (None, "")}
    return frozenset(given | bands.get(held.account_ref or "", frozenset()))


# who speaks of what


def leanings(said: Sequence[Said], themes: Sequence[Theme]) -> tuple[Leaning, ...]:
    """Each theme in each group with enough people, beside everybody else."""
    everybody = {s.respondent for s in said}
    groups = _compared(said)
    rows = []
    for theme in themes:
        speaking = {s.respondent for s in said if theme.theme_id in s.themes}
        for group, heard in groups.items():
            k = len(
                {s.respondent for s in said if theme.theme_id in s.themes and group in s.groups}
            )
            elsewhere = everybody - heard
            rows.append(
                (theme.theme_id, group, k, len(heard), len(speaking & elsewhere), len(elsewhere))
            )
    if not rows:
        return ()
    counts = np.array([row[2:] for row in rows])
    p = corrected(two_sided(*counts.T))
    return tuple(
        Leaning(name, *group, k, n, k2, n2, *wilson(k, n), float(at), _leans(k, n, k2, n2, at))
        for (name, group, k, n, k2, n2), at in zip(rows, p, strict=True)
    )


def _compared(said: Sequence[Said]) -> dict[Group, set[str]]:
    """The groups with enough people in them and outside them, the largest of each dimension."""
    heard: dict[Group, set[str]] = defaultdict(set)
    for one in said:
        for group in one.groups:
            heard[group].add(one.respondent)
    everybody = len({s.respondent for s in said})
    enough = {g: who for g, who in heard.items() if LEAST <= len(who) <= everybody - LEAST}
    order = sorted(enough, key=lambda group: (group[0], -len(enough[group]), group[1]))
    rank: Counter[str] = Counter()
    kept = {}
    for group in order:
        rank[group[0]] += 1
        if rank[group[0]] <= MOST_VALUES:
            kept[group] = enough[group]
    return kept


def _leans(k: int, n: int, k2: int, n2: int, p: float) -> Direction:
    if p >= SURE or not n or not n2:
        return "none"
    return "over" if k / n > k2 / n2 else "under"


def two_sided(
    k: NDArray[np.int64], n: NDArray[np.int64], k2: NDArray[np.int64], n2: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Probability of shares at least as different as k of n and k2 of n2, if they are one."""
    total, speaking = n + n2, k + k2
    less = hypergeom.cdf(k, total, speaking, n)
    more = hypergeom.sf(k - 1, total, speaking, n)
    p: NDArray[np.float64] = np.minimum(1.0, 2 * np.minimum(less, more))
    return p


def corrected(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities when so many are looked at (false discovery rate)."""
    found: NDArray[np.float64] = false_discovery_control(p)
    return found


def wilson(k: int, n: int) -> tuple[float, float]:
    """95 % interval of a share of k in n, 0 to 1; (0, 1) where nobody was heard."""
    if not n:
        return 0.0, 1.0
    middle = (k + Z * Z / 2) / (n + Z * Z)
    half = Z * (k * (n - k) / n + Z * Z / 4) ** 0.5 / (n + Z * Z)
    return max(0.0, middle - half), min(1.0, middle + half)


# over time


def periods(
    said: Sequence[Said], themes: Sequence[Theme], step: Literal["week", "month"] | None = None
) -> tuple[Period, ...]:
    """People per theme and week, or month where the time is long; dated interviews only."""
    dated = [s for s in said if s.day]
    starts = _starts([s.day for s in dated if s.day], step)
    heard: dict[date, set[str]] = defaultdict(set)
    speaking: dict[tuple[str, date], set[str]] = defaultdict(set)
    for one in dated:
        assert one.day
        start = starts[bisect(starts, one.day) - 1]
        heard[start].add(one.respondent)
        for theme in one.themes:
            speaking[theme, start].add(one.respondent)
    return tuple(
        Period(t.theme_id, start, len(speaking[t.theme_id, start]), len(heard[start]))
        for t in themes
        for start in starts
    )


def _starts(found: Sequence[date], step: Literal["week", "month"] | None) -> list[date]:
    """The first day of every week or month from the first interview to the last."""
    if not found:
        return []
    first, last = min(found), max(found)
    if step == "week" or (step is None and last - first <= WEEKLY):
        monday = first - timedelta(days=first.weekday())
        return [monday + timedelta(weeks=n) for n in range((last - monday).days // 7 + 1)]
    months = (last.year - first.year) * 12 + last.month - first.month
    return [
        date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
        for n in range(months + 1)
    ]


def trends(said: Sequence[Said], themes: Sequence[Theme]) -> tuple[Trend, ...]:
    """Whether more or fewer people speak of a theme in the later half of the interviews."""
    dated = sorted((s for s in said if s.day), key=lambda s: (s.day, s.respondent))
    if not dated or not themes:
        return ()
    middle = dated[len(dated) // 2].day
    halves = [[s for s in dated if (s.day >= middle) is late] for late in (False, True)]  # type: ignore[operator]
    heard = [len({s.respondent for s in half}) for half in halves]
    if min(heard) < LEAST:
        return ()
    spoken = [
        [len({s.respondent for s in half if t.theme_id in s.themes}) for half in halves]
        for t in themes
    ]
    k, k2 = np.array(spoken).T
    n, n2 = (np.full(len(themes), size) for size in heard)
    p = corrected(two_sided(k2, n2, k, n))
    rising = {"over": "rising", "under": "falling", "none": "none"}
    return tuple(
        Trend(
            t.theme_id,
            (before, heard[0]),
            (since, heard[1]),
            float(at),
            rising[_leans(since, heard[1], before, heard[0], at)],  # type: ignore[arg-type]
        )
        for t, (before, since), at in zip(themes, spoken, p, strict=True)
    )


# who was asked


def reach(book: Book, said: Sequence[Said], as_of: date) -> tuple[Reach, ...]:
    """Per group how many were asked and how many were heard; asked is unknown for imports."""
    accounts = {account.account_ref: account for account in book.accounts}
    bands = score_bands(book.scores, as_of)
    asked: dict[Group, set[str]] = defaultdict(set)
    heard: dict[Group, set[str]] = defaultdict(set)
    for invited in book.asked:
        for group in _groups(invited, accounts, bands):
            asked[group].add(invited.respondent)
    for one in said:
        for group in one.groups:
            heard[group].add(one.respondent)
    found = sorted({*asked, *heard}, key=lambda g: (g[0], -len(asked[g] | heard[g]), g[1]))
    return tuple(
        Reach(*group, len(asked[group] | heard[group]) if book.asked else None, len(heard[group]))
        for group in found
    )
