"""The words that every source is translated to: statuses, exception codes, guide variants.

A status and an exception code are orthogonal: a parcel can be `delivered` and `damaged`. "Late" is
no status of its own; it follows from the promise (`interviewer.core.shipment.is_late`).
The words of carriers are mapped to these in `interviewer/adapters/carriers/vocabulary.json`.
"""

from dataclasses import dataclass
from typing import Literal

Status = Literal[
    "unknown",
    "pre_transit",
    "in_transit",
    "out_for_delivery",
    "available_for_pickup",
    "attempt_failed",
    "delivered",
    "exception",
    "returning",
    "returned",
    "cancelled",
    "expired",
]
ExceptionCode = Literal[
    "delay_carrier",
    "delay_weather",
    "delay_external",
    "date_changed",
    "customs_hold",
    "documents_missing",
    "payment_due",
    "address_problem",
    "access_problem",
    "recipient_unavailable",
    "business_closed",
    "appointment_missed",
    "identity_failed",
    "refused",
    "recipient_moved",
    "damaged",
    "partial",
    "lost",
    "not_received",
    "misrouted",
    "misdelivered",
    "held_at_facility",
    "pickup_missed",
    "returning",
    "returned",
    "carrier_rejected",
    "disposed",
    "temperature_excursion",
    "cancelled",
    "billing_dispute",
    "tracking_stale",
    "unspecified",
]
GuideVariant = Literal[
    "address_access",
    "b2b_service_failure",
    "billing_dispute",
    "cancelled_order",
    "customs",
    "damage_claim",
    "delivered_ok",
    "failed_attempt",
    "generic_exception",
    "late_delivery",
    "lost_missing",
    "pickup_problem",
    "refused_return",
    "renewal_b2b",
    "shortage_claim",
]
Severity = Literal[1, 2, 3]

STATUS_RANK: dict[Status, int] = {
    "unknown": 0,
    "pre_transit": 1,
    "in_transit": 2,
    "out_for_delivery": 3,
    "available_for_pickup": 4,
    "attempt_failed": 4,
    "exception": 4,
    "expired": 4,
    "cancelled": 5,
    "delivered": 6,
    "returning": 7,
    "returned": 8,
}
"""Where a status stands in the life of a shipment; breaks ties between events of one time."""


@dataclass(frozen=True, slots=True)
class DeliveryException:
    """One exception code: how bad it is, what fits it, and how an interview about it is worded.

    `customer_action` names the kind of action that makes sense; what is offered comes from the
    shipment's own `available_actions`. `agent_action` is a suggestion in a case.
    """

    severity: Severity  # 1 inconvenience, 2 needs an action, 3 loss or harm
    customer_action: str
    agent_action: str
    guide: GuideVariant


