"""Everything that is remembered, as one protocol per subject; `Store` is all of them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar

from interviewer.core.access import ApiKey, AuditEntry, Session, User
from interviewer.core.book import Row, ShipmentEvent, Suppression
from interviewer.core.case import Case
from interviewer.core.inbound import ChatPart, InboundMessage
from interviewer.core.interview import Interview
from interviewer.core.invitation import (
    Delivery,
    GateDecision,
    Invitation,
    InvitationState,
    Job,
    MessageState,
    OutboundMessage,
    Step,
)
from interviewer.core.moments import Moment
from interviewer.core.notice import AlertRule, Destination, Notice, Occurrence
from interviewer.core.offer import ActionRequest
from interviewer.core.operations import Passage
from interviewer.core.search import Term
from interviewer.core.study import Study, StudyState

Put = Literal["added", "changed", "known"]
T = TypeVar("T", bound=Row)


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """An event as it came, verified."""

    source: str  # the name of the endpoint that took it; `api` is the JSON API
    event_id: str
    raw: str  # JSON
    received_at: datetime
    error: str | None = None  # why it is held back
    processed_at: datetime | None = None
    mended: str | None = None  # the raw text as a person corrected it; it is read in its place
    note: str | None = None  # what a person did with it
    test: bool = False  # a sample of ours: it is looked at and never taken in


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a source delivers: a URL with its secrets, or a watched folder."""

    name: str
    source: str  # of the sources that are known, or `folder`
    path: str  # the random last part of the URL; of a folder its absolute path
    secrets: Sequence[Mapping[str, str | None]]  # sealed, and `until` when it ends; newest first
    words: Mapping[str, Mapping[str, str | None]]  # a value map: their words to ours
    folder: Mapping[str, Any] | None  # how its files are read
    enabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EndpointCount:
    """How often something happened at an endpoint in one hour."""

    name: str
    hour: datetime
    what: str  # refused, duplicate, too_many, or unknown: a word that is none of ours
    word: str = ""
    n: int = 1


@dataclass(frozen=True, slots=True)
class MomentRecord:
    """A moment and what became of it."""

    moment: Moment
    outcome: str  # of moments.Outcome, or: asked, shadowed, declined, nobody_to_ask, withdrawn
    study: str | None
    due_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo that a respondent added to an interview; the JPEG is ours, made from theirs."""

    photo_id: str
    interview_id: str
    at: datetime
    width: int  # pixels
    height: int
    jpeg: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Widget:
    """Where a study may be embedded, and the generation of the secret that signs its context."""

    study: str
    origins: Sequence[str]  # such as https://shop.example.com
    generation: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AnalysisRun:
    """One stored analysis: its rows as plain data, and the report as it was made."""

    run_id: str
    at: datetime
    settings: Mapping[str, Any]
    themes: Sequence[Mapping[str, Any]]
    signals: Sequence[Mapping[str, Any]]
    risks: Sequence[Mapping[str, Any]]
    memory: Mapping[str, Any]  # what keeps theme ids stable in the next run
    report: str  # HTML
    patterns: Mapping[str, Any] = field(default_factory=dict)  # who speaks of which theme, and when


RunPart = Literal["themes", "signals", "risks", "memory", "patterns", "report"]

COUNTED = ("study", "status", "channel", "language", "test")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which interviews a list shows; what is not given limits nothing."""

    study: str | None = None
    status: str | None = None
    channel: str | None = None
    language: str | None = None
    test: bool | None = None
    account_ref: str | None = None
    accounts: Collection[str] | None = None  # no other is for the reader
    reads_kept_back: bool = True  # whether turns, cases and quotes for the owner alone count
    since: datetime | None = None  # opened then or later
    until: datetime | None = None  # opened before
    has_case: bool = False
    signal: str | None = None  # of the newest analysis
    theme: str | None = None  # quoted for it in the newest analysis
    terms: Sequence[Term] = ()  # all in one answer


@dataclass(frozen=True, slots=True)
class InterviewCount:
    """How many interviews are alike in all that is counted."""

    study: str
    status: str
    channel: str
    language: str
    test: bool
    n: int


@dataclass(frozen=True, slots=True)
class Course:
    """How one interview went, without its words."""

    channel: str
    language: str
    status: str
    answered: bool
    opened_at: datetime
    closed_at: datetime | None
    context: Mapping[str, Any]
    tier: str | None  # of its account


