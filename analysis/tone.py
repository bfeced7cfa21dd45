"""Tone: how displeased a sentence sounds, and whether an account sounds different than before.

Tone never feeds a signal: among unhappy customers it does not find those who leave. It enters risk
only as a shift against the account's own earlier interviews, and only where that is reliable.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from analysis.embed import Cache, Encoder, bundled_encoder, embed
from analysis.sentences import Clause, is_english
from analysis.signals import normalized
from analysis.tables import Tone, Utterance

LEAST_SENTENCES = 10  # on each side; with 10, only shifts of about .30 can be seen
_WITHIN_TEXT = 0.233  # standard deviation of sentence tone within a text
_BETWEEN = 0.15  # assumed spread of true shifts between interviews
_RESAMPLES = 1000
_LEXICON_SCALE = 3.0  # so that the lexicon weighs as much as a vector
_NAMED = re.compile(r"@\w+|https?://\S+")  # who is addressed says nothing of the tone

Tones = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ToneShift:
    """How much more displeased the latest interview of an account sounds than its earlier ones."""

    shift: float  # shrunk towards 0; positive is more displeased
    low: float
    high: float  # 95 % bootstrap interval over sentences
    is_reliable: bool
    sentence: str


class ToneModel:
    """A linear model on sentence vectors and VADER, learned from self-written sentences.

    It ranks; its numbers are no probabilities. VADER alone is .05 of AUROC worse on courier
    reviews and .09 on airline tweets (`make eval`).
    """

    def __init__(self, *, encoder: Encoder | None = None, cache: Cache | None = None) -> None:
        self.encoder = encoder or bundled_encoder()
        self.cache = cache
        self.weights, self.intercept = _load(self.encoder, cache)

    def negativity(self, texts: Sequence[str]) -> Tones:
        """How displeased each text sounds: (n,), 0 pleased to 1 displeased."""
        if not len(texts):
            return np.zeros(0)
        margins = features(texts, self.encoder, self.cache) @ self.weights + self.intercept
        told: Tones = 1 / (1 + np.exp(-margins))
        return told


def _load(encoder: Encoder, cache: Cache | None) -> tuple[Tones, float]:
    from analysis import train_signals  # it needs this module

    return train_signals.tone_weights(encoder, cache)


def features(texts: Sequence[str], encoder: Encoder, cache: Cache | None) -> Tones:
    """Vector and lexicon of each text: (n, dim + 1)."""
    plain = [normalized(_NAMED.sub("", text)) for text in texts]
    vectors = embed(plain, encoder, cache).astype(np.float64)
    return np.column_stack([vectors, _LEXICON_SCALE * (lexicon(texts) - 0.5)])


def lexicon(texts: Sequence[str]) -> Tones:
    """How displeased each text sounds by the VADER lexicon alone: (n,), 0 to 1."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    words = SentimentIntensityAnalyzer()
    return np.array([(1 - words.polarity_scores(text)["compound"]) / 2 for text in texts])


def tone_shifts(
    spoken: Sequence[Clause],
    tones: Sequence[float] | Tones,
    as_of: date,
    sources: Mapping[str, str] = MappingProxyType({}),
) -> Mapping[str, ToneShift]:
    """The shift of each account that was heard at least twice up to `as_of`.

    The latest interview is compared with earlier ones of the same contact where there are any, else
    of the whole account, on the topics that both sides speak of. Mails and tickets (`sources`, as
    of `tone_history`) have no topics; they belong to the baseline only.
    """
    beside = {name for name, source in sources.items() if source != "interview"}
    said: dict[str, list[tuple[Clause, float]]] = {}
    for clause, tone in zip(spoken, tones, strict=True):
        turn = clause.utterance
        if _is_heard(turn, as_of) and turn.account_ref:
            said.setdefault(turn.account_ref, []).append((clause, float(tone)))
    return {
        account: _shift(sorted(rows, key=lambda r: (r[0].utterance.turn_id, r[0].start)), beside)
        for account, rows in sorted(said.items())
    }


