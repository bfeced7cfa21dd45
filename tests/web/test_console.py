"""The owner's pages: who gets in, what they show, what they say when there is nothing."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from interviewer.clock import StoryClock
from interviewer.core.book import Account
from interviewer.ports import Services
from interviewer.store import InboxEvent
from interviewer.web import throttle
from tests.web.conftest import LOGIN, PASSWORD
from tests.web.test_api import analyzed
from tests.web.test_respondent import MARKUP, Link, Page

PAGES = ["/interviews", "/interviews/none", "/cases", "/accounts", "/reports", "/reports/none"]


def log_in(client: TestClient, password: str = PASSWORD, **fields: str) -> int:
    return client.post("/login", data={"login": LOGIN, "password": password, **fields}).status_code


def test_without_a_password_the_page_says_how_to_set_one(visitor: TestClient) -> None:
    home = visitor.get("/")
    assert "interviewer user add" in home.text
    assert Page(home.text).all("form") == []
    assert log_in(visitor, "") == log_in(visitor, "anything") == 403


@pytest.mark.parametrize("path", PAGES)
def test_without_a_session_there_is_the_login_page_alone(
    owner: TestClient, visitor: TestClient, services: Services, path: str
) -> None:
    Link(services, visitor)
    home = visitor.get("/")
    assert home.status_code == 200
    assert Page(home.text).all("table") == []
    assert "delivery-check" not in home.text
    for headers in ({}, {"Cookie": "session=wrong"}):
        sent = visitor.get(path, headers=headers)
        assert (sent.status_code, sent.headers["location"]) == (303, f"/?next={path}")


def test_the_cookie_is_kept_from_scripts_and_other_sites(owner: TestClient) -> None:
    set_cookie = owner.post("/login", data={"login": LOGIN, "password": PASSWORD}).headers[
        "set-cookie"
    ]
    name, _, rest = set_cookie.partition("=")
    assert name == "session"
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(rest.split("; "))


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(
    owner: TestClient, app: FastAPI
) -> None:
    client = TestClient(app, base_url="https://feedback.example.com", follow_redirects=False)
    answer = client.post("/login", data={"login": LOGIN, "password": PASSWORD})
    assert answer.headers["set-cookie"].startswith("__Host-session=")
    assert "Secure" in answer.headers["set-cookie"].split("; ")
    assert "Domain" not in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers
    assert client.get("/interviews").status_code == 200


@pytest.mark.parametrize(
    ("asked", "goes_to"),
    [
        ("/interviews?page=2", "/interviews?page=2"),
        ("//evil.example.com", "/"),
        ("/\\evil.example.com", "/"),
        ("https://evil.example.com", "/"),
        ("/a\r\nSet-Cookie: b=c", "/"),
        ("", "/"),
    ],
)
def test_after_the_login_one_stays_on_this_site(
    owner: TestClient, asked: str, goes_to: str
) -> None:
    answer = owner.post("/login", data={"login": LOGIN, "password": PASSWORD, "next": asked})
    assert answer.headers["location"] == goes_to


def test_a_wrong_password_is_told_and_throttled(owner: TestClient, visitor: TestClient) -> None:
    tries = throttle.LOGIN.limits[0].amount
    assert [log_in(visitor, "wrong") for _ in range(tries)] == [403] * tries
    assert log_in(visitor) == 429


def test_a_login_from_another_site_is_refused(owner: TestClient, visitor: TestClient) -> None:
    answer = visitor.post(
        "/login",
        data={"login": LOGIN, "password": PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_logging_out_needs_the_form_and_ends_the_session(owner: TestClient) -> None:
    hidden = {i["name"]: i["value"] for i in Page(owner.get("/").text).all("input")}
    assert owner.post("/logout", data={"form_token": "wrong"}).status_code == 403
    assert owner.post("/logout").status_code == 403
    assert owner.get("/interviews").status_code == 200
    stolen = owner.cookies["session"]
    assert owner.post("/logout", data=hidden).status_code == 303
    assert owner.get("/interviews", headers={"Cookie": f"session={stolen}"}).status_code == 303


def test_empty_pages_say_what_to_do_next(owner: TestClient) -> None:
    steps = {
        "/": "Be interviewed yourself",
        "/studies": "No study is live",
        "/interviews": "interviewer study launch",
        "/cases": "No case",
        "/accounts": "interviewer import accounts",
        "/reports": "interviewer analyze",
    }
    for path, step in steps.items():
        shown = owner.get(path)
        assert shown.status_code == 200
        assert step in shown.text
        assert 'aria-current="page"' in shown.text


def test_studies_and_interviews_are_listed(
    owner: TestClient, visitor: TestClient, services: Services
) -> None:
    link = Link(services, visitor)
    link.post(text="The box came smashed.")
    assert "/studies/exception-follow-up" in owner.get("/studies").text
    listed = owner.get("/interviews").text
    assert f"/interviews/{link.interview_id}" in listed
    assert "S-2" in listed
    assert link.interview_id not in owner.get("/interviews?study=delivery-check").text


def test_interviews_are_paged_newest_first(
    owner: TestClient, visitor: TestClient, services: Services
) -> None:
    clock = services.clock
    assert isinstance(clock, StoryClock)
    made = []
    for _ in range(51):
        clock.move_to(clock.now() + timedelta(minutes=1))
        made.append(Link(services, visitor).interview_id)
    found = r'/interviews/(id-\d+)"'
    first = owner.get("/interviews").text
    assert re.findall(found, first) == made[:0:-1]
    assert "51 interviews" in first
    older = next(a["href"] for a in Page(first).all("a") if a.get("rel") == "next")
    second = owner.get(older or "").text
    assert re.findall(found, second) == made[:1]
    assert "Older" not in second
    newer = next(a["href"] for a in Page(second).all("a") if a.get("rel") == "prev")
    assert re.findall(found, owner.get(newer or "").text) == made[:0:-1]
    assert "no more" in owner.get(f"/interviews?before={made[0]}").text


def test_a_transcript_shows_reading_and_decision_per_turn(
    owner: TestClient, visitor: TestClient, services: Services
) -> None:
    link = Link(services, visitor)
    link.post(text="It came smashed & late. <b>")
    shown = Page(owner.get(f"/interviews/{link.interview_id}").text)
    said = " ".join(" ".join(shown.texts).split())
    answer = link.stored.answers[0]
    assert answer.reading is not None
    assert answer.decision is not None
    assert "It came smashed & late. <b>" in shown.texts
    assert f"read by offline answer {answer.reading.specificity}" in said
    assert f"because {answer.decision.reason.replace('_', ' ')}" in said
    assert "worded by template" in said
    (case,) = services.store.cases()
    assert f"/cases/{case.case_id}" in owner.get("/cases").text
    assert "It came smashed & late. <b>" in Page(owner.get(f"/cases/{case.case_id}").text).texts


@pytest.mark.parametrize("text", MARKUP)
def test_nothing_from_outside_becomes_markup(
    owner: TestClient, visitor: TestClient, services: Services, text: str
) -> None:
    paths = ["/", "/cases", "/accounts"]
    services.store.put([Account(account_ref="A-1", account_name="A")])
    services.store.add_to_inbox([InboxEvent("api", "e", "{}", services.clock.now(), error="why")])
    plain = Link(services, visitor)
    plain.post(text="The box came smashed.")
    tags = [[t for t, _ in Page(owner.get(path).text).tags] for path in paths]
    services.store.put([Account(account_ref="A-1", account_name=text, owner_name=text)])
    marked = Link(services, visitor, name=text, context={"shipment_ref": text, text: text})
    marked.post(text=f"The box came smashed. {text}")
    found = [
        (tag, attributes)
        for path in [*paths, "/interviews", f"/interviews/{marked.interview_id}"]
        for tag, attributes in Page(owner.get(path).text).tags
    ]
    assert {"img", "b"} & {tag for tag, _ in found} == set()
    assert {a["src"] for tag, a in found if tag == "script"} == {"/static/console.js"}
    assert [t for t, _ in Page(owner.get("/accounts").text).tags] == tags[2]
    for path in ("/accounts", f"/interviews/{marked.interview_id}"):
        assert "https://evil.example.com" not in [
            a["href"] for a in Page(owner.get(path).text).all("a")
        ]


def test_events_that_were_held_back_are_shown(owner: TestClient, services: Services) -> None:
    services.store.add_to_inbox(
        [InboxEvent("api", "tms/ev-9", "{}", services.clock.now(), error="type: is none of ours")]
    )
    assert "1 events could not be read" in owner.get("/").text


def test_accounts_and_reports(owner: TestClient, services: Services) -> None:
    analyzed(services)
    accounts = owner.get("/accounts").text
    assert accounts.index("ACME") < accounts.index("N/A 7")
    assert 'class="tag elevated"' in accounts
    assert "/reports/r1" in owner.get("/reports").text


def test_a_report_is_served_as_it_was_made_and_shut_off(
    owner: TestClient, services: Services
) -> None:
    analyzed(services)
    report = owner.get("/reports/r1")
    assert report.text == "<p>report</p>"
    policy = report.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "sandbox allow-scripts" in policy
    assert "allow-same-origin" not in policy


def test_what_is_not_there_is_a_page_for_a_browser(owner: TestClient) -> None:
    for path in ("/interviews/none", "/reports/none", "/nowhere"):
        missing = owner.get(path, headers={"Accept": "text/html"})
        assert missing.status_code == 404
        assert missing.headers["content-type"].startswith("text/html")
        assert "<h1>Not Found</h1>" in missing.text
