"""The route x role matrix: nothing is reachable that should not be, for nobody."""

import re

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from interviewer.access import keys
from interviewer.access.users import add_user
from interviewer.core.access import ROLES, SCOPES, Role, Scope
from interviewer.core.book import Account
from interviewer.ports import Services
from interviewer.web.doors import DOORS, check_doors
from tests.web.conftest import PASSWORD
from tests.web.test_respondent import Link, Page

PASSED = {200, 202, 204, 303, 404, 409, 422}  # the handler ran, or a page sent one on


def doors(**wanted: bool) -> list[str]:
    return [
        name
        for name, door in DOORS.items()
        if all(bool(getattr(door, key)) == value for key, value in wanted.items())
    ]


def call(client: TestClient, name: str, token: str = "") -> int:
    method, _, path = name.partition(" ")
    path = re.sub(r"\{[^}]*\}", "none", path)
    data = {"form_token": token} if method != "GET" and token else None
    json = {} if path.startswith("/api/") and method != "GET" else None
    return client.request(method, path, data=data, json=json).status_code


def user_with(app: FastAPI, services: Services, role: Role) -> TestClient:
    login = f"{role}@example.com"
    add_user(services, login, role, PASSWORD)
    client = TestClient(app, follow_redirects=False)
    assert client.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
    return client


def form_token_of(client: TestClient) -> str:
    hidden = {i["name"]: i.get("value", "") for i in Page(client.get("/").text).all("input")}
    return hidden["form_token"]


def test_a_route_without_a_line_stops_the_start(app: FastAPI) -> None:
    check_doors(app)
    app.router.routes.append(APIRoute("/forgotten", lambda: None))
    with pytest.raises(RuntimeError, match="GET /forgotten"):
        check_doors(app)


def test_nobody_passes_a_door_of_users(visitor: TestClient) -> None:
    for name in doors(everybody=False, roles=True):
        assert call(visitor, name) == 303, name
        assert call(visitor, name, "forged") == 303, name


def test_no_door_of_keys_opens_without_one_of_its_scope(
    visitor: TestClient, app: FastAPI, services: Services
) -> None:
    for name in doors(everybody=False, roles=False):
        assert call(visitor, name) == 401, name
    for scope in SCOPES:
        header = {"Authorization": f"Bearer {keys.new_key(services, scope, [scope])}"}
        client = TestClient(app, headers=header, follow_redirects=False)
        for name in doors(everybody=False, roles=False):
            opened = call(client, name) in PASSED - {303}
            assert opened == (DOORS[name].scope == scope), (scope, name)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_passes_its_doors_and_no_other(app: FastAPI, services: Services, role: Role) -> None:
    client = user_with(app, services, role)
    token = form_token_of(client)
    for name in doors(everybody=False, roles=True):
        if name == "POST /logout":
            continue
        may = role in DOORS[name].roles
        assert (call(client, name, token) in PASSED) == may, name
        if not name.startswith("GET "):
            assert call(client, name, "forged") == 403, name
    for name in doors(everybody=False, roles=False):
        assert call(client, name, token) == 401, name  # a session opens no door of keys


def test_a_key_opens_no_page(app: FastAPI, services: Services) -> None:
    scope: list[Scope] = list(SCOPES)
    header = {"Authorization": f"Bearer {keys.new_key(services, 'all', scope)}"}
    client = TestClient(app, headers=header, follow_redirects=False)
    for name in doors(everybody=False, roles=True):
        assert call(client, name) == 303, name


def account(ref: str, name: str, owner: str) -> Account:
    return Account(account_ref=ref, account_name=name, owner_email=owner)


def test_an_account_manager_of_others_sees_what_does_not_exist(
    app: FastAPI, services: Services, visitor: TestClient
) -> None:
    services.store.put(
        [
            account("A-1", "Ours", "Account_Manager@example.com"),
            account("A-2", "Theirs", "else@example.com"),
        ]
    )
    ours, theirs = (Link(services, visitor, account_ref=ref).interview_id for ref in ("A-1", "A-2"))
    client = user_with(app, services, "account_manager")
    assert client.get(f"/interviews/{ours}").status_code == 200
    hidden, missing = client.get(f"/interviews/{theirs}"), client.get("/interviews/none")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.text.replace(theirs, "none") == missing.text
    page = client.get("/interviews").text
    assert ours in page
    assert theirs not in page
    accounts = client.get("/accounts").text
    assert "Ours" in accounts
    assert "Theirs" not in accounts
    services.store.put([account("A-2", "Theirs", "account_manager@example.com")])
    assert client.get(f"/interviews/{theirs}").status_code == 200
