"""Training the detectors: weights, strength and thresholds from sentences written for this project.

The result for the bundled encoder ships as signal_weights.npz, so that an analysis starts at once:

    python -m analysis.train_signals

makes it again after a change of the sentences or of the patterns. Another encoder is trained for
when a run first needs it.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.embed import BUNDLED_SHA256, Cache, Encoder, Vectors, bundled_encoder, embed
from analysis.guard import verdict
from analysis.sentences import passages
from analysis.signals import SIGNALS, Detectors, Scores, alikeness, fuse, normalized, sigmoid
from analysis.tables import Utterance
from analysis.tone import features

SHIPPED = Path(__file__).with_name("signal_weights.npz")
LEARNED, DEVELOPMENT, DEFINING = "signal_sentences", "signal_development", "signal_examples"
COUNTER_KINDS = ("negated", "hypothetical", "third_party", "resolved", "near")
LEAST_STRENGTH = 0.5  # no threshold is lower: more likely stated than not
MOST_ORDINARY_FIRES = 0.005  # of ordinary talk: an interview has dozens of such sentences
MOST_COUNTER_FIRES = 0.10  # share of a signal's own counter-examples that may be asserted
MOST_OTHER_FIRES = 0.02  # of sentences about other signals; many do state both
MOST_EXPLICIT_FIRES = 0.005  # the same for what decides a band alone
EXPLICIT = frozenset({"leave_intent", "contract_notice", "rfp"})
PROBE = "The encoder of these weights is known by the vector of this sentence."
COMPLAINTS = frozenset(
    (
        *("unresolved_claim", "recurrence", "chargeback", "slow_response", "silent_am"),
        *("price_dispute", "not_heard", "trust_lost", "capability_gap", "leave_intent"),
    )
)
_FOLDS = 5

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


def examples(*names: str) -> tuple[Example, ...]:
    """The sentences of the named data files; without names, of what the detectors learn from."""
    found: list[Example] = []
    for name in names or (LEARNED,):
        for signal, kinds in tomllib.loads(_data(name)).items():
            of = None if signal == "neutral" else signal
            found += [Example(s, of, kind) for kind, t in kinds.items() for s in t.splitlines()]
    return tuple(found)


def detectors(encoder: Encoder, cache: Cache | None = None) -> Detectors:
    """The shipped detectors where they are of this encoder, else newly trained ones."""
    with np.load(SHIPPED, allow_pickle=False) as held:
        if not _is_of(held["probe"], encoder, cache):
            return train(encoder, cache)
        return Detectors(
            held["learned"] * np.float32(held["step"]),
            held["duals"].astype(np.float64),
            held["intercepts"],
            float(held["slope"]),
            held["offsets"],
            held["thresholds"],
        )


def train(
    encoder: Encoder, cache: Cache | None = None, sentences: Sequence[Example] | None = None
) -> Detectors:
    """Detectors from self-written sentences; the same sentences give the same detectors.

    Strength and thresholds are set on the development sentences, which no model has learned from,
    and on ordinary talk, each sentence scored by a model that has not seen it.
    """
    learned = tuple(sentences if sentences is not None else examples())
    vectors = embed([normalized(e.text) for e in learned], encoder, cache)
    duals = np.zeros((len(learned), len(SIGNALS)))
    intercepts = np.zeros(len(SIGNALS))
    for index, (rows, states) in enumerate(tasks(learned)):
        duals[rows, index], intercepts[index] = fit(vectors[rows], states)

    unseen = examples(DEVELOPMENT)
    texts = [normalized(e.text) for e in unseen]
    margins = alikeness(embed(texts, encoder, cache), vectors) @ duals + intercepts
    scores = fuse(margins, texts)
    slope, offsets = _platt(scores, unseen)
    ordinary = [row for row, e in enumerate(learned) if e.signal is None]
    talk = held_out(vectors, learned)[ordinary]
    p = sigmoid(slope * np.concatenate([scores, talk]) + offsets)
    checked = (*unseen, *(learned[row] for row in ordinary))
    thresholds = [_threshold(s, checked, p[:, i]) for i, s in enumerate(SIGNALS)]
    return Detectors(vectors, duals, intercepts, slope, offsets, np.array(thresholds))


def tone_weights(encoder: Encoder, cache: Cache | None = None) -> tuple[Scores, float]:
    """Weights (dim + 1,) and intercept of the tone model: shipped, or newly learned."""
    with np.load(SHIPPED, allow_pickle=False) as held:
        if _is_of(held["probe"], encoder, cache):
            return held["tone_weights"], float(held["tone_intercept"])
    return train_tone(encoder, cache)


def train_tone(encoder: Encoder, cache: Cache | None = None) -> tuple[Scores, float]:
    """The tone model, learned from complaints against praise, denied complaints and plain talk."""
    from sklearn.linear_model import LogisticRegression

    told = [(e.text, sounds) for e in examples() if (sounds := _sounds(e)) is not None]
    model = LogisticRegression(C=0.5, class_weight="balanced", max_iter=500)
    model.fit(features([text for text, _ in told], encoder, cache), [bad for _, bad in told])
    return model.coef_[0], float(model.intercept_[0])


def _sounds(example: Example) -> bool | None:
    """Whether an example sounds displeased; None where it tells nothing."""
    if example.signal in COMPLAINTS and example.states:
        return True
    praise = example.signal == "commit" and example.states
    settled = example.signal in COMPLAINTS and example.kind in ("negated", "resolved")
    return False if praise or settled or example.signal is None else None


def _is_of(probe: Vectors, encoder: Encoder, cache: Cache | None) -> bool:
    vector = embed([PROBE], encoder, cache)[0]
    return vector.shape == probe.shape and np.allclose(vector, probe, atol=1e-3)


def held_out(vectors: Vectors, learned: Sequence[Example]) -> Scores:
    """Fused scores, each from a model that has not seen the sentence: (n, 16); unused ones -inf."""
    from sklearn.model_selection import StratifiedKFold

    margins = np.full((len(learned), len(SIGNALS)), -np.inf)
    for index, (rows, states) in enumerate(tasks(learned)):
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
        for seen, unseen in folds.split(rows, states):
            duals, intercept = fit(vectors[rows[seen]], states[seen])
            kernel = alikeness(vectors[rows[unseen]], vectors[rows[seen]])
            margins[rows[unseen], index] = kernel @ duals + intercept
    return fuse(margins, [normalized(e.text) for e in learned])


def tasks(learned: Sequence[Example]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.bool_]]]:
    """Per signal: the rows that say something about it, and whether each states it."""
    for signal in SIGNALS:
        kin = _KIN.get(signal, frozenset())
        rows = [
            row
            for row, e in enumerate(learned)
            if e.signal in (signal, None) or (e.signal not in kin and _teaches(e, signal))
        ]
        states = [learned[row].signal == signal and learned[row].states for row in rows]
        yield np.array(rows, dtype=np.intp), np.array(states, dtype=np.bool_)


@once
def lets_stand(signal: str, text: str) -> bool:
    """Whether the guard lets any clause of a sentence stand."""
    alone = Utterance("", "", text, "", None, None, None, "en", None, "all", None, None, {})
    return any(verdict(signal, clause).status == "asserted" for clause in passages(alone))


def fingerprint() -> str:
    """What the shipped weights depend on besides the encoder, as one SHA-256."""
    files = (LEARNED, DEVELOPMENT, "signal_patterns")
    return hashlib.sha256("".join(map(_data, files)).encode()).hexdigest()


def ship(made: Detectors, encoder: Encoder) -> None:
    """Write the file that analyses load; vectors are rounded to steps that fit into a byte."""
    tone, tone_intercept = train_tone(encoder)
    step = float(np.abs(made.learned).max()) / 127
    np.savez_compressed(
        SHIPPED,
        learned=np.round(made.learned / step).astype(np.int8),
        step=step,
        duals=made.duals.astype(np.float32),
        intercepts=made.intercepts,
        slope=made.slope,
        offsets=made.offsets,
        thresholds=made.thresholds,
        probe=embed([PROBE], encoder)[0],
        tone_weights=tone,
        tone_intercept=tone_intercept,
        encoder_sha256=BUNDLED_SHA256,
        fingerprint=fingerprint(),
    )


def _data(name: str) -> str:
    return Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8")


def _teaches(example: Example, signal: str) -> bool:
    """Whether a sentence of another signal is a counter-example of this one.

    "We have no intention of leaving" denies the other signal and may well be a commitment.
    """
    return example.states or signal != "commit"


def fit(vectors: Vectors, states: NDArray[np.bool_]) -> tuple[Scores, float]:
    """How much each sentence speaks for the signal, (n,), and the intercept."""
    from sklearn.svm import SVC

    model = SVC(C=2, kernel="precomputed", class_weight="balanced")
    model.fit(alikeness(vectors, vectors), states)
    duals = np.zeros(len(vectors))
    duals[model.support_] = model.dual_coef_[0]
    return duals, float(model.intercept_[0])


def _platt(scores: Scores, unseen: Sequence[Example]) -> tuple[float, Scores]:
    """One slope for all signals and an offset for each, on what the guard lets stand.

    Few sentences of the development set state any one signal, as in an interview, so strength
    is no higher than what an interview warrants.
    """
    from sklearn.linear_model import LogisticRegression

    features, labels = [], []
    for index, (rows, states) in enumerate(tasks(unseen)):
        passed = [n for n, row in enumerate(rows) if lets_stand(SIGNALS[index], unseen[row].text)]
        signal = np.zeros((len(passed), len(SIGNALS)))
        signal[:, index] = 1
        features.append(np.column_stack([scores[rows[passed], index], signal]))
        labels.append(states[passed])
    model = LogisticRegression(C=10, fit_intercept=False, max_iter=2000)
    model.fit(np.concatenate(features), np.concatenate(labels))
    return float(model.coef_[0][0]), model.coef_[0][1:]


def _threshold(signal: str, checked: Sequence[Example], p: Scores) -> float:
    """The lowest p at which so few sentences that do not state the signal are asserted."""
    kin = _KIN.get(signal, frozenset())
    fires = np.array([lets_stand(signal, e.text) for e in checked])
    own = np.array([e.signal == signal and not e.states for e in checked])
    other = np.array([e.signal not in (signal, None, *kin) for e in checked])
    ordinary = np.array([e.signal is None for e in checked])
    most_other = MOST_EXPLICIT_FIRES if signal in EXPLICIT else MOST_OTHER_FIRES
    steps = np.unique(np.ceil(p[p > LEAST_STRENGTH] * 1000) / 1000)
    for threshold in (LEAST_STRENGTH, *steps):
        fired = fires & (p >= threshold)
        if (
            fired[own].mean() <= MOST_COUNTER_FIRES
            and fired[other].mean() <= most_other
            and fired[ordinary].mean() <= MOST_ORDINARY_FIRES
        ):
            return float(threshold)
    return 1.0


def main() -> None:
    """Train for the bundled encoder and ship the result."""
    encoder = bundled_encoder()
    made = train(encoder)
    ship(made, encoder)


if __name__ == "__main__":
    main()
