"""Every door to the outside, as a protocol, and the parts that a use case is given."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar

from interviewer.core.book import Row
from interviewer.core.case import Case
from interviewer.core.contact import ContactPolicy
from interviewer.core.decision import Option
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.invitation import Invitation, OutboundMessage
from interviewer.core.moments import Moment
from interviewer.core.reading import Reading
from interviewer.core.study import Study, StudyState
from interviewer.core.wording import Phrases

Put = Literal["added", "changed", "known"]
T = TypeVar("T", bound=Row)


class Clock(Protocol):
    """The one source of the current time."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


@dataclass(frozen=True, slots=True)
class ReadAndWorded:
    """A reading, and a wording for each option that asks; missing ones are worded by template."""

    reading: Reading
    wordings: Mapping[str, str] = field(default_factory=dict)  # option_id -> text
    adapter: str = "offline"
    model: str | None = None
    prompt_hash: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0


class Interviewer(Protocol):
    """Reads an utterance and words what may be said next; decides nothing."""

    async def read_and_word(
        self,
        guide: InterviewGuide,
        interview: Interview,
        utterance: str,
        options: Sequence[Option],
    ) -> ReadAndWorded:
        """One reading and the wordings.

        Raises:
            Unavailable: No usable answer came; the offline interviewer takes this turn.
        """
        ...


class Reader(Protocol):
    """Reads without a model: the embedded default, and what stands in for one turn."""

    def read(self, guide: InterviewGuide, interview: Interview, utterance: str) -> Reading:
        """The reading by rules and small models; never raises for any text."""
        ...


class Channel(Protocol):
    """Takes one message to one person."""

    async def send(self, message: OutboundMessage) -> str:
        """Send and return the provider's id.

        Raises:
            Unavailable: It was certainly not sent; it may be tried again.
        """
        ...


