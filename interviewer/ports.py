"""Every door to the outside, as a protocol, and the parts that a use case is given."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from interviewer.core.book import Row
from interviewer.core.contact import LINK, ContactPolicy
from interviewer.core.decision import Option
from interviewer.core.errors import Trouble
from interviewer.core.guide import InterviewGuide
from interviewer.core.inbound import Media
from interviewer.core.interview import Channel as ChannelName
from interviewer.core.interview import Interview
from interviewer.core.invitation import Delivery, OutboundMessage
from interviewer.core.notice import Destination, Format, Notice
from interviewer.core.offer import ActionAnswer
from interviewer.core.reading import Reading
from interviewer.core.wording import Phrases
from interviewer.sealing import Sealer
from interviewer.store import Store


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


@dataclass(frozen=True, slots=True)
class DraftedTopic:
    """A topic that somebody else worded; nothing in it was checked yet."""

    name: str
    must: bool
    commercial: bool
    ask: Mapping[str, Sequence[str]]  # language -> wordings
    about: Mapping[str, str] = field(default_factory=dict)  # language -> what a probe asks about
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)  # language -> what tells of it


@dataclass(frozen=True, slots=True)
class TopicDraft:
    """The topics of a ready study that serve a goal, and new ones beside them."""

    keep: Sequence[str]
    topics: Sequence[DraftedTopic]


class Author(Protocol):
    """Drafts what a study should ask about."""

    async def draft_topics(self, guide: InterviewGuide, goal: str) -> TopicDraft:
        """Topics for the goal, on the ground of a ready study.

        Raises:
            Unavailable: No usable answer came.
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
            Unconfirmed: It may have been sent.
            Undeliverable: It was not sent, and never will be.
        """
        ...

    async def lookup(self, message: OutboundMessage) -> str | None:
        """The provider's id of a message that may have been sent; None when it has none.

        Raises:
            Unavailable: The provider cannot say; it may be asked again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Received:
    """A message of a person as a provider hands it over."""

    channel: ChannelName
    provider_id: str
    address: str  # who wrote
    text: str
    media: tuple[Media, ...] = ()
    interview_id: str | None = None  # where the message itself names it
    is_answered: bool = False  # the provider answered STOP, START or HELP itself


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a provider says became of a message."""

    message_key: str
    provider_id: str
    delivery: Delivery
    error_code: str | None = None
    trouble: Trouble = "none"


@runtime_checkable
class Webhooks(Protocol):
    """What a channel has beside `Channel` when its provider calls us."""

    webhook_answer: tuple[bytes, str]  # body and media type of the answer to every call

    def is_genuine(self, raw: bytes, headers: Mapping[str, str], path: str) -> bool:
        """Whether the provider signed this; `path` has its query. Never raises."""
        ...

    def received(self, raw: bytes) -> Received:
        """The message of a person. Raises KeyError when it is none."""
        ...

    def report(self, raw: bytes, path: str) -> DeliveryReport | None:
        """What became of a message of ours. Raises KeyError when it says nothing."""
        ...


class Notifier(Protocol):
    """Takes a notice to its destination."""

    def check(self, format: Format, url: str) -> None:
        """Raises InvalidInput: Nothing can be sent there."""
        ...

    async def send(self, destination: Destination, notice: Notice, now: datetime) -> None:
        """Send it once.

        Raises:
            Unavailable: It was not accepted; it may be tried again.
        """
        ...

    async def tell(self, address: str, notices: Sequence[Notice]) -> None:
        """Mail a person of ours about these, in one mail. Raises as `send`."""
        ...


@runtime_checkable
class Mailer(Protocol):
    """Takes a mail to a person of ours; respondents are written to through `Channel` alone."""

    async def tell(self, address: str, subject: str, text: str, name: str) -> None:
        """Send it; the same `name` is the same mail.

        Raises:
            Unavailable: It was not accepted; it may be tried again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the intake knows when an event is read."""

    now: datetime  # when it came; a scan more than a day ahead of it is refused
    words: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)  # a value map
    zone_of: Callable[[str], str | None] = lambda code: None  # of a shipment's destination
    unknown: Counter[str] = field(default_factory=Counter)  # column=word that is none of ours


class Source(Protocol):
    """One kind of sender: checks that it is the sender, and reads its events."""

    def verify(self, raw: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> bool:
        """Whether the source sent this body; never raises."""
        ...

    def sign(self, raw: bytes, secret: str, now: datetime) -> dict[str, str]:
        """The headers that the source would send."""
        ...

    def check(self, raw: bytes) -> None:
        """Refuse what is no event of this kind, before it is stored.

        Raises:
            InvalidInput: The field and the fix.
        """
        ...

    def unpack(self, raw: bytes, headers: Mapping[str, str]) -> list[bytes]:
        """The events of a verified request, each as the inbox keeps it; never raises."""
        ...

    def event_id(self, raw: bytes, headers: Mapping[str, str]) -> str:
        """What makes an event the same when it is sent again; never raises."""
        ...

    def rows(self, raw: bytes, circumstances: Circumstances) -> Sequence[Row | ActionAnswer]:
        """What it says, as rows of the book and as answers to actions that were asked for.

        Raises:
            InvalidInput: The path of the part, its value and the fix.
        """
        ...


@dataclass(frozen=True, slots=True)
class Organization:
    """Who asks: what first messages and pages say about us."""

    brand: str
    human_contact: str  # an address or number where a person answers
    postal_address: str
    privacy_url: str
    public_url: str  # no trailing slash; "" means the request's own base
    senders: tuple[str, ...] = ()  # numbers and addresses that write for us
    pages: tuple[str, ...] = ()  # hosts of further pages of ours

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that a message may link to."""
        links = (LINK.match(link) for link in (self.public_url, self.privacy_url))
        own = (*(found["authority"] for found in links if found), *self.pages)
        return frozenset(host.casefold() for host in own if host)


@dataclass(frozen=True, slots=True)
class Prices:
    """What a message costs, in a currency of the installation's own; 0 is not known."""

    segment: float = 0.0  # of an SMS
    mail: float = 0.0


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days is kept what people wrote and what systems sent; 0: for ever."""

    text_days: int = 180
    event_days: int = 30


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running installation; made by wiring.build, passed to every use case."""

    store: Store
    clock: Clock
    reader: Reader
    model: Interviewer | None  # None: the offline interviewer alone
    channels: Mapping[str, Channel]
    notifier: Notifier
    phrases: Mapping[str, Phrases]  # by language
    sources: Mapping[str, Source]  # by the name of the kind of sender
    sealer: Sealer
    policy: ContactPolicy
    organization: Organization
    prices: Prices
    new_id: Callable[[], str]  # a fresh id, and the only source of chance
    new_token: Callable[[], str]
    deadlines: Mapping[str, float]  # channel -> seconds for one turn
    retention: Retention = Retention()
