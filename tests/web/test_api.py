"""The contract of the JSON API, as a caller sees it."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from analysis.tables import AccountRisk, Quote, Reason, Signal, Theme
from interviewer.access.keys import new_key
from interviewer.core.book import Account, Shipment, ShipmentEvent
from interviewer.core.errors import (
    Conflict,
    InterviewerError,
    InvalidInput,
    NotAllowed,
    NotFound,
    Unavailable,
)
from interviewer.events import intake
from interviewer.ports import Services
from interviewer.store import AnalysisRun
from interviewer.studies import lifecycle
from interviewer.web import doors
from interviewer.web.app import create_app

PROBLEM = "application/problem+json"
INTERVIEWS = "/api/v1/studies/exception-follow-up/interviews"
EVENTS = "/api/v1/events"
DAMAGED = {
    "shipment_ref": "S-2",
    "exception_code": "damaged",
    "exception_at": "2026-09-14",
    "resolved_at": None,
    "color of the box": "brown",
}
NOW = datetime(2026, 9, 15, tzinfo=UTC)


def begin(api: TestClient, **respondent: Any) -> dict[str, Any]:
    made = api.post(INTERVIEWS, json={"respondent": respondent, "context": DAMAGED})
    assert made.status_code == 201
    body: dict[str, Any] = made.json()
    return body


def messages(interview: dict[str, Any]) -> str:
    return f"/api/v1/interviews/{interview['interview_id']}/messages"


def transcript(api: TestClient, interview: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = api.get(f"/api/v1/interviews/{interview['interview_id']}").json()
    return body


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"ev-{number}",
        "source": "tms",
        "type": "shipment.delivered",
        "data": {
            "shipment_ref": f"L-{number}",
            "status": "delivered",
            "occurred_at": "2026-09-15T13:00:00Z",
        },
        **changes,
    }


# --- interviews


def test_a_new_interview(api: TestClient) -> None:
    made = begin(api, name=None, language="en", channel=None)
    assert made.keys() == {"interview_id", "link", "messages", "status"}
    assert made["link"].startswith("https://feedback.harbor.example.com/i/")
    assert [message.keys() for message in made["messages"]] == [{"text"}]
    assert "Harbor Parcel" in made["messages"][0]["text"]
    assert made["status"] == "open"


def test_a_link_starts_with_the_request_s_base_without_a_public_url(
    services: Services, settings: Any
) -> None:
    bare = replace(services, organization=replace(services.organization, public_url=""))
    key = new_key(bare, "tests")
    client = TestClient(create_app(bare, settings), base_url="http://10.0.0.7:8000")
    client.headers["Authorization"] = f"Bearer {key}"
    assert begin(client)["link"].startswith("http://10.0.0.7:8000/i/")


@pytest.mark.parametrize("body", [{}, {"respondent": None, "context": None}, {"context": {}}])
def test_everything_about_an_interview_may_be_missing(
    api: TestClient, body: dict[str, Any]
) -> None:
    made = api.post("/api/v1/studies/delivery-check/interviews", json=body)
    assert made.status_code == 201


def test_messages_until_the_end_and_after_it(api: TestClient) -> None:
    interview = begin(api)
    told = "The box came smashed on Monday and two of the plates inside were broken."
    replies = []
    for n in range(6):
        reply = api.post(messages(interview), json={"message_id": f"m{n}", "text": told})
        assert reply.status_code == 200
        replies.append(reply.json())
    assert replies[0].keys() == {"messages", "status"}
    assert replies[0]["messages"][0].keys() == {"text", "move"}
    assert replies[-1] == {"messages": [], "status": "closed"}
    moves = [message["move"] for reply in replies for message in reply["messages"]]
    assert moves.count("close") == 2  # the end itself, and the one thanks for a late answer


def test_the_same_message_again_gets_the_same_bytes(api: TestClient) -> None:
    interview = begin(api)
    said = {"message_id": "m1", "text": "The box came smashed."}
    first = api.post(messages(interview), json=said)
    api.post(messages(interview), json={"message_id": "m2", "text": "Two plates were broken."})
    again = api.post(messages(interview), json={**said, "text": "Something else."})
    assert (again.status_code, again.content) == (200, first.content)
    turns = transcript(api, interview)["turns"]
    assert [t["message_id"] for t in turns if t["role"] == "respondent"] == ["m1", "m2"]


def test_the_same_message_many_times_at_once_is_one_turn(api: TestClient) -> None:
    interview = begin(api)
    said = {"message_id": "m1", "text": "The box came smashed."}
    with api, ThreadPoolExecutor(8) as callers:
        answers = list(
            callers.map(lambda _: api.post(messages(interview), json=said).content, range(16))
        )
    assert len(set(answers)) == 1
    assert [turn["seq"] for turn in transcript(api, interview)["turns"]] == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "status"), [("STOP", "opted_out"), ("I want to speak to a human.", "handed_off")]
)
def test_an_interview_that_is_over_stores_and_stays_silent(
    api: TestClient, text: str, status: str
) -> None:
    interview = begin(api)
    ended = api.post(messages(interview), json={"message_id": "m1", "text": text}).json()
    assert ended["status"] == status
    late = api.post(messages(interview), json={"message_id": "m2", "text": "Hello?"})
    assert late.json() == {"messages": [], "status": status}
    assert transcript(api, interview)["turns"][-1]["text"] == "Hello?"


def test_a_transcript_has_reading_and_decision_per_turn(api: TestClient) -> None:
    interview = begin(api)
    api.post(messages(interview), json={"message_id": "m1", "text": "It came smashed."})
    shown = transcript(api, interview)
    assert shown["study"] == {"slug": "exception-follow-up", "version": 1}
    assert shown["context"].items() >= DAMAGED.items()
    opener, answer, reply = shown["turns"]
    assert [turn["seq"] for turn in shown["turns"]] == [0, 1, 2]
    assert opener["role"] == reply["role"] == "interviewer"
    assert {"text", "move", "topic", "trace"} <= reply.keys()
    assert {"prompt_hash", "model", "wording_source", "faults"} <= reply["trace"].keys()
    assert {"text", "message_id", "reading", "decision"} <= answer.keys()
    assert answer["reading"]["source"] == "offline"
    assert {"move", "reason", "topic", "marks"} <= answer["decision"].keys()
    assert answer["decision"]["marks"] == ["case"]


def test_a_closed_study_takes_no_interview(api: TestClient, services: Services) -> None:
    lifecycle.set_state(services, "exception-follow-up", "closed")
    refused = api.post(INTERVIEWS, json={})
    assert (refused.status_code, refused.headers["content-type"]) == (403, PROBLEM)


# --- what is refused

MESSAGE = {"message_id": "m1", "text": "Late."}
BAD_MESSAGES: list[tuple[Any, str]] = [
    ({**MESSAGE, "text": "x" * 2001}, "text"),
    ({**MESSAGE, "text": "a\x00b"}, "text"),
    ({**MESSAGE, "text": "half a \ud800 character"}, "text"),
    ({**MESSAGE, "text": 5}, "text"),
    ({**MESSAGE, "text": None}, "text"),
    ({"message_id": "m1"}, "text"),
    ({"text": "Late."}, "message_id"),
    ({**MESSAGE, "message_id": ""}, "message_id"),
    ({**MESSAGE, "message_id": "m" * 201}, "message_id"),
    ({**MESSAGE, "message_id": 7}, "message_id"),
    ({**MESSAGE, "message_id": "m\x00"}, "message_id"),
    ([], "body"),
    ("Late.", "body"),
    (None, "body"),
]
BAD_INTERVIEWS: list[tuple[Any, str]] = [
    ({"respondent": "Ann"}, "respondent"),
    ({"respondent": {"name": 5}}, "respondent.name"),
    ({"respondent": {"name": "A\x00"}}, "respondent.name"),
    ({"respondent": {"name": "A" * 201}}, "respondent.name"),
    ({"respondent": {"language": ["en"]}}, "respondent.language"),
    ({"respondent": {"channel": "fax"}}, "respondent.channel"),
    ({"context": []}, "context"),
    ({"context": {"item": "a\x00b"}}, "context"),
    ({"context": {"item": {"a\x00b": 1}}}, "context"),
    ({"context": {"item": "\udfff"}}, "context"),
    ([], "body"),
]


def problem_fields(response: Any) -> list[str]:
    assert 400 <= response.status_code < 500
    assert response.headers["content-type"] == PROBLEM
    body = response.json()
    assert body.keys() == {"type", "title", "status", "detail", "errors"}
    assert body["status"] == response.status_code
    return [error["field"] for error in body["errors"]]


@pytest.mark.parametrize(("body", "field"), BAD_MESSAGES)
def test_a_bad_message_is_refused_by_field_and_not_stored(
    api: TestClient, body: Any, field: str
) -> None:
    interview = begin(api)
    refused = api.post(messages(interview), content=json.dumps(body), headers=JSON)
    assert problem_fields(refused) == [field]
    assert len(transcript(api, interview)["turns"]) == 1


@pytest.mark.parametrize(("body", "field"), BAD_INTERVIEWS)
def test_a_bad_interview_is_refused_by_field_and_not_stored(
    api: TestClient, services: Services, body: Any, field: str
) -> None:
    refused = api.post(INTERVIEWS, content=json.dumps(body), headers=JSON)
    assert problem_fields(refused) == [field]
    assert services.store.interviews() == []


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("raw", ["{", "", "\xff", '{"context": {"n": NaN}}', "[" * 30_000])
@pytest.mark.parametrize("path", [INTERVIEWS, EVENTS])
def test_what_is_no_json_is_refused(
    api: TestClient, services: Services, path: str, raw: str
) -> None:
    refused = api.post(path, content=raw.encode("latin-1"), headers=JSON)
    assert problem_fields(refused) == ["context" if path == INTERVIEWS and "NaN" in raw else "body"]
    assert services.store.interviews() == []
    assert services.store.inbox() == []


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 1024 + 1):
        yield b" " * 1024


@pytest.mark.parametrize(("path", "limit"), [(INTERVIEWS, 64), (EVENTS, 1024)])
@pytest.mark.parametrize("how", ["declared", "streamed"])
def test_a_body_over_the_limit_is_not_read(
    api: TestClient, path: str, limit: int, how: str
) -> None:
    body = b" " * (limit * 1024 + 1) if how == "declared" else chunks(limit * 1024)
    refused = api.post(path, content=body, headers=JSON)
    assert problem_fields(refused) == ["body"]
    assert refused.status_code == 413
    assert f"{limit} KiB" in refused.json()["detail"]


def test_a_body_up_to_the_limit_is_taken(api: TestClient) -> None:
    padded = json.dumps(event()).encode().ljust(1024 * 1024)
    assert api.post(EVENTS, content=padded, headers=JSON).status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/interviews/none", 404),
        ("POST", "/api/v1/interviews/none/messages", 404),
        ("POST", "/api/v1/studies/none/interviews", 404),
        ("GET", "/api/v1/studies/none/themes", 404),
        ("GET", "/api/v1/accounts/none/risk", 404),
        ("GET", "/api/v1/none", 404),
        ("GET", "/none", 404),
        ("DELETE", "/api/v1/studies", 405),
    ],
)
def test_what_is_not_there_is_a_problem(
    api: TestClient, method: str, path: str, status: int
) -> None:
    refused = api.request(method, path, json=MESSAGE if method == "POST" else None)
    problem_fields(refused)
    assert refused.status_code == status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("weight", "is negative", -1), 422),
        (NotFound("No such thing."), 404),
        (Conflict(), 409),
        (NotAllowed(), 403),
        (Unavailable(), 503),
        (RuntimeError("the password is hunter2"), 500),
    ],
)
def test_each_error_has_its_status(
    app: FastAPI,
    api: TestClient,
    error: Exception,
    status: int,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise error

    app.add_api_route("/api/failing", fail)
    monkeypatch.setitem(doors.DOORS, "GET /api/failing", doors.PUBLIC)
    response = api.get("/api/failing")
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM)
    assert ("retry-after" in response.headers) == (status == 503)
    assert "hunter2" not in response.text + caplog.text
    if not isinstance(error, InterviewerError):
        assert "/api/failing: RuntimeError" in caplog.text


KEYLESS: list[dict[str, str]] = [
    {},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer iv_live_00000000_wrong"},
    {"Authorization": "Bearer ÿ"},
    {"Authorization": "Basic YTpi"},
]


@pytest.mark.parametrize("headers", KEYLESS)
def test_no_key_no_answer_on_any_route(visitor: TestClient, headers: dict[str, str]) -> None:
    schema = visitor.get("/openapi.json").json()
    asked = 0
    for path, operations in schema["paths"].items():
        for method in operations:
            raw = {name: value.encode("latin-1") for name, value in headers.items()}
            refused = visitor.request(method, path, json=MESSAGE, headers=raw)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert refused.headers["content-type"] == PROBLEM
            asked += 1
    assert asked == sum(bool(door.scope) for door in doors.DOORS.values())


Leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
Json = st.recursive(
    Leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(body=Json | st.fixed_dictionaries({"context": Json, "respondent": Json, "data": Json}))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_json_at_all_breaks_the_server(api: TestClient, body: Any) -> None:
    text = json.dumps(body)
    made = api.post(INTERVIEWS, content=text, headers=JSON)
    assert made.status_code in (201, 422)
    if made.status_code == 201:
        kept = transcript(api, made.json())["context"]
        assert {**kept, "brand": None} == {**(body.get("context") or {}), "brand": None}
    assert api.post(EVENTS, content=text, headers=JSON).status_code in (202, 422)
    whole = {**event(), **(body if isinstance(body, dict) else {"data": body})}
    assert api.post(EVENTS, content=json.dumps(whole), headers=JSON).status_code in (202, 422)


# --- events


@pytest.mark.parametrize(
    "media", ["application/cloudevents+json", "application/json; charset=utf-8"]
)
def test_an_event_is_taken_once_and_worked_on(
    api: TestClient, services: Services, media: str
) -> None:
    for accepted in (1, 0):
        taken = api.post(EVENTS, content=json.dumps(event()), headers={"Content-Type": media})
        assert taken.status_code == 202
        assert taken.json() == {"accepted": accepted, "duplicates": 1 - accepted}
    assert services.store.find(Shipment) == []
    intake.work_inbox(services)
    assert [s.shipment_ref for s in services.store.find(Shipment)] == ["L-1"]
    assert [e.status for e in services.store.find(ShipmentEvent)] == ["delivered"]


def test_a_batch_is_taken_whole(api: TestClient, services: Services) -> None:
    media = {"Content-Type": "application/cloudevents-batch+json"}
    batch = [event(1), event(2), event(1)]
    taken = api.post(EVENTS, content=json.dumps(batch), headers=media)
    assert taken.json() == {"accepted": 2, "duplicates": 1}
    assert len(services.store.inbox()) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        (7, "body"),
        ([event(1), 7], "body"),
        ([event(1), event(2, specversion="0.3")], "specversion"),
        (event(id=None), "id"),
        (event(source=5), "source"),
        (event(type=""), "type"),
        (event(id="x" * 201), "id"),
        ([event(n) for n in range(1001)], "body"),
        (event(data={"shipment_ref": "a\x00"}), "body"),
    ],
)
def test_a_batch_with_one_bad_envelope_is_refused_whole(
    api: TestClient, services: Services, body: Any, field: str
) -> None:
    assert problem_fields(api.post(EVENTS, json=body)) == [field]
    assert services.store.inbox() == []


def test_an_event_that_says_nonsense_is_held_back_with_why(
    api: TestClient, services: Services
) -> None:
    assert api.post(EVENTS, json=event(type="parcel.sneezed")).status_code == 202
    assert api.post(EVENTS, json=event(2)).status_code == 202
    intake.work_inbox(services)
    (held,) = services.store.inbox(held_back=True)
    assert (held.event_id, held.error and held.error[:13]) == ("tms/ev-1", "type: is none")
    assert [s.shipment_ref for s in services.store.find(Shipment)] == ["L-2"]


def test_events_of_another_media_type_are_refused(api: TestClient) -> None:
    refused = api.post(EVENTS, content=json.dumps(event()), headers={"Content-Type": "text/plain"})
    assert problem_fields(refused) == ["body"]
    assert refused.status_code == 415


def test_on_sqlite_the_server_works_on_events_itself(
    app: FastAPI, api: TestClient, services: Services
) -> None:
    with api:  # starts and ends the application
        api.post(EVENTS, json=event())
        for _ in range(200):
            if services.store.find(Shipment):
                break
            api.get("/api/v1/studies")
        waited = services.store.find(Shipment)
    assert [s.shipment_ref for s in waited] == ["L-1"]


# --- what was found


def quote(text: str, audience: Any) -> Quote:
    return Quote("i1:1", "i1", 0, len(text), text, "ACME", "buyer", NOW, audience)


def signal(text: str, audience: Any) -> Signal:
    said = quote(text, audience)
    return Signal("silent_am", "asserted", "", 1.0, "detector", "ACME", "c1", "buyer", NOW, said)


def analyzed(services: Services) -> None:
    """A stored analysis in which one of two quotes was kept from the account manager."""
    quotes = (quote("nobody calls us back", "all"), quote("our manager never answers", "owner"))
    theme = Theme("t1", "Calls", ("call",), 2, 2, 2, 0.8, quotes, {"account-renewal": 2}, {})
    evidence = (
        signal("nobody calls us back", "all"),
        signal("our manager never answers", "owner"),
        Signal("otif", "asserted", "", 1.0, "data", "ACME", None, None, None, None, "otif 2026-08"),
    )
    risk = AccountRisk(
        *("ACME", date(2026, 9, 15), "elevated", None, 0.12, -2.0, 0.3),
        *((Reason("silent_am", 1.0, 1.0, 1.0, evidence),), (), (), "no reliable change", 1, 2),
    )
    services.store.put([Account(account_ref="ACME"), Account(account_ref="N/A 7")])
    services.store.save_run(
        AnalysisRun(
            *("r1", NOW, {}, [asdict(theme)], [asdict(evidence[1])], [asdict(risk)]),
            *({"as_of": "2026-09-15"}, "<p>report</p>"),
        )
    )


def test_themes_say_what_to_do_before_an_analysis(api: TestClient) -> None:
    shown = api.get("/api/v1/studies/account-renewal/themes").json()
    assert (shown["analyzed_at"], shown["themes"]) == (None, [])
    assert "interviewer analyze" in shown["next_step"]


def test_themes_of_a_study_with_the_quotes_for_everyone(
    api: TestClient, services: Services
) -> None:
    analyzed(services)
    (theme,) = api.get("/api/v1/studies/account-renewal/themes").json()["themes"]
    assert (theme["theme_id"], theme["title"], theme["respondents"]) == ("t1", "Calls", 2)
    assert [q["text"] for q in theme["quotes"]] == ["nobody calls us back"]
    assert api.get("/api/v1/studies/score-drop/themes").json()["themes"] == []


def test_accounts_with_their_band(api: TestClient, services: Services) -> None:
    analyzed(services)
    bands = {a["account_ref"]: a["band"] for a in api.get("/api/v1/accounts").json()}
    assert bands == {"ACME": "elevated", "N/A 7": "not_enough_evidence"}


def test_the_risk_of_an_account_with_its_reasons(api: TestClient, services: Services) -> None:
    analyzed(services)
    answer = api.get("/api/v1/accounts/ACME/risk")
    risk = answer.json()
    assert (risk["band"], risk["as_of"]) == ("elevated", "2026-09-15")
    (reason,) = risk["reasons"]
    assert [q["text"] for q in reason["quotes"]] == ["nobody calls us back"]
    assert (reason["kept_back"], reason["data"]) == (1, ["otif 2026-08"])
    assert "never answers" not in answer.text


def test_an_account_nobody_looked_at_has_not_enough_evidence(
    api: TestClient, services: Services
) -> None:
    analyzed(services)
    risk = api.get("/api/v1/accounts/N%2FA%207/risk").json()
    assert risk["band"] == "not_enough_evidence"
    assert "interviewer analyze" in risk["why_not"]


def test_studies_with_their_funnel(api: TestClient) -> None:
    begin(api)
    shown = {study["slug"]: study for study in api.get("/api/v1/studies").json()}
    study = shown["exception-follow-up"]
    assert (study["state"], study["version"]) == ("ready", 1)
    assert study["funnel"]["opened"] == 1
    assert shown["delivery-check"]["funnel"]["opened"] == 0


# --- the schema


def test_the_schema_shows_models_examples_errors_and_the_key(visitor: TestClient) -> None:
    schema = visitor.get("/openapi.json").json()
    assert schema["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    assert schema["paths"]
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert operation["security"] == [{"HTTPBearer": []}]
            good = next(a for code, a in operation["responses"].items() if code < "300")
            if "content" in good:
                model = good["content"]["application/json"]["schema"]
                assert "$ref" in model or "$ref" in model["items"]
            assert list(operation["responses"]["422"]["content"]) == [PROBLEM]
    assert schema["components"]["schemas"]["NewInterview"]["examples"]


def test_the_example_event_of_the_schema_is_taken_and_read(
    visitor: TestClient, api: TestClient, services: Services
) -> None:
    schema = visitor.get("/openapi.json").json()
    body = schema["paths"][EVENTS]["post"]["requestBody"]["content"]
    for media, content in body.items():
        raw = json.dumps(content["example"])
        assert api.post(EVENTS, content=raw, headers={"Content-Type": media}).status_code == 202
    intake.work_inbox(services)
    assert services.store.inbox(held_back=True) == []
    assert [s.shipment_ref for s in services.store.find(Shipment)] == ["LOAD-501"]
