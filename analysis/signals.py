"""Signals: which of the sixteen things that bear on a renewal a respondent stated, word for word.

A coded answer to a direct question counts first. Otherwise each clause is scored by one linear
model per signal on sentence vectors plus wording patterns, and the assertion guard decides whether
the clause states the signal about this relation, now. Only `asserted` items score.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.answers import CodedAnswer, coded_answers
from analysis.embed import Cache, Encoder, Vectors, bundled_encoder, embed
from analysis.guard import Verdict, comes_to_us, patterns, verdict
from analysis.redact import CARRIERS
from analysis.sentences import Clause, is_english, passages, quote, words
from analysis.tables import Quote, Signal, Source, Status, Utterance
from analysis.weights import WEIGHTS

SIGNALS = tuple(WEIGHTS)
CODED_STRENGTH = 0.95
KERNEL_WIDTH = 1.0
GUARDED = 0.05  # what a passage that the guard rejects still counts in a ranking
_LONGEST_ANSWER = 9  # words: "No, we didn't even look around."
_SHORTEST_CLAUSE = 4  # words; shorter ones count only where a pattern matches

# Retailers that also deliver are left out: an account speaks of them as its own customers.
_RIVALS = (CARRIERS - {"amazon", "uber", "doordash"}) | {
    *("gxo", "ceva", "j.b. hunt", "jb hunt", "c.h. robinson", "ch robinson", "saia", "estes"),
}
_RIVAL = re.compile(
    r"\b(?:" + "|".join(map(re.escape, sorted(_RIVALS, key=lambda n: (-len(n), n)))) + r")\b",
    re.IGNORECASE,
)

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Detectors:
    """One kernel machine per signal, in the order of SIGNALS, and what turns its score into p."""

    learned: Vectors  # (n, dim): the sentences that the machines compare with
    duals: Scores  # (n, 16): how much each of them speaks for a signal
    intercepts: Scores  # (16,)
    slope: float  # of Platt scaling, shared
    offsets: Scores  # (16,)
    thresholds: Scores  # (16,): p from which an item is asserted

    def strength(self, vectors: Vectors, texts: Sequence[str]) -> Scores:
        """How strongly each text speaks of each signal: (n_texts, 16), 0-1."""
        if not texts:
            return np.zeros((0, len(SIGNALS)))
        fused = fuse(alikeness(vectors, self.learned) @ self.duals + self.intercepts, texts)
        return sigmoid(self.slope * fused + self.offsets)


def alikeness(vectors: Vectors, others: Vectors) -> Scores:
    """The Gaussian kernel of rows of length 1: (n, m), 1 for the same sentence."""
    apart = 2 - 2 * (vectors.astype(np.float64) @ others.astype(np.float64).T)
    return np.exp(-KERNEL_WIDTH * apart)


def fuse(margins: Scores, texts: Sequence[str]) -> Scores:
    """The margin plus the number of matching patterns: (n_texts, 16)."""
    counts = [[hits(s, text) for s in SIGNALS] for text in texts]
    return margins + np.array(counts, dtype=np.float64)


def normalized(
    text: str, provider_names: Collection[str] = (), competitor_names: Collection[str] = ()
) -> str:
    """The text with our own names as "your company" and other carriers as "a competitor"."""
    for names, instead in ((provider_names, "your company"), (competitor_names, "a competitor")):
        for name in sorted(names, key=len, reverse=True):
            text = re.sub(rf"\b{re.escape(name)}\b", instead, text, flags=re.IGNORECASE)
    return _RIVAL.sub(_rival, text).replace("’", "'")


@dataclass(frozen=True, slots=True)
class Heard:
    """A passage with our own names replaced, and how strongly it speaks of each signal: (16,)."""

    clause: Clause
    read: str
    strength: Scores


class SignalDetector:
    """Which signals texts state, for one company and the names it goes by.

    Args:
        provider_aliases: What respondents call the company that asks.
        competitor_aliases: Other providers, besides the well-known carriers.
        encoder: Texts to vectors; the bundled one unless given.
        cache: Keeps the vectors of this encoder.
    """

    def __init__(
        self,
        provider_aliases: Collection[str] = (),
        competitor_aliases: Collection[str] = (),
        *,
        encoder: Encoder | None = None,
        cache: Cache | None = None,
    ) -> None:
        self.provider_aliases = tuple(provider_aliases)
        self.competitor_aliases = tuple(competitor_aliases)
        self.encoder = encoder or bundled_encoder()
        self.cache = cache
        self.detectors = _load(self.encoder, cache)

    def hear(self, utterances: Sequence[Utterance]) -> list[Heard]:
        """Every passage of these turns with its strength."""
        spoken = [part for utterance in utterances for part in passages(utterance)]
        names = (self.provider_aliases, self.competitor_aliases)
        read = [normalized(part.text, *names) for part in spoken]
        strength = self.detectors.strength(embed(read, self.encoder, self.cache), read)
        strength[[part.is_window for part in spoken]] *= _worded(spoken, read)
        return [Heard(*row) for row in zip(spoken, read, strength, strict=True)]

    def find(self, utterances: Sequence[Utterance]) -> tuple[Signal, ...]:
        """The evidence items of respondents' turns."""
        return find_signals(utterances, self.hear(utterances), self.detectors.thresholds)

    def detect(
        self, texts: Sequence[str], questions: Sequence[str | None] | None = None
    ) -> list[list[Signal]]:
        """The signals of each text, of every status; offsets are within the text.

        Args:
            texts: What respondents said, one turn each.
            questions: The interviewer's words before each text, which short answers need.
        """
        turns = _turns(texts, questions)
        found: dict[str, list[Signal]] = {turn.turn_id: [] for turn in turns}
        for item in self.find(turns):
            assert item.quote is not None
            found[item.quote.turn_id].append(item)
        return list(found.values())

    def score(self, texts: Sequence[str], name: str) -> Scores:
        """How strongly each text states one signal, for ranking: (n_texts,), 0-1.

        A passage that the guard does not let stand counts for little.
        """
        index = SIGNALS.index(name)
        turns = _turns(texts)
        rows: dict[str, list[Heard]] = {turn.turn_id: [] for turn in turns}
        for passage in self.hear(turns):
            rows[passage.clause.utterance.turn_id].append(passage)
        return np.array([_strongest(name, index, turn) for turn in rows.values()])


