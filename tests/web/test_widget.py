"""The widget's doors: who may embed a study, and whose word counts on whose delivery it is."""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from interviewer.core.errors import InvalidInput, NotFound
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.web import throttle
from interviewer.web.pages import TEMPLATES
from interviewer.web.widget import allow, rotate, sign, signing_secret
from tests.web.test_respondent import Page

STATIC = TEMPLATES.parent / "static"
SHOP = "https://shop.example.com"
LOADER_LIMIT, APP_LIMIT = 3 * 1024, 20 * 1024  # bytes, gzip -9

Begin = Callable[..., Any]


@pytest.fixture
def begin(services: Services, settings: Settings, visitor: TestClient) -> Begin:
    """Begin an interview as the frame does, with the host's signature."""

    def begun(context: Any = None, study: str = "delivery-check", **body: Any) -> Any:
        text = context if isinstance(context, str) else json.dumps(context or {})
        return visitor.post(f"/widget/{study}", json={"context": text, **body})

    allow(services, "delivery-check", [SHOP])
    allow(services, "account-renewal", [SHOP])
    return begun


@pytest.fixture
def signed(services: Services, settings: Settings) -> Callable[..., dict[str, str]]:
    def body(context: dict[str, Any], study: str = "delivery-check", generation: int = 1) -> Any:
        at = services.clock.now().isoformat()
        text = json.dumps({"signed_at": at, **context})
        return {
            "context": text,
            "signature": sign(signing_secret(settings, study, generation), text),
        }

    return body


def packed(*names: str) -> int:
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in names)


def test_loader_and_app_stay_small() -> None:
    assert packed("widget.js") <= LOADER_LIMIT
    assert packed("chat.js", "theme.js", "chat.css") <= APP_LIMIT


def test_the_loader_may_be_loaded_from_anywhere(visitor: TestClient) -> None:
    loader = visitor.get("/widget.js")
    assert loader.headers["content-type"].startswith("text/javascript")
    assert loader.headers["cross-origin-resource-policy"] == "cross-origin"
    assert loader.headers["content-encoding"] == "gzip"


def test_only_allowed_pages_may_frame_a_study(visitor: TestClient, begin: Begin) -> None:
    framed = visitor.get("/widget/delivery-check", params={"origin": SHOP})
    assert framed.status_code == 200
    assert f"frame-ancestors {SHOP}" in framed.headers["content-security-policy"]
    for path, origin in (
        ("delivery-check", "https://evil.example.com"),
        ("delivery-check", ""),
        ("claim-closed", SHOP),
        ("nothing", SHOP),
    ):
        refused = visitor.get(f"/widget/{path}", params={"origin": origin})
        assert refused.status_code == 404, (path, origin)
        assert "frame-ancestors 'none'" in refused.headers["content-security-policy"]


def test_a_frame_is_painted_as_the_host_asks_and_takes_no_markup(
    visitor: TestClient, begin: Begin
) -> None:
    asked = {"origin": SHOP, "color": "#0A7d55", "theme": "dark", "mode": "inline", "lang": "es"}
    (root,) = Page(visitor.get("/widget/delivery-check", params=asked).text).all("html")
    assert root == {
        "lang": "es", "data-theme": "dark", "data-color": "0a7d55", "data-mode": "inline",
    }  # fmt: skip
    forged = {"origin": SHOP, "color": '"><script>'}
    (root,) = Page(visitor.get("/widget/delivery-check", params=forged).text).all("html")
    assert root["data-color"] == ""
    assert (
        visitor.get("/widget/delivery-check", params={"origin": SHOP, "mode": "x"}).status_code
        == 422
    )


def test_looking_at_a_frame_begins_nothing(
    visitor: TestClient, services: Services, begin: Begin
) -> None:
    visitor.get("/widget/delivery-check", params={"origin": SHOP})
    assert services.store.interviews() == []
    begun = begin({"delivered_at": "2026-09-14"})
    assert begun.status_code == 201
    body = begun.json()
    (turn,) = body["state"]["turns"]
    assert "Monday" in turn["text"]
    answer = {"message_id": "m1", "text": "It was left in the rain."}
    assert visitor.post(f"{body['path']}/messages", json=answer).status_code == 200
    (interview,) = services.store.interviews()
    assert interview.answers[0].text == answer["text"]


