"""The risk model fitted to outcomes: weights pulled towards the priors, behind gates.

Until enough renewals have been lost the prior weights stand and no percentage is shown. Evidence
dated less than 30 days before a decision is refused: it would know the outcome already.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.signals import SIGNALS, sigmoid
from analysis.weights import DEFAULT_BASE_RATE, WEIGHTS

Stage = Literal["prior", "recalibrated", "fitted"]
Values = NDArray[np.float64]
Lost = NDArray[np.bool_]

LEAST_LEAD = timedelta(days=30)  # between the last evidence and the decision
PULLS = (4.0, 8.0, 16.0, 64.0, 256.0)  # lambda: how strongly weights are held at their priors
LATER = 0.3  # share of decisions, the latest ones, that judge the fit
TO_RECALIBRATE, TO_FIT, TO_DRAW = 10, 20, 100  # churned; churned and renewed; outcomes
BINS, LEAST_IN_BIN = 5, 20
CONFIDENCE = 1.96


class EvidenceTooLate(ValueError):
    """Evidence is dated within 30 days of the decision, or after it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one renewal ended, and the values of its signals 30 days or more before."""

    account_ref: str
    decided_at: date
    is_lost: bool  # churned, or shrunk by more than the user's share
    values: Mapping[str, float]  # signal -> 0-1, of `Reason.value`
    evidence_at: date | None = None  # the latest evidence behind the values
    annual_value: float | None = None


class RiskModel:
    """Additive log-odds of losing a renewal; `fit` moves the weights as far as outcomes allow.

    Args:
        base_rate: Share of renewals lost, where no outcomes say otherwise.
    """

    def __init__(self, base_rate: float = DEFAULT_BASE_RATE) -> None:
        self.base_rate = base_rate
        self.prior = np.array([WEIGHTS[signal].weight for signal in SIGNALS])
        self.weights_ = self.prior
        self.intercept_ = math.log(base_rate / (1 - base_rate))
        self.stage_: Stage = "prior"
        self.refused_: str | None = None  # the gate that keeps the prior weights
        self.card_: tuple[tuple[str, str], ...] = ()

    def fit(self, outcomes: Sequence[Outcome]) -> "RiskModel":
        """Learn from earlier decisions, judge on later ones, and keep what is allowed and better.

        Raises:
            EvidenceTooLate: Names the accounts whose evidence is less than 30 days old at decision.
        """
        _refuse_late(outcomes)
        ordered = sorted(outcomes, key=lambda o: (o.decided_at, o.account_ref))
        x, lost = matrix(ordered), np.array([o.is_lost for o in ordered], dtype=bool)
        self.weights_, self.stage_ = self.prior, "prior"
        self.intercept_ = math.log(self.base_rate / (1 - self.base_rate))
        churned, renewed = int(lost.sum()), int((~lost).sum())
        split = len(ordered) - round(LATER * len(ordered))
        before = self.decision_function(x[split:])
        pull, self.refused_ = self._passed(x, lost, split)
        if pull is not None:
            self.weights_, self.intercept_ = map_weights(x, lost, self.prior, pull)
            self.stage_ = "fitted"
        elif churned >= TO_RECALIBRATE and renewed:
            slope, intercept = recalibrated(self.decision_function(x), lost)
            self.weights_, self.stage_ = slope * self.prior, "recalibrated"
            self.intercept_ = intercept + slope * self.intercept_
        later = before if self.stage_ == "prior" else self._judged_on(x, lost, split, pull)
        self.card_ = card(ordered, split, later, self.stage_)
        if self.refused_:
            self.card_ = (*self.card_, ("weights not fitted", self.refused_))
        return self

    def decision_function(self, x: Values) -> Values:
        """Log-odds: (n,) of values (n, 16)."""
        odds: Values = x @ self.weights_ + self.intercept_
        return odds

    def predict_proba(self, x: Values) -> Values:
        """Share lost: (n, 2), kept and lost.

        Raises:
            ValueError: No outcomes have calibrated the model; it orders accounts and no more.
        """
        if self.stage_ == "prior":
            raise ValueError(
                f"no percentages before {TO_RECALIBRATE} lost renewals: import outcomes and fit"
            )
        lost = sigmoid(self.decision_function(x))
        return np.column_stack([1 - lost, lost])

    def _passed(self, x: Values, lost: Lost, split: int) -> tuple[float | None, str | None]:
        """The pull to fit with where every gate is passed, else the gate that is not."""
        churned, renewed = int(lost.sum()), int((~lost).sum())
        if churned < TO_FIT or renewed < TO_FIT:
            return None, f"{churned} lost and {renewed} kept, {TO_FIT} of each are needed"
        early, late = lost[:split], lost[split:]
        if len(set(early)) < 2 or not len(late):
            return None, "the earlier decisions all ended alike"
        pull = best_pull(x[:split], early, self.prior)
        weights, intercept = map_weights(x[:split], early, self.prior, pull)
        fitted = round(brier(sigmoid(x[split:] @ weights + intercept), late), 3)
        slope, offset = recalibrated(self.decision_function(x[:split]), early)
        prior = round(brier(sigmoid(slope * self.decision_function(x[split:]) + offset), late), 3)
        if fitted >= prior:
            said = f"Brier {fitted:.3f}, {prior:.3f} with the prior weights"
            return None, f"later decisions were not foreseen better: {said}"
        return pull, None

    def _judged_on(self, x: Values, lost: Lost, split: int, pull: float | None) -> Values:
        """Log-odds of the later decisions from a model that has seen the earlier ones only."""
        early = lost[:split]
        if len(set(early)) < 2:
            return self.decision_function(x[split:])
        if pull is not None:
            weights, intercept = map_weights(x[:split], early, self.prior, pull)
            fitted: Values = x[split:] @ weights + intercept
            return fitted
        slope, offset = recalibrated(x[:split] @ self.prior, early)
        again: Values = slope * (x[split:] @ self.prior) + offset
        return again


def matrix(outcomes: Sequence[Outcome]) -> Values:
    """The signals' values, a row per outcome: (n, 16)."""
    return np.array([[o.values.get(s, 0.0) for s in SIGNALS] for o in outcomes]).reshape(
        -1, len(SIGNALS)
    )