ERASED = "[erased]"  # stands where somebody's words were


@dataclass(frozen=True, slots=True)
class Subject:
    """A person, as everything that names them."""

    addresses: frozenset[str] = frozenset()
    contacts: frozenset[str] = frozenset()  # contact_refs
    shipments: frozenset[str] = frozenset()  # shipment_refs
    names: frozenset[str] = frozenset()
    interviews: frozenset[str] = frozenset()


class Studies(Protocol):
    """Studies and their versions."""

    def save_study(self, study: Study) -> Study:
        """Store the guide as a new version, or return the stored one when its hash is known."""
        ...

    def study(self, slug: str, version: int | None = None) -> Study:
        """The study at a version, or at its newest. Raises NotFound."""
        ...

    def studies(self) -> list[Study]:
        """Every study at its newest version, by slug."""
        ...

    def set_study_state(
        self, slug: str, state: StudyState, now: datetime, redirect_to: Sequence[str] = ()
    ) -> Study:
        """Launch, pause or close; launching releases its brake. Raises NotFound.

        Who reads along (`redirect_to`) stays known while nobody is invited.
        """
        ...

    def brake_study(self, slug: str, why: str) -> None:
        """Let it invite nobody until it is launched again."""
        ...


class Interviews(Protocol):
    """Interviews with their turns and cases."""

    def add_interview(
        self,
        interview: Interview,
        token_hash: str,
        *,
        outbox: Sequence[OutboundMessage] = (),
        invitation: Invitation | None = None,
    ) -> None:
        """Store a new interview with its first message and the invitation it answers, or nothing.

        Its link is known by the hash of its token only. Raises Conflict as `save_invitation`.
        """
        ...

    def interview(self, interview_id: str) -> Interview:
        """Raises NotFound."""
        ...

    def interview_by_token(self, token_hash: str) -> Interview:
        """Raises NotFound."""
        ...

    def replace_link(self, interview_id: str, token_hash: str, why: str, now: datetime) -> None:
        """Let this link be the interview's, and the one before work no more. Raises NotFound."""
        ...

    def interview_by_former_link(self, token_hash: str) -> Interview:
        """The interview of a link that was replaced. Raises NotFound."""
        ...

    def save_interview(
        self,
        interview: Interview,
        *,
        case: Case | None = None,
        outbox: Sequence[OutboundMessage] = (),
        book: Sequence[Row] = (),
        occurrences: Sequence[Occurrence] = (),
        request: ActionRequest | None = None,
    ) -> Interview:
        """Write new turns, state and what goes with them, all or nothing.

        Waiting parts whose message is in one of its turns wait no more. Of the turns that are
        stored, those that are now for the owner alone are marked so.

        Returns the interview at its next version. Raises Conflict when `interview.version` is
        no longer the stored one.
        """
        ...

    def add_part(self, part: ChatPart) -> bool:
        """Keep a message that waits to be read; False when it was kept already."""
        ...

    def waiting_parts(self, interview_id: str) -> list[ChatPart]:
        """Those that are in no turn yet, in the order they came."""
        ...

    def interviews(
        self,
        study: str | None = None,
        *,
        account_ref: str | Collection[str] | None = None,
        address: str | None = None,
        status: Collection[str] = (),
        with_contact: bool = False,
        limit: int | None = None,
        include_test: bool = False,
    ) -> list[Interview]:
        """Newest first; `account_ref` may be several, `with_contact` leaves recipients out."""
        ...

    def interviews_named(self, interview_ids: Collection[str]) -> list[Interview]:
        """Those of these that there are, by their ids."""
        ...

    def page_of_interviews(
        self,
        wanted: Wanted,
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int,
    ) -> list[Interview]:
        """The newest first, from the one behind the interview `before`.

        With `after` it is those just newer than that one, the nearest first. An interview that
        is not stored is no edge.
        """
        ...

    def count_interviews(self, wanted: Wanted) -> list[InterviewCount]:
        """How many there are of each kind, whatever of `COUNTED` is wanted."""
        ...

    def live_interviews(self, address: str) -> list[Interview]:
        """Open interviews with this address."""
        ...

    def overdue(self, now: datetime, limit: int) -> list[Interview]:
        """Open interviews whose time is over, the longest first."""
        ...

    def funnel(self, study: str | None = None) -> dict[str, dict[str, int]]:
        """Per study: invited, opened, answered, closed, handed_off, opted_out, refused."""
        ...

    def courses(self, study: str, limit: int) -> list[Course]:
        """How the newest interviews of a study went; tests are left out."""
        ...

    def cases(
        self,
        state: str | None = None,
        *,
        interview_id: str | None = None,
        account_ref: str | Collection[str] | None = None,
        shipment_ref: str | None = None,
    ) -> list[Case]:
        """Newest first; `account_ref` may be several."""
        ...

    def case(self, interview_id: str, reason: str) -> Case:
        """Raises NotFound."""
        ...

    def change_case(
        self,
        interview_id: str,
        reason: str,
        change: Callable[[Case], Case],
        *,
        occurrences: Sequence[Occurrence] = (),
    ) -> Case:
        """Replace it by what `change` makes of the stored one, with what that brought about.

        `change` is called inside the transaction. Raises NotFound, and what `change` raises.
        """
        ...


