"""What people add to the reading: ratings, words on evidence, outcomes."""

from datetime import date, timedelta

import pytest

from interviewer.core.book import Outcome
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.findings import account_reports, renewals
from interviewer.ports import Services
from tests.fakes import NOW
from tests.findings.test_account_reports import analyze, services  # noqa: F401 - a fixture


def test_a_rejected_piece_of_evidence_scores_no_more(services: Services) -> None:  # noqa: F811
    analyze(services)
    view = account_reports.account(services, "A")
    evidence = next(e for r in view.reasons for e in r.evidence if r.signal == "competitor")
    renewals.review(services, str(evidence.evidence_id), "rejected", "pat")
    (stored,) = evidence.read_book(services).reviews
    assert (stored.signal, stored.verdict, stored.by) == ("competitor", "rejected", "pat")


@pytest.mark.parametrize("name", ["x", "i1:0/0-900/rfp", "i1:0/4-2/rfp", "i9:0/0-4/rfp"])
def test_a_review_of_no_words_is_refused(services: Services, name: str) -> None:  # noqa: F811
    with pytest.raises(InvalidInput):
        renewals.review(services, name, "confirmed", "pat")


def test_a_rating_is_of_a_known_account_and_a_known_word(services: Services) -> None:  # noqa: F811
    with pytest.raises(NotFound):
        renewals.rate(services, "Z", "high", "pat")
    with pytest.raises(InvalidInput):
        renewals.rate(services, "A", "dire", "pat")


def test_outcomes_are_read_as_they_were_known_and_too_few_calibrate_nothing(
    services: Services,  # noqa: F811
) -> None:
    decided = NOW.date() + timedelta(days=20)
    services.store.put(
        [
            Outcome(account_ref="A", decided_at=decided, outcome="churned", value_before=9e5),
            Outcome(account_ref="B", decided_at=date(2026, 9, 1), outcome="renewed"),
        ]
    )
    analyze(services, NOW + timedelta(days=30))
    made = renewals.fit(services)
    card = dict(made.card)
    assert made.model.stage_ == "prior"
    assert (card["outcomes"], card["lost"]) == ("2", "1")
    assert card["AUROC"] == "not enough outcomes (1 lost of 10)"
    assert card["without a band"] == "2 of 2"
    assert made.left_out[0].startswith("A: 4 statements of 2026-09-10 to 2026-09-10, less than 30")
