"""From a stored analysis to the book, one account and the customer's copy, for whoever asks."""

import csv
import json
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from analysis import risk
from analysis.book_report import Filter
from analysis.prepare import utterances
from analysis.reviews import reviewed
from analysis.sentences import quote
from analysis.tables import Signal
from interviewer.core.access import User
from interviewer.core.book import (
    Account,
    Action,
    Claim,
    Consent,
    Contact,
    ImportedTranscript,
    Rating,
)
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.findings import account_reports, evidence, report_files
from interviewer.ports import Services
from interviewer.store import AnalysisRun
from tests.fakes import NOW, services_in

SAID = [
    ("We have asked two other carriers for rates.", "competitor"),
    ("The claim from June is still open after three mails.", "unresolved_claim"),
    ("It keeps happening on the same dock every Friday, Joanna.", "recurrence"),
    ("FedEx answers within the hour and you take four days.", "slow_response"),
    ("Your dispatchers are friendly people, all of them.", None),
    ("We ship about four hundred pallets with you a week.", None),
]
MANAGER = User(login="pat@example.com", role="account_manager", password_hash="", created_at=NOW)


@pytest.fixture
def services(tmp_path: Path) -> Services:
    made = services_in(tmp_path)
    put_book(made)
    return made


def put_book(services: Services) -> None:
    """Three accounts: one heard, one that the data speak of, one of somebody else."""
    renewal = NOW.date() + timedelta(days=60)
    services.store.put(
        [
            Account(
                account_ref="A", account_name="Norrland", owner_name="Pat", segment="retail",
                owner_email="pat@example.com", annual_value=9e5, currency="USD",
                renewal_date=renewal,
            ),
            Account(
                account_ref="B", account_name="Silent", owner_name="Pat",
                owner_email="pat@example.com", annual_value=1e5, currency="USD",
                renewal_date=date(2027, 6, 1),
            ),
            Account(account_ref="C", account_name="Other", owner_name="Kim", annual_value=2e5),
            Contact(
                contact_ref="a1", account_ref="A", contact_role="buyer", contact_name="Joanna Ek"
            ),
            Contact(
                contact_ref="a2", account_ref="A", contact_role="finance", email="f@a.example.com"
            ),
            Contact(contact_ref="b1", account_ref="B", contact_role="buyer", phone="+14155550123"),
            Consent(
                address="f@a.example.com", channel="email", status="granted", source="contract",
                at=NOW - timedelta(days=9),
            ),
            Claim(claim_ref="K1", account_ref="B", claim_opened_at=NOW - timedelta(days=70)),
            Rating(account_ref="A", at=NOW, by="Pat", rating="low", why="they smile"),
            Action(
                account_ref="A", what="a second dock door on Fridays", said_at=date(2026, 9, 1),
                owner_name="Pat", due_date=date(2026, 10, 1),
            ),
            ImportedTranscript.read(
                {
                    "id": "i1", "account_ref": "A", "contact_ref": "a1", "contact_role": "buyer",
                    "at": NOW - timedelta(days=5), "language": "en",
                    
                    "turns": [{"speaker": "user", "text": text} for text, _ in SAID],
                }
            ),
        ]
    )  # fmt: skip


def analyze(services: Services, at: datetime = NOW, name: str = "run-1") -> None:
    """A stored run with the signals of `SAID`; nothing has to be loaded for it."""
    book = evidence.read_book(services)
    turns = utterances(book)
    items = [
        Signal(
            signal, "asserted", "stated", 0.95, "detector", "A", "a1", "buyer", turn.at,
            quote(turn, 0, len(turn.text)),
        )
        for turn, (_, signal) in zip(turns, SAID, strict=True)
        if signal
    ]  # fmt: skip
    items = list(reviewed(items, book.reviews, turns))
    risks = [asdict(r) for r in risk.assess(book, turns, items, {}, at.date())]
    memory = {"as_of": at.date().isoformat()}
    services.store.save_run(
        AnalysisRun(name, at, {"base_rate": 0.12}, [], [asdict(i) for i in items], risks,
                    memory, "<p>whole</p>")
    )  # fmt: skip


def test_the_account_manager_sees_what_to_do(services: Services) -> None:
    analyze(services)
    view = account_reports.account(services, "A", MANAGER)
    assert view.band == "high"
    assert view.rating_differs == "Pat rated it low on 2026-09-15; the evidence says high"
    assert [c.contact_ref for c in view.heard] == ["a1"]
    (finance,) = view.unheard
    assert (finance.channel, finance.why_unheard) == ("email", "never invited")
    assert "invoices" in str(finance.question)
    assert abs(sum(r.contribution for r in view.reasons) - view.strength) < 1e-9
    assert view.steps
    shown = [e.quote for r in view.reasons for e in r.evidence]
    assert not any("Joanna" in str(words) for words in shown)