def best_pull(x: Values, lost: Lost, prior: Values) -> float:
    """How strongly weights are held at the priors: as the outcomes themselves make most likely.

    With the lowest pull always, fitting costs .007 AUROC where the priors are true.
    """
    return max(PULLS, key=lambda pull: evidence(x, lost, prior, pull))


def evidence(x: Values, lost: Lost, prior: Values, pull: float) -> float:
    """The log marginal likelihood of a pull, by Laplace's approximation, but for a constant."""
    weights, intercept = map_weights(x, lost, prior, pull)
    odds = x @ weights + intercept
    share = sigmoid(odds)
    design = np.column_stack([x, np.ones(len(x))])
    curvature = (design * (share * (1 - share))[:, None]).T @ design
    held = np.append(np.full(len(prior), pull), 0.0)  # the intercept is free
    away = weights - prior
    likelihood = -np.logaddexp(0, np.where(lost, -odds, odds)).sum() - pull / 2 * (away @ away)
    volume = np.linalg.slogdet(curvature + np.diag(held))[1]
    return float(likelihood + len(prior) / 2 * math.log(pull) - volume / 2)


def map_weights(x: Values, lost: Lost, prior: Values, pull: float) -> tuple[Values, float]:
    """The most likely weights and intercept, held at the priors; no weight changes its sign."""
    from scipy.optimize import minimize

    signs = np.where(lost, 1.0, -1.0)

    def loss(point: Values) -> tuple[float, Values]:
        weights, intercept = point[:-1], point[-1]
        margin = signs * (x @ weights + intercept)
        slope = -signs * sigmoid(-margin)
        away = weights - prior
        value = np.logaddexp(0, -margin).sum() + pull / 2 * (away @ away)
        return float(value), np.append(x.T @ slope + pull * away, slope.sum())

    bounds = [(None, 0.0) if w < 0 else (0.0, None) for w in prior]
    share = min(max(float(lost.mean()), 0.01), 0.99)
    start = np.append(prior, math.log(share / (1 - share)))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)])
    return found.x[:-1], float(found.x[-1])


def recalibrated(odds: Values, lost: Lost) -> tuple[float, float]:
    """Slope (0 or more, held near 1) and intercept that fit log-odds to outcomes."""
    weights, intercept = map_weights(odds[:, None], lost, np.ones(1), 1.0)
    return float(weights[0]), intercept


def brier(shares: Values, lost: Lost) -> float:
    """Mean squared distance of predicted shares and outcomes."""
    return float(np.mean((shares - lost) ** 2))


