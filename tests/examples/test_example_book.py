"""The example book of business: every row is taken, every reference resolves, nobody is real."""

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from interviewer.core.account_moments import (
    AccountException,
    claim_moments,
    disruption_moments,
    renewal_moments,
    review_moments,
    score_moments,
)
from interviewer.core.book import (
    SIGNALS,
    Account,
    Claim,
    Consent,
    Contact,
    Row,
    Score,
    Shipment,
    ShipmentEvent,
    Suppression,
)
from interviewer.core.moments import Moment, shipment_moments
from interviewer.core.shipment import ShipmentState, fold
from interviewer.core.simulated_respondent import SimulatedRespondent
from interviewer.core.vocabulary import EXCEPTIONS
from interviewer.events.import_files import ImportFile, Taken
from interviewer.events.import_rows import Plan

EXAMPLES = Path(__file__).parents[2] / "examples"
STARTS, ENDS = datetime(2026, 9, 1, 6, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
FICTITIOUS = re.compile(r"\+1\d{3}55501\d\d|\+447700900\d{3}")
RowType = TypeVar("RowType", bound=Row)


@cache
def all_rows(kind: type[Row]) -> tuple[Row, ...]:
    found = list(ImportFile(EXAMPLES / f"book/{kind.kind}.csv", kind, Plan(now=ENDS)))
    assert [one for one in found if not isinstance(one, Taken)] == []
    return tuple(row for one in found if isinstance(one, Taken) for row in one.values)


def rows(kind: type[RowType], file: type[Row] | None = None) -> list[RowType]:
    return [row for row in all_rows(file or kind) if isinstance(row, kind)]


@cache
def states() -> dict[str, ShipmentState]:
    events: dict[str, list[ShipmentEvent]] = defaultdict(list)
    for event in (*rows(ShipmentEvent, Shipment), *rows(ShipmentEvent)):
        events[event.shipment_ref].append(event)
    return {ref: fold(of_shipment) for ref, of_shipment in events.items()}


@cache
def moments() -> tuple[Moment, ...]:
    """All moments of the story's window, as they are on its last day."""
    found: list[Moment] = []
    for shipment in rows(Shipment):
        found += shipment_moments(states()[shipment.shipment_ref], shipment)
    for claim in rows(Claim):
        found += claim_moments(claim)
    exceptions: dict[str, list[AccountException]] = defaultdict(list)
    for shipment in rows(Shipment):
        for chain in states()[shipment.shipment_ref].chains:
            worst = chain.worst
            exceptions[shipment.account_ref or ""].append(
                AccountException(shipment.shipment_ref, worst.code, worst.first.at)
            )
    for account in rows(Account):
        own = [score for score in rows(Score) if score.account_ref == account.account_ref]
        for month in (9, 10):
            now = datetime(2026, month, 28, tzinfo=UTC)
            found += renewal_moments(account, now)
            found += review_moments(account, now)
        found += score_moments(own, account, ENDS)
        found += disruption_moments(exceptions[account.account_ref], account, STARTS)
    inside = {m.moment_id: m for m in found if STARTS.date() <= m.due_at.date() <= ENDS.date()}
    return tuple(inside.values())


def respondents() -> list[SimulatedRespondent]:
    with (EXAMPLES / "respondents.jsonl").open(encoding="utf-8") as file:
        return [SimulatedRespondent.read(json.loads(line)) for line in file]


def test_it_is_as_large_as_it_says() -> None:
    assert len(rows(Account)) >= 12
    assert len(rows(Contact)) >= 35
    assert {contact.contact_role for contact in rows(Contact)} == {
        *("buyer", "sponsor", "finance", "operations", "warehouse")
    }
    assert len(rows(Shipment)) >= 150
    assert min(Counter(event.shipment_ref for event in rows(ShipmentEvent)).values()) >= 3
    assert len(rows(Claim)) >= 12
    assert {account.language for account in rows(Account)} == {"en", "es", "de"}
    assert len({account.owner_email for account in rows(Account)}) == 3


def test_every_reference_resolves() -> None:
    accounts = {account.account_ref for account in rows(Account)}
    contacts = {contact.contact_ref: contact for contact in rows(Contact)}
    shipments = {shipment.shipment_ref for shipment in rows(Shipment)}
    assert {contact.account_ref for contact in contacts.values()} <= accounts
    assert {score.account_ref for score in rows(Score)} == accounts
    assert {event.shipment_ref for event in rows(ShipmentEvent)} == shipments
    for row in (*rows(Shipment), *rows(Claim)):
        assert row.account_ref in accounts
        if row.contact_ref:
            assert contacts[row.contact_ref].account_ref == row.account_ref
    assert {c.shipment_ref for c in rows(Claim) if c.shipment_ref} <= shipments


def test_natural_keys_are_unique() -> None:
    for kind in (Account, Contact, Consent, Suppression, Shipment, ShipmentEvent, Score, Claim):
        assert max(Counter(row.identity for row in rows(kind)).values()) == 1, kind


def test_nobody_in_it_is_real() -> None:
    people = (*rows(Contact), *rows(Shipment))
    phones = {person.phone for person in people if person.phone}
    emails = {person.email for person in people if person.email}
    emails |= {account.owner_email for account in rows(Account) if account.owner_email}
    assert len(phones) > 50
    assert all(FICTITIOUS.fullmatch(phone) for phone in phones)
    assert all(re.fullmatch(r".+[@.]example\.com", email) for email in emails)


def test_every_consent_and_suppression_is_of_somebody_in_it() -> None:
    people = (*rows(Contact), *rows(Shipment))
    known = {address for person in people for address in (person.phone, person.email) if address}
    addresses = {entry.address for entry in (*rows(Consent), *rows(Suppression))}
    assert addresses <= known
    granted = {entry.address for entry in rows(Consent) if entry.status == "granted"}
    assert 0.7 < len(granted) / len(known) < 1
    assert {entry.status for entry in rows(Consent)} == {"granted", "withdrawn"}
    assert {entry.status for entry in rows(Suppression)} == {"suppressed", "lifted"}
    assert all(entry.at < STARTS for entry in (*rows(Consent), *rows(Suppression)))


def test_it_holds_what_goes_well_and_what_goes_wrong() -> None:
    seen = Counter(code for state in states().values() for code in state.exception_codes)
    assert len(seen) >= 24, set(EXCEPTIONS) - set(seen)
    statuses = Counter(state.status for state in states().values())
    assert statuses["delivered"] >= 130
    assert {"returned", "exception", "expired", "cancelled", "in_transit"} <= set(statuses)


def test_some_deliveries_come_at_hours_when_nobody_is_asked() -> None:
    asked = [
        (moment.due_at.astimezone(ZoneInfo(shipment.timezone)).hour, shipment)
        for shipment in rows(Shipment)
        if shipment.timezone
        for moment in moments()
        if moment.subject == shipment.shipment_ref
    ]
    assert sum(not 9 <= hour < 20 for hour, _ in asked) >= 5


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("Delivered", 120),
        ("ExceptionRaised", 15),
        ("ExceptionResolved", 35),
        ("ClaimClosed", 10),
        ("RenewalDue", 12),
        ("ReviewDue", 2),
        ("ScoreDropped", 3),
        ("AccountDisrupted", 1),
    ],
)
def test_its_two_months_hold_every_moment(kind: str, least: int) -> None:
    assert sum(moment.kind == kind for moment in moments()) >= least


