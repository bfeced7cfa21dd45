from datetime import UTC, date, datetime, timedelta

import pytest

from interviewer.core.account_moments import (
    AccountException,
    account_context,
    claim_moments,
    disruption_moments,
    outcome_moments,
    renewal_moments,
    review_moments,
    score_moments,
)
from interviewer.core.book import Account, Claim, Contact, Outcome, Score, Shipment
from interviewer.core.times import after_business_days, after_business_hours

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
ACCOUNT = Account(
    account_ref="A1",
    account_name="Harbor Foods",
    owner_name="J. Lindqvist",
    renewal_date=date(2027, 2, 1),
    review_date=date(2026, 12, 5),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def scores(
    metric: str, values: list[float], scale: tuple[float, float] | None = None
) -> list[Score]:
    low, high = scale or (None, None)
    return [
        Score.read(
            {
                "account_ref": "A1",
                "metric": metric,
                "period": f"2026-{month:02}",
                "value": value,
                "scale_min": low,
                "scale_max": high,
            }
        )
        for month, value in enumerate(values, start=1)
    ]


def test_a_claim_is_asked_about_one_business_day_after_it_closed() -> None:
    claim = Claim(
        claim_ref="C1",
        shipment_ref="S1",
        exception_code="damaged",
        claim_opened_at=at("2026-11-02T09:00"),
    )
    assert claim_moments(claim) == ()
    closed = claim.model_copy(
        update={"claim_closed_at": at("2026-11-20T15:00"), "claim_outcome": "partial"}
    )
    (moment,) = claim_moments(closed, Shipment(shipment_ref="S1", item="lamp", account_ref="A1"))
    assert moment.due_at == at("2026-11-23T15:00")
    assert (moment.moment_id, moment.account_ref) == ("ClaimClosed/C1", "A1")
    assert moment.context["claim_outcome"] == "partial"
    assert moment.context["item"] == "lamp"


@pytest.mark.parametrize(
    ("today", "checkpoints"),
    [
        ("2026-08-04", []),
        ("2026-08-05", [180]),
        ("2026-11-20", [180, 90]),
        ("2027-01-31", [180, 90, 30]),
        ("2027-02-01", []),
    ],
)
def test_renewal_checkpoints(today: str, checkpoints: list[int]) -> None:
    due = renewal_moments(ACCOUNT, at(today))
    assert [moment.context["checkpoint"] for moment in due] == checkpoints
    assert all(moment.occurred_at <= at(today) for moment in due)


@pytest.mark.parametrize(
    ("today", "due"),
    [("2026-11-13", False), ("2026-11-14", True), ("2026-12-04", True), ("2026-12-05", False)],
)
def test_a_review_is_due_21_days_before(today: str, due: bool) -> None:
    assert bool(review_moments(ACCOUNT, at(today))) is due


def test_days_count_in_the_zone_of_the_account() -> None:
    sydney = ACCOUNT.model_copy(update={"timezone": "Australia/Sydney"})
    assert review_moments(sydney, at("2026-11-13T14:00"))
    assert not review_moments(ACCOUNT, at("2026-11-13T14:00"))


def test_a_decision_is_asked_about_five_business_days_later() -> None:
    outcome = Outcome.read({"account_ref": "A1", "decided_at": "2026-11-18", "outcome": "lost"})
    (moment,) = outcome_moments(outcome, ACCOUNT)
    assert moment.moment_id == "RenewalDecided/A1/2026-11-18"
    assert moment.due_at == at("2026-11-25")
    assert moment.context == {"renewal_outcome": "lost", "decided_at": "2026-11-18"}


@pytest.mark.parametrize(
    ("metric", "values", "scale", "periods"),
    [
        ("otif", [96.4, 94.4], None, ["2026-02"]),
        ("otif", [96.4, 94.5], None, []),
        ("otif", [94.4, 96.4], None, []),
        ("otif", [0.97, 0.95], (0, 1), ["2026-02"]),
        ("nps", [40, 30], None, ["2026-02"]),
        ("nps", [40, 31], None, []),
        ("nps", [8, 7], (0, 10), ["2026-02"]),
        ("csat", [4.5, 4.2], None, ["2026-02"]),
        ("csat", [4.5, 4.3], None, []),
        ("csat", [9.0, 8.3], (0, 10), []),
        ("csat", [9.0, 8.25], (0, 10), ["2026-02"]),
        # out of its own series: a fall of 1 point where the spread is a tenth
        ("otif", [97.0, 97.1, 97.0, 97.1, 97.0, 97.1, 97.0, 97.1, 96.0], None, ["2026-09"]),
        ("otif", [97.0, 97.1, 97.0, 97.1, 97.0, 97.1, 97.0, 96.0], None, []),
        ("otif", [97.0, 95.0, 97.0, 95.0], None, ["2026-02", "2026-04"]),
    ],
)
def test_score_drops(
    metric: str, values: list[float], scale: tuple[float, float] | None, periods: list[str]
) -> None:
    found = score_moments(scores(metric, values, scale), ACCOUNT, NOW)
    assert [moment.context["period"] for moment in found] == periods


def test_a_score_drop_says_from_what_to_what() -> None:
    (moment,) = score_moments(scores("csat", [4.5, 4.1]), ACCOUNT, NOW)
    assert moment.moment_id == "ScoreDropped/A1/csat/2026-02"
    assert moment.occurred_at == at("2026-03-01")
    assert moment.due_at == at("2026-03-02")
    assert moment.context == {
        "metric": "csat",
        "value": 4.1,
        "value_before": 4.5,
        "scale_min": 1.0,
        "scale_max": 5.0,
        "period": "2026-02",
    }


def test_periods_of_different_length_are_not_compared() -> None:
    monthly = scores("otif", [97.0])
    yearly = Score(account_ref="A1", metric="otif", period="2026", value=90.0)
    assert score_moments([*monthly, yearly], ACCOUNT, NOW) == ()


def test_a_running_period_counts_from_now() -> None:
    (moment,) = score_moments(scores("otif", [97] * 10 + [90]), ACCOUNT, NOW)
    assert moment.occurred_at == NOW


THREE_A_WEEK = [-7 * week + day for week in range(10, 0, -1) for day in (0, 2.4, 4.8)]


def chain(day: float) -> AccountException:
    start = datetime(2026, 11, 2, 8, tzinfo=UTC)
    return AccountException(f"S{day}", "delay_carrier", start + timedelta(days=day))


@pytest.mark.parametrize(
    ("days", "known_days", "found"),
    [
        ([0, 3, 6.9], 0, 1),
        ([0, 3, 7], 0, 0),
        ([0, 1, 2, 3, 4], 0, 1),
        ([0, 1, 2, 8, 9, 10], 0, 2),
        # three a week is this account's norm
        ([*THREE_A_WEEK, 0, 2.4, 4.8], 100, 0),
        ([*THREE_A_WEEK, 0, 2.4, 4.8, 5], 100, 1),
    ],
)
def test_disruptions(days: list[float], known_days: int, found: int) -> None:
    exceptions = [chain(day) for day in days]
    known_since = chain(min(days)).at - timedelta(days=known_days)
    recent = [
        moment
        for moment in disruption_moments(exceptions, ACCOUNT, known_since)
        if moment.occurred_at >= chain(0).at
    ]
    assert len(recent) == found


def test_a_disruption_goes_to_the_owner_first() -> None:
    (moment,) = disruption_moments([chain(0), chain(1), chain(2)], ACCOUNT, chain(0).at)
    assert moment.moment_id == "AccountDisrupted/A1/2026-11-02"
    assert moment.occurred_at == at("2026-11-04T08:00")
    assert moment.due_at == at("2026-11-04T13:00")
    assert moment.context["exception_count"] == 3
    assert moment.context["exceptions"][0]["shipment_ref"] == "S0"


def test_the_context_of_a_b2b_study() -> None:
    contact = Contact(contact_ref="K1", account_ref="A1", contact_name="Ana", contact_role="buyer")
    claim = Claim(claim_ref="C1", account_ref="A1", claim_opened_at=NOW)
    context = account_context(ACCOUNT, scores("otif", [97.0, 93.5]), [claim], contact)
    assert context == {
        "account_ref": "A1",
        "account_name": "Harbor Foods",
        "owner_name": "J. Lindqvist",
        "renewal_date": "2027-02-01",
        "review_date": "2026-12-05",
        "otif_pct": 93.5,
        "otif_pct_before": 97.0,
        "open_claims": 1,
        "contact_name": "Ana",
        "contact_role": "buyer",
    }
    assert "open_claims" not in account_context(ACCOUNT)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-19T10:00", 1, "2026-11-20T10:00"),
        ("2026-11-20T10:00", 1, "2026-11-23T10:00"),
        ("2026-11-21T10:00", 1, "2026-11-23T10:00"),
        ("2026-11-20T10:00", 5, "2026-11-27T10:00"),
    ],
)
def test_business_days(start: str, days: int, end: str) -> None:
    assert after_business_days(at(start), days, "UTC") == at(end)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-20T10:00", "2026-11-20T14:00"),
        ("2026-11-20T15:00", "2026-11-23T11:00"),
        ("2026-11-20T19:00", "2026-11-23T13:00"),
        ("2026-11-21T10:00", "2026-11-23T13:00"),
        ("2026-11-19T06:00", "2026-11-19T13:00"),
    ],
)
def test_business_hours(start: str, end: str) -> None:
    assert after_business_hours(at(start), 4, "UTC") == at(end)


@pytest.mark.parametrize(
    ("values", "scale", "fall", "dropped"),
    [
        ([96.4, 95.4], None, 1.0, True),  # in points of the metric's own scale
        ([96.4, 95.5], None, 1.0, False),
        ([96.4, 94.0], None, 3.0, False),
        ([0.97, 0.95], (0, 1), 0.03, False),
    ],
)
def test_a_study_says_which_fall_counts(
    values: list[float], scale: tuple[float, float] | None, fall: float, dropped: bool
) -> None:
    found = score_moments(scores("otif", values, scale), ACCOUNT, NOW, {"otif": fall, "nps": 1.0})
    assert bool(found) is dropped
