"""Pages of themes and accounts: who reads what, decisions and their undo, wrong input."""

from urllib.parse import quote

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from interviewer.core.book import Account, Contact, Rating, ThemeDecision, ThemeNote
from interviewer.ports import Services
from tests.web.test_api import analyzed
from tests.web.test_doors import form_token_of, user_with

IN_CONFIDENCE = "our manager never answers"


def test_without_an_analysis_the_page_says_what_to_do(owner: TestClient) -> None:
    assert "interviewer analyze" in owner.get("/themes").text
    assert owner.get("/themes/t1").status_code == 404


def test_words_in_confidence_are_for_owners_alone(
    owner: TestClient, app: FastAPI, services: Services
) -> None:
    analyzed(services)
    viewer = user_with(app, services, "viewer")
    for path in ("/themes/t1", "/accounts/ACME"):
        assert IN_CONFIDENCE in owner.get(path).text
        shown = viewer.get(path).text
        assert "nobody calls us back" in shown
        assert IN_CONFIDENCE not in shown
        assert "for owners only" in shown


def test_an_account_manager_of_others_finds_no_account_and_no_theme(
    app: FastAPI, services: Services
) -> None:
    analyzed(services)
    client = user_with(app, services, "account_manager")
    token = form_token_of(client)
    for path in ("/accounts/ACME", "/themes/t1"):
        assert client.get(path).status_code == 404
    data = {"form_token": token, "rating": "high"}
    assert client.post("/accounts/ACME/rating", data=data).status_code == 404
    assert services.store.find(Rating) == []


def test_a_reference_with_a_slash_has_its_page(owner: TestClient, services: Services) -> None:
    analyzed(services)
    path = f"/accounts/{quote('N/A 7', safe='')}"
    assert path in owner.get("/accounts").text.replace("%2f", "%2F")
    assert "not enough evidence" in owner.get(path).text


@pytest.mark.parametrize(
    ("door", "data", "says"),
    [
        ("rating", {"rating": "awful"}, "rating"),
        ("outcome", {"outcome": "renewed", "decided_at": "2999-01-01"}, "decided_at"),
        ("contacts", {"contact_name": "Dana"}, "email"),
        ("actions", {"what": ""}, "what"),
    ],
)
def test_wrong_input_names_its_field_and_stores_nothing(
    owner: TestClient, services: Services, door: str, data: dict[str, str], says: str
) -> None:
    services.store.put([Account(account_ref="A")])
    answer = owner.post(f"/accounts/A/{door}", data={"form_token": form_token_of(owner), **data})
    assert answer.status_code == 422
    assert f"{says}: " in answer.text
    assert services.store.find(Contact) == []


def test_a_note_is_stored_with_who_wrote_it(owner: TestClient, services: Services) -> None:
    analyzed(services)
    data = {"form_token": form_token_of(owner), "text": "Moved the slots", "owner": "Ben"}
    assert owner.post("/themes/t1/notes", data=data).status_code == 303
    (note,) = services.store.find(ThemeNote)
    assert (note.by, note.text, note.owner) == ("ann@example.com", "Moved the slots", "Ben")
    assert "Moved the slots" in owner.get("/themes/t1").text


def test_the_spreadsheet_runs_no_formula(owner: TestClient, services: Services) -> None:
    analyzed(services)
    data = {"form_token": form_token_of(owner), "owner": "=1+1"}
    owner.post("/themes/t1/notes", data=data)
    shown = owner.get("/themes.csv")
    assert shown.headers["content-type"].startswith("text/csv")
    assert ",'=1+1" in shown.text
    assert services.store.find(ThemeDecision) == []


def test_a_viewer_reads_notes_without_personal_data(
    owner: TestClient, app: FastAPI, services: Services
) -> None:
    analyzed(services)
    typed = "told Dana Fox on +14155550199 and d.fox@acme.example.com"
    data = {"form_token": form_token_of(owner), "text": typed}
    owner.post("/themes/t1/notes", data=data)
    assert typed in owner.get("/themes/t1").text
    shown = user_with(app, services, "viewer").get("/themes/t1").text
    assert "told" in shown
    for word in ("+14155550199", "d.fox@acme.example.com", "ann@example.com"):
        assert word not in shown