class Requests(Protocol):
    """Actions that respondents asked for."""

    def add_request(self, request: ActionRequest) -> None:
        """Store it with the job that ends it and what others hear of it; a known one stays."""
        ...

    def request(self, request_id: str) -> ActionRequest:
        """Raises NotFound."""
        ...

    def requests(
        self,
        *,
        interview_id: str | None = None,
        shipment_ref: str | None = None,
        state: str | None = None,
    ) -> list[ActionRequest]:
        """The newest first."""
        ...

    def settle_request(self, request: ActionRequest) -> None:
        """Replace it while it waits for an answer. Raises Conflict: it does not."""
        ...


class Photos(Protocol):
    """Photos that respondents added."""

    def add_photo(self, photo: Photo, limit: int) -> None:
        """Raises Conflict when the interview has `limit` photos already, or NotFound."""
        ...

    def photo(self, photo_id: str) -> Photo:
        """Raises NotFound."""
        ...

    def photos(self, interview_ids: Collection[str]) -> list[Photo]:
        """Those of these interviews, oldest first, without their pictures (empty)."""
        ...


class Widgets(Protocol):
    """Where studies may be embedded."""

    def save_widget(self, widget: Widget) -> None:
        """Insert or replace it."""
        ...

    def widget(self, study: str) -> Widget:
        """Raises NotFound: The study may be embedded nowhere."""
        ...

    def widgets(self) -> list[Widget]:
        """By study."""
        ...


class Book(Protocol):
    """The book of business."""

    def put(self, values: Sequence[Row]) -> list[Put]:
        """Insert by natural key, or add to what is known (`Row.over`); an outcome per value.

        In order and in one transaction; a ledger entry that is there stays as it is.
        """
        ...

    def find(self, kind: type[T], **where: object) -> list[T]:
        """The values of a kind whose columns equal these, ordered by natural key.

        A list or tuple stands for any of its members; it may be long.
        """
        ...

    def zone_of(self, code: str) -> str | None:
        """The time zone of the shipment with this reference, else with this tracking code."""
        ...

    def exceptions_of(self, refs: Sequence[str]) -> list[ShipmentEvent]:
        """The events with an exception code of these shipments or tracking codes.

        `account_ref` is that of the shipment; where only the event names one, the event's.
        """
        ...

    def exceptions_of_account(self, account_ref: str, since: datetime) -> list[ShipmentEvent]:
        """The events with an exception code, from then on, of an account's shipments."""
        ...

    def first_event_of(self, account_ref: str) -> datetime | None:
        """When the first event of any shipment of the account occurred."""
        ...

    def passages(self, since: datetime) -> list[Passage]:
        """Every shipment with a scan since then, summed up."""
        ...

    def times_of(self, kind: type[Row], column: str, since: datetime) -> list[datetime]:
        """The times since then in a column of a kind, in no order."""
        ...


