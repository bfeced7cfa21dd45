"""What stands behind a score: when it moved, what people spoke of more often then, and with whom.

Something that rose at the same time is no cause; where nothing rose, or nobody was heard, that is
what is said. Only words that the account manager may see are counted.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean, median

from analysis.labels import LABELS, METRIC_NAMES
from analysis.scores import LISTEN, days, least_move, series
from analysis.showing import page
from analysis.tables import Account, AccountRisk, Claim, Quote, Score, Signal, Utterance

TRUST = ("trust_lost", "recurrence", "not_heard", "silent_am")
SAME_OTIF = 1.0  # points
OPPOSITE = 0.9  # difference of what trust adds to the log-odds
MOST_PAIRS, MOST_QUOTES, MOST_RISES = 3, 2, 5
SINCE_CLOSED = timedelta(days=120)
TELLING = 3  # words from which a quote says something without its question
FEW = 5  # people under which a rise is a hint


Quoting = Callable[[Quote], str]  # the words of a quote with personal data masked


@dataclass(frozen=True, slots=True)
class Heard:
    """What one person said once: a signal or a theme, with the words."""

    account_ref: str
    respondent: str
    day: date
    about: str  # the label of a signal or the title of a theme
    kind: str  # signal or theme
    quote: str


@dataclass(frozen=True, slots=True)
class Rise:
    """Something that a larger share of people spoke of when the score moved."""

    kind: str
    about: str
    now: tuple[int, int]  # speaking, heard
    before: tuple[int, int]
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a score that counts."""

    period_before: str
    period: str
    value_before: float
    value: float
    rises: tuple[Rise, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class ScoreStory:
    """One metric of an account or a segment over time."""

    subject: str
    metric: str
    values: tuple[tuple[str, float], ...]  # period, value
    moves: tuple[Move, ...]  # newest first


@dataclass(frozen=True, slots=True)
class Side:
    """One of two accounts with the same OTIF."""

    name: str
    otif: float
    trust: float  # what lost trust adds to the log-odds, commitment taken off
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimStory:
    """How fast a claim was closed, and what was said of trust afterwards."""

    claim_ref: str
    name: str
    days: int
    verdict: str
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything behind the scores of some accounts."""

    subject: str
    as_of: date
    stories: tuple[ScoreStory, ...]
    pairs: tuple[tuple[Side, Side], ...]
    claims: tuple[ClaimStory, ...]
    claims_sentence: str


def explain(
    subject: str,
    accounts: Sequence[Account],
    scores: Sequence[Score],
    heard: Sequence[Heard],
    voices: Sequence[Utterance],
    as_of: date,
) -> tuple[ScoreStory, ...]:
    """Each metric of these accounts together, with what rose when it moved.

    Args:
        subject: What they are called: an account's name or a segment.
        accounts: Whose scores count.
        scores: Of any account.
        heard: What was said, by day and person.
        voices: Every answer, so that shares have a whole.
        as_of: The day of the reading.
    """
    refs = {account.account_ref for account in accounts}
    own = [h for h in heard if h.account_ref in refs and h.day <= as_of]
    people = [
        (turn.at.date(), turn.respondent)
        for turn in voices
        if turn.account_ref in refs and turn.audience == "all" and turn.at
    ]
    stories = []
    for (metric, _), rows in _together([s for s in scores if s.account_ref in refs], as_of).items():
        moved = [
            _explained(before, score, own, people)
            for before, score in pairwise(rows)
            if abs(score.value - before.value) >= least_move(score)
        ]
        values = tuple((score.period, round(score.value, 2)) for score in rows)
        stories.append(ScoreStory(subject, metric, values, tuple(reversed(moved))))
    return tuple(stories)


def pairs(
    risks: Sequence[AccountRisk],
    scores: Sequence[Score],
    names: Mapping[str, str],
    words: Quoting,
    as_of: date,
) -> tuple[tuple[Side, Side], ...]:
    """Two accounts with the same OTIF and opposite trust, the widest apart first, each once."""
    otif = {
        ref: fmean(score.value for score in rows[-3:])
        for (ref, metric, kind), rows in series(scores, as_of).items()
        if metric == "otif" and kind == "month"
    }
    sides = sorted(
        (
            _side(risk, otif[risk.account_ref], names, words)
            for risk in risks
            if risk.account_ref in otif and risk.band != "not_enough_evidence"
        ),
        key=lambda side: (side.trust, side.name),
    )
    found = [
        (kept, lost)
        for n, kept in enumerate(sides)
        for lost in sides[n + 1 :]
        if abs(kept.otif - lost.otif) <= SAME_OTIF and lost.trust - kept.trust >= OPPOSITE
    ]
    found.sort(key=lambda pair: (pair[0].trust - pair[1].trust, pair[0].name, pair[1].name))
    chosen: list[tuple[Side, Side]] = []
    for pair in found:
        if not any(side in taken for taken in chosen for side in pair):
            chosen.append(pair)
    return tuple(chosen[:MOST_PAIRS])


def claim_stories(
    claims: Sequence[Claim],
    signals: Sequence[Signal],
    names: Mapping[str, str],
    words: Quoting,
    as_of: date,
) -> tuple[tuple[ClaimStory, ...], str]:
    """Closed claims with what was said of trust since, fastest first, and what that adds up to."""
    stories = []
    for claim in claims:
        opened, closed = claim.claim_opened_at, claim.claim_closed_at
        if not (opened and closed and claim.account_ref) or closed.date() > as_of:
            continue
        since = [
            s
            for s in signals
            if s.account_ref == claim.account_ref
            and s.said_at
            and s.contact_role != "recipient"
            and closed < s.said_at <= closed + SINCE_CLOSED
            and s.quote
            and s.quote.audience == "all"
        ]
        verdict, quotes = _trust_since(since, words)
        name = names.get(claim.account_ref, claim.account_ref)
        stories.append(ClaimStory(claim.claim_ref, name, (closed - opened).days, verdict, quotes))
    stories.sort(key=lambda story: (story.days, story.claim_ref))
    return tuple(stories), _speed_against_trust(stories)


def render_explanation(found: Explanation, brand: str) -> str:
    """The page behind the scores, for the account team."""
    return page("scores.html.j2", found=found, brand=brand, metric_names=METRIC_NAMES)


def explanation_rows(found: Explanation) -> list[dict[str, object]]:
    """The explanation as rows for a table: one per move and what rose with it."""
    return [
        {
            "subject": story.subject,
            "score": METRIC_NAMES.get(story.metric, story.metric),
            "period": move.period,
            "from": move.value_before,
            "to": move.value,
            "rose": rise.about if rise else None,
            "now": f"{rise.now[0]} of {rise.now[1]}" if rise else None,
            "before": f"{rise.before[0]} of {rise.before[1]}" if rise else None,
            "said": rise.quotes[0] if rise and rise.quotes else None,
            "told": move.sentence,
        }
        for story in found.stories
        for move in story.moves
        for rise in (move.rises or (None,))
    ]


def _together(scores: Sequence[Score], as_of: date) -> Mapping[tuple[str, str], tuple[Score, ...]]:
    """All accounts as one series per metric: means, weighted by the answers or shipments."""
    found: dict[tuple[str, str], dict[str, list[Score]]] = {}
    for (_, metric, kind), rows in series(scores, as_of).items():
        for score in rows:
            found.setdefault((metric, kind), {}).setdefault(score.period, []).append(score)
    return {
        key: tuple(_mean(found[key][period]) for period in _in_time(found[key]))
        for key in sorted(found)
    }


def _in_time(periods: Iterable[str]) -> list[str]:
    return sorted(periods, key=lambda period: days(period)[0])


def _mean(rows: Sequence[Score]) -> Score:
    weights = [score.n or 1 for score in rows]
    value = sum(s.value * w for s, w in zip(rows, weights, strict=True)) / sum(weights)
    first = rows[0]
    return Score(
        first.account_ref, first.metric, first.period, value, first.scale_min, first.scale_max
    )


def _explained(
    before: Score, score: Score, heard: Sequence[Heard], people: Sequence[tuple[date, str]]
) -> Move:
    first, last = days(score.period)
    end = last + LISTEN
    start = first - (end - first)
    now = {who for day, who in people if first <= day <= end}
    then = {who for day, who in people if start <= day < first}
    rises = tuple(_rises(heard, (start, first, end), len(now), len(then)))[:MOST_RISES]
    return Move(
        before.period,
        score.period,
        round(before.value, 2),
        round(score.value, 2),
        rises,
        _told(rises, len(now), len(then)),
    )


def _rises(
    heard: Sequence[Heard], window: tuple[date, date, date], now: int, then: int
) -> Iterator[Rise]:
    """What a larger share spoke of than in as many days before; most people first."""
    start, first, end = window
    by: dict[tuple[str, str], tuple[dict[str, str], set[str]]] = {}
    for row in heard:
        speaking, earlier = by.setdefault((row.kind, row.about), ({}, set()))
        if first <= row.day <= end:
            speaking.setdefault(row.respondent, row.quote)
        elif start <= row.day < first:
            earlier.add(row.respondent)
    ordered = sorted(by.items(), key=lambda item: (-len(item[1][0]), item[0]))
    for (kind, about), (speaking, earlier) in ordered:
        if speaking and len(speaking) * max(then, 1) > len(earlier) * max(now, 1):
            quotes = tuple(speaking[who] for who in sorted(speaking))[:MOST_QUOTES]
            yield Rise(kind, about, (len(speaking), now), (len(earlier), then), quotes)


def _told(rises: Sequence[Rise], heard: int, before: int) -> str:
    if not heard:
        return "nobody was heard in that time: the interviews cannot say why; ask"
    if not rises:
        people = "1 person was" if heard == 1 else f"{heard} people were"
        return (
            f"{people} heard, and nothing they spoke of rose with it: the interviews do not say why"
        )
    if not before:
        return "spoken of most at the time; nobody was heard before it, so nothing shows a rise"
    if rises[0].now[0] < FEW:
        return "spoken of more at the same time, by few people: a hint, no cause shown"
    return "spoken of more at the same time: no cause shown"


def _side(risk: AccountRisk, otif: float, names: Mapping[str, str], words: Quoting) -> Side:
    about = [r for r in risk.reasons if r.signal in (*TRUST, "commit")]
    quotes = [words(item.quote) for r in about for item in r.evidence if item.quote]
    quotes.sort(key=lambda text: len(text.split()) < TELLING)
    return Side(
        names.get(risk.account_ref, risk.account_ref),
        round(otif, 1),
        round(sum(r.contribution for r in about), 2),
        tuple(quotes[:MOST_QUOTES]),
    )


def _trust_since(said: Sequence[Signal], words: Quoting) -> tuple[str, tuple[str, ...]]:
    lost = [s for s in said if s.signal in TRUST and s.status == "asserted"]
    kept = [
        s
        for s in said
        if (s.signal in (*TRUST, "unresolved_claim") and s.status in ("denied", "resolved"))
        or (s.signal == "commit" and s.status == "asserted")
    ]
    quotes = tuple(words(s.quote) for s in (*lost, *kept) if s.quote)[:MOST_QUOTES]
    if lost and kept:
        return "people differ", quotes
    if lost:
        return "trust still lost", quotes
    return ("trust rebuilt" if kept else "nobody spoke of it since"), quotes


def _speed_against_trust(stories: Collection[ClaimStory]) -> str:
    told = [s for s in stories if s.verdict in ("trust rebuilt", "trust still lost")]
    if len(told) < 2:
        return (
            f"{len(told)} closed claims with a word on trust since: too few to set speed beside it"
        )
    middle = median(s.days for s in told)
    sides = {
        f"closed within {middle:g} days": [s for s in told if s.days <= middle],
        "slower": [s for s in told if s.days > middle],
    }
    return "; ".join(
        f"{name}: {sum(s.verdict == 'trust rebuilt' for s in rows)} of {len(rows)} rebuilt trust"
        for name, rows in sides.items()
        if rows
    )


def signals_heard(signals: Iterable[Signal], words: Quoting) -> Iterator[Heard]:
    """The asserted signals as things heard."""
    for item in signals:
        said = item.quote
        if said and item.status == "asserted" and item.said_at and said.audience == "all":
            yield Heard(
                item.account_ref or "",
                item.contact_ref or said.interview_id,
                item.said_at.date(),
                LABELS.get(item.signal, item.signal),
                "signal",
                words(said),
            )
