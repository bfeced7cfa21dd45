"""Learns the weights of `specificity` from `training/*.yaml`.

`python -m interviewer.adapters.offline.train` writes `lexicons/weights.json`. Ridge logistic
regression by Newton's method: no randomness, so the same sentences give the same weights.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from interviewer.adapters.offline.lexicon import FOLDER, lexicon
from interviewer.adapters.offline.specificity import FEATURES, Model, features, probability
from interviewer.adapters.offline.words import read_words
from interviewer.core.reading import Specificity

TRAINING = Path(__file__).parent / "training"
LANGUAGES = ("en", "es", "de")
RIDGE, RIDGE_OF_WORDS = 0.5, 3.0
OFTEN = 3  # sentences of its language that a word must stand in to have a weight of its own
STEPS = 12
AS_GOOD = 0.005
FOLDS = 10
DIGITS = 3


class Sentence(NamedTuple):
    """A training sentence."""

    language: str
    text: str
    specificity: Specificity


def sentences() -> Iterator[Sentence]:
    """Every training sentence, in the order of the files."""
    for language in LANGUAGES:
        source = (TRAINING / f"{language}.yaml").read_text(encoding="utf-8")
        for specificity, texts in yaml.safe_load(source).items():
            for text in texts:
                yield Sentence(language, str(text), specificity)


def train() -> dict[str, Any]:
    """The weights, and the threshold that separates best in cross-validation."""
    known = list(sentences())
    vocabulary = _vocabulary(known)
    rows = np.array([_row(s, vocabulary) for s in known])  # (n_sentences, 1 + features + words)
    specific = np.array([float(s.specificity == "specific") for s in known])
    held_out = np.empty(len(known))
    folds = np.arange(len(known)) % FOLDS
    for fold in range(FOLDS):
        model = _named(_fit(rows[folds != fold], specific[folds != fold]), vocabulary)
        held_out[folds == fold] = [_read(s, model) for s in known[fold::FOLDS]]
    learned = _named(_fit(rows, specific), vocabulary)
    return {
        "weights": _rounded(learned.features),
        "words": {language: _rounded(weights) for language, weights in learned.words.items()},
        "threshold": _best_threshold(held_out, specific),
    }


def _vocabulary(known: Sequence[Sentence]) -> tuple[tuple[str, str], ...]:
    """The words that stand often enough, each with its language."""
    counted = Counter((s.language, word) for s in known for word in set(read_words(s.text).folded))
    return tuple(sorted(word for word, times in counted.items() if times >= OFTEN))


def _row(sentence: Sentence, vocabulary: Sequence[tuple[str, str]]) -> list[float]:
    said = read_words(sentence.text)
    stands = {(sentence.language, word) for word in said.folded}
    kinds = features(said, lexicon(sentence.language))
    return [1.0, *kinds, *(float(word in stands) for word in vocabulary)]


def _fit(rows: NDArray[np.float64], specific: NDArray[np.float64]) -> NDArray[np.float64]:
    ridge = np.full(rows.shape[1], RIDGE_OF_WORDS)
    ridge[: 1 + len(FEATURES)] = RIDGE
    ridge[0] = 0  # the bias is free
    weights = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        told = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (told - specific) + ridge * weights
        curvature = (rows * (told * (1 - told))[:, None]).T @ rows + np.diag(ridge)
        weights = weights - np.linalg.solve(curvature, gradient)
    return weights


def _named(weights: NDArray[np.float64], vocabulary: Sequence[tuple[str, str]]) -> Model:
    kinds, own = weights[: 1 + len(FEATURES)], weights[1 + len(FEATURES) :]
    words: dict[str, dict[str, float]] = {}
    for (language, word), weight in zip(vocabulary, own, strict=True):
        words.setdefault(language, {})[word] = float(weight)
    names = ("bias", *FEATURES)
    return Model({n: float(w) for n, w in zip(names, kinds, strict=True)}, words)


def _rounded(weights: Mapping[str, float]) -> dict[str, float]:
    return {name: round(weight, DIGITS) for name, weight in weights.items()}


def _read(sentence: Sentence, model: Model) -> float:
    said = read_words(sentence.text)
    return probability(said, lexicon(sentence.language), model, 0, len(said.words))


def _best_threshold(held_out: NDArray[np.float64], specific: NDArray[np.float64]) -> float:
    """The probability from which an answer is called specific.

    The highest whose F1 of `needs a probe` is as good as the best, within `AS_GOOD`: what people
    really write is vaguer than what is written to be learned from.
    """

    def f1(threshold: float) -> float:
        needs = held_out < threshold
        right = float(np.sum(needs & (specific == 0)))
        return 2 * right / (float(np.sum(needs)) + float(np.sum(specific == 0)))

    steps = [round(step / 100, 2) for step in range(30, 71)]
    best = max(f1(step) for step in steps)
    return max(step for step in steps if f1(step) >= best - AS_GOOD)


if __name__ == "__main__":
    (FOLDER / "weights.json").write_text(json.dumps(train(), indent=2) + "\n", encoding="utf-8")