class Outreach(Protocol):
    """Moments and invitations."""

    def save_moments(self, records: Sequence[MomentRecord]) -> None:
        """Insert or replace by moment_id, in one transaction; `seen_at` keeps its first value."""
        ...

    def moments(
        self, subjects: Collection[str] | None = None, *, outcome: str | None = None
    ) -> list[MomentRecord]:
        """Those about one of these subjects, or all; by the time they were seen."""
        ...

    def moment(self, moment_id: str) -> MomentRecord:
        """Raises NotFound."""
        ...

    def plan(self, invitation: Invitation) -> bool:
        """Store it, with a job when it is due; False when it was planned already."""
        ...

    def save_invitation(self, invitation: Invitation) -> Invitation:
        """Replace it, and its job by what it waits for; the invitation at its next version.

        Raises NotFound, or Conflict when it was saved in the meantime.
        """
        ...

    def hold_invitations(self, study: str, state: InvitationState, reason: str) -> int:
        """Move what waits for this study, or is held, to this state; how many there were."""
        ...

    def invitation(self, invitation_id: str) -> Invitation:
        """Raises NotFound."""
        ...

    def invitation_counts(self, study: str) -> dict[tuple[str, str | None], int]:
        """How many invitations of a study are in a state, by their reason."""
        ...

    def invitations(
        self,
        *,
        study: str | None = None,
        address: str | Collection[str] | None = None,
        state: str | None = None,
        moment_id: str | None = None,
    ) -> list[Invitation]:
        """By due_at; `address` may be several."""
        ...


class Inbox(Protocol):
    """Events as they came."""

    def add_to_inbox(self, events: Sequence[InboxEvent]) -> list[bool]:
        """Store events, skip known ones (source, event_id); of each whether it was new."""
        ...

    def unprocessed(self, limit: int) -> list[InboxEvent]:
        """What waits to be worked on, oldest first; no tests."""
        ...

    def save_inbox(self, events: Sequence[InboxEvent]) -> None:
        """Replace what is known of these events, in one transaction."""
        ...

    def inbox_event(self, source: str, event_id: str) -> InboxEvent:
        """Raises NotFound."""
        ...

    def inbox(self, *, held_back: bool = False, limit: int | None = None) -> list[InboxEvent]:
        """What came in, oldest first; with `held_back` only what has an error.

        With a limit it is the newest that are given.
        """
        ...


class Endpoints(Protocol):
    """Where sources deliver, and what is counted there."""

    def save_endpoint(self, endpoint: Endpoint) -> None:
        """Insert or replace it. Raises Conflict when its path is another's."""
        ...

    def endpoint(self, name: str) -> Endpoint:
        """Raises NotFound."""
        ...

    def endpoint_at(self, source: str, path: str) -> Endpoint:
        """The one that this URL names. Raises NotFound."""
        ...

    def endpoints(self) -> list[Endpoint]:
        """By name."""
        ...

    def count(self, counts: Sequence[EndpointCount]) -> None:
        """Add to what was counted."""
        ...

    def counts(self, since: datetime) -> list[EndpointCount]:
        """What was counted from this hour on, and the events taken in as `event`."""
        ...


class Inbound(Protocol):
    """Messages of people, as they came."""

    def take_message(
        self, message: InboundMessage, due_at: datetime, *, book: Sequence[Row] = ()
    ) -> bool:
        """Store it with what it changes in the book; False, and nothing, when it is known.

        Without an outcome it is answered at `due_at`, by a job. Text that waits already of the
        same person is answered with it, at that time.
        """
        ...

    def take_batch(self, job: Job) -> list[InboundMessage]:
        """What this job is to answer; the parts stay together, without any that come later.

        Empty when it is answered. Raises Conflict when more came, or somebody else has the job.
        """
        ...

    def settle_batch(
        self, job: Job, batch: Sequence[InboundMessage], outcome: str, interview_id: str | None
    ) -> None:
        """Say what became of it, and end the job. Raises Conflict: somebody else has it."""
        ...

    def inbound_messages(
        self,
        *,
        address: str | None = None,
        interview_id: str | None = None,
        since: datetime | None = None,
    ) -> list[InboundMessage]:
        """Oldest first."""
        ...

    def count_inbound(self, channel: str, address: str, since: datetime) -> int:
        """How many this person sent after that time."""
        ...


