"""Who is asked about a moment, and every way to reach them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from interviewer.core.book import Account, Contact, Row, Shipment
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Channel
from interviewer.core.moments import Moment
from interviewer.outreach.zones import zones_for
from interviewer.store import Store

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be asked."""

    ref: str  # contact_ref, else the shipment's
    phone: str | None
    email: str | None
    language: str | None
    zones: frozenset[str]
    regions: frozenset[str]
    preferred: str | None = None
    contact_ref: str | None = None

    def address(self, channel: Channel) -> str | None:
        """Where this channel reaches them; a chat page has no address."""
        return {"sms": self.phone, "email": self.email}.get(channel)


def whom_to_ask(store: Store, moment: Moment, guide: InterviewGuide) -> list[Person]:
    """The recipient of the shipment or, in a B2B study, the account's active contacts.

    A study that names roles asks contacts in these roles alone; whom a moment names is asked
    in any role.
    """
    account = _first(store.find(Account, account_ref=moment.account_ref or ""))
    if guide.audience == "recipient":
        return _recipient(store, moment, account)
    contacts = store.find(Contact, account_ref=moment.account_ref or "", active=True)
    return [_of_contact(one, account) for one in contacts if _is_meant(one, moment, guide)]


def _is_meant(contact: Contact, moment: Moment, guide: InterviewGuide) -> bool:
    if moment.contact_ref:
        return contact.contact_ref == moment.contact_ref
    return not guide.roles or contact.contact_role in guide.roles


def _recipient(store: Store, moment: Moment, account: Account | None) -> list[Person]:
    """Who gets the goods: as the shipment says, else the contact that it or the claim names."""
    shipment = _first(store.find(Shipment, shipment_ref=moment.shipment_ref or ""))
    contact_ref = moment.contact_ref or (shipment.contact_ref if shipment else None)
    if shipment and (shipment.phone or shipment.email):
        return [
            Person(
                ref=shipment.shipment_ref,
                phone=shipment.phone,
                email=shipment.email,
                language=shipment.language,
                zones=zones_for(shipment.timezone, shipment.region, phone=shipment.phone),
                regions=frozenset({shipment.region} if shipment.region else ()),
                contact_ref=contact_ref,
            )
        ]
    contacts = store.find(Contact, contact_ref=contact_ref or "", active=True)
    return [_of_contact(contact, account) for contact in contacts]


def _of_contact(contact: Contact, account: Account | None) -> Person:
    """A contact; what it leaves open is as its account says."""
    region = contact.region or (account.region if account else None)
    timezone = contact.timezone or (account.timezone if account else None)
    return Person(
        ref=contact.contact_ref,
        phone=contact.phone,
        email=contact.email,
        language=contact.language or (account.language if account else None),
        zones=zones_for(timezone, region, phone=contact.phone),
        regions=frozenset({region} if region else ()),
        preferred=contact.preferred_channel,
        contact_ref=contact.contact_ref,
    )


def addresses_of_person(store: Store, address: str) -> list[str]:
    """This address, and those that a contact or a shipment with it names beside it.

    Caps count per person: whoever was asked by e-mail is not asked again by SMS.
    """
    column = "email" if "@" in address else "phone"
    rows: list[Contact | Shipment] = [*store.find(Contact, **{column: address})]
    rows += store.find(Shipment, **{column: address})
    beside = [other for row in rows for other in (row.phone, row.email) if other]
    return list(dict.fromkeys([address, *beside]))


def _first(rows: Sequence[R]) -> R | None:
    return rows[0] if rows else None
