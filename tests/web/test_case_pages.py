"""The board and the page of a case: who sees what, and what its buttons do."""

import asyncio
import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from interviewer.access.users import add_user
from interviewer.core.access import Role
from interviewer.core.book import Account
from interviewer.followup import notices
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.ports import Services
from tests.web.conftest import PASSWORD
from tests.web.test_respondent import Page

MANAGER = "am@example.com"
PERSON = "I want to talk to a person."


@pytest.fixture
def case_id(services: Services) -> str:
    services.store.put([Account(account_ref="A-1", account_name="Larch", owner_email=MANAGER)])
    return f"{answered(services, PERSON, 'A-1')}.human"


def answered(services: Services, text: str, account: str | None = None) -> str:
    opening = Opening(context={}, account_ref=account)
    started = asyncio.run(conversation.start(services, "delivery-check", opening))
    asyncio.run(conversation.receive(services, started.interview.interview_id, "m1", text))
    return started.interview.interview_id


def logged_in(app: FastAPI, services: Services, login: str, role: Role) -> TestClient:
    add_user(services, login, role, PASSWORD, name="Ann Perez")
    client = TestClient(app)
    client.post("/login", data={"login": login, "password": PASSWORD})
    return client


def press(client: TestClient, case_id: str, button: str, **fields: str) -> str:
    """Send a form of the case's page; the words of the page that answers."""
    page = client.get(f"/cases/{case_id}").text
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token
    sent = client.post(f"/cases/{case_id}/{button}", data={"form_token": token[1], **fields})
    return " ".join(" ".join(Page(sent.text).texts).split())


def test_a_case_is_taken_answered_and_closed_and_each_can_be_undone(
    app: FastAPI, services: Services, case_id: str
) -> None:
    ann = logged_in(app, services, "ann@example.com", "researcher")
    assert "In the hands of ann@example.com" in press(ann, case_id, "take")
    assert "Take the case" in press(ann, case_id, "put-back")
    assert "Depot called" in press(ann, case_id, "notes", text="Depot called")
    assert "Your words are on their way" in press(ann, case_id, "reply", text="I have it.")
    closed = press(ann, case_id, "close", outcome="Replaced", tell="A new one comes on Monday.")
    assert "Resolved in less than a minute" in closed
    assert "A new one comes on Monday." in closed
    assert "Replaced" in ann.get("/cases?state=closed").text
    assert "Close the case" in press(ann, case_id, "reopen")
    (interview,) = services.store.interviews(include_test=True)
    authors = [turn.author for turn in interview.turns if turn.speaker == "agent"]
    assert authors == ["Ann Perez", "Ann Perez"]


def test_words_that_cannot_go_stay_in_the_form(
    app: FastAPI, services: Services, case_id: str
) -> None:
    ann = logged_in(app, services, "ann@example.com", "owner")
    words = "Look at https://example.com/x"
    said = press(ann, case_id, "close", outcome="Replaced", tell=words)
    assert "no allowed link" in said
    assert words in said
    assert services.store.cases()[0].state == "open"


def test_an_account_manager_sees_and_touches_own_cases_alone(
    app: FastAPI, services: Services, case_id: str
) -> None:
    other = f"{answered(services, PERSON)}.human"
    kept = services.store.case(*f"{answered(services, PERSON, 'A-1')}.human".rsplit(".", 1))
    services.store.change_case(
        kept.interview_id, kept.reason, lambda case: case.model_copy(update={"audience": "owner"})
    )
    manager = logged_in(app, services, MANAGER, "account_manager")
    board = manager.get("/cases").text
    assert f"/cases/{case_id}" in board
    own = manager.get(f"/cases/{case_id}").text
    for hidden in (other, kept.case_id):
        assert hidden not in board + own
        assert manager.get(f"/cases/{hidden}").status_code == 404
        token = re.search(r'name="form_token" value="([^"]+)"', own)
        assert token
        for button in ("take", "put-back", "reopen", "notes", "close", "tell", "reply"):
            fields = {"form_token": token[1], "text": "x", "outcome": "x"}
            assert manager.post(f"/cases/{hidden}/{button}", data=fields).status_code == 404
    assert {case.state for case in services.store.cases()} == {"open"}


def test_the_api_tells_and_replies(api: TestClient, services: Services, case_id: str) -> None:
    interview_id = case_id.rpartition(".")[0]
    words = {"by": "ann", "text": "I have it."}
    sent = api.post(f"/api/v1/interviews/{interview_id}/replies", json=words)
    assert (sent.status_code, sent.json()["state"]) == (200, "sent")
    assert api.post(f"/api/v1/interviews/{interview_id}/replies", json=words).status_code == 409
    assert api.post(f"/api/v1/cases/{case_id}/tell", json=words).status_code == 200
    shown = api.get(f"/api/v1/interviews/{interview_id}").json()["turns"][-1]
    assert (shown["role"], shown["author"]) == ("agent", "ann")


@pytest.mark.parametrize(
    ("login", "role", "sees"),
    [
        ("boss@example.com", "owner", True),
        ("ann@example.com", "researcher", False),
        (MANAGER, "account_manager", False),
        ("head@example.com", "account_manager", True),  # the account's second owner
        ("other@example.com", "account_manager", False),
    ],
)
def test_what_is_kept_from_the_manager_is_for_owners_and_the_second_owner(
    app: FastAPI, services: Services, login: str, role: Role, sees: bool
) -> None:
    larch = Account(
        account_ref="A-1",
        account_name="Larch",
        owner_email=MANAGER,
        second_owner_email="head@example.com",
    )
    services.store.put([larch])
    opening = Opening(context={}, account_ref="A-1", contact_ref="C-1")
    started = asyncio.run(conversation.start(services, "account-review", opening))
    told = "Please do not tell my account manager: I want to talk to a person about him."
    asyncio.run(conversation.receive(services, started.interview.interview_id, "m1", told))
    (case,) = services.store.cases()
    assert case.audience == "owner"
    notices.spread(services)  # it gets its owners
    client = logged_in(app, services, login, role)
    assert (client.get(f"/cases/{case.case_id}").status_code == 200) is sees
    assert (f"/cases/{case.case_id}" in client.get("/cases").text) is sees
