"""What a person may ask of us: everything that is held about them, and that it is erased.

Also the end that all words come to: raw text and raw events are kept for so many days. After an
erasure there remain numbers, and a suppression under a hash of each address that only this
installation can make, so that nobody who was erased is written to again.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from interviewer.access import audit
from interviewer.core.book import Contact, ImportedTranscript, Note, Shipment, Suppression
from interviewer.core.errors import NotFound
from interviewer.findings import notes
from interviewer.ports import Services
from interviewer.store import Subject

ERASE = "person.erase"  # in the audit log
TOMBSTONE = "@erased.invalid"  # a domain that never exists (RFC 2606)


def who(services: Services, person: str) -> Subject:
    """Everything that an address or a contact_ref stands for.

    The person's other addresses belong to it. Who shares one, such as a switchboard, does not:
    but what was said at a shared address is erased with it.

    Raises:
        NotFound: Nothing is held about them.
    """
    store = services.store
    contacts = store.find(Contact, contact_ref=person) or store.find(Contact, **_at(person))
    refs = frozenset(contact.contact_ref for contact in contacts)
    own = {address for row in contacts for address in (row.phone, row.email) if address}
    own |= set() if person in refs else {person}
    shipments = store.find(Shipment, contact_ref=sorted(refs))
    for address in sorted(own):
        shipments += store.find(Shipment, **_at(address))
    beside = {address for row in shipments for address in (row.phone, row.email) if address}
    found = Subject(
        addresses=frozenset(own | beside),
        contacts=refs,
        shipments=frozenset(shipment.shipment_ref for shipment in shipments),
        names=frozenset(
            name
            for name in (
                *(contact.contact_name for contact in contacts),
                *(shipment.recipient_name for shipment in shipments),
            )
            if name
        ),
    )
    written = notes.as_transcripts(store.find(Note, contact_ref=sorted(refs)), contacts)
    elsewhere = store.find(ImportedTranscript, contact_ref=sorted(refs))
    names = [*(one.interview_id for one in written), *(row.id for row in elsewhere)]
    found = replace(found, interviews=frozenset([*names, *store.interviews_about(found)]))
    if not store.held_about(found):
        raise NotFound(f"Nothing is held about {person!r}.")
    return found


def access_request(
    services: Services, person: str, *, actor: str
) -> dict[str, list[dict[str, Any]]]:
    """Every row that is held about a person, by table. Raises NotFound."""
    held = services.store.held_about(who(services, person))
    audit.record(services, actor, "person.access", _mark(services, person), rows=_sum(held))
    return held


def erase(
    services: Services,
    person: str,
    *,
    actor: str,
    forget_vectors: Callable[[], None],
) -> dict[str, int]:
    """Take a person out of everything that is stored; how many rows, by table.

    `forget_vectors` empties the cache of sentence vectors, which are made from words. Who was
    erased may be erased again: what a reader had kept in the files of the database goes then.

    Raises:
        InvalidInput: There is no INTERVIEWER_SECRET, so no tombstone can be made.
        NotFound: Nothing is held about them.
        Unavailable: They are erased, but not yet in the files of the database.
    """
    about = _mark(services, person)
    counts: dict[str, int] = {}
    try:
        subject = who(services, person)
    except NotFound:
        if not _was_erased(services, about):
            raise
    else:
        now = services.clock.now()
        counts = services.store.erase(subject, _tombstones(services, subject, now), now)
        rows = {name: str(number) for name, number in counts.items()}
        audit.record(services, actor, ERASE, about, **rows)
    forget_vectors()
    services.store.leave_nothing_behind()
    return counts


def _tombstones(services: Services, subject: Subject, now: datetime) -> list[Suppression]:
    return [
        Suppression(
            address=services.sealer.sign(_as_signed(address))[:32] + TOMBSTONE,
            channel="all",
            status="suppressed",
            source="erasure",
            at=now,
        )
        for address in sorted(subject.addresses)
    ]


def _was_erased(services: Services, about: str) -> bool:
    return any(one.what == ERASE and one.about == about for one in services.store.audit())


def suppressions_of(services: Services, address: str) -> list[Suppression]:
    """Those of this address, also when it was erased and only its hash is known."""
    marks = [signed[:32] + TOMBSTONE for signed in services.sealer.signatures(_as_signed(address))]
    found = services.store.find(Suppression, address=[address, *marks])
    return [row.model_copy(update={"address": address}) for row in found]


def purge(services: Services) -> dict[str, int]:
    """Take out what is too old, as the settings say; run once a day, safe to repeat."""
    now, keep = services.clock.now(), services.retention
    text_until = now - timedelta(days=keep.text_days) if keep.text_days else None
    events_until = now - timedelta(days=keep.event_days) if keep.event_days else None
    total: Counter[str] = Counter()
    while counts := services.store.purge(text_until, events_until):
        total.update(counts)
    if total:
        rows = {name: str(number) for name, number in total.items()}
        audit.record(services, "worker", "retention.purge", "installation", **rows)
    return dict(total)


def _at(address: str) -> dict[str, str]:
    """The column that holds such an address, with it."""
    return {"email" if "@" in address else "phone": address}


def _as_signed(address: str) -> str:
    return f"erased:{address}"


def _mark(services: Services, person: str) -> str:
    """The person in the audit log: a hash that nobody without the secret can make."""
    return f"person:{services.sealer.sign(_as_signed(person))[:16]}"


def _sum(held: dict[str, list[dict[str, Any]]]) -> str:
    return str(sum(len(rows) for rows in held.values()))