class Outbox(Protocol):
    """Messages on their way out."""

    def message(self, message_key: str) -> OutboundMessage:
        """Raises NotFound."""
        ...

    def messages(
        self,
        *,
        interview_id: str | None = None,
        state: str | None = None,
        addresses: Collection[str] | None = None,
        channel: str | None = None,
        gated_since: datetime | None = None,
        error_code: str | None = None,
    ) -> list[OutboundMessage]:
        """In the order they were stored; `gated_since`: those that the gate let out since."""
        ...

    def invited(self, study: str, since: datetime | None = None) -> int:
        """How many invitations of a study the gate let out, ever or since; test ones are not."""
        ...

    def first_messages(
        self, study: str, newest: int, since: datetime | None = None
    ) -> list[OutboundMessage]:
        """The newest that began an interview of the study and went out; test ones are not."""
        ...

    def add_messages(self, messages: Sequence[OutboundMessage]) -> None:
        """Store new ones, with a job for each that is pending. Raises Conflict, NotFound."""
        ...

    def move_message(self, message: OutboundMessage, *states: MessageState) -> None:
        """Replace it while it is in one of these states. Raises Conflict: it is not."""
        ...

    def report_delivery(
        self,
        message_key: str,
        provider_id: str,
        delivery: Delivery,
        error_code: str | None,
        now: datetime,
    ) -> OutboundMessage | None:
        """Note what the provider says; the message, or None when it said so or more before.

        A report proves that a message was sent, also one of which that is not known.
        Raises NotFound.
        """
        ...

    def messages_to(self, address: str, since: datetime) -> list[OutboundMessage]:
        """Those sent to this address after that time, or on their way; the first one first."""
        ...


class Jobs(Protocol):
    """The queue, and the audit of the gate."""

    def schedule(self, jobs: Sequence[Job]) -> None:
        """Insert jobs; one that is there begins anew, and who had claimed it lost it."""
        ...

    def claim(
        self, now: datetime, limit: int, lease: timedelta, *, besides: Collection[Step] = ()
    ) -> list[Job]:
        """Lease jobs that are due, earliest first; one whose lease ran out is due."""
        ...

    def renew(self, jobs: Iterable[Job], until: datetime) -> None:
        """Lengthen the leases of those that nobody else claimed since."""
        ...

    def end(self, job: Job) -> None:
        """Forget it: it is done. Raises Conflict when somebody else claimed it since."""
        ...

    def again(self, job: Job) -> None:
        """Put it off to its `due_at`. Raises Conflict when somebody else claimed it since."""
        ...

    def cancel(self, step: Step, subjects: Collection[str]) -> None:
        """Forget these, whoever has them."""
        ...

    def job(self, step: Step, subject: str) -> Job:
        """Raises NotFound."""
        ...

    def dead_letters(self) -> list[Job]:
        """Jobs that failed too often; by subject."""
        ...

    def backlog(self, until: datetime) -> int:
        """How many jobs are due until then."""
        ...

    def next_due_at(self) -> datetime | None:
        """When the next job is due."""
        ...

    def add_decision(self, decision: GateDecision) -> None:
        """Write into the audit of the gate."""
        ...

    def decisions(self, intent_id: str) -> list[GateDecision]:
        """The audit of one message or invitation, oldest first."""
        ...


class Notices(Protocol):
    """What leaves for other systems and for people on our side."""

    def add_occurrences(self, occurrences: Sequence[Occurrence]) -> None:
        """Store those that are new."""
        ...

    def unspread(self, limit: int) -> list[Occurrence]:
        """Those of which no notices were made yet, oldest first."""
        ...

    def spread(self, occurrence: Occurrence, notices: Sequence[Notice], now: datetime) -> None:
        """Store its notices but for known ones, each with its job, and mark it as spread."""
        ...

    def save_notice(self, notice: Notice) -> None:
        """Replace it. Raises NotFound."""
        ...

    def notices(
        self, *, state: str | None = None, destination: str | None = None, limit: int | None = None
    ) -> list[Notice]:
        """Newest first."""
        ...

    def notice(self, notice_id: str) -> Notice:
        """Raises NotFound."""
        ...

    def save_destination(self, destination: Destination) -> None:
        """Insert or replace it."""
        ...

    def destinations(self) -> list[Destination]:
        """By name."""
        ...

    def save_alert_rule(self, rule: AlertRule, occurrences: Sequence[Occurrence] = ()) -> None:
        """Insert or replace it, with what that brought about."""
        ...

    def remove_alert_rule(self, rule_id: str) -> None:
        """Forget it. Raises NotFound."""
        ...

    def alert_rules(self) -> list[AlertRule]:
        """In the order they were added."""
        ...


