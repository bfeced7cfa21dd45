"""The book of business: one frozen row type per kind of import.

Column names are those of the import files, the event intake and the context of an interview.
A row is data from outside that has been checked: `Row.read` raises `InvalidInput` with the field,
the value and the fix.

Times are aware UTC. A time written without an offset was read in the row's `timezone`
(`time_quality` local); a date alone is the start of that local day (`time_quality` date).
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Literal, Self, get_args
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from interviewer.core.errors import InvalidInput
from interviewer.core.vocabulary import ExceptionCode, Status

TimeQuality = Literal["exact", "local", "date"]
ContactRole = Literal["buyer", "sponsor", "finance", "operations", "warehouse"]
ContactChannel = Literal["chat", "sms", "email"]
Metric = Literal["otif", "nps", "csat"]
ClaimOutcome = Literal["paid", "partial", "denied", "withdrawn"]
RenewalOutcome = Literal["renewed", "shrunk", "churned"]
NoteKind = Literal["call", "visit", "mail", "ticket", "nps", "review", "other"]
InvoiceKind = Literal["invoice", "credit_note"]
RatedBand = Literal["high", "elevated", "low"]
RenewalSignal = Literal[
    "leave_intent",
    "competitor",
    "contract_notice",
    "rfp",
    "unresolved_claim",
    "recurrence",
    "chargeback",
    "slow_response",
    "silent_am",
    "price_dispute",
    "decision_maker",
    "volume_shift",
    "not_heard",
    "trust_lost",
    "capability_gap",
    "commit",
]
SIGNALS: tuple[RenewalSignal, ...] = get_args(RenewalSignal)
ThemeAction = Literal["rename", "merge", "split", "pin", "release"]  # release: take all back
Proof = Literal["photo", "signature", "code"]
EventKind = Literal[
    "scan",
    "promise",
    "resolution",  # a source says that the exception is settled
    "correction",  # a person says that the status is another
    "closing",  # a person closes the exception
]
OptionChosen = Literal[
    "reschedule", "pickup", "safe_place", "neighbor", "resend", "refund", "return"
]

E164 = re.compile(r"\+[1-9]\d{6,14}")
EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}")
PERIOD = re.compile(
    r"(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|W(?P<week>\d{2})"
    r"|(?P<month>\d{2})(?:-(?P<day>\d{2}))?))?"
)


def _matching(pattern: re.Pattern[str], fix: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(fix)
        return text

    return check


def _is_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, OSError, ValueError):
        raise ValueError("is no time zone; write an IANA name such as America/New_York") from None


def _is_address(text: str) -> str:
    if not (E164.fullmatch(text) or EMAIL.fullmatch(text)):
        raise ValueError("is no e-mail address and no number in international form (+14155550123)")
    return text


def _is_period(text: str) -> str:
    period_span(text)
    return text


def _to_utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


Ref = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=10_000)]
Time = Annotated[AwareDatetime, AfterValidator(_to_utc)]
Zone = Annotated[str, AfterValidator(_is_zone)]
Phone = Annotated[
    str,
    AfterValidator(_matching(E164, "is no number in international form; write it as +14155550123")),
]
Email = Annotated[
    str, AfterValidator(_matching(EMAIL, "is no e-mail address; write it as name@example.com"))
]
Address = Annotated[str, AfterValidator(_is_address)]
Region = Annotated[
    str,
    AfterValidator(
        _matching(re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?"), "is no region; write US or US-FL")
    ),
]
Language = Annotated[
    str,
    AfterValidator(
        _matching(re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"), "is no language; write en")
    ),
]
Currency = Annotated[
    str, AfterValidator(_matching(re.compile(r"[A-Z]{3}"), "is no currency; write USD"))
]
Period = Annotated[str, AfterValidator(_is_period)]
Day = date  # for a field that is itself called date


def period_span(period: str) -> tuple[date, date]:
    """The first day of a period, and the first day after it.

    Args:
        period: 2026, 2026-Q3, 2026-10, 2026-W42 (ISO week) or a day, 2026-10-14.

    Raises:
        ValueError: it is none of these.
    """
    found = PERIOD.fullmatch(period)
    if not found:
        raise ValueError("is no period; write 2026, 2026-Q3, 2026-10, 2026-W42 or 2026-10-14")
    year, quarter, week, month, day = (int(part) if part else 0 for part in found.groups())
    if week:
        start = date.fromisocalendar(year, week, 1)
        return start, start + timedelta(weeks=1)
    if day:
        return date(year, month, day), date(year, month, day) + timedelta(days=1)
    first, months = (month, 1) if month else (3 * quarter - 2, 3) if quarter else (1, 12)
    after = first + months
    return date(year, first, 1), date(year + (after > 12), after - 12 if after > 12 else after, 1)


class Row(BaseModel):
    """One checked row; equal rows have equal `identity`, whatever their other columns say."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False
    )

    kind: ClassVar[str]  # the word after `interviewer import`
    key: ClassVar[tuple[str, ...]]  # the natural key: importing it again changes nothing

    context: dict[str, Any] = Field(default_factory=dict)  # columns that are not ours, as they came

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_null(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @classmethod
    def read(cls, values: Mapping[str, object]) -> Self:
        """The row, or `InvalidInput` for the first field that breaks a rule."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or cls.kind
            message = first["msg"].removeprefix("Value error, ")
            if first["type"] == "missing" or first["input"] is None:
                raise InvalidInput(field, "is missing; every row needs it") from None
            raise InvalidInput(field, message, first["input"]) from None

    def over(self, before: Self) -> Self:
        """What is known after this row came on top of `before`, which has the same identity.

        A column that this row does not give, or gives as null, keeps its value; keys of the
        context are added. Where both together break a rule of the row, this one counts alone.
        """
        given = {name: getattr(self, name) for name in self.model_fields_set - {"context"}}
        told = {name: value for name, value in given.items() if value is not None}
        known = {name: getattr(before, name) for name in type(self).model_fields}
        try:
            return type(self).read({**known, **told, "context": {**before.context, **self.context}})
        except InvalidInput:
            return self

    @property
    def natural_key(self) -> tuple[object, ...]:
        """The values of `key`, in its order; some may be None."""
        return tuple(getattr(self, name) for name in self.key)

    @property
    def identity(self) -> str:
        """SHA-256 of kind and natural key, for a unique column that no null can slip through."""
        parts = [self.kind, *(_as_text(value) for value in self.natural_key)]
        return sha256("\x1f".join(parts).encode()).hexdigest()


def _as_text(value: object) -> str:
    if value is None:
        return "\x00"
    return value.isoformat() if isinstance(value, date) else str(value)


class Account(Row):
    """A B2B customer with a renewal date."""

    kind: ClassVar[str] = "accounts"
    key: ClassVar[tuple[str, ...]] = ("account_ref",)

    account_ref: Ref
    account_name: Text  # the reference where no name is given
    parent_ref: Ref | None = None
    brand: Text | None = None
    segment: Text | None = None
    tier: Text | None = None
    owner_name: Text | None = None
    owner_email: Email | None = None
    second_owner_email: Email | None = None
    annual_value: Annotated[float, Field(ge=0)] | None = None
    currency: Currency | None = None
    renewal_date: date | None = None
    notice_date: date | None = None
    term_months: Annotated[int, Field(gt=0)] | None = None
    review_date: date | None = None  # the next one
    last_contact_at: Time | None = None
    timezone: Zone | None = None
    region: Region | None = None
    language: Language | None = None

    @model_validator(mode="before")
    @classmethod
    def _named_by_its_reference(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and not values.get("account_name"):
            return {**values, "account_name": values.get("account_ref")}
        return values

    def over(self, before: Self) -> Self:
        """As of every row; the reference as a name takes the place of no real one."""
        if self.account_name == self.account_ref:
            return super(Account, self.model_copy(update={"account_name": None})).over(before)
        return super().over(before)


class Contact(Row):
    """A person of an account; the role says which topics they are asked about."""

    kind: ClassVar[str] = "contacts"
    key: ClassVar[tuple[str, ...]] = ("contact_ref",)

    contact_ref: Ref
    account_ref: Ref
    contact_name: Text | None = None
    contact_role: ContactRole | None = None
    contact_title: Text | None = None
    email: Email | None = None
    phone: Phone | None = None
    language: Language | None = None
    timezone: Zone | None = None
    region: Region | None = None
    preferred_channel: ContactChannel | None = None
    active: bool = True

    @field_validator("active", mode="before")
    @classmethod
    def _active_unless_said(cls, value: object) -> object:
        return True if value is None else value


class Consent(Row):
    """One entry of the consent ledger; entries are added, never changed.

    `status` is part of the key: a withdrawal at the time of a grant is an entry of its own.
    """

    kind: ClassVar[str] = "consents"
    key: ClassVar[tuple[str, ...]] = ("address", "channel", "at", "status")

    address: Address
    channel: ContactChannel
    status: Literal["granted", "withdrawn"]
    source: Text  # where it was said: checkout, contract, web form
    evidence: Text | None = None
    at: Time
    time_quality: TimeQuality = "exact"


class Suppression(Row):
    """One entry about who must never be contacted."""

    kind: ClassVar[str] = "suppressions"
    key: ClassVar[tuple[str, ...]] = ("address", "channel", "at", "status")

    address: Address
    channel: Literal["sms", "email", "all"]
    status: Literal["suppressed", "lifted"]
    source: Text
    evidence: Text | None = None
    at: Time
    time_quality: TimeQuality = "exact"


class AvailableAction(BaseModel):
    """Something the network can do for this shipment now."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Ref
    label: Text
    link: Text | None = None
    until: Time | None = None


class Shipment(Row):
    """Who a shipment is for and what is known about it, apart from what its events say.

    `status` and `exception_code` are what the source stated without a time; they make no event
    and no moment. Everything with a time is a `ShipmentEvent`.
    """

    kind: ClassVar[str] = "shipments"
    key: ClassVar[tuple[str, ...]] = ("shipment_ref",)

    shipment_ref: Ref
    account_ref: Ref | None = None
    contact_ref: Ref | None = None
    recipient_name: Text | None = None
    phone: Phone | None = None
    email: Email | None = None
    language: Language | None = None
    timezone: Zone | None = None
    region: Region | None = None
    carrier: Text | None = None
    tracking_code: Text | None = None
    order_ref: Ref | None = None
    reference: Text | None = None  # the PO or load number that a B2B contact knows
    service_level: Text | None = None
    item: Text | None = None
    status: Status | None = None
    exception_code: ExceptionCode | None = None
    exception_text: Text | None = None
    notified_at: Time | None = None
    option_chosen: OptionChosen | None = None
    proof: Proof | None = None
    proof_place: Text | None = None
    available_actions: tuple[AvailableAction, ...] | None = None


class ShipmentEvent(Row):
    """One thing that was said about a shipment; the same thing said by two sources is one row.

    A promise has its time in both `occurred_at` and `promised_at`: when it was made is not known.
    `timezone` is the zone in which local and date-only times of this row count.
    """

    kind: ClassVar[str] = "events"
    key: ClassVar[tuple[str, ...]] = (
        "shipment_ref",
        "event_kind",
        "status",
        "exception_code",
        "occurred_at",
        "estimated_at",
    )

    shipment_ref: Ref
    event_kind: EventKind = "scan"
    status: Status | None = None
    exception_code: ExceptionCode | None = None
    occurred_at: Time
    time_quality: TimeQuality = "exact"
    timezone: Zone = "UTC"
    reported_at: Time | None = None  # when the source told it, where that differs from the scan
    source: Text = "import"
    source_event_id: Text | None = None
    carrier: Text | None = None
    account_ref: Ref | None = None
    order_ref: Ref | None = None
    exception_text: Text | None = None  # the carrier's words: untrusted
    raw_codes: dict[str, str] = Field(default_factory=dict)
    city: Text | None = None
    region: Text | None = None
    country: Text | None = None
    promised_from: Time | None = None
    promised_at: Time | None = None
    promised_quality: TimeQuality = "exact"
    promised_source: Text | None = None
    estimated_at: Time | None = None
    estimated_quality: TimeQuality = "exact"
    estimate_before: Time | None = None
    proof: Proof | None = None
    proof_place: Text | None = None
    available_actions: tuple[AvailableAction, ...] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        is_status = self.event_kind in ("scan", "correction")
        if is_status and self.status is None and self.exception_code is None:
            raise InvalidInput("status", "is missing; give a status or an exception_code")
        if self.event_kind == "promise" and self.promised_at is None:
            raise InvalidInput("promised_at", "is missing; a promise needs its time")
        return self


class Score(Row):
    """One value of a metric of an account in one period."""

    kind: ClassVar[str] = "scores"
    key: ClassVar[tuple[str, ...]] = ("account_ref", "metric", "period")

    account_ref: Ref
    metric: Metric
    period: Period
    value: float
    scale_min: float | None = None
    scale_max: float | None = None
    n: Annotated[int, Field(ge=0)] | None = None  # answers or shipments behind the value

    @model_validator(mode="after")
    def _inside_its_scale(self) -> Self:
        low, high = self.scale
        if not low <= self.value <= high:
            raise InvalidInput(
                "value",
                f"is outside {low:g} to {high:g}; give scale_min and scale_max if they differ",
                self.value,
            )
        return self

    @property
    def scale(self) -> tuple[float, float]:
        """The lowest and the highest possible value; what is not given is the metric's usual."""
        low, high = {"otif": (0.0, 100.0), "nps": (-100.0, 100.0), "csat": (1.0, 5.0)}[self.metric]
        return (
            low if self.scale_min is None else self.scale_min,
            high if self.scale_max is None else self.scale_max,
        )


class Claim(Row):
    """One claim; open while `claim_closed_at` is None."""

    kind: ClassVar[str] = "claims"
    key: ClassVar[tuple[str, ...]] = ("claim_ref",)

    claim_ref: Ref
    account_ref: Ref | None = None
    shipment_ref: Ref | None = None
    contact_ref: Ref | None = None
    exception_code: ExceptionCode | None = None
    claim_opened_at: Time
    claim_closed_at: Time | None = None
    time_quality: TimeQuality = "exact"  # of both times
    claim_outcome: ClaimOutcome | None = None
    amount: Annotated[float, Field(ge=0)] | None = None
    paid_amount: Annotated[float, Field(ge=0)] | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def _closed_after_opened(self) -> Self:
        if self.claim_closed_at and self.claim_closed_at < self.claim_opened_at:
            raise InvalidInput(
                "claim_closed_at", "is before claim_opened_at", self.claim_closed_at.isoformat()
            )
        return self


class Outcome(Row):
    """How a renewal ended."""

    kind: ClassVar[str] = "outcomes"
    key: ClassVar[tuple[str, ...]] = ("account_ref", "decided_at")

    account_ref: Ref
    decided_at: date
    outcome: RenewalOutcome
    renewal_date: date | None = None
    value_before: Annotated[float, Field(ge=0)] | None = None
    value_after: Annotated[float, Field(ge=0)] | None = None
    competitor: Text | None = None
    reason: Text | None = None

    @field_validator("outcome", mode="before")
    @classmethod
    def _word_of_win_loss(cls, value: object) -> object:
        return {"won": "renewed", "partial": "shrunk", "lost": "churned"}.get(str(value), value)


class Action(Row):
    """What the account team told the account it would look at, in words that it may hear again.

    The next interview asks what became of it, until it is done. Without a contact everybody of
    the account was told.
    """

    kind: ClassVar[str] = "actions"
    key: ClassVar[tuple[str, ...]] = ("account_ref", "said_at", "what")

    account_ref: Ref
    what: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    said_at: date
    topic: Ref | None = None  # of the interview guide
    contact_ref: Ref | None = None
    owner_name: Text | None = None  # who does it
    due_date: date | None = None
    done_at: date | None = None

    def over(self, before: Self) -> Self:
        """As of every row; but given as not done, it is open again."""
        whole = super().over(before)
        if "done_at" in self.model_fields_set and self.done_at is None:
            return whole.model_copy(update={"done_at": None})
        return whole


class Note(Row):
    """Something written down about an account outside interviews: a call, a mail, a ticket.

    With a contact, a mail, ticket, NPS comment or review minute is that person's own words.
    """

    kind: ClassVar[str] = "notes"
    key: ClassVar[tuple[str, ...]] = ("account_ref", "at", "text")

    account_ref: Ref
    at: Time
    time_quality: TimeQuality = "exact"
    text: Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
    author: Text | None = None
    contact_ref: Ref | None = None
    note_kind: NoteKind | None = None


class Volume(Row):
    """What an account shipped with us in one period."""

    kind: ClassVar[str] = "volumes"
    key: ClassVar[tuple[str, ...]] = ("account_ref", "period")

    account_ref: Ref
    period: Period
    units: Annotated[float, Field(ge=0)]
    market_index: Annotated[float, Field(gt=0)] | None = None  # of its market, any base


class Invoice(Row):
    """An invoice or a credit note."""

    kind: ClassVar[str] = "invoices"
    key: ClassVar[tuple[str, ...]] = ("invoice_ref",)

    invoice_ref: Ref
    account_ref: Ref
    date: Day
    amount: float  # of a credit note with or without its minus sign
    currency: Currency | None = None
    disputed: Literal["yes", "no"] | None = None
    invoice_kind: InvoiceKind | None = None  # none: an invoice


class Ticket(Row):
    """One time that somebody turned to support, as the help desk has it; only counted."""

    kind: ClassVar[str] = "tickets"
    key: ClassVar[tuple[str, ...]] = ("ticket_ref",)

    ticket_ref: Ref
    at: Time
    time_quality: TimeQuality = "exact"
    account_ref: Ref | None = None
    shipment_ref: Ref | None = None


class CostAssumption(Row):
    """What is assumed that each of these costs; entries are added only, the newest counts."""

    kind: ClassVar[str] = "costs"
    key: ClassVar[tuple[str, ...]] = ("at", "by")

    at: Time
    time_quality: TimeQuality = "exact"
    by: Ref
    contact: Annotated[float, Field(ge=0)] | None = None  # somebody who turns to support
    reattempt: Annotated[float, Field(ge=0)] | None = None  # a failed attempt
    claim: Annotated[float, Field(ge=0)] | None = None  # handled, apart from what is paid out
    currency: Currency | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.contact is None and self.reattempt is None and self.claim is None:
            raise InvalidInput("contact", "is missing; say what one of the three costs")
        return self


class Rating(Row):
    """How an account manager rates the risk of an account's renewal; entries are added only."""

    kind: ClassVar[str] = "ratings"
    key: ClassVar[tuple[str, ...]] = ("account_ref", "at", "by")

    account_ref: Ref
    at: Time
    time_quality: TimeQuality = "exact"
    by: Ref
    rating: RatedBand
    why: Text | None = None


class SignalReview(Row):
    """A person's word on a piece of evidence; the newest about the same words counts."""

    kind: ClassVar[str] = "signal-reviews"
    key: ClassVar[tuple[str, ...]] = ("at", "by", "turn_id", "signal", "start", "end")

    at: Time
    by: Ref
    turn_id: Ref
    signal: RenewalSignal
    start: Annotated[int, Field(ge=0)]  # of the words in the turn's text, in characters
    end: Annotated[int, Field(gt=0)]
    verdict: Literal["confirmed", "rejected", "withdrawn"]  # withdrawn: as if nobody had said

    @model_validator(mode="after")
    def _holds_words(self) -> Self:
        if self.end <= self.start:
            raise InvalidInput("end", "is not after start", self.end)
        return self

    def is_about_same(self, other: "SignalReview") -> bool:
        """Whether both speak of the same signal in words that overlap."""
        same = (self.turn_id, self.signal) == (other.turn_id, other.signal)
        return same and self.start < other.end and other.start < self.end


class ImportedTurn(BaseModel):
    """One contribution to an interview that was held elsewhere."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    speaker: Literal["interviewer", "respondent"]
    text: str
    at: Time | None = None

    @field_validator("speaker", mode="before")
    @classmethod
    def _word_of_others(cls, value: object) -> object:
        word = str(value).strip().casefold()
        if word in ("assistant", "agent", "bot"):
            return "interviewer"
        return "respondent" if word in ("participant", "customer", "user") else word


class ImportedTranscript(Row):
    """An interview that was held elsewhere."""

    kind: ClassVar[str] = "transcripts"
    key: ClassVar[tuple[str, ...]] = ("id",)

    id: Ref
    account_ref: Ref | None = None
    contact_ref: Ref | None = None
    contact_role: ContactRole | None = None
    study: Ref | None = None
    channel: ContactChannel | None = None
    language: Language | None = None
    at: Time | None = None
    turns: Annotated[tuple[ImportedTurn, ...], Field(min_length=1)]


class ThemeDecision(Row):
    """What a person decided about a theme; in force for every later analysis."""

    kind: ClassVar[str] = "theme-decisions"
    key: ClassVar[tuple[str, ...]] = ("at", "theme_id", "action")

    at: Time
    theme_id: Ref
    action: ThemeAction
    title: Text | None = None  # of a rename; of the part that a split takes out
    into: Ref | None = None  # of a merge: the theme that remains
    segments: tuple[Ref, ...] | None = None  # of a split: statements of the part taken out

    @model_validator(mode="after")
    def _says_what_to_do(self) -> Self:
        needed = {"rename": ("title",), "merge": ("into",), "split": ("title", "segments")}
        for name in needed.get(self.action, ()):
            if not getattr(self, name):
                raise InvalidInput(name, f"is missing; a {self.action} needs it")
        if self.into == self.theme_id:
            raise InvalidInput("into", "is the theme itself; name the one that remains", self.into)
        return self


class ThemeNote(Row):
    """Who looks after a theme from a day on, or what was done about it; entries are added only."""

    kind: ClassVar[str] = "theme-notes"
    key: ClassVar[tuple[str, ...]] = ("at", "by", "theme_id")

    at: Time
    by: Ref
    theme_id: Ref
    owner: Text | None = None  # who looks after it from now on
    text: Annotated[str, StringConstraints(max_length=1000)] | None = None  # what was done

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.owner or self.text):
            raise InvalidInput("text", "is missing; say what was done, or who looks after it")
        return self


class Coding(Row):
    """One code that a person gave to one turn."""

    kind: ClassVar[str] = "codings"
    key: ClassVar[tuple[str, ...]] = ("turn_id", "code", "coder")

    turn_id: Ref
    code: Ref | None = None  # none: the turn was read and no code fits
    coder: Ref | None = None


Kind = (
    type[Account]
    | type[Contact]
    | type[Consent]
    | type[Suppression]
    | type[Shipment]
    | type[ShipmentEvent]
    | type[Score]
    | type[Claim]
    | type[Outcome]
    | type[Action]
    | type[Note]
    | type[Volume]
    | type[Invoice]
    | type[Ticket]
    | type[CostAssumption]
    | type[Rating]
    | type[SignalReview]
    | type[ImportedTranscript]
    | type[ThemeDecision]
    | type[ThemeNote]
    | type[Coding]
)
KINDS: dict[str, Kind] = {
    row.kind: row
    for row in (
        Account,
        Contact,
        Consent,
        Suppression,
        Shipment,
        ShipmentEvent,
        Score,
        Claim,
        Outcome,
        Action,
        Note,
        Volume,
        Invoice,
        Ticket,
        CostAssumption,
        Rating,
        SignalReview,
        ImportedTranscript,
        ThemeDecision,
        ThemeNote,
        Coding,
    )
}
"""Every kind that `interviewer import` takes."""
