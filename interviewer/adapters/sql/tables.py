"""The tables: one per word of the glossary, with the columns of its value.

Only the SQL store reads and writes them. A column has the name of the value's field, so that a
value becomes a row, and a row a value, without code of its own. Times are aware UTC
(`UTCDateTime`, which SQLModel gives to every `datetime`); parts with structure are JSON.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    UniqueConstraint,
    false,
)
from sqlmodel import Field, SQLModel

from interviewer.core import book
from interviewer.core.book import Day

Json = JSON(none_as_null=True)


def is_modelled(name: str | None, kind: str, _parents: object) -> bool:
    """Whether something of the database is one of these tables; for Alembic.

    What migration 0014 makes for full text is of no model.
    """
    plain = name or ""
    if kind == "table":
        return plain != "said" and not plain.startswith("said_")
    return plain != "ix_turn_said"


class Table(SQLModel):
    """What all tables share: one metadata, with a name for every constraint."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# studies and interviews


class StudyTable(Table, table=True):
    """Every version of every study; state and launch are those of the slug, on all its rows."""

    __tablename__ = "study"

    slug: str = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    guide_hash: str
    source: str
    state: str
    launched_at: datetime | None
    brake: str | None
    redirect_to: list[str] = Field(sa_type=Json)


class InterviewTable(Table, table=True):
    """An interview without its turns; `version` is what a save compares with.

    `answered` repeats whether there is an answer among the turns, so that SQL can count it.
    """

    __tablename__ = "interview"
    __table_args__ = (
        ForeignKeyConstraint(["study", "study_version"], ["study.slug", "study.version"]),
        Index(None, "study", "opened_at"),
        Index(None, "opened_at", "interview_id"),
        Index(None, "study", "status", "channel", "language", "test", "answered"),
        Index(None, "status", "expires_at"),
        Index(None, "address"),
    )

    interview_id: str = Field(primary_key=True)
    token_hash: str = Field(unique=True)
    study: str
    study_version: int
    guide_hash: str
    channel: str
    language: str
    status: str
    context: dict[str, Any] = Field(sa_type=Json)
    respondent_name: str | None
    contact_ref: str | None = Field(index=True)
    account_ref: str | None = Field(index=True)
    shipment_ref: str | None = Field(index=True)
    address: str | None
    topics: list[str] = Field(sa_type=Json)
    memory: dict[str, Any] | None = Field(sa_type=Json)
    opened_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    close_reason: str | None
    expired: bool
    test: bool
    answered: bool
    version: int


class TurnTable(Table, table=True):
    """One turn; `decided` and `reason` repeat the decision, so that SQL can count them."""

    __tablename__ = "turn"
    __table_args__ = (UniqueConstraint("interview_id", "message_id"),)

    interview_id: str = Field(primary_key=True, foreign_key="interview.interview_id")
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    speaker: str
    text: str
    at: datetime
    language: str
    message_id: str | None
    joined: list[str] = Field(sa_type=Json)
    audience: str
    move: str | None
    topic: str | None
    author: str | None
    decided: str | None
    reason: str | None
    reading: dict[str, Any] | None = Field(sa_type=Json)
    decision: dict[str, Any] | None = Field(sa_type=Json)
    trace: dict[str, Any] | None = Field(sa_type=Json)


class ChatPartTable(Table, table=True):
    """A message from the page; `place` is the order of arrival, `turn_seq` the turn it is in."""

    __tablename__ = "chat_part"
    __table_args__ = (UniqueConstraint("interview_id", "message_id"),)

    place: int | None = Field(primary_key=True)
    interview_id: str = Field(foreign_key="interview.interview_id")
    message_id: str
    text: str
    at: datetime
    turn_seq: int | None


