"""`interviewer why`, shipments told by tracking code, and bad weeks found step by step."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from interviewer.core.book import Account, Contact, Shipment, ShipmentEvent
from interviewer.core.errors import NotFound
from interviewer.events import intake, reasons, settling
from interviewer.ports import Services
from tests.fakes import NOW, services_in
from tests.story import launch, outcomes, shipment, tell

DAY = timedelta(days=1)


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


def told(services: Services, ref: str) -> str:
    return "\n".join(f"{step.kind}: {step.text}" for step in reasons.why(services, ref))


def test_the_chain_of_a_delivery_names_the_rule_of_each_step(services: Services) -> None:
    launch(services, "delivery-check")
    tell(services, shipment("1", "in_transit", NOW - DAY), shipment("2", "delivered"))
    chain = told(services, "S-1")
    for part in ("event: in_transit from acme", "event: delivered", "moment: Delivered", "planned"):
        assert part in chain
    assert "gate: sms due" in chain


def test_why_nothing_happened(services: Services) -> None:
    tell(services, shipment("1", "in_transit"), shipment("2", "delivered", ref="S-2"))
    assert "scans on the way start nothing" in told(services, "S-1")
    assert "was not launched" in told(services, "S-2")
    intake.take(
        services,
        [
            Account(account_ref="A", account_name="Acme"),
            Contact(contact_ref="c", account_ref="A", phone="+12125550143"),
        ],
    )
    assert "no consent (G04)" in told(services, "c")
    assert "no date: nothing comes due" in told(services, "A")
    with pytest.raises(NotFound):
        reasons.why(services, "nobody")


def scan(ref: str, status: str, days: float, **more: Any) -> ShipmentEvent:
    at = NOW + days * DAY
    return ShipmentEvent.model_validate(
        {"shipment_ref": ref, "status": status, "occurred_at": at, "source": "easypost", **more}
    )


def test_what_a_carrier_says_of_a_tracking_code_is_said_of_its_shipment(services: Services) -> None:
    launch(services, "delivery-check")
    intake.take(services, [scan("1Z", "delivered", -0.05)])
    assert outcomes(services) == {"Delivered/1Z": "nobody_to_ask"}
    known = Shipment(shipment_ref="L-1", tracking_code="1Z", phone="+12125550142", item="desk")
    intake.take(services, [known])
    assert outcomes(services)["Delivered/L-1"] in ("planned", "nobody_to_ask")
    assert services.store.moment("Delivered/L-1").moment.context["item"] == "desk"
    assert "delivered from easypost" in told(services, "1Z")


def test_a_recycled_code_is_another_shipment(services: Services) -> None:
    intake.take(services, [scan("1Z", "delivered", -90), scan("1Z", "delivered", -0.1)])
    assert set(outcomes(services)) == {"Delivered/1Z", "Delivered/1Z~2"}


def test_bad_weeks_found_one_event_at_a_time_are_those_found_at_once(tmp_path: Path) -> None:
    days = [-60, -58, -57, -40, -12, -11, -10, -9, -3, -2, -1]
    events = [
        scan(f"L-{n}", "in_transit", day, exception_code="lost") for n, day in enumerate(days)
    ]
    owners = [Shipment(shipment_ref=event.shipment_ref, account_ref="A") for event in events]
    found = []
    for name, size in (("one", 1), ("all", len(events))):
        (tmp_path / name).mkdir()
        services = services_in(tmp_path / name)
        intake.take(services, [Account(account_ref="A", account_name="Acme"), *owners])
        for start in range(0, len(events), size):
            intake.take(services, events[start : start + size])
        settling.settle(services, settling.Affected(accounts={"A"}))
        moments = [m for m in services.store.moments(["A"]) if m.outcome != "withdrawn"]
        found.append({m.moment.moment_id: m.moment for m in moments})
    assert found[0] == found[1]
    assert len(found[0]) >= 2