def _worded(spoken: Sequence[Clause], read: Sequence[str]) -> Scores:
    """Which signals the wording of each window states: half a sentence says little by itself."""
    windows = [text for part, text in zip(spoken, read, strict=True) if part.is_window]
    stated = [[hits(signal, text) > 0 for signal in SIGNALS] for text in windows]
    return np.array(stated, dtype=np.float64).reshape(-1, len(SIGNALS))


def _load(encoder: Encoder, cache: Cache | None) -> Detectors:
    from analysis import train_signals  # it needs this module

    return train_signals.detectors(encoder, cache)


def _turns(
    texts: Sequence[str], questions: Sequence[str | None] | None = None
) -> tuple[Utterance, ...]:
    asked = questions or [None] * len(texts)
    return tuple(
        Utterance(f"{n:09}", "", text, "", None, None, None, "en", None, "all", question, None, {})
        for n, (text, question) in enumerate(zip(texts, asked, strict=True))
    )


def _strongest(name: str, index: int, turn: Sequence[Heard]) -> float:
    verdicts = judged(name, turn, turn)
    return max(
        (
            float(row.strength[index]) * (1.0 if found.status == "asserted" else GUARDED)
            for row, found in zip(turn, verdicts, strict=True)
        ),
        default=0.0,
    )


def find_signals(
    utterances: Sequence[Utterance], heard: Sequence[Heard], thresholds: Scores
) -> tuple[Signal, ...]:
    """The evidence items of all turns, in the order of turn and signal.

    Args:
        utterances: Respondents' turns.
        heard: The passages of these turns.
        thresholds: (16,), from `Detectors.thresholds`.
    """
    rows: dict[str, list[Heard]] = {}
    for passage in heard:
        rows.setdefault(passage.clause.utterance.turn_id, []).append(passage)
    found = [
        signal
        for utterance in utterances
        for signal in _of_turn(utterance, rows.get(utterance.turn_id, []), thresholds)
    ]
    return tuple(sorted(found, key=_order))