class CaseTable(Table, table=True):
    """What a person has to look at: one row per interview and reason."""

    __tablename__ = "case"
    __table_args__ = (Index(None, "state", "opened_at"),)

    interview_id: str = Field(primary_key=True, foreign_key="interview.interview_id")
    reason: str = Field(primary_key=True)
    case_class: str
    hands_off: bool
    opened_at: datetime
    turn_seqs: list[int] = Field(sa_type=Json)
    quotes: list[str] = Field(sa_type=Json)
    study: str
    account_ref: str | None = Field(index=True)
    contact_ref: str | None
    shipment_ref: str | None
    exception_code: str | None
    customer_action: str | None
    agent_action: str | None
    audience: str
    to_second_owner: bool
    state: str
    due_at: datetime | None
    owner_email: str | None
    second_owner_email: str | None
    taken_by: str | None
    taken_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    overdue_at: datetime | None
    reopened: int
    notes: list[Any] = Field(sa_type=Json)


class ActionRequestTable(Table, table=True):
    """An action that a respondent asked for."""

    __tablename__ = "action_request"

    request_id: str = Field(primary_key=True)
    interview_id: str = Field(index=True, foreign_key="interview.interview_id")
    shipment_ref: str = Field(index=True)
    action_id: str
    label: str
    chosen_at: datetime
    until: datetime | None
    answer_by: datetime
    state: str
    settled_at: datetime | None
    text: str | None


class PhotoTable(Table, table=True):
    """A photo that a respondent added, as it was encoded anew."""

    __tablename__ = "photo"

    photo_id: str = Field(primary_key=True)
    interview_id: str = Field(foreign_key="interview.interview_id", index=True)
    at: datetime
    width: int
    height: int
    jpeg: bytes = Field(sa_type=LargeBinary)


class WidgetTable(Table, table=True):
    """Where a study may be embedded; its secret is derived, not stored."""

    __tablename__ = "widget"

    study: str = Field(primary_key=True)
    origins: list[str] = Field(sa_type=Json)
    generation: int
    created_at: datetime


# moments, invitations, messages out, events in


class MomentTable(Table, table=True):
    """A moment and what became of it; `moment` holds it whole, kind and subject repeat parts."""

    __tablename__ = "moment"
    __table_args__ = (Index(None, "outcome", "due_at"),)

    moment_id: str = Field(primary_key=True)
    kind: str
    subject: str = Field(index=True)
    moment: dict[str, Any] = Field(sa_type=Json)
    outcome: str
    study: str | None
    due_at: datetime
    seen_at: datetime


class InvitationTable(Table, table=True):
    """An invitation, waiting or done."""

    __tablename__ = "invitation"
    __table_args__ = (Index(None, "state", "due_at"), Index(None, "study", "state", "reason"))

    invitation_id: str = Field(primary_key=True)
    study: str
    moment_id: str = Field(index=True)
    channel: str
    address: str = Field(index=True)
    contact_ref: str | None
    account_ref: str | None
    shipment_ref: str | None
    language: str
    zones: list[str] = Field(sa_type=Json)
    regions: list[str] = Field(sa_type=Json)
    due_at: datetime
    expires_at: datetime
    state: str
    reason: str | None
    interview_id: str | None = Field(index=True)
    sent_at: datetime | None
    version: int


class OutboundMessageTable(Table, table=True):
    """A message on its way out; `place` is the order of arrival."""

    __tablename__ = "outbound_message"
    __table_args__ = (
        UniqueConstraint("interview_id", "seq", "channel"),
        Index(None, "state", "place"),
        Index(None, "channel", "gated_at"),
    )

    place: int | None = Field(primary_key=True)
    message_key: str = Field(unique=True)
    interview_id: str | None = Field(foreign_key="interview.interview_id")
    seq: int
    kind: str
    channel: str
    address: str = Field(index=True)
    text: str
    subject: str | None
    language: str | None
    state: str
    due_at: datetime | None
    ends_at: datetime | None
    attempt: int
    gated_at: datetime | None
    reason: str | None
    provider_id: str | None = Field(index=True)
    sent_at: datetime | None
    delivery: str | None
    error_code: str | None
    answers: str | None
    meant_for: str | None