def test_the_book_is_filtered_and_watches_who_was_not_heard(services: Services) -> None:
    analyze(services)
    whole = account_reports.book_of_business(services)
    assert [row.account_ref for row in whole.rows] == ["A"]
    assert [row.account_ref for row in whole.unheard] == ["B", "C"]
    assert [row.account_ref for row in whole.watch] == ["B"]
    assert "claim K1" in whole.watch[0].data_rows[0]
    assert whole.watch[0].next_step
    assert whole.watch[0].next_step.why_unheard == "no consent"
    soon = account_reports.book_of_business(services, Filter(owner="pat", renewal_within=90))
    assert [r.account_ref for r in (*soon.rows, *soon.unheard)] == ["A"]
    own = account_reports.book_of_business(services, user=MANAGER)
    assert {r.account_ref for r in (*own.rows, *own.unheard)} == {"A", "B"}
    with pytest.raises(NotFound):
        account_reports.account(services, "C", MANAGER)


def test_the_customer_sees_own_words_and_nothing_of_risk(services: Services) -> None:
    analyze(services)
    copy = account_reports.for_customer(services, "A")
    assert [label for label, _ in copy.heard] == ["Claims and credits", "What keeps coming back"]
    assert [a.what for a in copy.joint] == ["a second dock door on Fridays"]
    written = report_files.account(services, "A", "html", for_customer=True)
    page = written.text.split("</style>")[1]
    for inside in (
        "carriers for rates",
        "FedEx",
        "risk",
        "band",
        "Elevated",
        "High",
        "buyer",
        "Joanna",
    ):
        assert inside not in page, inside


def test_the_same_data_give_the_same_bytes_in_every_form(
    services: Services, tmp_path: Path
) -> None:
    analyze(services)
    account = partial(report_files.account, services, "A")
    book = partial(report_files.book, services, Filter())
    for form in report_files.FORMS:
        assert account(form).text == account(form).text
        assert book(form).text == book(form).text
    assert json.loads(account("json").text)["trace"]["Run"] == "run-1, 2026-09-15 14:00 UTC"
    out = tmp_path / "book.csv"
    assert report_files.write(out, book) == "1 accounts with a band, 2 without"
    with out.open(encoding="utf-8") as file:
        assert [row["account_ref"] for row in csv.DictReader(file)] == ["A", "B", "C"]
    with pytest.raises(InvalidInput, match=r"\.html"):
        report_files.write(tmp_path / "a.pdf", account)


def test_before_an_analysis_every_account_says_what_to_do(services: Services) -> None:
    view = account_reports.book_of_business(services)
    assert [row.account_ref for row in view.unheard] == ["A", "B", "C"]
    assert "interviewer analyze" in str(view.unheard[0].why_not)
    assert account_reports.account(services, "A").unheard
    with pytest.raises(NotFound):
        account_reports.account(services, "Z")


def test_a_part_of_the_book_has_its_rows_and_the_counts_of_all(services: Services) -> None:
    analyze(services)
    first, second = (account_reports.book_of_business(services, first=n, most=1) for n in (0, 1))
    assert [row.account_ref for row in (*first.rows, *first.unheard)] == ["A"]
    assert [row.account_ref for row in (*second.rows, *second.unheard)] == ["B"]
    assert [row.account_ref for row in first.watch] == ["B"]
    assert second.watch == ()
    assert first.counts == second.counts
    assert [point.account_ref for point in second.points] == ["A"]


def test_what_came_after_the_analysis_is_there(services: Services) -> None:
    analyze(services)
    services.store.put(
        [
            Account(account_ref="D", account_name="New", owner_email="pat@example.com"),
            Claim(claim_ref="K2", account_ref="A", claim_opened_at=NOW + timedelta(days=2)),
        ]
    )
    services.clock.move_to(NOW + timedelta(days=3))  # type: ignore[attr-defined]
    assert "after the newest analysis" in str(account_reports.account(services, "D").why_not)
    view = account_reports.account(services, "A", MANAGER)
    assert (view.days_left, [c.claim_ref for c in view.claims]) == (57, ["K2"])
    assert (view.as_of, view.day) == (NOW.date(), NOW.date() + timedelta(days=3))