def test_exactly_three_scores_fall() -> None:
    fallen = {moment.moment_id for moment in moments() if moment.kind == "ScoreDropped"}
    assert fallen == {
        "ScoreDropped/A-1006/otif/2026-09",
        "ScoreDropped/A-1009/nps/2026-Q3",
        "ScoreDropped/A-1014/csat/2026-08",
    }


def test_the_respondents_are_of_the_book() -> None:
    contacts = {contact.contact_ref for contact in rows(Contact)}
    shipments = {shipment.shipment_ref for shipment in rows(Shipment)}
    people = respondents()
    assert len(people) >= 60
    assert max(Counter(person.id for person in people).values()) == 1
    assert {person.contact_ref for person in people if person.contact_ref} <= contacts
    assert {person.shipment_ref for person in people if person.shipment_ref} <= shipments
    assert {signal for person in people for signal in person.signals} <= set(SIGNALS)


@pytest.mark.parametrize("person", respondents(), ids=lambda person: str(person.id))
def test_a_respondent_can_tell_what_must_be_elicited(person: SimulatedRespondent) -> None:
    facts = {fact.id: fact for fact in person.facts}
    assert len(facts) == len(person.facts)
    assert set(person.must_elicit) <= set(facts)
    for fact in person.facts:
        if fact.depth == 0:
            assert fact.text in person.opening
        else:
            assert fact.cues
    for one, other in pairwise(person.facts):
        assert one.text != other.text
