"""The doors of sources: who gets in, what is stored, what the answer gives away."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from limits import parse_many
from starlette.testclient import TestClient

from interviewer.adapters.carriers.samples import sample
from interviewer.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from interviewer.events import endpoints, intake, quarantine
from interviewer.events.endpoints import NewEndpoint
from interviewer.ports import Services
from interviewer.sealing import Sealer
from interviewer.settings import Settings
from interviewer.web import hooks
from interviewer.web.app import create_app
from interviewer.web.throttle import Rule
from tests.fakes import NOW, services_in
from tests.story import outcomes, wait

KEY = "an installation's own secret, long enough"
SOURCES = ["aftership", "cloudevents", "easypost", "shippo", "shopify"]


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path, sealer=Sealer(KEY))


@pytest.fixture
def client(services: Services) -> TestClient:
    return TestClient(create_app(services, Settings()))


@pytest.fixture
def post(services: Services, client: TestClient) -> Callable[..., Any]:
    def post(made: NewEndpoint, raw: bytes, query: str = "", **changes: Any) -> Any:
        sender = services.sources[made.endpoint.source]
        headers = sender.sign(raw, made.secret, services.clock.now()) | changes
        return client.post(path(made) + query, content=raw, headers=headers)

    return post


def path(made: NewEndpoint) -> str:
    return f"/hooks/{made.endpoint.source}/{made.endpoint.path}"


@pytest.mark.parametrize("source", SOURCES)
def test_a_signed_event_is_stored_once_and_becomes_a_moment(
    services: Services, post: Callable[..., Any], source: str
) -> None:
    made, raw = endpoints.add(services, source, "mine"), sample(source, NOW)
    assert post(made, raw).status_code == 202
    (stored,) = services.store.inbox()
    assert stored.source == "mine"
    assert json.loads(stored.raw) == json.loads(raw)
    assert post(made, raw).status_code == 200
    assert len(services.store.inbox()) == 1
    assert intake.work_inbox(services) == 1
    assert [name.partition("/")[0] for name in outcomes(services)] == ["Delivered"]


def test_a_forged_request_learns_nothing_and_is_counted(
    services: Services, post: Callable[..., Any]
) -> None:
    made, raw = endpoints.add(services, "aftership", "mine"), sample("aftership", NOW)
    answer = post(made, raw, **{"aftership-hmac-sha256": "forged"})
    assert (answer.status_code, answer.json()) == (401, {"detail": "Not accepted."})
    assert services.store.inbox() == []
    (line,) = endpoints.overview(services, "http://x")
    assert (line["refused 24 h"], line["events 24 h"]) == (1, 0)


def test_unknown_and_turned_off_endpoints_look_the_same(
    services: Services, client: TestClient, post: Callable[..., Any]
) -> None:
    made, raw = endpoints.add(services, "easypost", "mine"), sample("easypost", NOW)
    services.store.save_endpoint(replace(made.endpoint, enabled=False))
    off, unknown = post(made, raw), client.post("/hooks/easypost/none", content=raw)
    other = client.post(path(made).replace("easypost", "shopify"), content=raw)
    assert {answer.status_code for answer in (off, unknown, other)} == {404}
    assert off.content == unknown.content == other.content


def test_two_secrets_live_while_one_takes_over(
    services: Services, post: Callable[..., Any]
) -> None:
    old = endpoints.add(services, "shopify", "mine")
    new = endpoints.rotate(services, "mine")

    def accepted(made: NewEndpoint, n: int) -> bool:
        raw = sample("shopify", services.clock.now()) + b" " * n
        return bool(post(made, raw).status_code in (200, 202))

    assert (accepted(old, 1), accepted(new, 2)) == (True, True)
    wait(services, timedelta(hours=25))
    assert (accepted(old, 3), accepted(new, 4)) == (False, True)
    newest = endpoints.rotate(services, "mine", at_once=True)
    wait(services, endpoints.KNOWN_FOR)
    assert (accepted(new, 5), accepted(newest, 6)) == (False, True)


def test_secrets_are_stored_so_that_nobody_reads_them(services: Services) -> None:
    made = endpoints.add(services, "aftership", "mine", secret="the provider's own")
    assert "provider" not in str(services.store.endpoint("mine"))
    assert endpoints.live_secrets(services, made.endpoint) == ["the provider's own"]


def test_the_url_is_the_secret_of_a_source_that_signs_nothing(
    services: Services, client: TestClient
) -> None:
    made, raw = endpoints.add(services, "shippo", "mine"), sample("shippo", NOW)
    url = endpoints.url("", made.endpoint, made.secret)
    assert client.post(path(made), content=raw).status_code == 401
    assert client.post(url[:-1], content=raw).status_code == 401
    assert client.post(url, content=raw).status_code == 202
    other = endpoints.add(services, "easypost", "other")
    assert client.post(f"{path(other)}?token={other.secret}", content=raw).status_code == 401


def test_a_body_over_a_mebibyte_is_not_read(services: Services, post: Callable[..., Any]) -> None:
    made = endpoints.add(services, "aftership", "mine")
    assert post(made, b" " * (1 << 20)).status_code == 202
    assert post(made, b" " * ((1 << 20) + 1)).status_code == 413


def test_more_than_a_thousand_a_second_are_put_off(
    services: Services, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = endpoints.add(services, "aftership", "mine")
    monkeypatch.setattr(hooks, "HOOK", Rule("hook", parse_many("1/hour")))
    statuses = [client.post(path(made), content=b"{}").status_code for _ in range(5)]
    assert statuses[1:] == [429] * 4
    assert hooks.answer(429).headers["retry-after"]


def test_what_cannot_be_committed_is_not_acknowledged(services: Services) -> None:
    class Down:
        def __getattr__(self, name: str) -> Any:
            return getattr(services.store, name)

        def add_to_inbox(self, events: object) -> list[bool]:
            raise Unavailable

    made = endpoints.add(services, "aftership", "mine")
    client = TestClient(create_app(replace(services, store=Down()), Settings()))
    raw = sample("aftership", NOW)
    headers = services.sources["aftership"].sign(raw, made.secret, NOW)
    answer = client.post(path(made), content=raw, headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\x00", b"[1]", b'{"a": "\\u0000"}'])
@pytest.mark.parametrize("source", SOURCES)
def test_a_signed_body_that_says_nothing_is_kept_and_held_back(
    services: Services, post: Callable[..., Any], source: str, raw: bytes
) -> None:
    assert post(endpoints.add(services, source, "mine"), raw).status_code == 202
    intake.work_inbox(services)
    assert len(services.store.inbox(held_back=True)) == 1


def test_cloudevents_come_in_batches_and_with_headers_as_attributes(
    services: Services, post: Callable[..., Any], client: TestClient
) -> None:
    made = endpoints.add(services, "cloudevents", "tms")
    first, second = (json.loads(sample("cloudevents", NOW + timedelta(seconds=n))) for n in (1, 2))
    batch = json.dumps([first, second]).encode()
    kind = {"content-type": "application/cloudevents-batch+json"}
    assert post(made, batch, **kind).status_code == 202
    third = json.loads(sample("cloudevents", NOW + timedelta(seconds=3)))
    data = json.dumps(third.pop("data")).encode()
    attributes = {f"ce-{name}": str(value) for name, value in third.items()}
    binary = {"content-type": "application/json", **attributes}
    assert post(made, data, **binary).status_code == 202
    assert intake.work_inbox(services) == 3
    assert len(outcomes(services)) == 3

    ask = {"WebHook-Request-Origin": "tms.example.com"}
    shaken = client.options(path(made), headers=ask)
    assert shaken.headers["WebHook-Allowed-Origin"] == "tms.example.com"
    assert client.options("/hooks/cloudevents/none", headers=ask).status_code == 404


def test_a_test_is_stored_and_starts_nothing(services: Services, post: Callable[..., Any]) -> None:
    made = endpoints.add(services, "easypost", "mine")
    assert post(made, sample("easypost", NOW), "?test=1").status_code == 202
    assert intake.work_inbox(services) == 0
    assert services.store.inbox()[0].test


def test_a_name_can_be_used_once_and_names_an_event(services: Services) -> None:
    endpoints.add(services, "easypost", "mine")
    with pytest.raises(Conflict):
        endpoints.add(services, "easypost", "mine")
    for name in ("", "a/b", "a b", "api"):
        with pytest.raises(InvalidInput, match="--name"):
            endpoints.add(services, "easypost", name)
    with pytest.raises(InvalidInput, match="source"):
        endpoints.add(services, "fedex", "other")


def held(services: Services) -> Any:
    intake.work_inbox(services)
    return services.store.inbox(held_back=True)


def test_a_bad_time_waits_for_a_person_who_sets_it(
    services: Services, post: Callable[..., Any]
) -> None:
    made = endpoints.add(services, "aftership", "mine")
    body = json.loads(sample("aftership", NOW))
    body["msg"]["checkpoints"][0]["checkpoint_time"] = "20/11/2026 14:03"
    assert post(made, json.dumps(body).encode()).status_code == 202
    (event,) = held(services)
    assert "msg.checkpoints.0.checkpoint_time: is no time" in event.error
    assert outcomes(services) == {}

    with pytest.raises(InvalidInput, match="--set-time"):
        quarantine.set_time(services, event, "at noon")
    quarantine.set_time(services, event, (NOW - timedelta(hours=1)).isoformat())
    assert held(services) == []
    assert list(outcomes(services).values()) == ["not_live"]
    (kept,) = services.store.inbox()
    assert (json.loads(kept.raw), kept.note) == (body, "time set")


@pytest.mark.parametrize("source", SOURCES)
def test_a_time_that_is_missing_is_set_at_its_path(
    services: Services, post: Callable[..., Any], source: str
) -> None:
    scanned = (NOW - timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
    raw = sample(source, NOW).replace(f'"{scanned}"'.encode(), b"null")
    made = endpoints.add(services, source, "mine")
    assert post(made, raw).status_code == 202
    (event,) = held(services)
    quarantine.set_time(services, event, scanned)
    assert held(services) == []
    assert len(outcomes(services)) == 1


def test_what_is_held_back_is_read_again_or_put_away(
    services: Services, post: Callable[..., Any]
) -> None:
    made = endpoints.add(services, "aftership", "mine")
    body = json.loads(sample("aftership", NOW))
    body["msg"]["tracking_number"] = None
    post(made, json.dumps(body).encode())
    (event,) = held(services)
    assert quarantine.replay(services, [event]) == 1
    (event,) = held(services)
    with pytest.raises(InvalidInput, match="is no time to be set"):
        quarantine.set_time(services, event, NOW.isoformat())
    assert quarantine.named(services, f"mine/{event.event_id}") == event
    quarantine.discard(services, event)
    assert held(services) == []
    with pytest.raises(NotFound):
        quarantine.discard(services, replace(event, error=None))
    done = [entry.what for entry in services.store.audit()]
    assert done == ["source.add", "inbox.replay", "inbox.discard"]


def test_reading_everything_again_changes_nothing(
    services: Services, post: Callable[..., Any]
) -> None:
    made = endpoints.add(services, "shippo", "mine")
    for n in range(3):
        post(made, sample("shippo", NOW + timedelta(seconds=n)))
    intake.work_inbox(services)
    before = services.store.moments()
    quarantine.replay(services, services.store.inbox())
    assert intake.work_inbox(services) == 3
    assert services.store.moments() == before
