"""What people send us, as it came."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from interviewer.core.interview import Channel
from interviewer.core.reading import Value

Wish = Literal[  # decided by rules alone, before anything else reads the text
    "stop",
    "start",
    "help",
    "other",
]


class Media(Value):
    """A picture or file that came along; kept as a note and never fetched."""

    content_type: str
    url: str


class InboundMessage(Value):
    """One message of a person; the provider's id makes a repeat harmless."""

    channel: Channel
    provider_id: str
    address: str  # who wrote
    text: str
    wish: Wish = "other"
    media: tuple[Media, ...] = ()
    received_at: datetime
    batch: str | None = None  # the provider's id of the first part that it is answered with
    interview_id: str | None = None
    outcome: str | None = None  # None: a job waits to answer it

    @property
    def subject(self) -> str:
        """Its name in the queue."""
        return f"{self.provider_id}:{self.channel}"


class ChatPart(Value):
    """A message from the page, kept before it is read: what comes while a turn runs joins it."""

    interview_id: str
    message_id: str
    text: str
    at: datetime
    turn_seq: int | None = None  # the turn that it became a part of


def together(texts: Iterable[str]) -> str:
    """The text of one turn of several messages, each on lines of its own."""
    return "\n".join(texts)


MailKind = Literal[
    "answer",  # somebody's own words
    "bounce",  # it will never arrive
    "soft_bounce",  # it did not arrive this time
    "complaint",  # reported as spam
    "automatic",  # out of office and the like: never answered
]


class ReadMail(Value):
    """A mail that came to us; `token` is the part of our address that names what it is about."""

    kind: MailKind
    provider_id: str
    token: str | None
    text: str = ""
    status: str | None = None  # of a bounce, such as 5.1.1