def _of_turn(utterance: Utterance, rows: Sequence[Heard], thresholds: Scores) -> Iterator[Signal]:
    coded = coded_answers(utterance)
    for answer in coded:
        status, reason = answer.status, answer.reason
        if status == "asserted" and (guarded := _guarded(answer, rows)):
            status, reason = guarded.status, f"{reason}; {guarded.reason}"
        words_of = quote(utterance, answer.start, answer.end)
        yield _item(utterance, words_of, answer.signal, status, reason, CODED_STRENGTH, "scripted")
    if not is_english(utterance):
        return
    settled = {answer.signal for answer in coded}
    rows = [row for row in rows if not _is_answer(row.clause, coded)]
    for index, signal in enumerate(SIGNALS):
        if signal in settled:
            continue
        threshold = float(thresholds[index])
        scored = [
            row
            for row in rows
            if row.strength[index]
            >= (threshold / 2 if row.strength.argmax() == index else threshold)
        ]
        verdicts = judged(signal, scored, rows)
        yield from _detected(utterance, signal, scored, verdicts, threshold)


def _is_answer(clause: Clause, coded: Sequence[CodedAnswer]) -> bool:
    """Whether a short clause is the yes, no or number itself: it speaks of what was asked."""
    said = words(clause.text)
    return any(answer.is_direct and clause.start == answer.start for answer in coded) and (
        len(said) <= _LONGEST_ANSWER
    )


def judged(signal: str, rows: Sequence[Heard], turn: Sequence[Heard]) -> list[Verdict]:
    """What each of these passages of a turn does with a signal."""
    found = [verdict(signal, row.clause, row.read) for row in rows]
    if signal == "leave_intent" and comes_to_us(row.read for row in turn):
        elsewhere = Verdict("third_party", "leaves somebody else for us")
        return [elsewhere if one.status == "asserted" else one for one in found]
    return found


def _guarded(answer: CodedAnswer, rows: Sequence[Heard]) -> Verdict | None:
    """What speaks against a coded answer in its own words: the clause most about its signal.

    A field is read from keywords or by a model, and either overlooks an "if" or a "stopped".
    """
    if answer.is_direct or not rows or not is_english(answer.utterance):
        return None
    index = SIGNALS.index(answer.signal)
    about = max(rows, key=lambda row: float(row.strength[index]))
    found = verdict(answer.signal, about.clause, about.read)
    return None if found.status == "asserted" else found


def _detected(
    utterance: Utterance,
    signal: str,
    scored: Sequence[Heard],
    verdicts: Sequence[Verdict],
    threshold: float,
) -> Iterator[Signal]:
    """The strongest clause of each status; a clause below the threshold is at most possible.

    Such a clause is there only for the signal that it speaks of most.
    """
    best: dict[Status, tuple[float, Clause, str]] = {}
    index = SIGNALS.index(signal)
    for row, (status, reason) in zip(scored, verdicts, strict=True):
        clause, p = row.clause, float(row.strength[index])
        if _too_short(signal, clause.text):
            continue
        if status == "asserted" and p < threshold:
            status, reason = "possible", "below the threshold of this signal"
        if status not in best or p > best[status][0]:
            best[status] = (p, clause, reason)
    if "asserted" in best:
        best.pop("possible", None)
    for status, (p, clause, reason) in best.items():
        yield _item(utterance, clause.quote, signal, status, reason, p, "detector")


def _item(
    utterance: Utterance,
    said: Quote,
    signal: str,
    status: Status,
    reason: str,
    p: float,
    source: Source,
) -> Signal:
    return Signal(
        signal=signal,
        status=status,
        status_reason=reason,
        p=round(p, 4),
        source=source,
        account_ref=utterance.account_ref,
        contact_ref=utterance.respondent,
        contact_role=utterance.contact_role,
        said_at=utterance.at,
        quote=said,
    )


def _order(item: Signal) -> tuple[str, int, int, str]:
    assert item.quote is not None
    return (item.quote.turn_id, SIGNALS.index(item.signal), item.quote.start, item.status)


def _rival(name: re.Match[str]) -> str:
    return "a competitor" if name.group()[0].isupper() else name.group()


def _too_short(signal: str, text: str) -> bool:
    said = [word for word in words(text) if word not in ("yes", "no", "well", "and")]
    return len(said) < _SHORTEST_CLAUSE and not hits(signal, normalized(text))


def hits(signal: str, text: str) -> int:
    """How many patterns of a signal a text matches."""
    return sum(bool(pattern.search(text)) for pattern in patterns()[signal].fires)


def sigmoid(x: Scores) -> Scores:
    """A number of any size as one between 0 and 1."""
    result: Scores = 1 / (1 + np.exp(-x))
    return result
