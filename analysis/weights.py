"""The prior weights of the signals: reasoned, not fitted to outcomes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Kind = Literal["explicit", "commercial", "service", "protective"]


@dataclass(frozen=True, slots=True)
class Weight:
    """What one signal adds to the log-odds at full value, and how fast it ages."""

    weight: float
    half_life: float  # days; infinite for what stays until it is closed
    kind: Kind


WEIGHTS: Mapping[str, Weight] = {
    "leave_intent": Weight(2.5, 365, "explicit"),
    "competitor": Weight(1.5, 180, "commercial"),
    "contract_notice": Weight(1.8, 180, "explicit"),
    "rfp": Weight(1.6, 180, "explicit"),
    "unresolved_claim": Weight(0.9, math.inf, "service"),
    "recurrence": Weight(0.9, 120, "service"),
    "chargeback": Weight(0.6, 180, "service"),
    "slow_response": Weight(0.6, 90, "service"),
    "silent_am": Weight(0.7, 120, "service"),
    "price_dispute": Weight(0.7, 180, "commercial"),
    "decision_maker": Weight(0.8, 270, "commercial"),
    "volume_shift": Weight(1.5, 180, "commercial"),
    "not_heard": Weight(0.6, 120, "service"),
    "trust_lost": Weight(0.9, 180, "service"),
    "capability_gap": Weight(0.5, 365, "service"),
    "commit": Weight(-1.5, 180, "protective"),
}
PRIOR_WEIGHTS: Mapping[str, float] = {signal: of.weight for signal, of in WEIGHTS.items()}
ELEVATED, HIGH = 0.6, 1.8  # limits of S, the sum of the contributions
ACTIVE = 0.25  # a reason under this in size is minor
HEARD_WITHIN = timedelta(days=180)
MODEL_VERSION = "prior weights, version 1"
DEFAULT_BASE_RATE = 0.12  # renewals lost, where the user has entered no rate


def in_window(day: date, as_of: date) -> bool:
    """Whether who was heard on this day counts as heard."""
    return timedelta(0) <= as_of - day <= HEARD_WITHIN


def urgency(days_left: int | None) -> float:
    """How pressing a renewal is; it orders the list and is no part of the risk."""
    if days_left is None or days_left > 180:
        return 0.4
    return 1.0 if days_left <= 90 else 0.7
