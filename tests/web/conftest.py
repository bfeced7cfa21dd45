"""A real installation behind its real application, called in-process."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from interviewer.access.keys import new_key
from interviewer.access.users import add_user
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.web.app import create_app
from tests.fakes import services_in

LOGIN = "ann@example.com"
PASSWORD = "correct horse battery"


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        database_url=f"sqlite:///{tmp_path / 'test.db'}", secret=SecretStr("of-this-test" * 3)
    )


@pytest.fixture
def app(services: Services, settings: Settings) -> FastAPI:
    return create_app(services, settings)


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    """Somebody without key and session."""
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def api(app: FastAPI, services: Services) -> TestClient:
    """Somebody with a key."""
    headers = {"Authorization": f"Bearer {new_key(services, 'tests')}"}
    return TestClient(app, headers=headers, follow_redirects=False)


@pytest.fixture
def owner(app: FastAPI, services: Services) -> TestClient:
    """Somebody who logged in."""
    add_user(services, LOGIN, "owner", PASSWORD)
    client = TestClient(app, follow_redirects=False)
    assert client.post("/login", data={"login": LOGIN, "password": PASSWORD}).status_code == 303
    return client