class Access(Protocol):
    """Who may come in, and what they did."""

    def save_key(self, key: ApiKey) -> None:
        """Insert or replace it."""
        ...

    def key(self, key_id: str) -> ApiKey:
        """Raises NotFound."""
        ...

    def keys(self) -> list[ApiKey]:
        """By creation."""
        ...

    def note_use(self, key_id: str, now: datetime) -> None:
        """Set `last_used_at`, and nothing else."""
        ...

    def save_user(self, user: User) -> None:
        """Insert or replace it; whoever is changed is logged out everywhere."""
        ...

    def user(self, login: str) -> User:
        """Raises NotFound."""
        ...

    def users(self) -> list[User]:
        """By login."""
        ...

    def add_session(self, session: Session) -> None:
        """Store it."""
        ...

    def session(self, session_hash: str) -> Session:
        """Raises NotFound."""
        ...

    def note_seen(self, session_hash: str, now: datetime) -> None:
        """Set `seen_at` of a session that was not ended."""
        ...

    def end_session(self, session_hash: str) -> None:
        """Forget the session."""
        ...

    def add_to_audit(self, entry: AuditEntry) -> None:
        """Append it, sealed after the newest one."""
        ...

    def audit(self, *, newest: int | None = None) -> list[AuditEntry]:
        """From the first to the newest; with `newest` only that many, the newest first."""
        ...


class Runs(Protocol):
    """Analyses and their findings."""

    def save_run(self, run: AnalysisRun) -> None:
        """Store it with its rows."""
        ...

    def latest_run(self, *parts: RunPart) -> AnalysisRun | None:
        """The newest one; where parts are named, the others are empty and cost nothing."""
        ...

    def latest_risks(self, account_refs: Collection[str] | None = None) -> AnalysisRun | None:
        """The newest one with its risks, of these accounts or of all.

        Of the rest it has settings and day, without themes, signals, patterns and report (empty).
        """
        ...

    def signals(self, run_id: str, account_ref: str) -> list[Mapping[str, Any]]:
        """What a run found in the words of one account."""
        ...

    def runs(self) -> list[AnalysisRun]:
        """Newest first, without rows and report (empty)."""
        ...

    def run(self, run_id: str, *parts: RunPart) -> AnalysisRun:
        """As `latest_run`. Raises NotFound."""
        ...

    def bands(self, run_id: str) -> dict[str, str]:
        """account_ref -> the band of its risk in a run."""
        ...


class Privacy(Protocol):
    """What is stored about one person, and what is too old to keep."""

    def interviews_about(self, subject: Subject) -> list[str]:
        """The interviews with the person, by address, contact or shipment."""
        ...

    def held_about(self, subject: Subject) -> dict[str, list[dict[str, Any]]]:
        """Every row about the person, by table; without pictures and secrets."""
        ...

    def erase(
        self, subject: Subject, tombstones: Sequence[Suppression], now: datetime
    ) -> dict[str, int]:
        """Take the person out of everything, and suppress them; how many rows, by table.

        Interviews stay as numbers, without words. What waits for the person is not sent.
        """
        ...

    def leave_nothing_behind(self) -> None:
        """Overwrite what was erased in the files of the database as well.

        Raises Unavailable: Somebody reads still; call it again.
        """
        ...

    def purge(self, opened_before: datetime | None, came_before: datetime | None) -> dict[str, int]:
        """Take the words out of ended interviews opened before, and the bodies out of old events.

        A bounded part; calling it again goes on, and when all is done changes nothing.
        """
        ...


class Store(
    Studies,
    Interviews,
    Requests,
    Photos,
    Widgets,
    Book,
    Outreach,
    Inbox,
    Inbound,
    Endpoints,
    Outbox,
    Jobs,
    Notices,
    Access,
    Runs,
    Privacy,
    Protocol,
):
    """Everything that is remembered. Synchronous, short transactions; called from threads."""

    def now(self) -> datetime:
        """The time that all processes agree on who share the store; aware UTC."""
        ...

    def transaction(self, *locks: str) -> AbstractContextManager["Store"]:
        """The store inside one transaction: all that is done with it is committed, or nothing.

        Who takes the same lock waits until it has ended; and while it is open no row of the book
        is put, so what it reads of consent and suppression is still true when it commits.
        """
        ...
