"""The pages of accounts: who sees what, what is recorded there, the reports to keep."""

import csv
import io
import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from interviewer.access.users import add_user
from interviewer.core.book import (
    Account,
    Action,
    Consent,
    Contact,
    Outcome,
    Rating,
    Score,
    SignalReview,
)
from interviewer.findings.report_files import FORMS
from interviewer.outreach import launch
from interviewer.ports import Services
from interviewer.web.doors import DOORS
from tests.fakes import NOW
from tests.findings.test_account_reports import analyze, put_book
from tests.web.conftest import PASSWORD
from tests.web.test_doors import form_token_of, user_with
from tests.web.test_respondent import Link, Page

PERSONAL = ("Joanna", "j.ek@norrland.example.com", "555 0199", "+14155550199", "pat@example.com")
TYPED = "call Joanna Ek on +14155550199 or j.ek@norrland.example.com"


@pytest.fixture
def manager(app: FastAPI, services: Services) -> TestClient:
    """The account manager of A and B, whose book was analyzed."""
    put_book(services)
    analyze(services)
    return logged_in(app, services, "pat@example.com")


def logged_in(app: FastAPI, services: Services, login: str) -> TestClient:
    add_user(services, login, "account_manager", PASSWORD)
    client = TestClient(app, follow_redirects=False)
    assert client.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
    return client


def send(client: TestClient, path: str, **fields: str) -> str:
    """Send a form as the page does; what the page says that comes after it."""
    answer = client.post(path, data={"form_token": form_token_of(client), **fields})
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


# what is shown


def test_the_account_page_shows_what_the_report_says(manager: TestClient) -> None:
    shown, report = (manager.get(f"/accounts/A{end}").text for end in ("", "/report.html"))
    for words in (
        "We have asked two other carriers for rates.",
        "Pat rated it low on 2026-09-15; the evidence says high",
        "Ask what the other provider is better at",
        "Which invoices, claims or credits are still open on your side?",
        "a second dock door on Fridays",
        "never invited",
    ):
        assert words.casefold() in shown.casefold(), words
        assert words.casefold() in report.casefold(), words


@pytest.mark.parametrize(
    ("wanted", "refs"),
    [
        ({}, ["A", "B"]),
        ({"owner": "pat"}, ["A", "B"]),
        ({"segment": "retail"}, ["A"]),
        ({"window": "90"}, ["A"]),
        ({"band": "not_enough_evidence"}, ["B"]),
        ({"owner": "Kim"}, []),
    ],
)
def test_the_book_is_filtered_in_the_page_and_in_the_file(
    manager: TestClient, wanted: dict[str, str], refs: list[str]
) -> None:
    shown = Page(manager.get("/accounts", params=wanted).text).all("a")
    rows = {a["href"].rpartition("/")[2] for a in shown if "data-row" in a}
    assert rows == set(refs)
    kept = csv.DictReader(io.StringIO(manager.get(f"/accounts.csv?{urlencode(wanted)}").text))
    assert [row["account_ref"] for row in kept] == refs


def test_a_long_book_has_pages(owner: TestClient, services: Services) -> None:
    services.store.put([Account(account_ref=f"N{n:03}", account_name=f"No {n}") for n in range(60)])
    pages = [owner.get(f"/accounts?page={n}").text for n in (1, 2, 3)]
    found = [[a for a in Page(page).all("a") if "data-row" in a] for page in pages]
    assert [len(rows) for rows in found] == [50, 10, 0]
    assert "51 to 60 of 60" in pages[1]


def test_scores_are_explained_for_own_accounts_alone(
    manager: TestClient, services: Services
) -> None:
    services.store.put(
        [
            Score(account_ref=ref, metric="otif", period=f"2026-0{month}", value=value)
            for ref in ("A", "C")
            for month, value in ((7, 97.0), (8, 90.0))
        ]
    )
    assert "97 to 90" in manager.get("/scores?account=A").text
    assert manager.get("/scores?account=C").status_code == 404


