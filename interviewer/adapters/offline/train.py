"""Learns the weights of `specificity` from `training/*.yaml`.

`python -m interviewer.adapters.offline.train` writes `lexicons/weights.json`. Ridge logistic
regression by Newton's method: no randomness, so the same sentences give the same weights.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from interviewer.adapters.offline.lexicon import FOLDER, lexicon
from interviewer.adapters.offline.specificity import FEATURES, features, probability
from interviewer.adapters.offline.words import read_words
from interviewer.core.reading import Specificity

TRAINING = Path(__file__).parent / "training"
LANGUAGES = ("en", "es", "de")
RIDGE = 0.5
STEPS = 30
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
    """The weights by feature, and the threshold that separates best in cross-validation."""
    known = list(sentences())
    rows = np.array(
        [[1.0, *features(read_words(s.text), lexicon(s.language))] for s in known]
    )  # float64, (n_sentences, 1 + n_features)
    specific = np.array([float(s.specificity == "specific") for s in known])
    held_out = np.empty(len(known))
    folds = np.arange(len(known)) % FOLDS
    for fold in range(FOLDS):
        learned = _fit(rows[folds != fold], specific[folds != fold])
        model = _named(learned)
        held_out[folds == fold] = [_read(s, model) for s in known[fold::FOLDS]]
    weights = _fit(rows, specific)
    return {
        "weights": {name: round(weight, DIGITS) for name, weight in _named(weights).items()},
        "threshold": _best_threshold(held_out, specific),
    }


def _fit(rows: NDArray[np.float64], specific: NDArray[np.float64]) -> NDArray[np.float64]:
    penalty = RIDGE * np.eye(rows.shape[1])
    penalty[0, 0] = 0  # the bias is free
    weights = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        told = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (told - specific) + penalty @ weights
        curvature = (rows * (told * (1 - told))[:, None]).T @ rows + penalty
        weights = weights - np.linalg.solve(curvature, gradient)
    return weights


def _named(weights: NDArray[np.float64]) -> dict[str, float]:
    return {n: float(w) for n, w in zip(("bias", *FEATURES), weights, strict=True)}


def _read(sentence: Sentence, model: Mapping[str, float]) -> float:
    said = read_words(sentence.text)
    return probability(said, lexicon(sentence.language), model, 0, len(said.words))


def _best_threshold(held_out: NDArray[np.float64], specific: NDArray[np.float64]) -> float:
    """The probability from which an answer is called specific: best F1 of `needs a probe`."""

    def f1(threshold: float) -> float:
        needs = held_out < threshold
        right = float(np.sum(needs & (specific == 0)))
        return 2 * right / (float(np.sum(needs)) + float(np.sum(specific == 0)))

    return max((round(step / 100, 2) for step in range(30, 71)), key=f1)


if __name__ == "__main__":
    (FOLDER / "weights.json").write_text(json.dumps(train(), indent=2) + "\n", encoding="utf-8")
