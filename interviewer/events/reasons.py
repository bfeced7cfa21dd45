"""`interviewer why`: the chain from event to moment, study and gate, with the rule of each step."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from interviewer.core.book import (
    Account,
    Claim,
    Consent,
    Contact,
    Shipment,
    ShipmentEvent,
    Suppression,
)
from interviewer.core.errors import NotFound
from interviewer.core.invitation import Invitation
from interviewer.core.shipment import ShipmentState, fold, is_late
from interviewer.core.vocabulary import EXCEPTIONS
from interviewer.events import settling
from interviewer.followup import actions
from interviewer.ports import Services
from interviewer.store import MomentRecord

NEWEST = 20  # shipments of an account that are told one by one
RULES = {
    "planned": "an invitation waits, or is being sent",
    "asked": "asked; no other moment takes its interview",
    "shadowed": "its study ran in shadow: it is never sent later",
    "declined": "the owner of the account said no",
    "stale": "too old when it was first seen: history is kept and never asked about",
    "not_sampled": "not drawn: the study asks a share of these, always the same ones",
    "superseded": "one delivery, one interview: another moment, or an open claim, has it",
    "not_live": "its study was not launched, or is paused: interviewer study launch",
    "no_study": "no study takes this kind of moment",
    "nobody_to_ask": "nobody to ask: no address on a channel of the study, or no contact",
    "withdrawn": "what it was made from is no longer so",
}


class Step(NamedTuple):
    """One line of the chain."""

    depth: int
    at: str | None
    kind: str
    text: str


def why(services: Services, ref: str) -> list[Step]:
    """The chain of a shipment (its reference or tracking code), a contact or an account.

    Raises:
        NotFound: It is none of these.
    """
    steps = [*_shipment(services, ref), *_contact(services, ref), *_account(services, ref)]
    if not steps:
        raise NotFound(f"{ref!r} is no shipment, tracking code, contact or account that is known.")
    return steps


def _at(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%d %H:%M}" if at else None


def _shipment(services: Services, ref: str) -> Iterator[Step]:
    store = services.store
    known = store.find(Shipment, shipment_ref=ref) or store.find(Shipment, tracking_code=ref)
    own = known[0] if known else None
    subject = own.shipment_ref if own else ref
    events = settling.told_of(services, [own or Shipment(shipment_ref=ref)])[subject]
    held = [e for e in store.inbox(held_back=True) if f'"{ref}"' in e.raw]
    if not (known or events or held):
        return
    yield Step(0, None, "shipment", subject + ("" if own else " (no shipment row was imported)"))
    for event in sorted(events, key=lambda event: event.occurred_at):
        yield Step(1, _at(event.occurred_at), "event", _told(event))
    for each in held:
        yield Step(
            1, _at(each.received_at), "held back", f"{each.source}/{each.event_id}: {each.error}"
        )
    state = fold(events)
    yield Step(1, None, "state", _state(state))
    for name, text in actions.told(services, subject):
        yield Step(1, None, name, text)
    records = store.moments([subject])
    yield from _moments(services, records)
    if not records:
        yield Step(1, None, "no moment", _no_moment(state))
    for claim in store.find(Claim, shipment_ref=subject):
        is_open = claim.claim_closed_at is None
        rule = "open: moments of the shipment wait for it" if is_open else "closed"
        yield Step(1, _at(claim.claim_opened_at), "claim", f"{claim.claim_ref} {rule}")
        yield from _moments(services, store.moments([claim.claim_ref]))


def _told(event: ShipmentEvent) -> str:
    said = event.status if event.event_kind == "scan" else event.event_kind
    words = " ".join(word for word in (said, event.exception_code) if word)
    raw = ", ".join(event.raw_codes.values())
    quality = "" if event.time_quality == "exact" else f", time {event.time_quality}"
    return f"{words or 'nothing'} from {event.source}{f' ({raw})' if raw else ''}{quality}"


def _state(state: ShipmentState) -> str:
    late = {True: ", late", False: ", on time", None: ""}[is_late(state)]
    codes = ", ".join(f"{one.code} (severity {one.severity})" for one in state.exceptions)
    promised = (
        f"; promised {state.promised.text()} by {state.promised_source}" if state.promised else ""
    )
    return f"{state.status}{late}{f'; {codes}' if codes else ''}{promised}"


def _no_moment(state: ShipmentState) -> str:
    codes = [EXCEPTIONS[code].severity for code in state.exception_codes]
    if not codes:
        return "not delivered and no exception: scans on the way start nothing"
    if max(codes) == 1:
        return "an exception of severity 1 is asked about once the shipment is delivered"
    return (
        "an exception of severity 2 counts only where the shipment stands: failed, held, returned"
    )


def _moments(services: Services, records: Iterable[MomentRecord]) -> Iterator[Step]:
    for record in records:
        moment = record.moment
        yield Step(1, _at(moment.occurred_at), "moment", f"{moment.kind} {moment.moment_id}")
        study = record.study or "no study"
        yield Step(
            2, _at(record.seen_at), "study", f"{study}: {record.outcome}: {RULES[record.outcome]}"
        )
        yield from _invitations(services.store.invitations(moment_id=moment.moment_id))


def _invitations(invitations: Sequence[Invitation]) -> Iterator[Step]:
    for one in invitations:
        reason = f": {one.reason}" if one.reason else ""
        when = f" at {_at(one.sent_at)}" if one.sent_at else f", due {_at(one.due_at)}"
        interview = f", interview {one.interview_id}" if one.interview_id else ""
        text = f"{one.channel} {one.state}{reason}{when}{interview}"
        yield Step(3, None, "gate", text)


def _contact(services: Services, ref: str) -> Iterator[Step]:
    store = services.store
    for contact in store.find(Contact, contact_ref=ref):
        role = contact.contact_role or "no role"
        state = "" if contact.active else ", not active: never asked"
        yield Step(0, None, "contact", f"{ref} of {contact.account_ref}, {role}{state}")
        for channel, address in (("sms", contact.phone), ("email", contact.email)):
            yield Step(1, None, channel, _reach(services, channel, address))
        own = [one for one in store.invitations() if one.contact_ref == ref]
        for one in own:
            record = store.moment(one.moment_id)
            yield Step(1, _at(record.moment.occurred_at), "moment", one.moment_id)
            yield Step(
                2,
                _at(record.seen_at),
                "study",
                f"{one.study}: {record.outcome}: {RULES[record.outcome]}",
            )
            yield from _invitations([one])
        if not own:
            yield Step(
                1, None, "no moment", "nothing of the account has earned them a question yet"
            )


def _reach(services: Services, channel: str, address: str | None) -> str:
    """The ledgers of an address, without the address."""
    if address is None:
        return "no address (G02)"
    store = services.store
    stops = [s for s in store.find(Suppression, address=address) if s.channel in (channel, "all")]
    consents = [c for c in store.find(Consent, address=address) if c.channel == channel]
    if stops and max(stops, key=lambda stop: stop.at).status == "suppressed":
        return "suppressed (G03): never written to"
    if not consents:
        return "no consent (G04): interviewer import consents FILE"
    last = max(consents, key=lambda consent: (consent.at, consent.status))
    rule = "" if last.status == "granted" else " (G04)"
    return f"{last.status} on {_at(last.at)} by {last.source}{rule}"


def _account(services: Services, ref: str) -> Iterator[Step]:
    store = services.store
    for account in store.find(Account, account_ref=ref):
        yield Step(0, None, "account", f"{ref} {account.account_name}")
        dates = (("renewal", account.renewal_date), ("review", account.review_date))
        for name, day in dates:
            yield Step(1, None, name, day.isoformat() if day else "no date: nothing comes due")
        contacts = store.find(Contact, account_ref=ref, active=True)
        yield Step(1, None, "contacts", f"{len(contacts)} active")
        records = store.moments([ref])
        yield from _moments(services, records)
        if not records:
            yield Step(1, None, "no moment", "no date has come, no score fell, no week was unusual")
        shipments = [one.shipment_ref for one in store.find(Shipment, account_ref=ref)]
        about = store.moments(shipments)
        for record in about[-NEWEST:]:
            yield from _moments(services, [record])
        if len(about) > NEWEST:
            yield Step(1, None, "and", f"{len(about) - NEWEST} older moments of its shipments")
