"""From what a source says to the moments it makes: `take`, and `settle` for what changed.

Settling derives everything from what is stored, so doing it again changes nothing.
"""

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
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
from interviewer.core.errors import InterviewerError
from interviewer.core.moments import Moment, Verdict, shipment_moments, weigh
from interviewer.core.shipment import fold
from interviewer.core.study import Study
from interviewer.ports import InboxEvent, MomentRecord, Put, Services

log = logging.getLogger(__name__)

R = TypeVar("R", Score, Claim, Outcome)
CHUNK = 500  # subjects settled in one go


@dataclass(slots=True)
class Affected:
    """Whose moments have to be looked at again."""

    shipments: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)

    def add(self, row: Row) -> None:
        """Take in what this row is about."""
        if isinstance(row, Shipment | ShipmentEvent | Claim) and row.shipment_ref:
            self.shipments.add(row.shipment_ref)
        if isinstance(row, Account | Contact | Score | Claim | Outcome) and row.account_ref:
            self.accounts.add(row.account_ref)


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a batch: moments by kind and outcome."""

    moments: Counter[tuple[str, str]]


def take(services: Services, rows: Sequence[Row]) -> tuple[list[Put], Settled]:
    """Store rows and look again at everything that they changed."""
    puts, affected = store(services, rows)
    return puts, settle(services, affected)


def store(services: Services, rows: Sequence[Row]) -> tuple[list[Put], Affected]:
    """Store rows; what they changed is settled later, once for a whole file."""
    puts = services.store.put(rows)
    affected = Affected()
    for row, put in zip(rows, puts, strict=True):
        if put != "known":
            affected.add(row)
    return puts, affected


def settle(services: Services, affected: Affected) -> Settled:
    """Derive and record the moments of these shipments and accounts, and plan what they earn."""
    counts: Counter[tuple[str, str]] = Counter()
    for refs in chunks(affected.shipments):
        counts += settle_shipments(services, refs)
    accounts = affected.accounts | disrupted_accounts(services, affected.shipments)
    for refs in chunks(accounts):
        counts += settle_accounts(services, refs)
    return Settled(counts)


def chunks(refs: Collection[str]) -> Iterator[list[str]]:
    """The references in order, in parts that one query can take."""
    ordered = sorted(refs)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def settle_shipments(services: Services, refs: Sequence[str]) -> Counter[tuple[str, str]]:
    """The moments of these shipments, from all their events."""
    events: dict[str, list[ShipmentEvent]] = defaultdict(list)
    for event in services.store.find(ShipmentEvent, shipment_ref=refs):
        events[event.shipment_ref].append(event)
    shipments = {s.shipment_ref: s for s in services.store.find(Shipment, shipment_ref=refs)}
    claims = services.store.find(Claim, shipment_ref=refs)
    claimed = {claim.shipment_ref for claim in claims if claim.claim_closed_at is None}
    accounts = _zones_of_accounts(services, shipments.values())

    weighing = _Weighing(services, refs)
    for ref in refs:
        state = fold(events[ref])
        shipment = shipments.get(ref) or Shipment(shipment_ref=ref, account_ref=state.account_ref)
        zone = shipment.timezone or accounts.get(shipment.account_ref or "")
        found = shipment_moments(state, shipment, zone)
        weighing.add(found, claim_open=ref in claimed)
    return weighing.finish()


def _zones_of_accounts(services: Services, shipments: Iterable[Shipment]) -> dict[str, str]:
    refs = sorted({s.account_ref for s in shipments if s.account_ref})
    found = services.store.find(Account, account_ref=refs) if refs else []
    return {account.account_ref: account.timezone for account in found if account.timezone}


def settle_accounts(services: Services, refs: Sequence[str]) -> Counter[tuple[str, str]]:
    """The moments of these accounts: claims, renewals, reviews, scores, outcomes, disruptions."""
    now = services.clock.now()
    accounts = services.store.find(Account, account_ref=refs)
    scores = _by_account(services.store.find(Score, account_ref=refs))
    claims = _by_account(services.store.find(Claim, account_ref=refs))
    outcomes = _by_account(services.store.find(Outcome, account_ref=refs))

    found: list[Moment] = []
    for account in accounts:
        ref = account.account_ref
        context = account_context(account, scores[ref], claims[ref])
        own: list[Moment] = [
            *renewal_moments(account, now),
            *review_moments(account, now),
            *score_moments(scores[ref], account, now),
            *(m for outcome in outcomes[ref] for m in outcome_moments(outcome, account)),
            *_disruptions(services, account),
        ]
        own += [
            m for c in claims[ref] for m in claim_moments(c, timezone=account.timezone or "UTC")
        ]
        found += [m.model_copy(update={"context": {**context, **m.context}}) for m in own]
    weighing = _Weighing(services, [moment.subject for moment in found])
    weighing.add(found)
    return weighing.finish()


def _by_account(rows: Sequence[R]) -> defaultdict[str, list[R]]:
    grouped: defaultdict[str, list[R]] = defaultdict(list)
    for row in rows:
        if row.account_ref:
            grouped[row.account_ref].append(row)
    return grouped


def disrupted_accounts(services: Services, shipments: Collection[str]) -> set[str]:
    """The accounts of those shipments that have an exception: their weeks may be unusual."""
    found: set[str] = set()
    for refs in chunks(shipments):
        rows = services.store.find(Shipment, shipment_ref=refs)
        account_of = {s.shipment_ref: s.account_ref for s in rows if s.account_ref}
        for event in services.store.find(ShipmentEvent, shipment_ref=list(account_of)):
            account = account_of[event.shipment_ref]
            if event.exception_code and account:
                found.add(account)
    return found


def _disruptions(services: Services, account: Account) -> tuple[Moment, ...]:
    """AccountDisrupted, from the exceptions of all shipments of the account."""
    refs = [
        shipment.shipment_ref
        for shipment in services.store.find(Shipment, account_ref=account.account_ref)
    ]
    events: dict[str, list[ShipmentEvent]] = defaultdict(list)
    for part in chunks(refs):
        for event in services.store.find(ShipmentEvent, shipment_ref=part):
            events[event.shipment_ref].append(event)
    if not events:
        return ()
    exceptions = [
        AccountException(ref, first.code, first.first.at)
        for ref, own in events.items()
        if any(event.exception_code for event in own)
        for chain in fold(own).chains
        for first in [min(chain.exceptions, key=lambda seen: seen.first.at)]
    ]
    known_since = min(event.occurred_at for own in events.values() for event in own)
    return disruption_moments(exceptions, account, known_since)


class _Weighing:
    """Weighs moments against each other and against what became of them before."""

    def __init__(self, services: Services, subjects: Sequence[str]) -> None:
        self.services = services
        self.now: datetime = services.clock.now()
        self.studies = {s.slug: s for s in services.store.studies() if s.state != "closed"}
        self.known = {
            record.moment.moment_id: record for record in services.store.moments(subjects)
        }
        self.records: list[MomentRecord] = []

    def add(self, moments: Sequence[Moment], *, claim_open: bool = False) -> None:
        """Weigh the moments of one shipment, or those of accounts."""
        verdicts = weigh(
            moments,
            [study.guide for study in self._in_order()],
            self.now,
            live={slug for slug, study in self.studies.items() if study.state == "live"},
            seen={name: record.seen_at for name, record in self.known.items()},
            asked={name for name, record in self.known.items() if record.outcome == "asked"},
            claim_open=claim_open,
        )
        self.records += [self._record(verdict) for verdict in verdicts]

    def _in_order(self) -> list[Study]:
        """Studies that run come first: a ready one must not take a moment from them."""
        return sorted(self.studies.values(), key=lambda s: (s.state != "live", s.slug))

    def _record(self, verdict: Verdict) -> MomentRecord:
        known = self.known.get(verdict.moment.moment_id)
        outcome: str = verdict.outcome
        if known and known.outcome == "asked":
            outcome = "asked"
        return MomentRecord(
            moment=verdict.moment,
            outcome=outcome,
            study=verdict.study,
            due_at=verdict.moment.due_at,
            seen_at=known.seen_at if known else self.now,
        )

    def finish(self) -> Counter[tuple[str, str]]:
        """Record what is new or different, and plan or take back invitations accordingly."""
        changed = [
            record for record in self.records if self.known.get(record.moment.moment_id) != record
        ]
        self.services.store.save_moments(changed)
        for record in changed:
            before = self.known.get(record.moment.moment_id)
            if record.outcome == "planned":
                outreach.plan(self.services, record, self.studies[record.study or ""])
            elif before and before.outcome == "planned":
                outreach.take_back(self.services, record)
        return Counter((r.moment.kind, r.outcome) for r in changed)


def receive_events(services: Services, source: str, events: Sequence[str]) -> int:
    """Put verified events, each as its raw JSON, into the inbox; how many were new.

    Raises:
        InvalidInput: One of them is no event of this source; none was stored.
    """
    now, read = services.clock.now(), services.sources[source]
    return services.store.add_to_inbox(
        [
            InboxEvent(source=source, event_id=read.event_id(raw), raw=raw, received_at=now)
            for raw in events
        ]
    )


def work_inbox(services: Services, limit: int = 500) -> int:
    """Work on what the inbox holds, oldest first; what cannot be read is held back with why."""
    events = services.store.unprocessed(limit)
    for event in events:
        now = services.clock.now()
        try:
            rows = services.sources[event.source].rows(event.raw, event.received_at)
            take(services, rows)
        except (InterviewerError, json.JSONDecodeError) as error:
            log.warning("event %s/%s is held back", event.source, event.event_id)
            services.store.settle_inbox(event, now, str(error))
        else:
            services.store.settle_inbox(event, now)
    return len(events)
