"""Launching a study: by its moments, or by hand for a list or a whole book."""

import csv
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from interviewer.core.account_moments import account_context
from interviewer.core.book import EMAIL, Account, Claim, Consent, Contact, Score, Shipment
from interviewer.core.errors import InvalidInput
from interviewer.core.moments import Moment, is_sampled, shipment_context
from interviewer.core.shipment import fold
from interviewer.core.study import Study
from interviewer.events import settling
from interviewer.outreach import inviting
from interviewer.outreach.zones import normalize_email, normalize_phone
from interviewer.ports import Services
from interviewer.store import MomentRecord
from interviewer.studies import lifecycle

AT_ONCE = 50  # subjects planned in one transaction: nobody else waits longer for the database
COLUMNS = ("contact_ref", "account_ref", "shipment_ref")

Progress = Callable[[int, int], None]  # done, of


class Subject(NamedTuple):
    """Somebody or something that a person put on a list."""

    kind: Literal["contact_ref", "account_ref", "shipment_ref"]
    ref: str


@dataclass(frozen=True, slots=True)
class ByHand:
    """Whom a launch by hand is for; the same list never asks anybody twice."""

    name: str
    subjects: tuple[Subject, ...]
    sample: float = 1.0  # share of the subjects, always the same ones


@dataclass(frozen=True, slots=True)
class Launched:
    """What a launch by hand came to."""

    listed: int
    sampled: int
    invitations: Counter[str] = field(default_factory=Counter)  # by state
    unknown: list[str] = field(default_factory=list)  # references that nothing is known of
    nobody: list[str] = field(default_factory=list)  # subjects with nobody to ask
    before: list[str] = field(default_factory=list)  # those this list was launched for before


def read_list(text: str, name: str) -> ByHand:
    """The list of a CSV file with a column contact_ref, account_ref or shipment_ref.

    Raises:
        InvalidInput: It has no such column.
    """
    rows = csv.DictReader(text.lstrip("\ufeff").splitlines())
    column = next((c for c in COLUMNS if c in (rows.fieldnames or ())), None)
    if column is None:
        raise InvalidInput("--list", f"needs a column {', '.join(COLUMNS[:-1])} or {COLUMNS[-1]}")
    refs = dict.fromkeys((row[column] or "").strip() for row in rows)
    return ByHand(name, tuple(Subject(column, ref) for ref in refs if ref))  # type: ignore[arg-type]


def whole_book(services: Services) -> ByHand:
    """Every account, as the list of today."""
    refs = [account.account_ref for account in services.store.find(Account)]
    name = f"book-{services.clock.now():%Y-%m-%d}"
    return ByHand(name, tuple(Subject("account_ref", ref) for ref in refs))


def go(services: Services, slug: str) -> Study:
    """Let the study's moments invite people from now on, fresh ones too. Raises NotFound.

    After a time in shadow only what happens from now on counts.
    """
    study = lifecycle.set_state(services, slug, "live")
    _take_up(services, study)
    return study


def shadow(services: Services, slug: str, to: Sequence[str] = ()) -> Study:
    """Do everything but send; with `to` it goes to these addresses of ours in place of people.

    Raises:
        NotFound: There is no such study.
        InvalidInput: One of `to` is no address, or there are two of one kind.
    """
    own = tuple(normalize_email(a) if "@" in a else normalize_phone(a) for a in to)
    if len({"@" in address for address in own}) < len(own):
        raise InvalidInput("--to", "takes one number and one mail address at most")
    study = lifecycle.set_state(services, slug, "shadow", own)
    now = services.clock.now()
    services.store.put(
        [
            Consent(
                address=address,
                channel="email" if EMAIL.fullmatch(address) else "sms",
                status="granted",
                source="study launch --to",
                evidence=slug,
                at=now,
            )
            for address in own
        ]
    )
    _take_up(services, study)
    return study


def _take_up(services: Services, study: Study) -> None:
    """Weigh anew what the study could not ask about while it did not run."""
    affected = settling.Affected()
    for one in services.store.moments(outcome="not_live"):
        if one.study == study.slug:
            affected.add_moment(one.moment)
    settling.settle(services, affected)


