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
from analysis.embed import Vectors
from analysis.guard import Verdict, patterns, verdict
from analysis.redact import CARRIERS
from analysis.sentences import Clause, is_english, quote, words
from analysis.tables import Quote, Signal, Source, Status, Utterance

SIGNALS = (
    "leave_intent",
    "competitor",
    "contract_notice",
    "rfp",
    "unresolved_claim",
    "recurrence",
    "chargeback",
    "slow_response",
    "silent_am",
    "price_dispute",
    "decision_maker",
    "volume_shift",
    "not_heard",
    "trust_lost",
    "capability_gap",
    "commit",
)
CODED_STRENGTH = 0.95
KERNEL_WIDTH = 1.0
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


def normalized(text: str, provider_names: Collection[str] = ()) -> str:
    """The text with our own names as "your company" and other carriers as "a competitor"."""
    for name in sorted(provider_names, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", "your company", text, flags=re.IGNORECASE)
    return _RIVAL.sub(_rival, text).replace("’", "'")


def find_signals(
    utterances: Sequence[Utterance],
    spoken: Sequence[Clause],
    strength: Scores,
    thresholds: Scores,
) -> tuple[Signal, ...]:
    """The evidence items of all turns, in the order of turn and signal.

    Args:
        utterances: Respondents' turns.
        spoken: The clauses of these turns.
        strength: (n_clauses, 16), from `Detectors.strength`.
        thresholds: (16,), from `Detectors.thresholds`.
    """
    rows: dict[str, list[tuple[Clause, Scores]]] = {}
    for clause, row in zip(spoken, strength, strict=True):
        rows.setdefault(clause.utterance.turn_id, []).append((clause, row))
    found = [
        signal
        for utterance in utterances
        for signal in _of_turn(utterance, rows.get(utterance.turn_id, []), thresholds)
    ]
    return tuple(sorted(found, key=_order))


def _of_turn(
    utterance: Utterance, rows: Sequence[tuple[Clause, Scores]], thresholds: Scores
) -> Iterator[Signal]:
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
    for index, signal in enumerate(SIGNALS):
        if signal in settled:
            continue
        threshold = float(thresholds[index])
        scored = [
            (clause, float(row[index]))
            for clause, row in rows
            if row[index] >= (threshold / 2 if row.argmax() == index else threshold)
        ]
        yield from _detected(utterance, signal, scored, threshold)


def _guarded(answer: CodedAnswer, rows: Sequence[tuple[Clause, Scores]]) -> Verdict | None:
    """What speaks against a coded answer in its own words: the clause most about its signal.

    A field is read from keywords or by a model, and either overlooks an "if" or a "stopped".
    """
    if answer.is_direct or not rows or not is_english(answer.utterance):
        return None
    index = SIGNALS.index(answer.signal)
    clause, _ = max(rows, key=lambda row: float(row[1][index]))
    found = verdict(answer.signal, clause)
    return None if found.status == "asserted" else found


def _detected(
    utterance: Utterance,
    signal: str,
    scored: Sequence[tuple[Clause, float]],
    threshold: float,
) -> Iterator[Signal]:
    """The strongest clause of each status; a clause below the threshold is at most possible.

    Such a clause is there only for the signal that it speaks of most.
    """
    best: dict[Status, tuple[float, Clause, str]] = {}
    for clause, p in scored:
        if _too_short(signal, clause.text):
            continue
        status, reason = verdict(signal, clause)
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
