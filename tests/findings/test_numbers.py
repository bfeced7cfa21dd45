"""From events, claims, tickets and scores to numbers, and to a notice when one moves."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.tables import Findings
from analysis.tables import Period as Spoken
from interviewer.adapters.webhooks_out import WebhookSender
from interviewer.core.book import Claim, Row, Score, Shipment, ShipmentEvent, Ticket
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.events import intake
from interviewer.findings import numbers
from interviewer.findings.numbers import Numbers
from interviewer.followup import alerts, notices
from interviewer.ports import Services
from interviewer.sealing import Sealer
from interviewer.store import AnalysisRun
from tests.fakes import NOW, services_in
from tests.followup.test_notices import bodies, later, rounds
from tests.hook_server import HookServer, hook_server

AUGUST = datetime(2026, 8, 10, 15, tzinfo=UTC)
THEME = {"theme_id": "t1", "title": "Nobody called", "respondents": 14, "accounts": {}}


@pytest.fixture
def server() -> Iterator[HookServer]:
    with hook_server() as running:
        yield running


@pytest.fixture
def services(tmp_path: Path, server: HookServer) -> Services:
    sealer = Sealer("the secret of this test, long enough")
    sender = WebhookSender(sealer, [server.host])
    return replace(services_in(tmp_path), sealer=sealer, notifier=sender)


def shipments(number: int, failed: int) -> list[Row]:
    """Delivered in August, so many of them at the second attempt; one was damaged on its way."""
    rows: list[Row] = []
    for place in range(number):
        ref = f"S-{place}"
        statuses = ["in_transit", *["attempt_failed"] * (place < failed), "delivered"]
        rows.append(Shipment(shipment_ref=ref))
        rows += [
            ShipmentEvent.read(
                {
                    "shipment_ref": ref,
                    "status": status,
                    "occurred_at": AUGUST + timedelta(days=step),
                }
            )
            for step, status in enumerate(statuses)
        ]
    return rows


def analyzed(services: Services, people: int = 14, **more: Any) -> None:
    """Store an analysis in which so many of 40 people speak of the theme."""
    spoken = (Spoken("t1", date(2026, 8, 1), people, 40),)
    empty: dict[str, Any] = {
        **dict.fromkeys(
            ("utterances", "segments", "assignments", "signals", "risks", "score_moves"), ()
        ),
        "themes": (type("Theme", (), THEME),),
    }
    findings = Findings(NOW.date(), {}, strength=None, dropped={}, months=spoken, **empty)
    added = numbers.added_up(services, findings)
    services.store.save_run(
        AnalysisRun(
            services.new_id(),
            services.clock.now(),
            {},
            [{**THEME, "respondents": people}],
            [],
            [],
            {},
            "",
            {"numbers": added, "heard": 40, "small": False, **more},
        )
    )
    alerts.look(services)


def monthly(services: Services) -> Numbers:
    found = numbers.numbers(services, "month")
    assert found
    return found


def test_numbers_stand_beside_scores_and_themes_of_their_month(services: Services) -> None:
    assert numbers.numbers(services, "month") is None
    claim = {"claim_ref": "C", "claim_opened_at": AUGUST}
    ticket = {"ticket_ref": "T", "at": AUGUST, "subject": "kept as it came"}
    score = {"account_ref": "A-1", "metric": "nps", "period": "2026-08", "value": 31, "n": 9}
    rows = [Claim.read(claim), Score.read(score), *shipments(40, 4)]
    rows += [Ticket.read({k: v for k, v in ticket.items() if k != "subject"})]
    intake.take(services, rows)
    analyzed(services)
    august = monthly(services).periods[0]
    assert august.start == date(2026, 8, 1)
    assert (august.shipments, august.attempted, august.failed) == (40, 40, 4)
    assert august.first_attempt_rate == pytest.approx(0.9)
    assert august.claims_per_1000 == august.contacts_per_1000 == 25
    assert [(s.metric, s.value, s.accounts) for s in august.scores] == [("nps", 31, 1)]
    assert [(t.title, t.speaking, t.heard) for t in august.themes] == [("Nobody called", 14, 40)]
    (row, *_) = numbers.rows(monthly(services))
    assert row["month"] == "2026-08-01"
    assert row["first-attempt rate"] == 0.9
    assert row["cost"] is None
    numbers.assume(services, "ann", {"reattempt": 12, "claim": "80"}, actor="user:ann")
    assert numbers.rows(monthly(services))[0]["cost"] == 4 * 12 + 80
    with pytest.raises(InvalidInput, match="contact"):
        numbers.assume(services, "ann", {"contact": "-1"}, actor="user:ann")
    weekly = numbers.numbers(services, "week")
    assert weekly
    assert weekly.periods[0].start == date(2026, 8, 10)
    assert sum(period.shipments for period in weekly.periods) == 40


def told(server: HookServer) -> list[str]:
    found = [body["data"]["about"] for body in bodies(server) if body["type"] == "alert.raised"]
    server.got.clear()
    return found


def test_a_rule_tells_once_until_it_was_within_its_limit_again(
    services: Services, server: HookServer
) -> None:
    notices.add_destination(services, "chat", server.url)
    analyzed(services, people=8)
    rule = alerts.add(services, "theme", 30, subject="t1")
    rounds(services)
    assert told(server) == []
    for people, expected in (
        (14, ["theme “Nobody called”: 35 % of 40 people, over 30"]),
        (20, []),
        (8, []),
        (14, ["theme “Nobody called”: 35 % of 40 people, over 30"]),
    ):
        later(services, timedelta(days=7))
        analyzed(services, people=people)
        rounds(services)
        assert told(server) == expected
    (stored,) = services.store.alert_rules()
    assert stored.raised_at == services.clock.now()
    alerts.remove(services, rule.rule_id)
    with pytest.raises(NotFound):
        alerts.remove(services, rule.rule_id)


def test_too_few_people_raise_nothing_and_end_nothing(services: Services) -> None:
    analyzed(services)
    alerts.add(services, "theme", 30, subject="t1")
    for few in ({"heard": 20}, {"small": True}):
        later(services, timedelta(days=7))
        analyzed(services, people=1, **few)
        (rule,) = services.store.alert_rules()
        assert rule.raised_at == NOW
        assert "not enough" in str(rule.said)


def test_a_score_that_comes_in_is_looked_at(services: Services, server: HookServer) -> None:
    def take(ref: str, period: str, value: float) -> None:
        row = {"account_ref": ref, "metric": "nps", "period": period, "value": value}
        later(services, timedelta(hours=1))
        intake.take(services, [Score.read(row)])
        rounds(services)

    notices.add_destination(services, "chat", server.url, kinds=["alert.raised"])
    alerts.add(services, "score", 20, subject="nps", account_ref="A-1")
    take("A-2", "2026-08", -50)
    take("A-1", "2026-07", 15)
    assert told(server) == ["NPS of A-1: 15 in 2026-07 (n=1), under 20"]
    take("A-1", "2026-08", 25)
    assert told(server) == []
    take("A-1", "2026-09", 19)
    assert told(server) == ["NPS of A-1: 19 in 2026-09 (n=1), under 20"]


def test_first_attempts_and_signals(services: Services, server: HookServer) -> None:
    notices.add_destination(services, "chat", server.url, kinds=["alert.raised"])
    intake.take(services, shipments(40, 4))
    alerts.add(services, "first_attempt", 95)
    alerts.add(services, "signal", 0, subject="leave_intent")
    analyzed(services)
    rounds(services)
    assert told(server) == ["deliveries at the first attempt: 90.0 % of 40 in 2026-08, under 95"]
    run = services.store.latest_run()
    assert run
    signal = {"signal": "leave_intent", "account_ref": "A-1"}
    services.store.save_run(
        replace(run, run_id="next", at=NOW + timedelta(days=1), signals=[signal, signal])
    )
    alerts.look(services)
    rounds(services)
    assert told(server) == ["signal leave intent: 1 accounts, over 0"]


@pytest.mark.parametrize(
    ("watches", "subject"),
    [("weather", None), ("theme", "t1"), ("signal", "hunger"), ("score", "stars"), ("score", None)],
)
def test_a_rule_that_can_never_be_is_refused(
    services: Services, watches: str, subject: str | None
) -> None:
    with pytest.raises(InvalidInput):
        alerts.add(services, watches, 1, subject=subject)
    assert services.store.alert_rules() == []


def test_what_is_stored_is_json(services: Services) -> None:
    intake.take(services, shipments(3, 1))
    analyzed(services)
    run = services.store.latest_run()
    assert run
    assert json.loads(json.dumps(run.patterns)) == run.patterns