# the reports


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("copy", ["report", "customer"])
def test_reports_are_files_for_those_who_work_with_the_account(
    app: FastAPI, services: Services, manager: TestClient, owner: TestClient, form: str, copy: str
) -> None:
    path = f"/accounts/A/{copy}.{form}"
    kept = manager.get(path)
    assert kept.headers["content-disposition"] == f'attachment; filename="A-{copy}.{form}"'
    assert owner.get(path).text == kept.text
    assert user_with(app, services, "researcher").get(path).status_code == 200
    assert user_with(app, services, "viewer").get(path).status_code == 403
    other = user_with(app, services, "account_manager")
    missing = other.get(path.replace("/A/", "/Z/")).text
    assert other.get(path).text.replace("/A/", "/Z/") == missing
    logged = {e.about for e in services.store.audit() if e.what == "report.download"}
    assert logged == {"account:A"}
    if form == "json":
        assert json.loads(kept.text)["account_ref"] == "A"
    if copy == "customer":
        for inside in ("carriers for rates", "FedEx", "elevated", "band", "Joanna"):
            assert inside not in kept.text.split("</style>")[-1], inside


# what a person says of evidence


def test_evidence_is_confirmed_rejected_and_taken_back_without_a_script(
    manager: TestClient, services: Services
) -> None:
    def of_competitor(page: str) -> str:
        names = [i["value"] for i in Page(page).all("input") if i.get("name") == "evidence"]
        return next(name for name in names if name.endswith("/competitor"))

    evidence = of_competitor(manager.get("/accounts/A").text)
    shown = send(manager, "/accounts/A/signals", evidence=evidence, verdict="rejected")
    assert "Rejected by pat@example.com" in shown
    assert "Is looking at competitors" in shown  # until the next analysis
    services.clock.move_to(NOW + timedelta(hours=1))  # type: ignore[attr-defined]
    analyze(services, services.clock.now(), "run-2")
    steps = manager.get("/accounts/A").text
    assert "Ask what the other provider is better at" not in steps
    shown = send(manager, "/accounts/A/signals", evidence=evidence, verdict="withdrawn")
    assert "Rejected by" not in shown
    services.clock.move_to(NOW + timedelta(hours=2))  # type: ignore[attr-defined]
    analyze(services, services.clock.now(), "run-3")
    assert "Ask what the other provider is better at" in manager.get("/accounts/A").text
    kept = [review.verdict for review in services.store.find(SignalReview)]
    assert kept == ["rejected", "withdrawn"]


def test_a_word_on_evidence_is_for_who_cares_for_the_account(
    app: FastAPI, services: Services, manager: TestClient
) -> None:
    evidence = "i1:0/0-10/competitor"
    for role, status in (("viewer", 403), ("researcher", 403), ("account_manager", 404)):
        client = user_with(app, services, role)  # type: ignore[arg-type]
        data = {"form_token": form_token_of(client), "evidence": evidence, "verdict": "confirmed"}
        assert client.post("/accounts/A/signals", data=data).status_code == status
    data = {"form_token": form_token_of(manager), "evidence": evidence, "verdict": "perhaps"}
    assert manager.post("/accounts/A/signals", data=data).status_code == 422
    assert services.store.find(SignalReview) == []


# what is recorded


def test_what_is_recorded_is_on_the_page(manager: TestClient, services: Services) -> None:
    added = {"contact_name": "Bo Li", "contact_role": "sponsor", "email": "bo@a.example.com"}
    assert "Bo Li" in send(manager, "/accounts/A/contacts", **added)
    assert "the price" in send(manager, "/accounts/A/rating", rating="high", why="the price")
    ended = {"outcome": "renewed", "decided_at": "2026-09-01", "reason": "they stay"}
    assert "they stay" in send(manager, "/accounts/A/outcome", **ended)
    what = {"what": "weekly calls", "owner_name": "Pat", "due_date": "2026-12-01"}
    assert "weekly calls" in send(manager, "/accounts/A/actions", **what)
    assert "Weekly calls" in manager.get("/accounts/A/customer.html").text
    assert [r.by for r in services.store.find(Rating) if r.why == "the price"] == [
        "pat@example.com"
    ]
    assert [(o.outcome, o.value_before) for o in services.store.find(Outcome)] == [("renewed", 9e5)]


def test_an_action_is_done_and_after_all_it_is_not(manager: TestClient, services: Services) -> None:
    (action,) = services.store.find(Action)
    path = f"/accounts/A/actions/{action.identity}"
    shown = send(manager, f"{path}/done")
    assert "done 2026-09-15" in shown
    undo = [form["action"] for form in Page(shown).all("form") if form["action"].endswith("/open")]
    assert undo == [f"{path}/open"]
    send(manager, undo[0])
    (action,) = services.store.find(Action)
    assert action.done_at is None


