"""The list of interviews with its search, and transcripts: what is hidden, and from whom."""

import csv
import io

from fastapi import FastAPI
from starlette.testclient import TestClient

from interviewer.core.access import Role
from interviewer.core.book import Account, Contact
from interviewer.core.interview import Turn
from interviewer.ports import Services
from tests.web.test_doors import form_token_of, user_with
from tests.web.test_respondent import Link, Page

SAID = "I am Ann Miller, call 415-555-0123. The loading dock was shut. =1+1"


def answered(services: Services, visitor: TestClient, said: str = SAID, **opening: str) -> Link:
    link = Link(services, visitor, **opening)
    link.post(text=said)
    return link


def test_a_search_finds_answers_and_hides_who_said_them(
    app: FastAPI, services: Services, visitor: TestClient
) -> None:
    services.store.put([Contact(account_ref="A-1", contact_ref="C-1", contact_name="Zoltan Quux")])
    found = answered(services, visitor, f"{SAID} Quux", contact_ref="C-1", account_ref="A-1")
    other = answered(services, visitor, "All fine here.")
    owner = user_with(app, services, "owner")
    page = owner.get("/interviews", params={"q": '"loading dock"'}).text
    assert found.interview_id in page
    assert other.interview_id not in page
    assert "The loading dock was shut" in page
    assert "1 interview, newest first" in page
    for personal in ("Miller", "0123", "Quux"):
        assert personal not in page
    assert "words that are hidden here" in owner.get("/interviews?q=quux").text


def test_a_viewer_cannot_ask_whether_somebody_is_named(
    app: FastAPI, services: Services, visitor: TestClient
) -> None:
    link = answered(services, visitor)
    viewer = user_with(app, services, "viewer")
    named = viewer.get("/interviews?q=miller").text
    assert link.interview_id not in named
    assert "No interview fits" in named
    shown = viewer.get("/interviews?q=dock").text
    assert link.interview_id in shown
    assert "1 interview" not in shown
    assert viewer.get("/interviews.csv").status_code == 403


def test_a_transcript_is_read_in_clear_once_for_a_purpose_and_logged(
    app: FastAPI, services: Services, visitor: TestClient
) -> None:
    services.store.put([Account(account_ref="A-1", account_name="A", owner_email="x@y.example")])
    link = answered(services, visitor, name="Ann Miller", account_ref="A-1")
    path = f"/interviews/{link.interview_id}"
    wanted: dict[Role, int] = {"owner": 200, "researcher": 200, "account_manager": 404}
    for role, status in {**wanted, "viewer": 403}.items():
        client = user_with(app, services, role)  # type: ignore[arg-type]
        token = form_token_of(client)
        hidden = client.get(path)
        assert hidden.status_code == (404 if role == "account_manager" else 200)
        assert "0123" not in hidden.text
        refused = client.post(f"{path}/clear", data={"form_token": token, "purpose": "fun"})
        assert refused.status_code == (403 if role == "viewer" else 422)
        shown = client.post(f"{path}/clear", data={"form_token": token, "purpose": "case"})
        assert shown.status_code == status
        assert ("415-555-0123" in shown.text) is (status == 200)
        assert "0123" not in client.get(path).text
    read = [e for e in services.store.audit() if e.what == "transcript.read_in_clear"]
    assert [(e.actor, e.about, e.detail) for e in read] == [
        (f"user:{role}@example.com", f"interview:{link.interview_id}", {"purpose": "case"})
        for role in ("owner", "researcher")
    ]


def test_the_list_leaves_as_a_table_that_no_spreadsheet_runs(
    app: FastAPI, services: Services, visitor: TestClient
) -> None:
    services.store.put(
        [Account(account_ref="A-1", account_name="A", owner_email="account_manager@example.com")]
    )
    own = answered(services, visitor, "=HYPERLINK(1) by Ann Miller", account_ref="A-1")
    answered(services, visitor, "Not theirs.", account_ref="A-2")
    manager = user_with(app, services, "account_manager")
    answer = manager.get("/interviews.csv?study=exception-follow-up")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["interview_id"] == own.interview_id
    assert row["said"].startswith("'=HYPERLINK(1) by <NAME")
    (entry,) = [e for e in services.store.audit() if e.what == "interviews.export"]
    assert (entry.actor, entry.detail) == ("user:account_manager@example.com", {"by": "study"})


def test_filters_are_links_that_keep_each_other(
    app: FastAPI, services: Services, visitor: TestClient
) -> None:
    for _ in range(2):
        answered(services, visitor)
    Link(services, visitor, language="de")
    owner = user_with(app, services, "owner")
    links = [a["href"] for a in Page(owner.get("/interviews?q=dock").text).all("a")]
    assert "/interviews?q=dock&days=7" in links
    german = owner.get("/interviews?language=de").text
    assert "1 interview, newest first" in german
    assert "/interviews?language=de&case=yes" in [a["href"] for a in Page(german).all("a")]
    assert owner.get("/interviews?since=then").status_code == 422
    assert "No interview fits" in owner.get("/interviews?until=2020-01-01").text


def test_a_transcript_leads_to_those_beside_it_and_to_its_case(
    app: FastAPI, services: Services, visitor: TestClient
) -> None:
    first, second, third = (answered(services, visitor, "It came smashed.") for _ in range(3))
    owner = user_with(app, services, "owner")
    page = Page(owner.get(f"/interviews/{second.interview_id}?q=smashed").text)
    beside = {a["rel"]: a["href"] for a in page.all("a") if "rel" in a}
    ids = sorted(link.interview_id for link in (first, second, third))
    middle = ids.index(second.interview_id)
    expected = {}
    if middle < 2:
        expected["prev"] = f"/interviews/{ids[middle + 1]}?q=smashed"
    if middle > 0:
        expected["next"] = f"/interviews/{ids[middle - 1]}?q=smashed"
    assert beside == expected
    assert "Case:" in page.texts


def test_what_is_kept_back_is_not_found_by_who_may_not_read_it(
    app: FastAPI, services: Services, visitor: TestClient
) -> None:
    services.store.put(
        [Account(account_ref="A-1", account_name="A", owner_email="account_manager@example.com")]
    )
    link = Link(services, visitor, account_ref="A-1")
    stored = link.stored
    kept = Turn(
        seq=len(stored.turns),
        speaker="respondent",
        text="Our manager is useless.",
        at=stored.opened_at,
        language="en",
        audience="owner",
    )
    services.store.save_interview(stored.add(kept))
    found = {
        role: link.interview_id in user_with(app, services, role).get("/interviews?q=useless").text  # type: ignore[arg-type]
        for role in ("owner", "researcher", "account_manager", "viewer")
    }
    assert found == {
        "owner": True,
        "researcher": False,
        "account_manager": False,
        "viewer": False,
    }
