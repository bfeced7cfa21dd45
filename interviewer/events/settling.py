"""From what is stored to the moments it makes, and what they earn: `settle`.

Everything is derived from what is known now, so settling again changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from interviewer.core.account_moments import (
    DISRUPTION_WINDOW,
    NORM,
    AccountException,
    account_context,
    claim_moments,
    disruption_end,
    disruption_moments,
    outcome_moments,
    renewal_moments,
    review_moments,
    score_moments,
)
from interviewer.core.book import (
    Account,
    Claim,
    Consent,
    Contact,
    Outcome,
    Row,
    Score,
    Shipment,
    ShipmentEvent,
)
from interviewer.core.moments import Moment, Verdict, shipment_moments, weigh
from interviewer.core.notice import Occurrence
from interviewer.core.shipment import fold, windows
from interviewer.followup import alerts
from interviewer.outreach import inviting
from interviewer.ports import Services
from interviewer.store import MomentRecord

R = TypeVar("R", Score, Claim, Outcome)
Counts = Counter[tuple[str, str]]  # moments by kind and outcome

CHUNK = 500  # subjects settled in one go
WAITS = ("planned", "asked")
SETTLED = ("asked", "shadowed", "declined")  # whatever else becomes known


@dataclass(slots=True)
class Affected:
    """Whose moments have to be looked at again."""

    shipments: set[str] = field(default_factory=set)
    claims: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)  # what they agreed to has changed
    scores: bool = False  # some came

    def add(self, row: Row) -> None:
        """Take in what this row is about."""
        if isinstance(row, Shipment | ShipmentEvent | Claim) and row.shipment_ref:
            self.shipments.add(row.shipment_ref)
        if isinstance(row, Account | Contact | Score | Claim | Outcome) and row.account_ref:
            self.accounts.add(row.account_ref)
        if isinstance(row, Consent):
            self.addresses.add(row.address)
        self.scores = self.scores or isinstance(row, Score)
        if isinstance(row, Claim):
            self.claims.add(row.claim_ref)

    def add_moment(self, moment: Moment) -> None:
        """Take in what this moment was derived from."""
        if moment.subject == moment.shipment_ref:
            self.shipments.add(moment.subject)
        elif moment.kind == "ClaimClosed":
            self.claims.add(moment.subject)
        else:
            self.accounts.add(moment.subject)

    def update(self, other: "Affected") -> None:
        """Take in all that another one holds."""
        self.shipments |= other.shipments
        self.claims |= other.claims
        self.accounts |= other.accounts
        self.addresses |= other.addresses
        self.scores = self.scores or other.scores


def settle(services: Services, affected: Affected) -> Counts:
    """Derive, weigh and record these moments, and plan or take back what they earn.

    Returns how many moments are new or different.
    """
    counts: Counts = Counter()
    for refs in chunks(affected.shipments):
        counts += _settle_shipments(services, refs)
    for refs in chunks(affected.claims):
        counts += _settle_claims(services, refs)
    disturbed = _disturbed(services, affected.shipments)
    for refs in chunks(affected.accounts | disturbed.keys()):
        counts += _settle_accounts(services, refs, disturbed)
    inviting.look_again(services, affected.addresses)
    if affected.scores:
        alerts.look(services)
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


def told_of(services: Services, shipments: Collection[Shipment]) -> dict[str, list[ShipmentEvent]]:
    """Shipment -> what was said of it, under its own name and under its tracking code.

    Carriers recycle codes: what is said of one long after its shipment was final is said of
    another, which is named code~2, and so on.
    """
    codes = {one.shipment_ref: one.tracking_code for one in shipments}
    events = events_of(services, {*codes, *(code for code in codes.values() if code)})
    told: dict[str, list[ShipmentEvent]] = {}
    for ref, code in codes.items():
        first, *later = windows(events.get(code or ref, ()))
        told[ref] = [*first, *(events.get(ref, ()) if code not in (None, ref) else ())]
        told |= {f"{code or ref}~{n}": part for n, part in enumerate(later, start=2)}
    return told


def _settle_shipments(services: Services, refs: Sequence[str]) -> Counts:
    store = services.store
    shipments = _shipments_named(services, refs)
    events = told_of(services, shipments.values())
    claims = store.find(Claim, shipment_ref=list(shipments))
    claimed = {claim.shipment_ref for claim in claims if claim.claim_closed_at is None}
    zones = _zones_of_accounts(services, shipments.values())
    weighing = _Weighing(services, list(dict.fromkeys((*refs, *shipments, *events))))
    for ref, own in events.items():
        state = fold(own)
        shipment = shipments.get(ref) or Shipment(shipment_ref=ref, account_ref=state.account_ref)
        if shipment.account_ref is None and state.account_ref:
            shipment = shipment.model_copy(update={"account_ref": state.account_ref})
        zone = shipment.timezone or zones.get(shipment.account_ref or "")
        weighing.add(shipment_moments(state, shipment, zone), claim_open=ref in claimed)
    return weighing.finish()


def _shipments_named(services: Services, refs: Sequence[str]) -> dict[str, Shipment]:
    """The shipments that these are references or tracking codes of, by reference.

    A code that no shipment has stands for one of its own, of which only the carrier told.
    """
    found = services.store.find(Shipment, shipment_ref=refs)
    owners = services.store.find(Shipment, tracking_code=refs)
    known = {one.shipment_ref: one for one in (*found, *owners)}
    carried = {one.tracking_code for one in owners}
    alone = {ref: Shipment(shipment_ref=ref) for ref in refs if ref not in carried | known.keys()}
    return {**known, **alone}


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


def _settle_accounts(
    services: Services, refs: Sequence[str], disturbed: Mapping[str, datetime]
) -> Counts:
    store, now = services.store, services.clock.now()
    scores = by_account(store.find(Score, account_ref=refs))
    claims = by_account(store.find(Claim, account_ref=refs))
    outcomes = by_account(store.find(Outcome, account_ref=refs))
    weighing = _Weighing(services, refs)
    for account in store.find(Account, account_ref=refs):
        ref = account.account_ref
        moments = [
            *renewal_moments(account, now),
            *review_moments(account, now),
            *score_moments(scores[ref], account, now, weighing.falls),
            *(moment for outcome in outcomes[ref] for moment in outcome_moments(outcome, account)),
        ]
        known = account_context(account, scores[ref], claims[ref])
        bad_weeks = weighing.known_of(ref, "AccountDisrupted")
        weighing.add(
            [
                *_with_context(known, moments),
                *_disruptions(services, account, bad_weeks, disturbed.get(ref), known),
            ]
        )
    return weighing.finish()


def _with_context(known: dict[str, object], moments: Iterable[Moment]) -> list[Moment]:
    """The moments with what else is known; what a moment says itself comes first."""
    return [m.model_copy(update={"context": {**known, **m.context}}) for m in moments]


def by_account(rows: Sequence[R]) -> defaultdict[str, list[R]]:
    """Account -> its rows."""
    grouped: defaultdict[str, list[R]] = defaultdict(list)
    for row in rows:
        if row.account_ref:
            grouped[row.account_ref].append(row)
    return grouped


def _disturbed(services: Services, refs: Collection[str]) -> dict[str, datetime]:
    """The accounts of those shipments that have an exception, and since when they may differ."""
    since: dict[str, datetime] = {}
    for part in chunks(refs):
        for event in services.store.exceptions_of(part):
            account, at = event.account_ref or "", event.occurred_at
            since[account] = min(at, since.get(account, at))
    return {account: at for account, at in since.items() if account}


def _disruptions(
    services: Services,
    account: Account,
    known: Sequence[Moment],
    since: datetime | None,
    context: dict[str, object],
) -> list[Moment]:
    """AccountDisrupted: the weeks that were known before `since`, and those found from then on."""
    kept = [m for m in known if since is None or disruption_end(m) <= since]
    if since is None:
        return kept
    begin = max([since - DISRUPTION_WINDOW, *(disruption_end(moment) for moment in kept)])
    exceptions = services.store.exceptions_of_account(account.account_ref, begin - NORM)
    first = services.store.first_event_of(account.account_ref)
    events = events_of(services, {one.shipment_ref for one in exceptions})
    chains = [
        AccountException(ref, first_seen.code, first_seen.first.at)
        for ref, own in events.items()
        for chain in fold(own).chains
        for first_seen in [min(chain.exceptions, key=lambda seen: seen.first.at)]
    ]
    found = disruption_moments(chains, account, first or begin, begin)
    return [*kept, *_with_context(context, found)]


def verdicts(
    services: Services, subjects: Sequence[str], moments: Sequence[Moment]
) -> Sequence[Verdict]:
    """What would become of these moments now; nothing is recorded or planned."""
    return _Weighing(services, subjects).weigh(moments)


def verdicts_if_live(services: Services, slug: str) -> list[tuple[Verdict, MomentRecord]]:
    """What would become of every moment that is known if this study ran; those it would take.

    Nothing is recorded or planned.
    """
    weighing = _Weighing(services, None, running=slug)
    records = {name: one for name, one in weighing.known.items() if one.outcome != "withdrawn"}
    open_claims = services.store.find(Claim, claim_closed_at=None)
    claimed = {claim.shipment_ref for claim in open_claims if claim.shipment_ref}
    found: list[tuple[Verdict, MomentRecord]] = []
    for claim_open in (False, True):
        own = [r.moment for r in records.values() if (r.moment.subject in claimed) == claim_open]
        for verdict in weighing.weigh(own, claim_open=claim_open):
            if verdict.study == slug:
                found.append((verdict, records[verdict.moment.moment_id]))
    return found


class _Weighing:
    """Weighs the moments of some subjects against each other and against what became of them."""

    def __init__(
        self, services: Services, subjects: Sequence[str] | None, running: str | None = None
    ) -> None:
        """`running`: a study that is taken as live, whatever its state is."""
        self.services = services
        self.now = services.clock.now()
        stored = services.store.studies()
        known = (s.model_copy(update={"state": "live"}) if s.slug == running else s for s in stored)
        studies = (study for study in known if study.state != "closed")
        # Studies that run come first: a ready one must not take a moment from them.
        ordered = sorted(studies, key=lambda study: (not study.invites, study.slug))
        self.studies = {study.slug: study for study in ordered}
        taker = next((s for s in ordered if "ScoreDropped" in s.guide.moments), None)
        self.falls = taker.guide.falls if taker else {}
        self.known = {one.moment.moment_id: one for one in services.store.moments(subjects)}
        self.records: dict[str, MomentRecord] = {}

    def known_of(self, subject: str, kind: str) -> list[Moment]:
        """The moments of this kind that the subject is known to have had."""
        records = (one.moment for one in self.known.values() if one.outcome != "withdrawn")
        return [one for one in records if (one.subject, one.kind) == (subject, kind)]

    def weigh(self, moments: Sequence[Moment], *, claim_open: bool = False) -> Sequence[Verdict]:
        """What becomes of moments that may be rivals: those of one shipment, claim or account."""
        return weigh(
            moments,
            [study.guide for study in self.studies.values()],
            self.now,
            live={slug for slug, study in self.studies.items() if study.invites},
            # One that waits may grow old; one that could not be asked about when it was fresh (its
            # study did not run, another had the interview) is as old as it is now.
            seen={name: one.seen_at for name, one in self.known.items() if one.outcome in WAITS},
            asked={name for name, one in self.known.items() if one.outcome in SETTLED},
            claim_open=claim_open,
        )

    def add(self, moments: Sequence[Moment], *, claim_open: bool = False) -> None:
        """Weigh them, and keep what is to be recorded of each."""
        for verdict in self.weigh(moments, claim_open=claim_open):
            self.records[verdict.moment.moment_id] = self._record(verdict)

    def _record(self, verdict: Verdict) -> MomentRecord:
        """What was asked stays asked, and what is too old by now stays what it was when fresh."""
        known = self.known.get(verdict.moment.moment_id)
        stays = known and (known.outcome in SETTLED or verdict.outcome == "stale")
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
            derived = known.moment.kind != "ByHand"
            if derived and known.outcome == "planned" and moment_id not in self.records:
                self.records[moment_id] = replace(known, outcome="withdrawn")
        self.services.store.add_occurrences(list(self._bad_weeks()))
        self.services.store.save_moments(self._fresh())
        for moment_id, record in list(self.records.items()):
            before = self.known.get(moment_id)
            if record.outcome == "planned":
                self._plan(record)
            elif before and before.outcome == "planned":
                inviting.take_back(self.services, record)
        return Counter((record.moment.kind, record.outcome) for record in self._fresh())

    def _bad_weeks(self) -> Iterator[Occurrence]:
        """Those that were not known: the owner of the account hears before anybody is asked."""
        for name, record in self.records.items():
            at = record.moment.occurred_at
            is_new = name not in self.known and self.now - at < DISRUPTION_WINDOW
            if record.moment.kind == "AccountDisrupted" and is_new:
                yield Occurrence(kind="account.disrupted", about=name, at=at)

    def _fresh(self) -> list[MomentRecord]:
        """The records that say something else than what is known."""
        return [one for name, one in self.records.items() if one != self.known.get(name)]

    def _plan(self, record: MomentRecord) -> None:
        if not inviting.plan(self.services, record, self.studies[record.study or ""]):
            nobody = replace(record, outcome="nobody_to_ask")
            self.services.store.save_moments([nobody])
            self.records[record.moment.moment_id] = nobody