def test_somebody_is_added_and_asked_for_a_review_through_the_gate(
    manager: TestClient, services: Services
) -> None:
    added = {
        "contact_name": "Bo Li",
        "contact_role": "sponsor",
        "email": "bo@a.example.com",
        "timezone": "Europe/Oslo",
        "consent_source": "the contract",
    }
    send(manager, "/accounts/A/contacts", **added)
    (bo,) = services.store.find(Contact, contact_name="Bo Li")
    path, ask = "/accounts/A/ask", {"contact_ref": bo.contact_ref}
    refused = manager.post(path, data={"form_token": form_token_of(manager), **ask})
    assert refused.status_code == 422
    assert "launch it first" in refused.text
    launch.go(services, "account-review")
    assert "review interview is planned" in send(manager, path, **ask)
    (invitation,) = services.store.invitations()
    assert (invitation.study, invitation.address) == ("account-review", "bo@a.example.com")
    assert invitation.state == "due"
    assert "mention it in your next call" in manager.get("/accounts/A").text
    assert "already asked today" in send(manager, path, **ask)
    assert len(services.store.invitations()) == 1


def test_the_page_says_why_somebody_was_not_asked(manager: TestClient, services: Services) -> None:
    launch.go(services, "account-review")
    assert "Not planned" in send(manager, "/accounts/A/ask", contact_ref="a2")
    assert "not written to: no time zone is known" in manager.get("/accounts/A").text
    data = {"form_token": form_token_of(manager), "contact_ref": "b1"}
    assert manager.post("/accounts/A/ask", data=data).status_code == 404


def test_who_gave_no_consent_is_not_asked(manager: TestClient, services: Services) -> None:
    launch.go(services, "account-review")
    shown = manager.get("/accounts/B").text
    assert "get consent first" in shown
    send(manager, "/accounts/B/ask", contact_ref="b1")
    assert [i.state for i in services.store.invitations() if i.state == "due"] == []


# who sees what


def test_a_viewer_reads_no_personal_data_on_any_page(
    app: FastAPI, services: Services, visitor: TestClient, owner: TestClient
) -> None:
    put_book(services)
    analyze(services)
    held = Link(services, visitor, account_ref="A", contact_ref="a1", name="Joanna Ek")
    held.post(text=f"Please {TYPED}, the driver never rang, we waited an hour at the dock.")
    services.store.put(
        [
            Contact(
                contact_ref="a1", account_ref="A", contact_role="buyer", contact_name="Joanna Ek",
                email="j.ek@norrland.example.com", phone="+14155550199",
            ),
            Consent(
                address="j.ek@norrland.example.com", channel="email", status="granted",
                source="contract", at=NOW,
            ),
            Rating(account_ref="A", at=NOW, by="pat@example.com", rating="low", why=TYPED),
            Outcome(account_ref="A", decided_at=NOW.date(), outcome="renewed", reason=TYPED),
            Action(account_ref="A", what=TYPED, said_at=NOW.date(), owner_name="Pat"),
        ]
    )  # fmt: skip
    viewer = user_with(app, services, "viewer")
    plain = {
        name.removeprefix("GET ")
        for name, door in DOORS.items()
        if name.startswith("GET ") and "{" not in name and "viewer" in door.roles
    }
    own = {"/", "/accounts/A", "/accounts/B", f"/interviews/{held.interview_id}"}
    more = {"/interviews?q=driver", "/interviews?q=555", "/scores?account=A", "/studies"}
    for path in sorted(plain | own | more):
        page = viewer.get(path).text
        for word in PERSONAL:
            assert word not in page, (path, word)
    clear = owner.get("/accounts/A").text
    assert all(word in clear for word in ("Joanna Ek", "+14155550199", "pat@example.com"))


def test_an_account_manager_reaches_own_accounts_alone(
    app: FastAPI, services: Services, manager: TestClient
) -> None:
    other = logged_in(app, services, "kim@example.com")
    doors = ("", "/report.html", "/customer.csv")
    for path in (f"/accounts/A{end}" for end in doors):
        assert manager.get(path).status_code == 200
        hidden = other.get(path)
        assert hidden.status_code == 404
        assert hidden.text.replace("/A", "/Z") == other.get(path.replace("/A", "/Z")).text
    data = {"form_token": form_token_of(other), "rating": "high", "contact_ref": "a2"}
    for what in ("rating", "ask", "contacts", "outcome", "actions"):
        assert other.post(f"/accounts/A/{what}", data=data).status_code == 404
    for path in ("/accounts", "/accounts.json", "/", "/scores", "/themes"):
        assert "Norrland" not in other.get(path).text
    assert len(services.store.find(Rating)) == 1