def tone_history(
    spoken: Sequence[Clause],
    tones: Sequence[float] | Tones,
    sources: Mapping[str, str],
    as_of: date,
) -> Mapping[str, tuple[Tone, ...]]:
    """The mean tone of each interview, mail or ticket of an account, oldest first.

    Args:
        spoken: The clauses.
        tones: Of each clause, 0 pleased to 1 displeased.
        sources: interview_id -> interview, mail, ticket ...
        as_of: The day of the reading.
    """
    said: dict[tuple[str, date, str, str | None], list[float]] = {}
    for clause, tone in zip(spoken, tones, strict=True):
        turn = clause.utterance
        if not _is_heard(turn, as_of):
            continue
        key = (turn.account_ref or "", _day(turn), turn.interview_id, turn.contact_role)
        said.setdefault(key, []).append(float(tone))
    found: dict[str, list[Tone]] = {}
    for (account, day, interview, role), own in sorted(said.items(), key=lambda s: s[0][:3]):
        source = sources.get(interview, "interview")
        row = Tone(interview, day, role, source, round(float(np.mean(own)), 3), len(own))
        found.setdefault(account, []).append(row)
    return {account: tuple(rows) for account, rows in found.items()}


def _is_heard(turn: Utterance, as_of: date) -> bool:
    seen = turn.audience == "all" and turn.contact_role != "recipient" and is_english(turn)
    return bool(turn.account_ref and turn.at and turn.at.date() <= as_of and seen)


def _shift(rows: Sequence[tuple[Clause, float]], beside: Collection[str]) -> ToneShift:
    spoken = [c.utterance for c, _ in rows if c.utterance.interview_id not in beside]
    if not spoken:
        return ToneShift(0.0, 0.0, 0.0, False, "no reliable change: no interview yet")
    latest = max((_day(turn), turn.interview_id) for turn in spoken)
    now = [row for row in rows if row[0].utterance.interview_id == latest[1]]
    who = {clause.utterance.respondent for clause, _ in now}
    earlier = [row for row in rows if _day(row[0].utterance) < latest[0]]
    same = [row for row in earlier if row[0].utterance.respondent in who]
    before = same if len(same) >= LEAST_SENTENCES else earlier
    if not before:
        return ToneShift(0.0, 0.0, 0.0, False, "no reliable change: no earlier interview")
    topics = {c.utterance.topic for c, _ in now} & {c.utterance.topic for c, _ in before}
    outside = {c.utterance.interview_id for c, _ in before} & set(beside)
    return _compare(
        np.array([tone for c, tone in now if outside or c.utterance.topic in topics]),
        np.array(
            [
                tone
                for c, tone in before
                if c.utterance.interview_id in outside or c.utterance.topic in topics
            ]
        ),
    )


def _compare(now: Tones, before: Tones) -> ToneShift:
    if min(len(now), len(before)) < LEAST_SENTENCES:
        few = (
            f"{len(now)} sentences now, {len(before)} before, {LEAST_SENTENCES} needed on each side"
        )
        return ToneShift(0.0, 0.0, 0.0, False, f"no reliable change: {few}")
    error = _WITHIN_TEXT**2 * (1 / len(now) + 1 / len(before))
    shrink = _BETWEEN**2 / (_BETWEEN**2 + error)
    draw = np.random.default_rng(0)
    means = [
        draw.choice(now, len(now)).mean() - draw.choice(before, len(before)).mean()
        for _ in range(_RESAMPLES)
    ]
    low, high = (float(x) * shrink for x in np.percentile(means, [2.5, 97.5]))
    shift = float(now.mean() - before.mean()) * shrink
    reliable = low > 0 or high < 0
    interval = f"{shift:+.2f} (95 % interval {low:+.2f} to {high:+.2f})"
    if not reliable:
        return ToneShift(shift, low, high, False, f"no reliable change: {interval}")
    way = "more displeased" if shift > 0 else "more pleased"
    sentence = f"sounds {way} than before: {interval}, {len(now)} against {len(before)} sentences"
    return ToneShift(shift, low, high, True, sentence)


def _day(turn: Utterance) -> date:
    assert turn.at is not None
    return turn.at.date()