EXCEPTIONS: dict[ExceptionCode, DeliveryException] = {
    "delay_carrier": DeliveryException(
        severity=1,
        customer_action="See new ETA; choose reschedule or pickup",
        agent_action="Confirm new ETA; proactive notice; credit if promise broken",
        guide="late_delivery",
    ),
    "delay_weather": DeliveryException(
        severity=1,
        customer_action="See new ETA; nothing to do",
        agent_action="Notice with cause; no blame questions; check promise text",
        guide="late_delivery",
    ),
    "delay_external": DeliveryException(
        severity=1,
        customer_action="See new ETA (strike, road, holiday, civil)",
        agent_action="Notice with cause; route alternative if B2B",
        guide="late_delivery",
    ),
    "date_changed": DeliveryException(
        severity=1,
        customer_action=(
            "See the old and the new date; choose another day or a pickup point where offered"
        ),
        agent_action=(
            "Say why the date moved and by how much; check the promise text; "
            "B2B: tell the receiving site"
        ),
        guide="late_delivery",
    ),
    "customs_hold": DeliveryException(
        severity=2,
        customer_action="Supply document or confirm contents",
        agent_action="Open broker case; send list of missing papers",
        guide="customs",
    ),
    "documents_missing": DeliveryException(
        severity=2,
        customer_action="Supply paper (invoice, POD, BOL, ID)",
        agent_action="Chase shipper/carrier; attach to case",
        guide="customs",
    ),
    "payment_due": DeliveryException(
        severity=2,
        customer_action="Pay duty/COD/charge by the official page only",
        agent_action="Verify amount; never ask for card data in chat",
        guide="customs",
    ),
    "address_problem": DeliveryException(
        severity=2,
        customer_action="Say what is wrong; correct it on the official page only",
        agent_action="Validate address; write correction to carrier; recheck label quality",
        guide="address_access",
    ),
    "access_problem": DeliveryException(
        severity=2,
        customer_action="Give access note or safe place (stored, redacted)",
        agent_action="Update stop instructions; flag driver note",
        guide="address_access",
    ),
    "recipient_unavailable": DeliveryException(
        severity=2,
        customer_action="Reschedule, safe place, neighbor or pickup point",
        agent_action="Offer next slot; check ETA notice was sent",
        guide="failed_attempt",
    ),
    "business_closed": DeliveryException(
        severity=2,
        customer_action="Confirm opening hours or dock window",
        agent_action="Fix receiving hours in profile; rebook",
        guide="failed_attempt",
    ),
    "appointment_missed": DeliveryException(
        severity=2,
        customer_action="Confirm new dock slot",
        agent_action="Rebook dock; log detention/late fee exposure",
        guide="b2b_service_failure",
    ),
    "identity_failed": DeliveryException(
        severity=2,
        customer_action="Bring ID / name another adult",
        agent_action="Explain rule; rebook with signature option",
        guide="failed_attempt",
    ),
    "refused": DeliveryException(
        severity=2,
        customer_action="Say why; choose return or redeliver",
        agent_action="Find cause (damage, unwanted, COD); stop redelivery",
        guide="refused_return",
    ),
    "recipient_moved": DeliveryException(
        severity=2,
        customer_action="Say that they moved; forward on the official page only",
        agent_action="Redirect or return; clean address book",
        guide="address_access",
    ),
    "damaged": DeliveryException(
        severity=3,
        customer_action="Photo, keep packaging, choose refund/replace",
        agent_action="Open claim; request photos; packaging/lane check",
        guide="damage_claim",
    ),
    "partial": DeliveryException(
        severity=3,
        customer_action="List missing items",
        agent_action="Open shortage claim; match pick/pack record",
        guide="shortage_claim",
    ),
    "lost": DeliveryException(
        severity=3,
        customer_action="Confirm not received; choose refund/resend",
        agent_action="Trace, then claim; executive callback if B2B",
        guide="lost_missing",
    ),
    "not_received": DeliveryException(
        severity=3,
        customer_action="Check neighbor/safe place/POD photo, then claim",
        agent_action="Review POD/GPS; open claim; porch-theft advice",
        guide="lost_missing",
    ),
    "misrouted": DeliveryException(
        severity=2,
        customer_action="Wait for new ETA",
        agent_action="Correct routing; hub root cause",
        guide="late_delivery",
    ),
    "misdelivered": DeliveryException(
        severity=3,
        customer_action="Say where it should be; do not collect from strangers",
        agent_action="Recover parcel; privacy check (other person's data)",
        guide="lost_missing",
    ),
    "held_at_facility": DeliveryException(
        severity=2,
        customer_action="Collect, or ask redelivery",
        agent_action="Give location, hours, deadline",
        guide="pickup_problem",
    ),
    "pickup_missed": DeliveryException(
        severity=2,
        customer_action="Extend hold or redirect before deadline",
        agent_action="Extend hold; remind; else return",
        guide="pickup_problem",
    ),
    "returning": DeliveryException(
        severity=2,
        customer_action="Stop return / confirm refund route",
        agent_action="Decide reship or refund; log reason",
        guide="refused_return",
    ),
    "returned": DeliveryException(
        severity=2,
        customer_action="Confirm refund or reship",
        agent_action="Refund/reship; root cause",
        guide="refused_return",
    ),
    "carrier_rejected": DeliveryException(
        severity=2,
        customer_action="None (shipper must act)",
        agent_action="Fix packaging/hazmat/size; rebook carrier",
        guide="b2b_service_failure",
    ),
    "disposed": DeliveryException(
        severity=3,
        customer_action="Refund/replace",
        agent_action="Claim; explain; executive callback if B2B",
        guide="lost_missing",
    ),
    "temperature_excursion": DeliveryException(
        severity=3,
        customer_action="Keep goods aside; do not use",
        agent_action="QA hold; claim; sensor log",
        guide="b2b_service_failure",
    ),
    "cancelled": DeliveryException(
        severity=1,
        customer_action="Confirm cancel was wanted",
        agent_action="Refund/void; ask reason",
        guide="cancelled_order",
    ),
    "billing_dispute": DeliveryException(
        severity=2,
        customer_action="State invoice and line in doubt",
        agent_action="Open billing case; hold dunning",
        guide="billing_dispute",
    ),
    "tracking_stale": DeliveryException(
        severity=2,
        customer_action="Say if it arrived",
        agent_action="Trace after N days; mark lost at deadline",
        guide="lost_missing",
    ),
    "unspecified": DeliveryException(
        severity=1,
        customer_action="Say what happened",
        agent_action="Read carrier text; reclassify by hand",
        guide="generic_exception",
    ),
}
