"""From what is stored to the moments it makes, and what they earn: `settle`.

Everything is derived from what is known now, so settling again changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from interviewer import outreach
from interviewer.core.account_moments import (
    AccountException,
    account_context,
    claim_moments,
    disruption_moments,
    outcome_moments,
    renewal_moments,
    review_moments,
    score_moments,
)
from interviewer.core.book import (
    Account,
    Claim,
    Contact,
    Outcome,
    Row,
    Score,
    Shipment,
    ShipmentEvent,
)
from interviewer.core.moments import Moment, Verdict, shipment_moments, weigh
from interviewer.core.shipment import fold
from interviewer.ports import MomentRecord, Services

R = TypeVar("R", Score, Claim, Outcome)
Counts = Counter[tuple[str, str]]  # moments by kind and outcome

CHUNK = 500  # subjects settled in one go
WAITS = ("planned", "asked")


@dataclass(slots=True)
class Affected:
    """Whose moments have to be looked at again."""

    shipments: set[str] = field(default_factory=set)
    claims: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)

    def add(self, row: Row) -> None:
        """Take in what this row is about."""
        if isinstance(row, Shipment | ShipmentEvent | Claim) and row.shipment_ref:
            self.shipments.add(row.shipment_ref)
        if isinstance(row, Account | Contact | Score | Claim | Outcome) and row.account_ref:
            self.accounts.add(row.account_ref)
        if isinstance(row, Claim):
            self.claims.add(row.claim_ref)

    def update(self, other: "Affected") -> None:
        """Take in all that another one holds."""
        self.shipments |= other.shipments
        self.claims |= other.claims
        self.accounts |= other.accounts


def settle(services: Services, affected: Affected) -> Counts:
    """Derive, weigh and record these moments, and plan or take back what they earn.

    Returns how many moments are new or different.
    """
    counts: Counts = Counter()
    for refs in chunks(affected.shipments):
        counts += _settle_shipments(services, refs)
    for refs in chunks(affected.claims):
        counts += _settle_claims(services, refs)
    for refs in chunks(affected.accounts | _with_exceptions(services, affected.shipments)):
        counts += _settle_accounts(services, refs)
    return counts


def chunks(refs: Collection[str]) -> Iterator[list[str]]:
    """The references in order, in parts that one query can take."""
    ordered = sorted(refs)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def events_of(services: Services, refs: Collection[str]) -> dict[str, list[ShipmentEvent]]:
    """Shipment -> its events; a shipment without one is left out."""
    events: defaultdict[str, list[ShipmentEvent]] = defaultdict(list)
    for part in chunks(refs):
        for event in services.store.find(ShipmentEvent, shipment_ref=part):
            events[event.shipment_ref].append(event)
    return dict(events)


def _settle_shipments(services: Services, refs: Sequence[str]) -> Counts:
    store = services.store
    events = events_of(services, refs)
    shipments = {one.shipment_ref: one for one in store.find(Shipment, shipment_ref=refs)}
    claims = store.find(Claim, shipment_ref=refs)
    claimed = {claim.shipment_ref for claim in claims if claim.claim_closed_at is None}
    zones = _zones_of_accounts(services, shipments.values())
    weighing = _Weighing(services, refs)
    for ref in refs:
        state = fold(events.get(ref, ()))
        shipment = shipments.get(ref) or Shipment(shipment_ref=ref, account_ref=state.account_ref)
        zone = shipment.timezone or zones.get(shipment.account_ref or "")
        weighing.add(shipment_moments(state, shipment, zone), claim_open=ref in claimed)
    return weighing.finish()


def _zones_of_accounts(services: Services, shipments: Iterable[Shipment]) -> dict[str, str]:
    refs = sorted({one.account_ref for one in shipments if one.account_ref})
    found = services.store.find(Account, account_ref=refs)
    return {account.account_ref: account.timezone for account in found if account.timezone}


def _settle_claims(services: Services, refs: Sequence[str]) -> Counts:
    store = services.store
    claims = store.find(Claim, claim_ref=refs)
    shipment_refs = [claim.shipment_ref for claim in claims if claim.shipment_ref]
    shipments = {one.shipment_ref: one for one in store.find(Shipment, shipment_ref=shipment_refs)}
    weighing = _Weighing(services, refs)
    for claim in claims:
        shipment = shipments.get(claim.shipment_ref or "")
        account_ref = claim.account_ref or (shipment.account_ref if shipment else None)
        account = next(iter(store.find(Account, account_ref=account_ref or "")), None)
        zones = (shipment and shipment.timezone, account and account.timezone)
        zone = next((zone for zone in zones if zone), "UTC")
        named = account_context(account, []) if account else {}
        weighing.add(_with_context(named, claim_moments(claim, shipment, zone)))
    return weighing.finish()


def _settle_accounts(services: Services, refs: Sequence[str]) -> Counts:
    store, now = services.store, services.clock.now()
    scores = _by_account(store.find(Score, account_ref=refs))
    claims = _by_account(store.find(Claim, account_ref=refs))
    outcomes = _by_account(store.find(Outcome, account_ref=refs))
    weighing = _Weighing(services, refs)
    for account in store.find(Account, account_ref=refs):
        ref = account.account_ref
        moments = [
            *renewal_moments(account, now),
            *review_moments(account, now),
            *score_moments(scores[ref], account, now),
            *(moment for outcome in outcomes[ref] for moment in outcome_moments(outcome, account)),
            *_disruptions(services, account),
        ]
        weighing.add(_with_context(account_context(account, scores[ref], claims[ref]), moments))
    return weighing.finish()


def _with_context(known: dict[str, object], moments: Iterable[Moment]) -> list[Moment]:
    """The moments with what else is known; what a moment says itself comes first."""
    return [m.model_copy(update={"context": {**known, **m.context}}) for m in moments]


def _by_account(rows: Sequence[R]) -> defaultdict[str, list[R]]:
    grouped: defaultdict[str, list[R]] = defaultdict(list)
    for row in rows:
        if row.account_ref:
            grouped[row.account_ref].append(row)
    return grouped


def _with_exceptions(services: Services, shipment_refs: Collection[str]) -> set[str]:
    """The accounts of those shipments that have an exception: their week may be unusual."""
    found: set[str] = set()
    for refs in chunks(shipment_refs):
        shipments = services.store.find(Shipment, shipment_ref=refs)
        account_of = {one.shipment_ref: one.account_ref for one in shipments if one.account_ref}
        for ref, events in events_of(services, account_of).items():
            if any(event.exception_code for event in events):
                found.add(account_of[ref])
    return found


def _disruptions(services: Services, account: Account) -> tuple[Moment, ...]:
    """AccountDisrupted, from the exceptions of all shipments of the account."""
    shipments = services.store.find(Shipment, account_ref=account.account_ref)
    events = events_of(services, [one.shipment_ref for one in shipments])
    exceptions = [
        AccountException(ref, first.code, first.first.at)
        for ref, own in events.items()
        if any(event.exception_code for event in own)
        for chain in fold(own).chains
        for first in [min(chain.exceptions, key=lambda seen: seen.first.at)]
    ]
    if not exceptions:
        return ()
    known_since = min(event.occurred_at for own in events.values() for event in own)
    return disruption_moments(exceptions, account, known_since)


class _Weighing:
    """Weighs the moments of some subjects against each other and against what became of them."""

    def __init__(self, services: Services, subjects: Sequence[str]) -> None:
        self.services = services
        self.now = services.clock.now()
        studies = (study for study in services.store.studies() if study.state != "closed")
        # Studies that run come first: a ready one must not take a moment from them.
        ordered = sorted(studies, key=lambda study: (study.state != "live", study.slug))
        self.studies = {study.slug: study for study in ordered}
        self.known = {one.moment.moment_id: one for one in services.store.moments(subjects)}
        self.records: dict[str, MomentRecord] = {}

    def add(self, moments: Sequence[Moment], *, claim_open: bool = False) -> None:
        """Weigh moments that may be rivals: those of one shipment, claim or account."""
        verdicts = weigh(
            moments,
            [study.guide for study in self.studies.values()],
            self.now,
            live={slug for slug, study in self.studies.items() if study.state == "live"},
            # One that waits may grow old; one that could not be asked about when it was fresh (its
            # study did not run, another had the interview) is as old as it is now.
            seen={name: one.seen_at for name, one in self.known.items() if one.outcome in WAITS},
            asked={name for name, one in self.known.items() if one.outcome == "asked"},
            claim_open=claim_open,
        )
        for verdict in verdicts:
            self.records[verdict.moment.moment_id] = self._record(verdict)

    def _record(self, verdict: Verdict) -> MomentRecord:
        """What was asked stays asked, and what is too old by now stays what it was when fresh."""
        known = self.known.get(verdict.moment.moment_id)
        stays = known and (known.outcome == "asked" or verdict.outcome == "stale")
        return MomentRecord(
            moment=verdict.moment,
            outcome=known.outcome if known and stays else verdict.outcome,
            study=verdict.study,
            due_at=verdict.moment.due_at,
            seen_at=known.seen_at if known else self.now,
        )

    def finish(self) -> Counts:
        """Record what is new or different; plan what is to be asked, take back what is not."""
        for moment_id, known in self.known.items():
            if known.outcome == "planned" and moment_id not in self.records:
                self.records[moment_id] = replace(known, outcome="withdrawn")
        self.services.store.save_moments(self._fresh())
        for moment_id, record in list(self.records.items()):
            before = self.known.get(moment_id)
            if record.outcome == "planned":
                self._plan(record)
            elif before and before.outcome == "planned":
                outreach.take_back(self.services, record)
        return Counter((record.moment.kind, record.outcome) for record in self._fresh())

    def _fresh(self) -> list[MomentRecord]:
        """The records that say something else than what is known."""
        return [one for name, one in self.records.items() if one != self.known.get(name)]

    def _plan(self, record: MomentRecord) -> None:
        if not outreach.plan(self.services, record, self.studies[record.study or ""]):
            nobody = replace(record, outcome="nobody_to_ask")
            self.services.store.save_moments([nobody])
            self.records[record.moment.moment_id] = nobody
