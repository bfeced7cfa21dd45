"""Actions of the network by the respondent's page, the API, and on a case."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from interviewer.core.book import AvailableAction, Shipment
from interviewer.followup import actions, notices
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening, Started
from interviewer.ports import Services
from tests.fakes import NOW, services_in
from tests.web.test_respondent import Page

UNTIL = NOW + timedelta(hours=8)
LISTED = (
    AvailableAction(id="pickup", label="Leave at a pickup point", until=UNTIL),
    AvailableAction(id="map", label="Address page", link="https://my.harbor.example.com/map"),
    AvailableAction(id="other", label="Prize", link="https://evil.example.net/"),
)


@pytest.fixture
def services(tmp_path: Path) -> Services:
    built = services_in(tmp_path)
    ours = replace(built.organization, pages=("my.harbor.example.com",))
    services = replace(built, organization=ours)
    notices.add_destination(services, "tms", "https://tms.example.com/in")
    return services


@pytest.fixture
def started(services: Services) -> Started:
    shipment = Shipment(shipment_ref="S-2", timezone="America/New_York", available_actions=LISTED)
    services.store.put([shipment])
    damaged = {"shipment_ref": "S-2", "exception_code": "damaged", "exception_at": "2026-09-14"}
    opening = Opening(context=damaged)
    return asyncio.run(conversation.start(services, "exception-follow-up", opening))


def offers(page: Page) -> list[dict[str, Any]]:
    return [button for button in page.all("button") if button.get("name") == "action_id"]


def test_the_page_has_a_button_for_each_and_works_without_a_script(
    visitor: TestClient, started: Started
) -> None:
    path = f"/i/{started.token}"
    page = Page(visitor.get(path).text)
    assert [button["value"] for button in offers(page)] == ["pickup"]
    links = [a["href"] for a in page.all("a") if "harbor" in (a.get("href") or "")]
    assert "https://my.harbor.example.com/map" in links
    assert "evil.example.net" not in visitor.get(path).text
    assert "until 15 September, 18:00" in page.texts

    html = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    chosen = visitor.post(f"{path}/actions", data={"action_id": "pickup"}, headers=html)
    assert (chosen.status_code, chosen.headers["location"]) == (303, path)
    page = Page(visitor.get(path).text)
    assert offers(page) == []
    assert "Asked for, not confirmed yet." in page.texts
    assert page.turns == ["interviewer"]  # the question stands as it was

    gone = visitor.post(f"{path}/actions", data={"action_id": "other"}, headers=html)
    assert gone.status_code == 422
    assert "That is not possible any more." in Page(gone.text).texts


def test_the_script_gets_the_state_and_strangers_choose_nothing(
    visitor: TestClient, started: Started, services: Services
) -> None:
    path = f"/i/{started.token}/actions"
    own = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
    strange = {**own, "Sec-Fetch-Site": "cross-site"}
    assert visitor.post(path, data={"action_id": "pickup"}, headers=strange).status_code == 403
    assert services.store.requests() == []
    made = visitor.post(path, data={"action_id": "pickup"}, headers=own)
    assert made.status_code == 201
    assert [one["said"] for one in made.json()["actions"]] == [
        "Asked for, not confirmed yet.",
        None,
    ]
    refused = visitor.post(path, data={"action_id": "other"}, headers=own)
    assert refused.status_code == 422
    assert visitor.post("/i/wrong/actions", data={"action_id": "x"}, headers=own).status_code == 404


def test_the_api_lists_asks_and_answers(api: TestClient, started: Started) -> None:
    base = f"/api/v1/interviews/{started.interview.interview_id}/actions"
    assert [(one["action_id"], one["state"]) for one in api.get(base).json()] == [
        ("pickup", "offered"),
        ("map", "offered"),
    ]
    assert api.post(base, json={"action_id": "map"}).status_code == 403
    made = api.post(base, json={"action_id": "pickup"})
    assert made.status_code == 201
    assert api.post(base, json={"action_id": "pickup"}).json() == made.json()
    place = f"/api/v1/actions/{made.json()['request_id']}"
    assert len(api.get("/api/v1/actions", params={"state": "requested"}).json()) == 1

    said = {"state": "confirmed", "text": "From 16:00."}
    for _ in range(2):
        done = api.post(place, json=said)
        assert (done.status_code, done.json()["state"]) == (200, "confirmed")
    assert api.post(place, json={"state": "refused"}).status_code == 409
    assert api.post("/api/v1/actions/unheard", json=said).status_code == 404
    assert api.post(place, json={"state": "maybe"}).status_code == 422
    assert api.get("/api/v1/actions", params={"state": "requested"}).json() == []
    turns = api.get(f"/api/v1/interviews/{started.interview.interview_id}").json()["turns"]
    assert turns[-1]["text"] == ("Harbor Parcel: Leave at a pickup point is confirmed. From 16:00.")
    assert turns[-1]["move"] == "outcome"


def test_the_case_shows_what_is_possible_and_what_was_asked(
    owner: TestClient, started: Started, services: Services
) -> None:
    own = started.interview.interview_id
    asyncio.run(
        conversation.receive(services, own, "m1", "The box is crushed, I want to talk to a person.")
    )
    (case,) = services.store.cases()
    page = owner.get(f"/cases/{case.case_id}").text
    assert "The network can do now" in page
    assert "They asked for" not in page
    assert "Leave at a pickup point" in page

    other = asyncio.run(
        conversation.start(
            services, "exception-follow-up", Opening(context=started.interview.context)
        )
    )
    actions.choose(services, other.interview.interview_id, "pickup")
    assert "They asked for" in owner.get(f"/cases/{case.case_id}").text
