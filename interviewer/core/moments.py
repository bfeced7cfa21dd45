"""Which moments happened, and which study each one earns.

A moment is derived from what is known now, so deriving it again gives the same `moment_id`: it
fires once. Times and the clock are arguments.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from pydantic import Field

from interviewer.core.book import Shipment
from interviewer.core.guide import InterviewGuide
from interviewer.core.guide import Moment as MomentKind
from interviewer.core.reading import Value
from interviewer.core.shipment import Chain, ExceptionSeen, ShipmentState, is_late
from interviewer.core.times import When

Outcome = Literal[
    "planned",
    "stale",  # too old when first seen: history, never sent
    "not_sampled",
    "superseded",  # another moment of the same delivery has the interview
    "not_live",  # its study was not launched, or is paused
    "no_study",
]

SETTLE = {
    "Delivered": timedelta(minutes=90),
    "ExceptionRaised": timedelta(minutes=30),
    "ExceptionResolved": timedelta(minutes=90),
}
"""Time for late scans to land before the first question, for moments of a shipment."""

STALE_AFTER = {"recipient": timedelta(days=5), "b2b": timedelta(days=30)}
SAMPLE = {1: 0.25}  # of the moments of this severity, where a study does not say
DOCK_GRACE = timedelta(minutes=30)  # a B2B delivery that missed its window by less is not late


class Moment(Value):
    """Something that happened in the logistics and may earn an interview."""

    kind: MomentKind | Literal["ByHand"]  # by hand: a person put the subject on a list
    moment_id: str
    subject: str  # the shipment, claim or account it is about
    rival: str  # moments with one rival share one interview: one delivery, one interview
    occurred_at: datetime
    due_at: datetime  # the end of its settle time
    severity: Literal[0, 1, 2, 3] = 0
    shipment_ref: str | None = None
    account_ref: str | None = None
    contact_ref: str | None = None
    context: dict[str, Any] = Field(default_factory=dict)  # the context keys of its study


class Verdict(NamedTuple):
    """What becomes of a moment, and the study that it is for."""

    moment: Moment
    outcome: Outcome
    study: str | None


def shipment_moments(
    state: ShipmentState, shipment: Shipment, timezone: str | None = None
) -> tuple[Moment, ...]:
    """Every moment that the state of a shipment supports; rivals included.

    An exception chain is one moment: raised while it is open, resolved after good news. A chain
    of severity 1 is resolved by the delivery. What severity-2 code did not stop the shipment is
    treated like severity 1.

    The context tells times in `timezone`, else in the shipment's own.
    """
    zone = timezone or shipment.timezone
    found = [m for chain in state.chains if (m := _chain_moment(chain, state, shipment, zone))]
    if state.delivered:
        moment_id = f"Delivered/{shipment.shipment_ref}"
        context = shipment_context(state, shipment, None, zone)
        found.append(_moment("Delivered", moment_id, state.delivered, shipment, context))
    return tuple(found)


def _chain_moment(
    chain: Chain, state: ShipmentState, shipment: Shipment, zone: str | None
) -> Moment | None:
    kind: MomentKind = "ExceptionRaised"
    when = chain.raised
    if chain.raised and chain.resolved:
        when, kind = chain.resolved, "ExceptionResolved"
    elif not chain.raised:
        when, kind = chain.delivered, "ExceptionResolved"
    if when is None:
        return None
    worst = chain.worst
    moment_id = f"Exception/{shipment.shipment_ref}/{chain.number}"
    alone = chain.ended and not chain.delivered and not chain.after_delivery
    context = shipment_context(state, shipment, chain, zone)
    return _moment(kind, moment_id, when, shipment, context, severity=worst.severity, alone=alone)


def _moment(
    kind: MomentKind,
    moment_id: str,
    when: When,
    shipment: Shipment,
    context: dict[str, Any],
    *,
    severity: Literal[0, 1, 2, 3] = 0,
    alone: bool = False,
) -> Moment:
    return Moment(
        kind=kind,
        moment_id=moment_id,
        subject=shipment.shipment_ref,
        rival=moment_id if alone else f"Shipment/{shipment.shipment_ref}",
        occurred_at=when.end,
        due_at=when.end + SETTLE[kind],
        severity=severity,
        shipment_ref=shipment.shipment_ref,
        account_ref=shipment.account_ref,
        contact_ref=shipment.contact_ref,
        context=context,
    )


def shipment_context(
    state: ShipmentState, shipment: Shipment, chain: Chain | None, timezone: str | None
) -> dict[str, Any]:
    """The context keys of a shipment study; with `chain` those about its exception as well.

    A key without a value is left out, except `resolved_at`, which is null while it is open.
    """
    promised_from = state.promised_from and When(at=state.promised_from)
    known = {
        **shipment.context,
        "shipment_ref": shipment.shipment_ref,
        "account_ref": shipment.account_ref,
        "reference": shipment.reference,
        "carrier": shipment.carrier or state.carrier,
        "item": shipment.item,
        "service_level": shipment.service_level,
        "promised_from": promised_from and promised_from.text(timezone),
        "promised_at": state.promised and state.promised.text(timezone),
        "delivered_at": state.delivered and state.delivered.text(timezone),
        "late": is_late(state, _grace(state, shipment)),
        "proof": shipment.proof or state.proof,
        "proof_place": shipment.proof_place or state.proof_place,
    }
    known = {key: value for key, value in known.items() if value is not None}
    return {**known, **_exception_context(chain, shipment, timezone)} if chain else known


def _exception_context(chain: Chain, shipment: Shipment, timezone: str | None) -> dict[str, Any]:
    worst: ExceptionSeen = chain.worst
    settled = chain.resolved or chain.delivered
    notified = shipment.notified_at and When(at=shipment.notified_at)
    known = {
        "exception_code": worst.code,
        "exception_text": worst.text or shipment.exception_text,
        "exception_at": worst.first.text(timezone),
        "notified_at": notified and notified.text(timezone),
        "option_chosen": shipment.option_chosen,
    }
    known = {key: value for key, value in known.items() if value is not None}
    return {**known, "resolved_at": settled and settled.text(timezone)}


def _grace(state: ShipmentState, shipment: Shipment) -> timedelta:
    return DOCK_GRACE if shipment.account_ref and state.promised_from else timedelta()


def study_for(moment: Moment, guides: Iterable[InterviewGuide]) -> InterviewGuide | None:
    """The first of these studies that takes the moment.

    A study about exceptions that names Delivered means the delivery after an exception: that
    comes as an ExceptionResolved of severity 1, so a plain delivery is not for it.
    """
    for guide in guides:
        plain = moment.kind == "Delivered"
        if moment.kind in guide.moments and not (plain and "ExceptionResolved" in guide.moments):
            return guide
    return None


def is_sampled(study: str, moment_id: str, share: float) -> bool:
    """Whether a moment is drawn; the same moment and study give the same draw for ever."""
    digest = sha256(f"{study}\x1f{moment_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def weigh(
    moments: Sequence[Moment],
    guides: Sequence[InterviewGuide],
    now: datetime,
    *,
    live: Collection[str],
    seen: Mapping[str, datetime] | None = None,
    asked: Collection[str] = (),
    claim_open: bool = False,
) -> tuple[Verdict, ...]:
    """What becomes of each moment, in their order; of rivals at most one is planned.

    An invitation that went out keeps the interview. Else the exception of highest severity takes
    it, then the latest, then the delivery; one that is stale, not sampled or not live leaves it to
    the next.

    Args:
        moments: All moments of one shipment, or of one account.
        guides: The studies that take moments, in the order of preference.
        now: Aware UTC.
        live: The slugs of those whose outreach runs.
        seen: When known moments were first seen; a new one is seen `now`.
        asked: The ids of moments whose invitation went out.
        claim_open: A claim of this shipment is open: no study but the claim's runs.
    """
    verdicts: dict[str, Verdict] = {}
    taken: set[str] = set()
    for moment in sorted(moments, key=lambda m: _precedence(m, asked)):
        study = study_for(moment, guides)
        outcome = _own_outcome(moment, study, (seen or {}).get(moment.moment_id, now))
        if outcome == "planned" and study and study.slug not in live:
            outcome = "not_live"
        if moment.moment_id in asked:
            outcome = "planned"
        elif outcome == "planned" and (moment.rival in taken or claim_open):
            outcome = "superseded"
        if outcome == "planned":
            taken.add(moment.rival)
        verdicts[moment.moment_id] = Verdict(moment, outcome, study.slug if study else None)
    return tuple(verdicts[moment.moment_id] for moment in moments)


def _precedence(moment: Moment, asked: Collection[str]) -> tuple[bool, int, float]:
    return moment.moment_id not in asked, -moment.severity, -moment.occurred_at.timestamp()


def stale_after(study: InterviewGuide) -> timedelta:
    """How long ago something may have happened when it is first seen."""
    return study.stale_after or STALE_AFTER[study.audience]


def _own_outcome(moment: Moment, study: InterviewGuide | None, seen_at: datetime) -> Outcome:
    if study is None:
        return "no_study"
    if seen_at - moment.occurred_at > stale_after(study):
        return "stale"
    share = study.sample.severity.get(moment.severity, SAMPLE.get(moment.severity, 1.0))
    return "planned" if is_sampled(study.slug, moment.moment_id, share) else "not_sampled"
