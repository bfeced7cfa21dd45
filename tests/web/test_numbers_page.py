"""The page of numbers and its API: empty, full, wrong input, rules that come and go."""

from fastapi import FastAPI
from starlette.testclient import TestClient

from interviewer.core.book import CostAssumption
from interviewer.events import intake
from interviewer.ports import Services
from interviewer.store import AnalysisRun
from tests.fakes import NOW
from tests.findings.test_numbers import analyzed, shipments
from tests.web.test_doors import form_token_of, user_with


def post(client: TestClient, path: str, **fields: str) -> int:
    return client.post(path, data={"form_token": form_token_of(client), **fields}).status_code


def test_an_empty_page_says_what_to_import(owner: TestClient, services: Services) -> None:
    assert "interviewer analyze" in owner.get("/numbers").text
    services.store.save_run(AnalysisRun("r1", NOW, {}, [], [], [], {}, ""))
    empty = owner.get("/numbers").text
    for kind in ("events", "claims", "tickets", "scores"):
        assert kind in empty
    assert "<svg" not in empty


def test_the_table_says_n_and_not_enough(owner: TestClient, services: Services) -> None:
    intake.take(services, shipments(40, 4))
    analyzed(services)
    shown = owner.get("/numbers").text
    assert "90.0 %" in shown
    assert "n=40" in shown
    assert "Nobody called" in shown
    assert "interviewer import tickets" in shown
    assert "not enough" in shown
    assert "from 2026-08-10" in owner.get("/numbers?by=week").text
    assert owner.get("/numbers?by=year").status_code == 422


def test_assumptions_are_stated_and_applied(owner: TestClient, services: Services) -> None:
    intake.take(services, shipments(40, 4))
    analyzed(services)
    assert post(owner, "/numbers/costs", reattempt="x") == 422
    assert services.store.find(CostAssumption) == []
    assert post(owner, "/numbers/costs", reattempt="12", currency="USD") == 303
    shown = owner.get("/numbers").text
    assert "Cost, USD" in shown
    assert ">48<" in shown


def test_rules_come_and_go(owner: TestClient, services: Services) -> None:
    assert post(owner, "/numbers/alerts", watches="score|nps", limit="low") == 422
    assert post(owner, "/numbers/alerts", watches="score|stars", limit="3") == 422
    assert post(owner, "/numbers/alerts", watches="score|nps", limit="20") == 303
    shown = owner.get("/numbers").text
    assert "NPS of all accounts below 20" in shown
    assert "so nobody hears of them" in shown
    (rule,) = services.store.alert_rules()
    assert post(owner, "/numbers/alerts/remove", rule=rule.rule_id) == 303
    assert services.store.alert_rules() == []


def test_a_viewer_reads_and_changes_nothing(app: FastAPI, services: Services) -> None:
    viewer = user_with(app, services, "viewer")
    assert viewer.get("/numbers").status_code == 200
    assert post(viewer, "/numbers/alerts", watches="score|nps", limit="20") == 403


def test_the_api_lists_numbers_and_rules(api: TestClient, services: Services) -> None:
    assert api.get("/api/v1/numbers").json() == []
    intake.take(services, shipments(40, 4))
    analyzed(services)
    months = api.get("/api/v1/numbers").json()
    assert months[0]["first_attempt_rate"] == 0.9
    assert months[0]["cost"] is None
    rule = {"watches": "first_attempt", "limit": 95}
    made = api.post("/api/v1/alerts", json=rule)
    assert made.status_code == 201
    assert made.json()["said"] == "90.0 % of 40 in 2026-08"
    assert made.json()["raised_at"]
    assert api.get("/api/v1/alerts").json() == [made.json()]
    assert api.delete(f"/api/v1/alerts/{made.json()['rule_id']}").status_code == 204
    assert api.post("/api/v1/alerts", json={"watches": "signal", "limit": 1}).status_code == 422