class InboundMessageTable(Table, table=True):
    """A message as it came; parts that are answered together have one `batch`."""

    __tablename__ = "inbound_message"
    __table_args__ = (Index(None, "address", "received_at"),)

    channel: str = Field(primary_key=True)
    provider_id: str = Field(primary_key=True)
    address: str
    text: str
    wish: str
    media: list[dict[str, str]] = Field(sa_type=Json)
    received_at: datetime
    batch: str | None
    interview_id: str | None = Field(foreign_key="interview.interview_id")
    outcome: str | None


class FormerLinkTable(Table, table=True):
    """A link that works no more: it was replaced or revoked."""

    __tablename__ = "former_link"

    token_hash: str = Field(primary_key=True)
    interview_id: str = Field(foreign_key="interview.interview_id")
    ended_at: datetime
    why: str


class JobTable(Table, table=True):
    """Everything that waits to be done. Small: 100,000 of them wait at no cost."""

    __tablename__ = "job"

    subject: str = Field(primary_key=True)
    step: str = Field(primary_key=True)
    due_at: datetime | None = Field(index=True)
    claims: int
    attempt: int
    error: str | None
    replayed: bool


class GateDecisionTable(Table, table=True):
    """The audit of the send gate, in the order of its decisions."""

    __tablename__ = "gate_decision"

    place: int | None = Field(primary_key=True)
    intent_id: str = Field(index=True)
    at: datetime
    rule: str | None
    retry_at: datetime | None
    rule_set: str


class InboxEventTable(Table, table=True):
    """An event as it came; `source` is the name of the endpoint that took it."""

    __tablename__ = "inbox_event"
    __table_args__ = (Index(None, "processed_at", "received_at"),)

    source: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    raw: str
    received_at: datetime
    error: str | None
    processed_at: datetime | None
    mended: str | None
    note: str | None
    test: bool = Field(sa_column_kwargs={"server_default": false()})


class EndpointTable(Table, table=True):
    """Where a source delivers: a URL with its secrets, or a watched folder."""

    __tablename__ = "endpoint"

    name: str = Field(primary_key=True)
    source: str
    path: str = Field(unique=True)
    secrets: list[Any] = Field(sa_type=Json)
    words: dict[str, Any] = Field(sa_type=Json)
    folder: dict[str, Any] | None = Field(sa_type=Json)
    enabled: bool
    created_at: datetime


class EndpointCountTable(Table, table=True):
    """How often something happened at an endpoint in one hour: a refusal, an unknown word."""

    __tablename__ = "endpoint_count"

    name: str = Field(primary_key=True)
    hour: datetime = Field(primary_key=True)
    what: str = Field(primary_key=True)
    word: str = Field(primary_key=True)
    n: int


# notices out


class OccurrenceTable(Table, table=True):
    """Something that others may want to know, stored with what caused it."""

    __tablename__ = "occurrence"

    occurrence_id: str = Field(primary_key=True)
    kind: str
    about: str
    at: datetime
    spread_at: datetime | None = Field(index=True)


class AlertRuleTable(Table, table=True):
    """When somebody wants to be told; raised while what it watches is beyond its limit."""

    __tablename__ = "alert_rule"

    rule_id: str = Field(primary_key=True)
    watches: str
    subject: str | None
    account_ref: str | None
    limit: float
    added_by: str
    added_at: datetime
    raised_at: datetime | None
    said: str | None


class DestinationTable(Table, table=True):
    """Where notices go; URL and secrets are encrypted."""

    __tablename__ = "destination"

    name: str = Field(primary_key=True)
    format: str
    sealed_url: str
    sealed_secrets: list[str] = Field(sa_type=Json)
    kinds: list[str] = Field(sa_type=Json)
    contact_data: bool
    created_at: datetime
    disabled_at: datetime | None