def card(
    outcomes: Sequence[Outcome], split: int, odds: Values, stage: Stage, capacity: int | None = None
) -> tuple[tuple[str, str], ...]:
    """Every metric of the later decisions, by name; one below its gate says how many are missing.

    Args:
        outcomes: In the order of their decisions.
        split: Where the later ones begin.
        odds: Log-odds of the later ones, from a model of the earlier ones.
        stage: What the number of outcomes allowed.
        capacity: How many accounts the account managers can work on; a tenth of the book if None.
    """
    later = outcomes[split:]
    lost = np.array([o.is_lost for o in later], dtype=bool)
    everyone = np.array([o.is_lost for o in outcomes], dtype=bool)
    churned, n = int(everyone.sum()), len(outcomes)
    enough = churned >= TO_RECALIBRATE and 0 < lost.sum() < len(lost)
    few = f"not enough outcomes ({churned} lost of {TO_RECALIBRATE})"
    rows = [("outcomes", f"{n}"), ("lost", f"{churned}"), ("weights", stage)]
    if later:
        rows.append(("judged on", f"{len(later)} decisions from {later[0].decided_at} on"))
    names = ("AUROC", "AP", "Brier", "Brier of the base rate", "ECE")
    rows += _measured(odds, lost, everyone[:split]) if enough else [(name, few) for name in names]
    for k in dict.fromkeys((max(1, round(0.1 * len(later))), capacity or 0)):
        if k:
            rows += _at(k, later, odds, lost) if enough else [(f"first {k} of the list", few)]
    curve = n >= TO_DRAW and stage != "prior"
    missing = f"not enough outcomes ({n} of {TO_DRAW})"
    rows.append(("calibration", _curve(sigmoid(odds), lost) if curve else missing))
    return tuple(rows)


def _measured(odds: Values, lost: Lost, earlier: Lost) -> list[tuple[str, str]]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    auroc, shares = float(roc_auc_score(lost, odds)), sigmoid(odds)
    half = half_width(auroc, int(lost.sum()), int((~lost).sum()))
    base = np.full(len(lost), earlier.mean() if len(earlier) else DEFAULT_BASE_RATE)
    low, high = max(0.0, auroc - half), min(1.0, auroc + half)
    return [
        ("AUROC", f"{auroc:.3f} ({low:.2f}-{high:.2f})"),
        ("AP", f"{average_precision_score(lost, odds):.3f}"),
        ("Brier", f"{brier(shares, lost):.3f}"),
        ("Brier of the base rate", f"{brier(base, lost):.3f}"),
        ("ECE", f"{_calibration_error(shares, lost):.3f}"),
    ]


def half_width(auroc: float, lost: int, kept: int) -> float:
    """Half of the 95 % interval of an AUROC (Hanley and McNeil, 1982)."""
    q1, q2 = auroc / (2 - auroc), 2 * auroc**2 / (1 + auroc)
    spread = (lost - 1) * (q1 - auroc**2) + (kept - 1) * (q2 - auroc**2)
    return CONFIDENCE * math.sqrt((auroc * (1 - auroc) + spread) / (lost * kept))


def _at(k: int, later: Sequence[Outcome], odds: Values, lost: Lost) -> list[tuple[str, str]]:
    """Precision, recall and value-weighted recall of the first k accounts of the list."""
    first = np.argsort(-odds, kind="stable")[:k]
    value = np.array([o.annual_value or 0.0 for o in later])
    at_stake = value[lost].sum()
    kept = f"{value[first][lost[first]].sum() / at_stake:.2f}" if at_stake else "no values known"
    return [
        (f"precision in the first {k}", f"{lost[first].mean():.2f}"),
        (f"recall in the first {k}", f"{lost[first].sum() / lost.sum():.2f}"),
        (f"recall of value in the first {k}", kept),
    ]


def _calibration_error(shares: Values, lost: Lost) -> float:
    bins = np.array_split(np.argsort(shares, kind="stable"), BINS)
    return float(
        sum(len(b) * abs(shares[b].mean() - lost[b].mean()) for b in bins if len(b)) / len(lost)
    )


def _curve(shares: Values, lost: Lost) -> str:
    bins = min(BINS, len(lost) // LEAST_IN_BIN)
    if bins < 1:
        return f"not enough outcomes ({len(lost)} of {LEAST_IN_BIN} in a bin)"
    parts = np.array_split(np.argsort(shares, kind="stable"), bins)
    return ", ".join(f"{shares[b].mean():.0%} said: {lost[b].mean():.0%} lost" for b in parts)


def _refuse_late(outcomes: Sequence[Outcome]) -> None:
    late = [
        f"{o.account_ref} (evidence of {o.evidence_at}, decided {o.decided_at})"
        for o in outcomes
        if o.evidence_at and o.decided_at - o.evidence_at < LEAST_LEAD
    ]
    if late:
        raise EvidenceTooLate(
            f"evidence less than {LEAST_LEAD.days} days before the decision: {', '.join(late)};"
            " leave it out, it knows the outcome"
        )
