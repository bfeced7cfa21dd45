"""What a carrier says of a shipment, as it says it: before its zone and its promise are known."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from interviewer.core.book import AvailableAction, Proof
from interviewer.core.reading import Value
from interviewer.core.vocabulary import ExceptionCode, Status


class Scan(Value):
    """One scan in the shared words.

    A time without an offset stays naive (`time_quality` local) and a date a date: only the intake
    knows the zone. `raw_codes` are the carrier's own words; those that are on no map are named in
    `unknown`, and the status is then that of their parent.
    """

    source: str
    source_event_id: str | None = None
    carrier: str | None = None
    code: str  # the source's name of the shipment: a tracking number, a load, a fulfillment
    order_ref: str | None = None
    account: str | None = None
    status: Status | None
    exception_code: ExceptionCode | None = None
    occurred_at: datetime | date
    time_quality: Literal["exact", "local", "date"]
    written: str  # the time as the payload has it
    reported_at: datetime | None = None
    raw_codes: dict[str, str] = Field(default_factory=dict)
    unknown: tuple[str, ...] = ()  # keys of raw_codes
    carrier_text: str | None = None  # untrusted
    city: str | None = None
    region: str | None = None
    country: str | None = None
    postal: str | None = None
    promised_from: datetime | date | None = None
    promised_at: datetime | date | None = None
    promised_source: str | None = None
    estimated_at: datetime | date | None = None
    estimate_before: datetime | date | None = None
    proof: Proof | None = None
    proof_place: str | None = None
    available_actions: tuple[AvailableAction, ...] | None = None
