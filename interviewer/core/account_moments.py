"""The moments of an account: claims, renewals, reviews, scores, disruptions, outcomes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import mean, stdev
from typing import Any, Literal, NamedTuple

from interviewer.core.book import (
    Account,
    Claim,
    Contact,
    Metric,
    Outcome,
    Score,
    Shipment,
    period_span,
)
from interviewer.core.guide import Moment as MomentKind
from interviewer.core.moments import Moment
from interviewer.core.times import (
    When,
    after_business_days,
    after_business_hours,
    local_day,
    start_of_day,
)

CHECKPOINTS = (180, 90, 30)  # days before a renewal
REVIEW_LEAD = timedelta(days=21)

DROP: dict[Metric, float] = {"otif": 0.02, "nps": 0.05, "csat": 0.075}
"""The fall that counts, as a share of the scale: OTIF 2 points of 100, NPS 10 of 200, CSAT 0.3 of
the 4 between 1 and 5."""
NPS_ANSWER = (0.0, 10.0)  # the scale of single answers, on which a fall of 1 point counts
OWN_SERIES = 8  # periods before its own spread is trusted
DEVIATIONS = 2.0

DISRUPTION_WINDOW = timedelta(days=7)
DISRUPTION_COUNT = 3
NORM_WEEKS = 8
NORM = timedelta(weeks=NORM_WEEKS)
OWNER_FIRST_HOURS = 4  # business hours between the owner's alert and the contact's question

RENEWAL_WORDS = {"renewed": "won", "shrunk": "partial", "churned": "lost"}


class AccountException(NamedTuple):
    """One exception chain of an account's shipments, by its first code."""

    shipment_ref: str
    exception_code: str
    at: datetime


def account_context(
    account: Account,
    scores: Sequence[Score] = (),
    claims: Sequence[Claim] = (),
    contact: Contact | None = None,
) -> dict[str, Any]:
    """The context keys that every B2B study gets; one without a value is left out.

    Args:
        account: The customer asked.
        scores: Its scores, any order.
        claims: Its claims, or none if claims are not kept: then `open_claims` is unknown.
        contact: The person asked.
    """
    otif = [score.value for score in _by_period(scores) if score.metric == "otif"]
    known = {
        **account.context,
        "account_ref": account.account_ref,
        "account_name": account.account_name,
        "owner_name": account.owner_name,
        "brand": account.brand,
        "renewal_date": account.renewal_date and account.renewal_date.isoformat(),
        "review_date": account.review_date and account.review_date.isoformat(),
        "otif_pct": otif[-1] if otif else None,
        "otif_pct_before": otif[-2] if len(otif) > 1 else None,
        "open_claims": sum(not claim.claim_closed_at for claim in claims) if claims else None,
        "contact_name": contact.contact_name if contact else None,
        "contact_role": contact.contact_role if contact else None,
        "contact_title": contact.contact_title if contact else None,
    }
    return {key: value for key, value in known.items() if value is not None}


def claim_moments(
    claim: Claim, shipment: Shipment | None = None, timezone: str = "UTC"
) -> tuple[Moment, ...]:
    """ClaimClosed, one business day after the claim was closed; none while it is open."""
    if claim.claim_closed_at is None:
        return ()
    opened, closed = (
        When(at=at, quality=claim.time_quality, timezone=timezone)
        for at in (claim.claim_opened_at, claim.claim_closed_at)
    )
    known = {
        **claim.context,
        "claim_ref": claim.claim_ref,
        "shipment_ref": claim.shipment_ref,
        "account_ref": claim.account_ref,
        "exception_code": claim.exception_code,
        "claim_opened_at": opened.text(),
        "claim_closed_at": closed.text(),
        "claim_outcome": claim.claim_outcome,
        "carrier": shipment and shipment.carrier,
        "item": shipment and shipment.item,
    }
    moment = Moment(
        kind="ClaimClosed",
        moment_id=f"ClaimClosed/{claim.claim_ref}",
        subject=claim.claim_ref,
        rival=f"ClaimClosed/{claim.claim_ref}",
        occurred_at=closed.end,
        due_at=after_business_days(closed.end, 1, timezone),
        shipment_ref=claim.shipment_ref,
        account_ref=claim.account_ref or (shipment.account_ref if shipment else None),
        contact_ref=claim.contact_ref or (shipment.contact_ref if shipment else None),
        context={key: value for key, value in known.items() if value is not None},
    )
    return (moment,)