class NoticeTable(Table, table=True):
    """A notice to one destination, waiting or done."""

    __tablename__ = "notice"
    __table_args__ = (Index(None, "state", "at"),)

    notice_id: str = Field(primary_key=True)
    destination: str = Field(index=True)
    kind: str
    at: datetime
    body: dict[str, Any] = Field(sa_type=Json)
    state: str
    attempt: int
    last_error: str | None
    sent_at: datetime | None
    due_at: datetime | None
    in_digest: bool = Field(sa_column_kwargs={"server_default": false()})


# access


class ApiKeyTable(Table, table=True):
    """A key of the JSON API, without its secret."""

    __tablename__ = "api_key"

    key_id: str = Field(primary_key=True)
    name: str
    sha256: str
    scopes: list[str] = Field(sa_type=Json)
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class UserTable(Table, table=True):
    """A person who may log in."""

    __tablename__ = "user"

    login: str = Field(primary_key=True)
    role: str
    name: str | None
    password_hash: str
    created_at: datetime
    disabled_at: datetime | None


class SessionTable(Table, table=True):
    """A browser in which a user is logged in."""

    __tablename__ = "session"

    session_hash: str = Field(primary_key=True)
    login: str = Field(index=True, foreign_key="user.login")
    began_at: datetime
    seen_at: datetime


class AuditEntryTable(Table, table=True):
    """What a person or a key did; append-only, `place` is the order of the hash chain."""

    __tablename__ = "audit_entry"

    place: int | None = Field(primary_key=True)
    at: datetime
    actor: str
    what: str
    about: str
    detail: dict[str, str] = Field(sa_type=Json)
    address: str | None
    previous_hash: str
    entry_hash: str


# analysis: `data` is the row as the analysis made it, the other columns repeat parts of it


class AnalysisRunTable(Table, table=True):
    """One run of the analysis, with its report."""

    __tablename__ = "analysis_run"

    run_id: str = Field(primary_key=True)
    at: datetime = Field(index=True)
    settings: dict[str, Any] = Field(sa_type=Json)
    memory: dict[str, Any] = Field(sa_type=Json)
    patterns: dict[str, Any] = Field(sa_type=Json)
    report: str


class FindingTable(Table):
    """A row of a run, at its place."""

    run_id: str = Field(primary_key=True, foreign_key="analysis_run.run_id")
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    data: dict[str, Any] = Field(sa_type=Json)


class ThemeTable(FindingTable, table=True):
    """A theme with its quotes."""

    __tablename__ = "theme"

    theme_id: str | None = Field(index=True)
    title: str | None
    respondents: int | None


class SignalTable(FindingTable, table=True):
    """A signal with its quote."""

    __tablename__ = "signal"

    signal: str | None
    status: str | None
    account_ref: str | None = Field(index=True)


class AccountRiskTable(FindingTable, table=True):
    """An account's risk with its reasons."""

    __tablename__ = "account_risk"

    account_ref: str | None = Field(index=True)
    band: str | None


# the book of business: a new kind of import is one class here and its line in BOOK


class BookTable(Table):
    """A row of the book; `identity` is the hash of its natural key."""

    append_only: ClassVar[bool] = False  # a ledger: an entry that is there stays as it is

    identity: str = Field(primary_key=True)
    context: dict[str, Any] = Field(sa_type=Json)


class AccountTable(BookTable, table=True):
    """A B2B customer."""

    __tablename__ = "account"

    account_ref: str = Field(index=True)
    account_name: str
    parent_ref: str | None
    brand: str | None
    segment: str | None
    tier: str | None
    owner_name: str | None
    owner_email: str | None
    second_owner_email: str | None
    annual_value: float | None
    currency: str | None
    renewal_date: date | None
    notice_date: date | None
    term_months: int | None
    review_date: date | None
    last_contact_at: datetime | None
    timezone: str | None
    region: str | None
    language: str | None


