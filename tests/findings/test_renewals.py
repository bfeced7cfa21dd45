"""What people add to the reading: ratings, words on evidence, outcomes."""

from datetime import date, timedelta

import pytest

from analysis.account_report import Evidence
from interviewer.core.book import Outcome, SignalReview
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.findings import account_reports, accounts, evidence, renewals
from interviewer.ports import Services
from tests.fakes import NOW
from tests.findings.test_account_reports import MANAGER, analyze, services  # noqa: F401 - a fixture


def evidence_of(services: Services, signal: str) -> Evidence:  # noqa: F811
    view = account_reports.account(services, "A")
    return next(e for r in view.reasons for e in r.evidence if r.signal == signal)


def test_the_last_word_on_evidence_counts_until_it_is_taken_back(
    services: Services,  # noqa: F811
) -> None:
    analyze(services)
    name = str(evidence_of(services, "competitor").evidence_id)
    for number, verdict in enumerate(("confirmed", "rejected", "withdrawn"), 1):
        services.clock.move_to(NOW + timedelta(minutes=number))  # type: ignore[attr-defined]
        accounts.review(services, MANAGER, name, verdict, by="pat", actor="user:pat")
        shown = evidence_of(services, "competitor").review
        said = [(r.signal, r.verdict, r.by) for r in evidence.read_book(services).reviews]
        if verdict == "withdrawn":
            assert (shown, said) == (None, [])
        else:
            assert shown
            assert shown.verdict == verdict
            assert said[-1] == ("competitor", verdict, "pat")
    assert len(services.store.find(SignalReview)) == 3


@pytest.mark.parametrize("name", ["x", "i1:0/0-900/rfp", "i1:0/4-2/rfp", "i9:0/0-4/rfp"])
def test_a_review_of_no_words_is_refused(services: Services, name: str) -> None:  # noqa: F811
    with pytest.raises(InvalidInput):
        accounts.review(services, None, name, "confirmed", by="pat", actor="cli")


def test_words_of_another_account_are_not_there(services: Services) -> None:  # noqa: F811
    analyze(services)
    name = str(evidence_of(services, "competitor").evidence_id)
    other = MANAGER.model_copy(update={"login": "kim@example.com"})
    with pytest.raises(NotFound):
        accounts.review(services, other, name, "rejected", by="kim", actor="user:kim")


def test_a_rating_is_of_a_known_account_and_a_known_word(services: Services) -> None:  # noqa: F811
    for ref, rating, error in (("Z", "high", NotFound), ("A", "dire", InvalidInput)):
        with pytest.raises(error):
            accounts.rate(services, None, ref, {"rating": rating, "by": "pat"}, actor="cli")


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
    assert made.stage == "prior"
    assert (card["outcomes"], card["lost"]) == ("2", "1")
    assert card["AUROC"] == "not enough outcomes (1 lost of 10)"
    assert card["without a band"] == "2 of 2"
    assert made.left_out[0].startswith("A: 4 statements of 2026-09-10 to 2026-09-10, less than 30")