def sampled(study: Study, chosen: ByHand) -> list[Subject]:
    """Those of the list that are drawn; the same study and list give the same draw for ever."""
    return [
        subject
        for subject in chosen.subjects
        if is_sampled(study.slug, f"{chosen.name}/{subject.ref}", chosen.sample)
    ]


def by_hand(
    services: Services, study: Study, chosen: ByHand, progress: Progress | None = None
) -> Launched:
    """Plan an invitation for everybody the list means; safe to repeat and to break off."""
    drawn = sampled(study, chosen)
    found = Launched(len(chosen.subjects), len(drawn))
    for start in range(0, len(drawn), AT_ONCE):
        part = drawn[start : start + AT_ONCE]
        with services.store.transaction() as store:
            _plan(replace(services, store=store), study, chosen.name, part, found)
        if progress:
            progress(min(start + AT_ONCE, len(drawn)), len(drawn))
    return found


def _plan(
    services: Services, study: Study, name: str, subjects: Sequence[Subject], found: Launched
) -> None:
    records = records_of(services, study, name, subjects)
    about = [record.moment.subject for record in records.values()]
    known = {one.moment.moment_id for one in services.store.moments(about)}
    found.unknown.extend(subject.ref for subject in subjects if subject not in records)
    fresh = []
    for record in records.values():
        if record.moment.moment_id in known:
            found.before.append(record.moment.subject)
            continue
        wanted = inviting.planned(services, record, study)
        for invitation in wanted:
            services.store.plan(invitation)
        found.invitations.update(invitation.state for invitation in wanted)
        found.nobody.extend(() if wanted else (record.moment.subject,))
        fresh.append(record if wanted else replace(record, outcome="nobody_to_ask"))
    services.store.save_moments(fresh)


def records_of(
    services: Services, study: Study, name: str, subjects: Sequence[Subject]
) -> Mapping[Subject, MomentRecord]:
    """The moment of each of these that is known, to be asked about now."""
    now, store = services.clock.now(), services.store
    refs = {kind: [s.ref for s in subjects if s.kind == kind] for kind in COLUMNS}
    contacts = {
        one.contact_ref: one for one in store.find(Contact, contact_ref=refs["contact_ref"])
    }
    shipments = {
        one.shipment_ref: one for one in store.find(Shipment, shipment_ref=refs["shipment_ref"])
    }
    accounts = _contexts(
        services,
        {
            *refs["account_ref"],
            *(one.account_ref for one in contacts.values()),
            *(one.account_ref for one in shipments.values() if one.account_ref),
        },
    )
    told = settling.told_of(services, shipments.values())
    records: dict[Subject, MomentRecord] = {}
    for subject in subjects:
        contact = contacts.get(subject.ref) if subject.kind == "contact_ref" else None
        shipment = shipments.get(subject.ref) if subject.kind == "shipment_ref" else None
        named = contact or shipment
        account_ref = named.account_ref if named else subject.ref
        if not named and not (subject.kind == "account_ref" and subject.ref in accounts):
            continue
        known = dict(accounts.get(account_ref or "", {}))
        if shipment:
            known |= shipment_context(fold(told[subject.ref]), shipment, None, shipment.timezone)
        moment_id = f"ByHand/{study.slug}/{name}/{subject.ref}"
        moment = Moment(
            kind="ByHand",
            moment_id=moment_id,
            subject=(shipment and shipment.shipment_ref) or account_ref or subject.ref,
            rival=moment_id,
            occurred_at=now,
            due_at=now,
            shipment_ref=shipment and shipment.shipment_ref,
            account_ref=account_ref,
            contact_ref=contact and contact.contact_ref,
            context=known,
        )
        records[subject] = MomentRecord(moment, "planned", study.slug, now, now)
    return records


def _contexts(services: Services, refs: Collection[str]) -> dict[str, dict[str, Any]]:
    """What is known of each of these accounts, as the context of its interviews."""
    store, named = services.store, sorted(refs)
    scores = settling.by_account(store.find(Score, account_ref=named))
    claims = settling.by_account(store.find(Claim, account_ref=named))
    return {
        one.account_ref: account_context(one, scores[one.account_ref], claims[one.account_ref])
        for one in store.find(Account, account_ref=named)
    }
