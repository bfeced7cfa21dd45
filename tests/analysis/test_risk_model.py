from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from analysis.risk_model import (
    EvidenceTooLate,
    Outcome,
    RiskModel,
    best_pull,
    brier,
    half_width,
    map_weights,
)
from analysis.signals import SIGNALS, sigmoid
from analysis.weights import WEIGHTS

DAY = date(2025, 1, 1)
PRIOR = np.array([WEIGHTS[s].weight for s in SIGNALS])
SEEDS = range(20)


def drawn(seed: int, n: int, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Noisy binary signals (recall .75, false rate .03) and losses near 16 %."""
    rng = np.random.default_rng(seed)
    true = rng.random((n, len(SIGNALS))) < 0.12
    lost = rng.random(n) < sigmoid(true @ weights - 4.1)
    seen = np.where(true, rng.random(true.shape) < 0.75, rng.random(true.shape) < 0.03)
    return seen.astype(float), lost


def outcomes(seed: int, n: int, weights: np.ndarray = PRIOR) -> list[Outcome]:
    x, lost = drawn(seed, n, weights)
    return [
        Outcome(
            f"A{i:04}",
            DAY + timedelta(days=i),
            bool(lost[i]),
            dict(zip(SIGNALS, x[i], strict=True)),
            DAY + timedelta(days=i - 31),
            1000.0,
        )
        for i in range(n)
    ]


def exactly_right(_seed: int) -> np.ndarray:
    """True weights that are the priors: there is nothing to learn."""
    return PRIOR


def about_right(seed: int) -> np.ndarray:
    """True weights that the priors only come near to."""
    return PRIOR * np.random.default_rng(seed).lognormal(0, 0.5, len(PRIOR))


def badly_wrong(seed: int) -> np.ndarray:
    """True weights in another order than the priors say."""
    truth = np.random.default_rng(seed).permutation(np.abs(PRIOR))
    truth[SIGNALS.index("commit")] = -0.2
    return truth


def areas(n: int, truth: Callable[[int], np.ndarray]) -> tuple[float, float]:
    """Mean AUROC of fitted weights and of the priors, on decisions that were not fitted."""
    found = []
    for seed in SEEDS:
        x, lost = drawn(seed, n, truth(seed))
        new, later = drawn(1000 + seed, 2000, truth(seed))
        weights, _ = map_weights(x, lost, PRIOR, best_pull(x, lost, PRIOR))
        assert np.all(np.sign(weights) * np.sign(PRIOR) >= 0)
        fitted = roc_auc_score(later, new @ weights)
        found.append((fitted, roc_auc_score(later, new @ PRIOR)))
    ours, prior = np.mean(found, axis=0)
    return float(ours), float(prior)


@pytest.mark.parametrize("n", [60, 250])
@pytest.mark.parametrize("truth", [exactly_right, about_right, badly_wrong])
def test_fitted_weights_are_never_much_below_the_priors(
    n: int, truth: Callable[[int], np.ndarray]
) -> None:
    fitted, prior = areas(n, truth)
    assert fitted >= prior - 0.005


def test_fitted_weights_correct_wrong_priors() -> None:
    fitted, prior = areas(250, badly_wrong)
    assert fitted >= prior + 0.03


@pytest.mark.parametrize(
    ("n", "stage"), [(0, "prior"), (60, "prior"), (90, "recalibrated"), (100, "fitted")]
)
def test_the_number_of_lost_renewals_decides_what_is_allowed(n: int, stage: str) -> None:
    model = RiskModel().fit(outcomes(3, n))
    assert model.stage_ == stage
    card = dict(model.card_)
    assert card["outcomes"] == str(n)
    if model.stage_ == "prior":
        assert card["AUROC"].startswith("not enough outcomes")
        with pytest.raises(ValueError, match="no percentages"):
            model.predict_proba(np.zeros((1, len(SIGNALS))))
    else:
        assert float(card["Brier"]) < float(card["Brier of the base rate"]) + 0.01
        assert model.predict_proba(np.zeros((1, len(SIGNALS)))).sum() == pytest.approx(1)


def test_percentages_beat_the_base_rate_where_they_are_shown() -> None:
    ours, base = [], []
    for seed in SEEDS:
        model = RiskModel().fit(outcomes(seed, 200))
        if model.stage_ == "prior":
            continue
        x, lost = drawn(1000 + seed, 2000, PRIOR)
        ours.append(brier(model.predict_proba(x)[:, 1], lost))
        base.append(brier(np.full(len(lost), lost.mean()), lost))
    assert np.mean(ours) < np.mean(base)


def test_late_evidence_is_refused_by_name() -> None:
    late = Outcome("A7", DAY, True, {"rfp": 1.0}, DAY - timedelta(days=29))
    with pytest.raises(EvidenceTooLate, match="A7"):
        RiskModel().fit([*outcomes(1, 50), late])


def test_the_order_of_outcomes_does_not_matter() -> None:
    rows = outcomes(5, 300)
    one, other = RiskModel().fit(rows), RiskModel().fit(rows[::-1])
    assert one.card_ == other.card_
    assert np.array_equal(one.weights_, other.weights_)


def test_the_interval_of_an_auroc_is_that_of_hanley_and_mcneil() -> None:
    assert half_width(0.8, 15, 85) == pytest.approx(0.14, abs=0.01)
