"""Words for what a study says in names."""

from datetime import timedelta
from typing import get_args

from interviewer.core.guide import Moment

MOMENTS: dict[Moment, str] = {
    "Delivered": "A shipment was delivered",
    "ExceptionRaised": "A delay, damage, loss or another exception appeared",
    "ExceptionResolved": "An exception was settled",
    "ClaimClosed": "A claim was closed",
    "RenewalDue": "An account's renewal comes near",
    "ReviewDue": "A business review comes near",
    "ScoreDropped": "The OTIF, NPS or CSAT of an account fell",
    "AccountDisrupted": "Several exceptions of one account in a week",
    "RenewalDecided": "A renewal was won or lost",
}
assert set(MOMENTS) == set(get_args(Moment))


def duration(time: timedelta) -> str:
    """A time as it is said: 40 seconds, 3 minutes, 5 hours, 2 days."""
    seconds = time.total_seconds()
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}s"
    return f"{seconds:.0f} seconds"
