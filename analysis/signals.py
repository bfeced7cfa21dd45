"""Signals: which of the sixteen things that bear on a renewal a respondent stated, word for word.

A coded answer to a direct question counts first. Otherwise each clause is scored by one linear
model per signal on sentence vectors plus wording patterns, and the assertion guard decides whether
the clause states the signal about this relation, now. Only `asserted` items score.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.answers import CodedAnswer, coded_answers
from analysis.embed import Cache, Encoder, Vectors, embed
from analysis.guard import Verdict, patterns, verdict
from analysis.redact import CARRIERS
from analysis.sentences import Clause, clauses, is_english, quote, words
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
COUNTER_KINDS = ("negated", "hypothetical", "third_party", "resolved", "near")
LEAST_STRENGTH = 0.8  # no threshold is lower
MOST_COUNTER_FIRES = 0.10  # share of a signal's own counter-examples that may be asserted
MOST_OTHER_FIRES = 0.005  # of sentences about other matters: an interview has dozens of them
_FOLDS = 5
_SHORTEST_CLAUSE = 4  # words; shorter ones count only where a pattern matches

# Signals whose sentences often state the other one as well, so they are no counter-examples of it.
_KIN: Mapping[str, frozenset[str]] = {
    signal: frozenset(kin.split())
    for signal, kin in {
        "leave_intent": "volume_shift contract_notice competitor",
        "competitor": "rfp volume_shift leave_intent",
        "contract_notice": "leave_intent",
        "rfp": "competitor decision_maker",
        "unresolved_claim": "slow_response",
        "recurrence": "trust_lost",
        "slow_response": "silent_am not_heard unresolved_claim",
        "silent_am": "slow_response not_heard decision_maker",
        "decision_maker": "rfp",
        "volume_shift": "leave_intent competitor",
        "not_heard": "slow_response silent_am",
        "trust_lost": "recurrence",
    }.items()
}
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
class Example:
    """A sentence that a detector learns from: of this signal, stating it or not."""

    text: str
    signal: str | None  # None: ordinary talk
    kind: str

    @property
    def states(self) -> bool:
        """Whether it states its signal."""
        return self.kind in ("direct", "indirect")


@dataclass(frozen=True, slots=True)
class Detectors:
    """One linear model per signal, in the order of SIGNALS, and what turns its score into p."""

    weights: Scores  # (dim, 16)
    intercepts: Scores  # (16,)
    slope: float  # of Platt scaling, shared
    offsets: Scores  # (16,)
    thresholds: Scores  # (16,): p from which an item is asserted

    def strength(self, vectors: Vectors, texts: Sequence[str]) -> Scores:
        """How strongly each text speaks of each signal: (n_texts, 16), 0-1."""
        if not texts:
            return np.zeros((0, len(SIGNALS)))
        fused = fuse(vectors @ self.weights + self.intercepts, texts)
        return _sigmoid(self.slope * fused + self.offsets)


def examples(*names: str) -> tuple[Example, ...]:
    """The sentences of the named data files; without names, of all that the detectors ship with."""
    found: list[Example] = []
    for name in names or ("signal_sentences", "signal_examples"):
        text = Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8")
        for signal, kinds in tomllib.loads(text).items():
            if signal == "neutral":
                found += [Example(said, None, "neutral") for said in kinds]
                continue
            found += [Example(s, signal, kind) for kind, listed in kinds.items() for s in listed]
    return tuple(found)


def train(
    encoder: Encoder, cache: Cache | None = None, sentences: Sequence[Example] | None = None
) -> Detectors:
    """Detectors from self-written sentences; the same sentences give the same detectors.

    Strength and thresholds are set on cross-validated scores, never on a sentence that the model
    being scored has learned from.
    """
    learned = tuple(sentences if sentences is not None else examples())
    texts = [normalized(e.text) for e in learned]
    vectors = embed(texts, encoder, cache)
    models = [_fit(vectors[rows], states) for rows, states in _tasks(learned)]
    held_out = [
        _held_out(vectors, texts, rows, states, i)
        for i, (rows, states) in enumerate(_tasks(learned))
    ]
    slope, offsets = _platt(held_out)
    thresholds = [
        _threshold(signal, [learned[r] for r in rows], _sigmoid(slope * scores + offset))
        for signal, (scores, _), (rows, _), offset in zip(
            SIGNALS, held_out, _tasks(learned), offsets, strict=True
        )
    ]
    return Detectors(
        np.stack([weights for weights, _ in models], axis=1),
        np.array([intercept for _, intercept in models]),
        slope,
        offsets,
        np.array(thresholds),
    )


def fuse(margins: Scores, texts: Sequence[str]) -> Scores:
    """Half the margin plus the number of matching patterns: (n_texts, 16)."""
    hits = np.array([[_hits(s, text) for s in SIGNALS] for text in texts], dtype=np.float64)
    return margins / 2 + hits


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
    return len(said) < _SHORTEST_CLAUSE and not _hits(signal, normalized(text))


def _hits(signal: str, text: str) -> int:
    return sum(bool(pattern.search(text)) for pattern in patterns()[signal].fires)


def _tasks(learned: Sequence[Example]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.bool_]]]:
    """Per signal: the rows its model learns from, and whether each states it."""
    for signal in SIGNALS:
        kin = _KIN.get(signal, frozenset())
        rows = [
            row
            for row, e in enumerate(learned)
            if e.signal in (signal, None) or (e.signal not in kin and _teaches(e, signal))
        ]
        states = [learned[row].signal == signal and learned[row].states for row in rows]
        yield np.array(rows, dtype=np.intp), np.array(states, dtype=np.bool_)


def _teaches(example: Example, signal: str) -> bool:
    """Whether a sentence of another signal is a counter-example of this one.

    "We have no intention of leaving" denies the other signal and may well be a commitment.
    """
    return example.states or signal != "commit"


def _fit(vectors: Vectors, states: NDArray[np.bool_]) -> tuple[Scores, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=4, class_weight="balanced", max_iter=1000)
    model.fit(vectors.astype(np.float64), states)
    return model.coef_[0], float(model.intercept_[0])


def _held_out(
    vectors: Vectors,
    texts: Sequence[str],
    rows: NDArray[np.intp],
    states: NDArray[np.bool_],
    index: int,
) -> tuple[Scores, NDArray[np.bool_]]:
    """Fused scores of the rows of one signal, each from a model that has not seen it."""
    from sklearn.model_selection import StratifiedKFold

    scores = np.zeros(len(rows))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    for seen, unseen in folds.split(rows, states):
        weights, intercept = _fit(vectors[rows[seen]], states[seen])
        scores[unseen] = (vectors[rows[unseen]] @ weights + intercept) / 2
    return scores + [_hits(SIGNALS[index], texts[row]) for row in rows], states


def _platt(held_out: Sequence[tuple[Scores, NDArray[np.bool_]]]) -> tuple[float, Scores]:
    """One slope for all signals and an offset for each, both classes weighing the same."""
    from sklearn.linear_model import LogisticRegression

    signal = np.concatenate([np.full(len(s), i) for i, (s, _) in enumerate(held_out)])
    scores = np.concatenate([s for s, _ in held_out])
    states = np.concatenate([t for _, t in held_out])
    share = np.concatenate([np.where(t, 0.5 / t.mean(), 0.5 / (1 - t.mean())) for _, t in held_out])
    features = np.column_stack([scores, signal[:, None] == np.arange(len(held_out))])
    model = LogisticRegression(C=10, fit_intercept=False, max_iter=1000)
    model.fit(features, states, sample_weight=share)
    return float(model.coef_[0][0]), model.coef_[0][1:]


def _threshold(signal: str, learned: Sequence[Example], p: Scores) -> float:
    """The lowest p at which few enough counter-examples are asserted, and no ordinary talk."""
    fires = np.array([_stated(signal, e.text) for e in learned])
    own = np.array([e.signal == signal and not e.states for e in learned])
    other = np.array([e.signal != signal for e in learned])
    ordinary = np.array([e.signal is None for e in learned])
    steps = np.unique(np.ceil(p[p > LEAST_STRENGTH] * 1000) / 1000)
    for threshold in (LEAST_STRENGTH, *steps):
        fired = fires & (p >= threshold)
        few = fired[own].mean() <= MOST_COUNTER_FIRES and fired[other].mean() <= MOST_OTHER_FIRES
        if few and not fired[ordinary].any():
            return float(threshold)
    return 1.0


def _stated(signal: str, text: str) -> bool:
    """Whether the guard lets any clause of a sentence stand."""
    alone = Utterance("", "", text, "", None, None, None, "en", None, "all", None, None, {})
    return any(verdict(signal, clause).status == "asserted" for clause in clauses(alone))


def _sigmoid(x: Scores) -> Scores:
    result: Scores = 1 / (1 + np.exp(-x))
    return result
