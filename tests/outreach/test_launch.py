"""At a launch and before: preview, shadow, copies to ourselves, lists, the owner's no, brake."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from interviewer import worker
from interviewer.core.book import Account, Consent, Contact, ShipmentEvent, Suppression
from interviewer.core.errors import InvalidInput
from interviewer.core.interview import Interview
from interviewer.core.invitation import OutboundMessage
from interviewer.core.moments import Moment
from interviewer.events import intake
from interviewer.outreach import backtest, brake, inviting, launch, preview
from interviewer.outreach.people import whom_to_ask
from interviewer.ports import Prices, Services
from interviewer.studies import lifecycle
from interviewer.studies.prompts_folder import load_guide
from tests.fakes import NOW, services_in
from tests.story import (
    HOUR,
    PHONE,
    channel,
    invitation,
    outcomes,
    shipment,
    tell,
    wait,
    work,
)

DAY = timedelta(days=1)
NEW_YORK = {"timezone": "America/New_York"}


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


def agreed(address: str) -> Consent:
    kind = "email" if "@" in address else "sms"
    return Consent(address=address, channel=kind, status="granted", source="contract", at=NOW - DAY)


def book(services: Services) -> None:
    """One account with a contact for every way not to be asked."""
    people = {
        "fine": {"email": "fine@acme.example.com", "contact_role": "buyer"},
        "silent": {"email": "silent@acme.example.com", "contact_role": "buyer"},
        "gone": {"email": "gone@acme.example.com", "contact_role": "buyer"},
        "nowhere": {"contact_role": "buyer"},
        "dock": {"email": "dock@acme.example.com", "contact_role": "warehouse"},
    }
    rows = [
        Contact.read({"contact_ref": ref, "account_ref": "acme", **more})
        for ref, more in people.items()
    ]
    stop = Suppression(
        address="gone@acme.example.com", channel="email", status="suppressed", source="x", at=NOW
    )
    granted = [agreed(f"{ref}@acme.example.com") for ref in ("fine", "gone", "dock")]
    accounts = [
        Account(account_ref="acme", account_name="Acme", **NEW_YORK),
        Account(account_ref="empty", account_name="Empty", **NEW_YORK),
    ]
    intake.take(services, [*accounts, *rows, *granted, stop])


def with_roles(services: Services, *roles: str) -> None:
    source = services.store.study("account-review").source + f"\nroles: [{', '.join(roles)}]\n"
    lifecycle.add(services, load_guide(source), source)


def test_a_preview_says_who_is_asked_and_what_would_fix_the_others(services: Services) -> None:
    priced = replace(services, prices=Prices(segment=0.01, mail=0.5))
    book(priced)
    with_roles(priced, "buyer")
    found = preview.preview(priced, "account-review", launch.whole_book(priced))
    assert {one.why: one.refs for one in found.not_asked} == {
        "no consent on any channel": ["silent"],
        "address missing or wrong": ["nowhere"],
        "no contact in the roles asked for": ["empty"],
        "said no": ["gone"],
    }
    assert (found.people, found.messages, found.cost, found.days) == (1, 1, 0.5, 1)
    (example,) = found.examples
    assert (example.to, example.local) == ("fine", "Tue 15 Sep 10:00 America/New_York")
    assert "Acme" in example.text
    fixes = {one.why: one.fix for one in found.not_asked}
    assert "address, channel, status, source, evidence, at" in fixes["no consent on any channel"]
    assert services.store.invitations() == []
    assert outcomes(services) == {}


@pytest.mark.parametrize(
    ("roles", "contact_ref", "asked"),
    [
        ((), None, ["dock", "fine", "gone", "nowhere", "silent"]),
        (("buyer",), None, ["fine", "gone", "nowhere", "silent"]),
        (("warehouse", "finance"), None, ["dock"]),
        (("sponsor",), None, []),
        (("sponsor",), "dock", ["dock"]),  # named by the moment, or by a list
    ],
)
def test_a_study_asks_the_roles_that_it_names(
    services: Services, roles: tuple[str, ...], contact_ref: str | None, asked: list[str]
) -> None:
    book(services)
    guide = services.store.study("account-review").guide.model_copy(update={"roles": roles})
    moment = Moment(
        kind="ReviewDue",
        moment_id="m",
        subject="acme",
        rival="m",
        occurred_at=NOW,
        due_at=NOW,
        account_ref="acme",
        contact_ref=contact_ref,
    )
    assert [person.ref for person in whom_to_ask(services.store, moment, guide)] == asked


def test_a_preview_of_moments_is_what_the_launch_then_does(services: Services) -> None:
    tell(services, shipment("1", "delivered"), shipment("2", "delivered", NOW - 9 * DAY, ref="S-2"))
    found = preview.preview(services, "delivery-check")
    assert (found.people, found.segments) == (1, 2)
    assert [(one.why, one.refs) for one in found.not_asked] == [("too old", ["S-2"])]
    launch.go(services, "delivery-check")
    assert outcomes(services) == {"Delivered/S-1": "planned", "Delivered/S-2": "stale"}
    assert invitation(services).due_at == found.asked[0].first


def test_who_is_on_two_lines_is_counted_once(services: Services) -> None:
    tell(services, shipment("1", "delivered"), shipment("2", "delivered", ref="S-2"))
    found = preview.preview(services, "delivery-check")
    assert found.people == 1
    assert [one.why for one in found.not_asked] == ["asked recently, or in another interview"]


def test_in_shadow_all_is_done_but_sending_and_nothing_is_sent_later(services: Services) -> None:
    launch.shadow(services, "delivery-check")
    tell(services, shipment("1", "delivered"), shipment("2", "delivered", NOW, ref="S-2"))
    wait(services, HOUR)
    work(services)
    (kept,) = services.store.messages(state="shadowed")
    assert (kept.address, kept.interview_id) == (PHONE, None)
    (decision,) = services.store.decisions(kept.message_key.removeprefix("shadow:"))
    assert decision.rule is None
    assert services.store.interviews(include_test=True) == []

    launch.go(services, "delivery-check")
    tell(services, shipment("3", "delivered", ref="S-1"))
    for _ in range(48):
        wait(services, HOUR)
        work(services)
    assert channel(services).sent == []
    assert set(outcomes(services).values()) == {"shadowed"}
    late = services.clock.now() - HOUR
    tell(services, shipment("4", "delivered", late, ref="S-4"))
    wait(services, HOUR)
    work(services)
    assert [message.address for message in channel(services).sent] == [PHONE]


def test_a_copy_goes_to_ourselves_and_says_for_whom_it_was(services: Services) -> None:
    own = "+12125550199"
    launch.shadow(services, "delivery-check", [own])
    tell(services, shipment("1", "delivered"))
    wait(services, HOUR)
    work(services)
    (copy,) = channel(services).sent
    (kept,) = services.store.messages(state="shadowed")
    assert (copy.address, copy.text) == (own, f"For {PHONE}:\n{kept.text}")
    assert services.store.interview(copy.interview_id or "").test
    assert services.store.invited("delivery-check") == 0

    tell(services, shipment("2", "delivered", ref="S-2", recipient={"phone": own, **NEW_YORK}))
    second = next(one for one in services.store.invitations() if one.shipment_ref == "S-2")
    assert (second.state, second.reason) == ("due", None)  # no cap counts the copy


def test_one_number_and_one_mail_at_most(services: Services) -> None:
    with pytest.raises(InvalidInput, match="one number and one mail"):
        launch.shadow(services, "delivery-check", ["a@example.com", "b@example.com"])


def test_a_book_is_launched_by_hand_once(services: Services) -> None:
    book(services)
    study = launch.go(services, "account-review")
    told: list[tuple[int, int]] = []
    done = launch.by_hand(services, study, launch.whole_book(services), lambda *of: told.append(of))
    assert done.invitations == {"due": 2, "refused": 2}
    assert (done.nobody, told) == (["empty"], [(2, 2)])
    again = launch.by_hand(services, study, launch.whole_book(services))
    assert (sorted(again.before), again.invitations) == (["acme", "empty"], {})
    intake.take(services, [Account(account_ref="acme", account_name="Acme", tier="gold")])
    assert {one.state for one in services.store.invitations()} == {"due", "refused"}


def test_a_list_names_contacts_and_is_sampled_by_hash(services: Services) -> None:
    book(services)
    study = launch.go(services, "account-review")
    chosen = launch.read_list("name,contact_ref\nx,fine\ny,nobody\n", "friends")
    done = launch.by_hand(services, study, chosen)
    assert (done.invitations, done.unknown) == ({"due": 1}, ["nobody"])
    many = launch.ByHand("many", tuple(launch.Subject("account_ref", f"a{n}") for n in range(1000)))
    drawn = launch.sampled(study, replace(many, sample=0.2))
    assert 150 < len(drawn) < 250
    assert drawn == launch.sampled(study, replace(many, sample=0.2))
    with pytest.raises(InvalidInput, match="contact_ref, account_ref or shipment_ref"):
        launch.read_list("email\nx@example.com\n", "wrong")


def test_the_owner_says_no(services: Services) -> None:
    book(services)
    study = launch.go(services, "account-review")
    launch.by_hand(services, study, launch.whole_book(services))
    (moment,) = [one for one in outcomes(services) if one.endswith("/acme")]
    inviting.decline(services, moment)
    for _ in range(3):
        wait(services, HOUR)
        work(services)
    worker.look_at_accounts(services)
    assert outcomes(services)[moment] == "declined"
    assert channel(services, "email").sent == []


def asked(services: Services, number: int, stopped: int = 0, complained: int = 0) -> None:
    """So many first messages of delivery-check went out, and this is what came back."""
    store, study = services.store, services.store.study("delivery-check")
    for n in range(number):
        address = f"person{n}@example.com"
        interview = Interview(
            interview_id=f"i{n}",
            study=study.slug,
            study_version=study.version,
            guide_hash=study.guide_hash,
            channel="email",
            language="en",
            context={},
            address=address,
            topics=("what_happened",),
            opened_at=NOW,
            expires_at=NOW + DAY,
        )
        message = OutboundMessage(
            message_key=f"i{n}:0",
            interview_id=f"i{n}",
            seq=0,
            kind="initiated",
            channel="email",
            address=address,
            text="Hello",
            state="sent",
            gated_at=NOW,
            provider_id=f"p{n}",
        )
        store.add_interview(interview, f"hash{n}", outbox=[message])
        if n < complained:
            store.report_delivery(f"i{n}:0", f"p{n}", "failed", brake.COMPLAINT, NOW)
        if n < stopped:
            stop = Suppression(
                address=address, channel="email", status="suppressed", source="STOP", at=NOW
            )
            store.put([stop])


@pytest.mark.parametrize(
    ("number", "stopped", "complained", "why"),
    [
        (99, 99, 0, None),  # too few to say anything
        (100, 3, 0, None),
        (100, 4, 0, "4.0% of the last 100 people opted out; the limit is 3.0%"),
        (100, 0, 1, "1.0% of the last 100 people complained; the limit is 0.3%"),
    ],
)
def test_a_study_that_is_received_badly_brakes(
    services: Services, number: int, stopped: int, complained: int, why: str | None
) -> None:
    launch.go(services, "delivery-check")
    asked(services, number, stopped, complained)
    assert brake.look(services) == (["delivery-check"] if why else [])
    study = services.store.study("delivery-check")
    assert study.brake == why
    told = {row["figure"]: row["value"] for row in lifecycle.show(services, study.slug)}
    assert told.get("brake") == why
    assert [one.kind for one in services.store.unspread(9)] == (["study.braked"] if why else [])
    if why:
        wait(services, HOUR)
        assert launch.go(services, study.slug).brake is None
        assert brake.look(services) == []  # what came before the release counts no more


def test_a_backtest_replays_what_is_stored_and_changes_nothing(
    services: Services, tmp_path: Path
) -> None:
    recipients = {
        "S-1": {"phone": "+12125550101", **NEW_YORK},
        "S-2": {"phone": "+12125550102", **NEW_YORK},
        "S-3": {"phone": "+12125550101", **NEW_YORK},
    }
    times = {
        "S-1": datetime(2026, 9, 1, 14, tzinfo=UTC),
        "S-2": datetime(2026, 9, 2, 3, tzinfo=UTC),  # at night: asked in the morning
        "S-3": datetime(2026, 9, 3, 14, tzinfo=UTC),  # the person of S-1: capped
    }
    for ref, at in times.items():
        tell(services, shipment(ref, "delivered", at, ref=ref, recipient=recipients[ref]))
    before = outcomes(services)
    copies = tmp_path / "copy"
    copies.mkdir()
    copy = services_in(copies)
    found = backtest.backtest(
        replace(services, prices=Prices(segment=0.01)),
        replace(copy, prices=Prices(segment=0.01)),
        "delivery-check",
        date(2026, 9, 1),
        date(2026, 9, 3),
    )
    days = [(d.moments, d.invitations, dict(d.refused), d.segments) for d in found.days]
    assert days == [(1, 1, {}, 2), (1, 1, {}, 2), (1, 0, {"G09": 1}, 0)]
    assert (found.capped, found.out_of_hours, found.deferred, found.peak) == (1, 0, 1, 1)
    assert sum(day.cost for day in found.days) == pytest.approx(0.04)
    assert outcomes(services) == before
    assert services.store.find(ShipmentEvent)
    assert services.store.invitations() == []


@pytest.mark.parametrize("text", ["", "2026-09-01", "2026-09-02..2026-09-01", "a..b"])
def test_what_is_no_span_is_said(text: str) -> None:
    with pytest.raises(InvalidInput, match="write 2026-09-01"):
        backtest.days_of(text)