def renewal_moments(account: Account, now: datetime) -> tuple[Moment, ...]:
    """RenewalDue for every checkpoint that has been reached and whose renewal is still ahead."""
    renewal, today = account.renewal_date, _today(account, now)
    if renewal is None or renewal <= today:
        return ()
    return tuple(
        _account_moment(
            account,
            "RenewalDue",
            f"{renewal}/{days}",
            day,
            {"renewal_date": renewal.isoformat(), "checkpoint": days},
        )
        for days in CHECKPOINTS
        if (day := renewal - timedelta(days=days)) <= today
    )


def review_moments(account: Account, now: datetime) -> tuple[Moment, ...]:
    """ReviewDue once the next review is 21 days away or less, until it is held."""
    review, today = account.review_date, _today(account, now)
    if review is None or not review - REVIEW_LEAD <= today < review:
        return ()
    context = {"review_date": review.isoformat()}
    day = review - REVIEW_LEAD
    return (_account_moment(account, "ReviewDue", review.isoformat(), day, context),)


def outcome_moments(outcome: Outcome, account: Account) -> tuple[Moment, ...]:
    """RenewalDecided, five business days after the decision."""
    context: dict[str, Any] = {
        "renewal_outcome": RENEWAL_WORDS[outcome.outcome],
        "decided_at": outcome.decided_at.isoformat(),
    }
    if outcome.renewal_date:
        context["renewal_date"] = outcome.renewal_date.isoformat()
    day = outcome.decided_at
    decided = _account_moment(account, "RenewalDecided", day.isoformat(), day, context)
    due_at = after_business_days(decided.occurred_at, 5, account.timezone or "UTC")
    return (decided.model_copy(update={"due_at": due_at}),)


def score_moments(
    scores: Sequence[Score],
    account: Account,
    now: datetime,
    falls: Mapping[Metric, float] | None = None,
) -> tuple[Moment, ...]:
    """ScoreDropped for every period that fell by the threshold, or out of its own series.

    Compared are periods of one length: a month with the month before it. A period counts when
    it is over; one that still runs counts from now.

    Args:
        scores: All scores of the account, any order.
        account: The customer they are about.
        now: Aware UTC.
        falls: What counts as a fall, in points of the metric's own scale, in place of DROP.
    """
    found: list[Moment] = []
    for series in _series(scores):
        for n, score in enumerate(series):
            earlier = series[:n]
            if earlier and _dropped(score, earlier, (falls or {}).get(score.metric)):
                found.append(_score_moment(score, earlier[-1], account, now))
    return tuple(found)


def _series(scores: Sequence[Score]) -> list[list[Score]]:
    """The scores of each metric and period length, in order."""
    series: dict[tuple[str, str], list[Score]] = {}
    for score in _by_period(scores):
        series.setdefault((score.metric, _length(score.period)), []).append(score)
    return list(series.values())


def _by_period(scores: Sequence[Score]) -> list[Score]:
    return sorted(scores, key=lambda score: (period_span(score.period)[1], score.period))


def _length(period: str) -> Literal["year", "quarter", "month", "week", "day"]:
    if "Q" in period:
        return "quarter"
    if "W" in period:
        return "week"
    return "day" if len(period) == 10 else "month" if len(period) == 7 else "year"


def _dropped(score: Score, earlier: Sequence[Score], fall: float | None) -> bool:
    before = earlier[-1].value
    if score.value >= before:
        return False
    low, high = score.scale
    if fall is None and score.metric == "nps" and score.scale == NPS_ANSWER:
        fall = 1.0
    threshold = fall or DROP[score.metric] * (high - low)
    if round(before - score.value, 9) >= round(threshold, 9):
        return True
    values = [other.value for other in earlier]
    if len(values) < OWN_SERIES or not (spread := stdev(values)):
        return False
    return score.value <= mean(values) - DEVIATIONS * spread


def _score_moment(score: Score, before: Score, account: Account, now: datetime) -> Moment:
    low, high = score.scale
    context = {
        "metric": score.metric,
        "value": score.value,
        "value_before": before.value,
        "scale_min": low,
        "scale_max": high,
        "period": score.period,
    }
    name = f"{score.metric}/{score.period}"
    dropped = _account_moment(account, "ScoreDropped", name, period_span(score.period)[1], context)
    occurred_at = min(dropped.occurred_at, now)
    due_at = after_business_days(occurred_at, 1, account.timezone or "UTC")
    return dropped.model_copy(update={"occurred_at": occurred_at, "due_at": due_at})