class Source(Protocol):
    """Reads the events of one kind of sender; a module with these functions is one."""

    def event_id(self, raw: str) -> str:
        """What makes the event the same when it is sent again.

        Raises:
            InvalidInput: It is no event of this kind.
        """
        ...

    def rows(self, raw: str, now: datetime) -> Sequence[Row]:
        """What it says, as rows of the book.

        Raises:
            InvalidInput: The field, the value and the fix.
        """
        ...


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """An event as it came, verified and not yet worked on."""

    source: str
    event_id: str
    raw: str  # JSON
    received_at: datetime
    error: str | None = None
    processed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MomentRecord:
    """A moment and what became of it."""

    moment: Moment
    outcome: str  # of moments.Outcome, or: asked, nobody_to_ask, withdrawn
    study: str | None
    due_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the JSON API; only the hash of its secret is kept."""

    key_id: str
    name: str
    sha256: str
    created_at: datetime
    last_used_at: datetime | None = None


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


class Store(Protocol):
    """Everything that is remembered. Synchronous, short transactions; called from threads."""

    # studies
    def save_study(self, study: Study) -> Study:
        """Store the guide as a new version, or return the stored one when its hash is known."""
        ...

    def study(self, slug: str, version: int | None = None) -> Study:
        """The study at a version, or at its newest. Raises NotFound."""
        ...

    def studies(self) -> list[Study]:
        """Every study at its newest version, by slug."""
        ...

    def set_study_state(self, slug: str, state: StudyState, now: datetime) -> Study:
        """Launch, pause or close. Raises NotFound."""
        ...

    # interviews
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

    def save_interview(
        self,
        interview: Interview,
        *,
        case: Case | None = None,
        outbox: Sequence[OutboundMessage] = (),
        book: Sequence[Row] = (),
    ) -> Interview:
        """Write new turns, state and what goes with them, all or nothing.

        Returns the interview at its next version. Raises Conflict when `interview.version` is
        no longer the stored one.
        """
        ...

    def interviews(
        self,
        study: str | None = None,
        *,
        account_ref: str | None = None,
        status: Collection[str] = (),
        limit: int | None = None,
        include_test: bool = False,
    ) -> list[Interview]:
        """Newest first."""
        ...

    def live_interviews(self, address: str) -> list[Interview]:
        """Open interviews with this address."""
        ...

    def overdue(self, now: datetime, limit: int) -> list[Interview]:
        """Open interviews whose time is over, the longest first."""
        ...

    def funnel(self) -> dict[str, dict[str, int]]:
        """Per study: invited, opened, answered, closed, handed_off, opted_out, refused."""
        ...

    def cases(self, state: str | None = None) -> list[Case]:
        """Newest first."""
        ...

    # the book of business
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

    # moments and invitations
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
        """Store it; False when it was planned already."""
        ...

    def claim_due(self, now: datetime, limit: int, lease: timedelta) -> list[Invitation]:
        """Lease invitations that are due, or whose lease ran out; earliest first."""
        ...

    def save_invitation(self, invitation: Invitation) -> None:
        """Replace it; `lease_until` is the one it was read or claimed with.

        Raises NotFound, or Conflict when it was claimed in the meantime.
        """
        ...

    def invitations(
        self,
        *,
        study: str | None = None,
        address: str | None = None,
        state: str | None = None,
        moment_id: str | None = None,
    ) -> list[Invitation]:
        """By due_at."""
        ...

    def next_due_at(self) -> datetime | None:
        """When the next waiting invitation is due."""
        ...

    # events in
    def add_to_inbox(self, events: Sequence[InboxEvent]) -> int:
        """Store events, skip known ones (source, event_id); how many were new."""
        ...

    def unprocessed(self, limit: int) -> list[InboxEvent]:
        """Oldest first."""
        ...

    def settle_inbox(self, event: InboxEvent, now: datetime, error: str | None = None) -> None:
        """Mark it as worked on, or held back with a reason."""
        ...

    def inbox(self, *, held_back: bool = False) -> list[InboxEvent]:
        """What came in; with `held_back` only what has an error."""
        ...

    # messages out
    def due_replies(self, now: datetime, limit: int) -> list[OutboundMessage]:
        """Pending ones that are due, and those whose sender stopped half-way; oldest first.

        First messages wait with their invitation and are not among them.
        """
        ...

    def message(self, message_key: str) -> OutboundMessage:
        """Raises NotFound."""
        ...

    def claim_message(self, message_key: str, until: datetime) -> None:
        """Move it from pending to sending, due again at `until` if nothing more is heard.

        Raises Conflict: It is not pending any more.
        """
        ...

    def save_message(self, message: OutboundMessage) -> None:
        """Insert or replace it."""
        ...

    # access
    def add_key(self, key: ApiKey) -> None:
        """Store it."""
        ...

    def key(self, key_id: str) -> ApiKey:
        """Raises NotFound."""
        ...

    def keys(self) -> list[ApiKey]:
        """By creation."""
        ...

    def set_owner_password(self, password_hash: str) -> None:
        """Replace it and end every session."""
        ...

    def owner_password(self) -> str | None:
        """The stored hash; None before the first one was set."""
        ...

    def add_session(self, session_hash: str, expires_at: datetime) -> None:
        """Store it."""
        ...

    def has_session(self, session_hash: str, now: datetime) -> bool:
        """Whether it is known and not over."""
        ...

    def end_session(self, session_hash: str) -> None:
        """Forget it."""
        ...

    # analysis
    def save_run(self, run: AnalysisRun) -> None:
        """Store it with its rows."""
        ...

    def latest_run(self) -> AnalysisRun | None:
        """The newest one."""
        ...

    def runs(self) -> list[AnalysisRun]:
        """Newest first, without rows and report (empty)."""
        ...

    def run(self, run_id: str) -> AnalysisRun:
        """Raises NotFound."""
        ...


@dataclass(frozen=True, slots=True)
class Organization:
    """Who asks: what first messages and pages say about us."""

    brand: str
    human_contact: str  # an address or number where a person answers
    postal_address: str
    privacy_url: str
    public_url: str  # no trailing slash; "" means the request's own base


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running installation; made by wiring.build, passed to every use case."""

    store: Store
    clock: Clock
    reader: Reader
    model: Interviewer | None  # None: the offline interviewer alone
    channels: Mapping[str, Channel]
    phrases: Mapping[str, Phrases]  # by language
    sources: Mapping[str, Source]  # by the name that the inbox keeps
    policy: ContactPolicy
    organization: Organization
    new_id: Callable[[], str]  # a fresh id, and the only source of chance
    new_token: Callable[[], str]
    deadlines: Mapping[str, float]  # channel -> seconds for one turn