class ContactTable(BookTable, table=True):
    """A person of an account."""

    __tablename__ = "contact"

    contact_ref: str = Field(index=True)
    account_ref: str = Field(index=True)
    contact_name: str | None
    contact_role: str | None
    contact_title: str | None
    email: str | None = Field(index=True)
    phone: str | None = Field(index=True)
    language: str | None
    timezone: str | None
    region: str | None
    preferred_channel: str | None
    active: bool


class ConsentTable(BookTable, table=True):
    """The consent ledger."""

    __tablename__ = "consent"
    append_only = True

    address: str = Field(index=True)
    channel: str
    status: str
    source: str
    evidence: str | None
    at: datetime
    time_quality: str


class SuppressionTable(BookTable, table=True):
    """The ledger of who must never be contacted."""

    __tablename__ = "suppression"
    append_only = True

    address: str = Field(index=True)
    channel: str
    status: str
    source: str
    evidence: str | None
    at: datetime
    time_quality: str


class ShipmentTable(BookTable, table=True):
    """A shipment apart from its events."""

    __tablename__ = "shipment"

    shipment_ref: str = Field(index=True)
    account_ref: str | None = Field(index=True)
    contact_ref: str | None = Field(index=True)
    recipient_name: str | None
    phone: str | None = Field(index=True)
    email: str | None = Field(index=True)
    language: str | None
    timezone: str | None
    region: str | None
    carrier: str | None
    tracking_code: str | None = Field(index=True)
    order_ref: str | None
    reference: str | None
    service_level: str | None
    item: str | None
    status: str | None
    exception_code: str | None
    exception_text: str | None
    notified_at: datetime | None
    option_chosen: str | None
    proof: str | None
    proof_place: str | None
    available_actions: list[Any] | None = Field(sa_type=Json)


class ShipmentEventTable(BookTable, table=True):
    """What a source said about a shipment."""

    __tablename__ = "shipment_event"
    append_only = True

    shipment_ref: str = Field(index=True)
    event_kind: str
    status: str | None
    exception_code: str | None
    occurred_at: datetime
    time_quality: str
    timezone: str
    reported_at: datetime | None
    source: str
    source_event_id: str | None
    carrier: str | None
    account_ref: str | None = Field(index=True)
    order_ref: str | None
    exception_text: str | None
    raw_codes: dict[str, str] = Field(sa_type=Json)
    city: str | None
    region: str | None
    country: str | None
    promised_from: datetime | None
    promised_at: datetime | None
    promised_quality: str
    promised_source: str | None
    estimated_at: datetime | None
    estimated_quality: str
    estimate_before: datetime | None
    proof: str | None
    proof_place: str | None
    available_actions: list[Any] | None = Field(sa_type=Json)


class ScoreTable(BookTable, table=True):
    """A value of a metric of an account."""

    __tablename__ = "score"

    account_ref: str = Field(index=True)
    metric: str
    period: str
    value: float
    scale_min: float | None
    scale_max: float | None
    n: int | None


class ClaimTable(BookTable, table=True):
    """A claim."""

    __tablename__ = "claim"

    claim_ref: str = Field(index=True)
    account_ref: str | None = Field(index=True)
    shipment_ref: str | None = Field(index=True)
    contact_ref: str | None
    exception_code: str | None
    claim_opened_at: datetime
    claim_closed_at: datetime | None
    time_quality: str
    claim_outcome: str | None
    amount: float | None
    paid_amount: float | None
    currency: str | None


class OutcomeTable(BookTable, table=True):
    """How a renewal ended."""

    __tablename__ = "outcome"

    account_ref: str = Field(index=True)
    decided_at: date
    outcome: str
    renewal_date: date | None
    value_before: float | None
    value_after: float | None
    competitor: str | None
    reason: str | None


class ActionTable(BookTable, table=True):
    """What the account team said it would look at."""

    __tablename__ = "action"

    account_ref: str = Field(index=True)
    what: str
    said_at: date
    topic: str | None
    contact_ref: str | None
    owner_name: str | None
    due_date: date | None
    done_at: date | None