def disruption_moments(
    exceptions: Sequence[AccountException],
    account: Account,
    known_since: datetime,
    begin: datetime | None = None,
) -> tuple[Moment, ...]:
    """AccountDisrupted when 3 exceptions fall within 7 days, above the account's own norm.

    The norm is the mean weekly number of the 8 weeks before, plus 2 standard deviations; an
    account known for less than these 8 weeks has none. The account's contact is asked 4 business
    hours later, so that its owner hears first.

    Args:
        exceptions: The exception chains of all its shipments, any order.
        account: The customer whose shipments they are.
        known_since: The time of its first event of any kind.
        begin: Where the weeks that are looked for begin; the exceptions of the norm lie before.
    """
    ordered = sorted(exceptions, key=lambda one: (one.at, one.shipment_ref))
    found: list[Moment] = []
    over = begin or known_since
    for n, first in enumerate(ordered):
        if first.at < over:
            continue
        end = first.at + DISRUPTION_WINDOW
        window = [one for one in ordered[n:] if one.at < end]
        enough = max(DISRUPTION_COUNT, _above_norm(ordered[:n], first.at, known_since))
        if len(window) >= enough:
            found.append(_disruption(window, window[enough - 1].at, account))
            over = end
    return tuple(found)


def disruption_end(moment: Moment) -> datetime:
    """The end of the seven days of an AccountDisrupted."""
    first = datetime.fromisoformat(moment.context["exceptions"][0]["exception_at"])
    return first.astimezone(UTC) + DISRUPTION_WINDOW


class OwnerAlert(NamedTuple):
    """What the owner of an account hears of a bad week, before anybody is asked."""

    account_ref: str
    to: tuple[str, ...]  # owner and second owner, as far as they are known
    exceptions: tuple[str, ...]  # shipment: code
    asked_at: datetime  # when the account's contact is asked, unless the owner says no


def owner_alert(moment: Moment, account: Account) -> OwnerAlert:
    """The alert of an AccountDisrupted."""
    owners = (account.owner_email, account.second_owner_email)
    told = moment.context["exceptions"]
    return OwnerAlert(
        account_ref=account.account_ref,
        to=tuple(owner for owner in owners if owner),
        exceptions=tuple(f"{one['shipment_ref']}: {one['exception_code']}" for one in told),
        asked_at=moment.due_at,
    )


def _above_norm(earlier: Sequence[AccountException], at: datetime, known_since: datetime) -> int:
    """The least number of exceptions in a week that is above the norm at this time."""
    weeks = [at - timedelta(weeks=n) for n in range(NORM_WEEKS + 1)]
    if known_since > weeks[-1]:
        return 0
    counts = [sum(start <= one.at < end for one in earlier) for end, start in pairwise(weeks)]
    return int(mean(counts) + DEVIATIONS * stdev(counts)) + 1


def _disruption(window: Sequence[AccountException], met_at: datetime, account: Account) -> Moment:
    zone = account.timezone or "UTC"
    start = local_day(window[0].at, zone)
    context = {
        "exceptions": [
            {
                "shipment_ref": one.shipment_ref,
                "exception_code": one.exception_code,
                "exception_at": When(at=one.at, timezone=zone).text(),
            }
            for one in window
        ],
        "exception_count": len(window),
        "window_days": DISRUPTION_WINDOW.days,
    }
    moment = _account_moment(account, "AccountDisrupted", start.isoformat(), start, context)
    due_at = after_business_hours(met_at, OWNER_FIRST_HOURS, zone)
    return moment.model_copy(update={"occurred_at": met_at, "due_at": due_at})


def _today(account: Account, now: datetime) -> date:
    return local_day(now, account.timezone or "UTC")


def _account_moment(
    account: Account, kind: MomentKind, name: str, day: date, context: dict[str, Any]
) -> Moment:
    moment_id = f"{kind}/{account.account_ref}/{name}"
    at = start_of_day(day, account.timezone or "UTC")
    return Moment(
        kind=kind,
        moment_id=moment_id,
        subject=account.account_ref,
        rival=moment_id,
        occurred_at=at,
        due_at=at,
        account_ref=account.account_ref,
        context=context,
    )