@pytest.mark.parametrize(
    "key", ["account_ref", "shipment_ref", "contact_ref", "claim_ref", "account_name", "brand"]
)
def test_a_page_cannot_say_whose_it_is(begin: Begin, services: Services, key: str) -> None:
    refused = begin({key: "A-1"})
    assert refused.status_code == 403
    assert f"context.{key} needs the signature" in refused.json()["detail"]
    assert services.store.interviews() == []


def test_the_host_s_server_can(begin: Begin, services: Services, signed: Any) -> None:
    context = {"account_ref": "A-1", "contact_ref": "C-1", "contact_name": "Ann"}
    assert begin(study="account-renewal", **signed(context, "account-renewal")).status_code == 201
    (interview,) = services.store.interviews()
    assert (interview.account_ref, interview.contact_ref) == ("A-1", "C-1")
    assert "signed_at" not in interview.context


def test_a_wrong_old_or_foreign_signature_is_refused(
    begin: Begin, services: Services, signed: Any
) -> None:
    good = signed({"account_ref": "A-1"})
    past = services.clock.now() - timedelta(hours=25)
    refused = [
        {**good, "context": good["context"].replace("A-1", "A-2")},
        {**good, "signature": "0" * 64},
        signed({"account_ref": "A-1"}, "account-renewal"),  # of another study
        signed({"account_ref": "A-1", "signed_at": past.isoformat()}),
        signed({"account_ref": "A-1", "signed_at": "soon"}),
        signed({"account_ref": "A-1"}, generation=2),  # not made yet
    ]
    assert {begin(**body).status_code for body in refused} == {403}
    assert begin(study="account-renewal").status_code == 403, "a B2B study is always signed"
    assert begin("[1]").status_code == 422
    assert begin({"late": {"deep": 1}}).status_code == 422
    assert services.store.interviews() == []


def test_a_rotated_secret_is_taken_once_more(begin: Begin, services: Services, signed: Any) -> None:
    rotate(services, "delivery-check")
    for generation, status in ((1, 201), (2, 201)):
        body = signed({"account_ref": "A-1"}, generation=generation)
        assert begin(**body).status_code == status
    rotate(services, "delivery-check")
    assert begin(**signed({"account_ref": "A-1"})).status_code == 403


def test_without_a_secret_of_its_own_an_installation_signs_nothing() -> None:
    with pytest.raises(InvalidInput, match="INTERVIEWER_SECRET"):
        signing_secret(Settings(secret=SecretStr("short")), "delivery-check", 1)


@pytest.mark.parametrize(
    "origin",
    [
        "shop.example.com",
        "http://shop.example.com",
        f"{SHOP}/",
        f"{SHOP}/a",
        "*",
        "https://",
        "null",
    ],
)
def test_what_is_no_origin_is_not_allowed(services: Services, origin: str) -> None:
    with pytest.raises(InvalidInput):
        allow(services, "delivery-check", [origin])


def test_a_study_that_is_not_there_cannot_be_embedded(services: Services) -> None:
    with pytest.raises(NotFound):
        allow(services, "nothing", [SHOP])
    allow(services, "delivery-check", ["http://localhost:8080"])
    assert services.store.widget("delivery-check").origins == ["http://localhost:8080"]


def test_beginnings_are_limited_per_address(begin: Begin) -> None:
    (per_minute, _) = throttle.EMBED.limits
    statuses = [begin().status_code for _ in range(per_minute.amount + 1)]
    assert statuses == [201] * per_minute.amount + [429]


def test_another_site_cannot_begin_one(visitor: TestClient, begin: Begin) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert visitor.post("/widget/delivery-check", json={}, headers=headers).status_code == 403
