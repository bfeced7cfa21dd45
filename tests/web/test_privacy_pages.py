"""A person's data given out and erased, by an owner's form and by a key; both are on record."""

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from interviewer.access.keys import new_key
from interviewer.core.book import Contact, Note
from interviewer.ports import Services
from tests.fakes import NOW
from tests.web.test_doors import form_token_of

MAIL = "robin@example.com"


@pytest.fixture
def robin(services: Services) -> None:
    services.store.put(
        [
            Contact(account_ref="A-1", contact_ref="C-1", contact_name="Robin Hale", email=MAIL),
            Note(account_ref="A-1", contact_ref="C-1", text="The dock is closed.", at=NOW),
        ]
    )


def entries(services: Services) -> list[tuple[str, str]]:
    found = [e for e in services.store.audit() if e.what.startswith("person.")]
    assert MAIL not in str(found)
    return [(entry.actor.partition(":")[0], entry.what) for entry in found]


@pytest.mark.usefixtures("robin")
def test_an_owner_gives_out_and_erases(owner: TestClient, services: Services) -> None:
    form = {"form_token": form_token_of(owner), "person": f" {MAIL} "}
    assert "A person&#39;s data" in owner.get("/people").text
    given = owner.post("/people/show", data=form)
    assert given.headers["content-disposition"] == 'attachment; filename="person.json"'
    assert given.json()["note"][0]["text"] == "The dock is closed."

    unsure = owner.post("/people/erase", data=form)
    assert unsure.status_code == 422
    assert services.store.find(Contact)
    erased = owner.post("/people/erase", data={**form, "confirmed": "true"})
    assert erased.status_code == 200
    assert "contact: 1" in erased.text
    assert services.store.find(Contact) == []
    assert services.store.find(Note) == []
    again = owner.post("/people/erase", data={**form, "confirmed": "true"})
    assert "Nothing was left" in again.text

    unknown = owner.post("/people/show", data={**form, "person": "nobody@example.com"})
    assert unknown.status_code == 404
    assert "Nothing is held" in unknown.text
    assert entries(services) == [("user", "person.access"), ("user", "person.erase")]


@pytest.mark.usefixtures("robin")
def test_a_key_of_that_scope_gives_out_and_erases(app: FastAPI, services: Services) -> None:
    key = new_key(services, "privacy desk", ["people", "erasure"])
    client = TestClient(app, headers={"Authorization": f"Bearer {key}"})
    held = client.post("/api/v1/people/show", json={"person": MAIL}).json()
    assert held["tables"]["contact"][0]["contact_name"] == "Robin Hale"
    erased = client.post("/api/v1/people/erase", json={"person": MAIL}).json()
    assert erased["rows"]["note"] == 1
    assert client.post("/api/v1/people/erase", json={"person": MAIL}).json() == {"rows": {}}
    assert client.post("/api/v1/people/show", json={"person": MAIL}).status_code == 404
    assert client.post("/api/v1/people/show", json={"person": ""}).status_code == 422
    assert entries(services) == [("key", "person.access"), ("key", "person.erase")]