class NoteTable(BookTable, table=True):
    """What was written down about an account."""

    __tablename__ = "note"

    account_ref: str = Field(index=True)
    at: datetime
    time_quality: str
    text: str
    author: str | None
    contact_ref: str | None
    note_kind: str | None


class VolumeTable(BookTable, table=True):
    """What an account shipped in a period."""

    __tablename__ = "volume"

    account_ref: str = Field(index=True)
    period: str
    units: float
    market_index: float | None


class InvoiceTable(BookTable, table=True):
    """An invoice or a credit note."""

    __tablename__ = "invoice"

    invoice_ref: str = Field(index=True)
    account_ref: str = Field(index=True)
    date: Day
    amount: float
    currency: str | None
    disputed: str | None
    invoice_kind: str | None


class TicketTable(BookTable, table=True):
    """Times that somebody turned to support."""

    __tablename__ = "ticket"

    ticket_ref: str
    at: datetime = Field(index=True)
    time_quality: str
    account_ref: str | None
    shipment_ref: str | None = Field(index=True)


class CostAssumptionTable(BookTable, table=True):
    """What is assumed that things cost."""

    __tablename__ = "cost_assumption"
    append_only = True

    at: datetime
    time_quality: str
    by: str
    contact: float | None
    reattempt: float | None
    claim: float | None
    currency: str | None


class RatingTable(BookTable, table=True):
    """How account managers rate the risk of a renewal."""

    __tablename__ = "rating"
    append_only = True

    account_ref: str = Field(index=True)
    at: datetime
    time_quality: str
    by: str
    rating: str
    why: str | None


class SignalReviewTable(BookTable, table=True):
    """What people said about pieces of evidence."""

    __tablename__ = "signal_review"
    append_only = True

    at: datetime
    by: str
    turn_id: str = Field(index=True)
    signal: str
    start: int
    end: int
    verdict: str


class ImportedTranscriptTable(BookTable, table=True):
    """An interview that was held elsewhere."""

    __tablename__ = "imported_transcript"

    id: str = Field(index=True)
    account_ref: str | None = Field(index=True)
    contact_ref: str | None
    contact_role: str | None
    study: str | None
    channel: str | None
    language: str | None
    at: datetime | None
    turns: list[Any] = Field(sa_type=Json)


class ThemeDecisionTable(BookTable, table=True):
    """What people decided about themes."""

    __tablename__ = "theme_decision"
    append_only = True

    at: datetime
    theme_id: str
    action: str
    title: str | None
    into: str | None
    segments: list[Any] | None = Field(sa_type=Json)


class ThemeNoteTable(BookTable, table=True):
    """Who looks after themes, and what was done about them."""

    __tablename__ = "theme_note"
    append_only = True

    at: datetime
    by: str
    theme_id: str = Field(index=True)
    owner: str | None
    text: str | None


class CodingTable(BookTable, table=True):
    """Codes that people gave to turns."""

    __tablename__ = "coding"

    turn_id: str = Field(index=True)
    code: str | None
    coder: str | None


BOOK: dict[type[book.Row], type[BookTable]] = {
    book.Account: AccountTable,
    book.Contact: ContactTable,
    book.Consent: ConsentTable,
    book.Suppression: SuppressionTable,
    book.Shipment: ShipmentTable,
    book.ShipmentEvent: ShipmentEventTable,
    book.Score: ScoreTable,
    book.Claim: ClaimTable,
    book.Outcome: OutcomeTable,
    book.Action: ActionTable,
    book.Note: NoteTable,
    book.Volume: VolumeTable,
    book.Invoice: InvoiceTable,
    book.Ticket: TicketTable,
    book.CostAssumption: CostAssumptionTable,
    book.Rating: RatingTable,
    book.SignalReview: SignalReviewTable,
    book.ImportedTranscript: ImportedTranscriptTable,
    book.ThemeDecision: ThemeDecisionTable,
    book.ThemeNote: ThemeNoteTable,
    book.Coding: CodingTable,
}
