"""What leaves for other systems and for people on our side: occurrences, destinations, notices.

An occurrence is stored with what caused it, in one transaction; from it a notice is made for every
destination that wants its kind. A notice is sent at least once, always with the same id.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from pydantic import Field

from interviewer.core.interview import Interview
from interviewer.core.reading import Value

OccurrenceKind = Literal[
    "interview.completed",
    "interview.handed_off",
    "case.opened",
    "case.overdue",
    "case.closed",
    "signal.leaving",
    "score.detractor",
    "account.disrupted",
    "action.requested",
    "contact.opted_out",
    "study.braked",
    "sender.stopped",
    "alert.raised",
    "import.failed",
]
KINDS: tuple[OccurrenceKind, ...] = get_args(OccurrenceKind)

Format = Literal["standard", "slack", "teams", "mail"]
FORMATS: tuple[Format, ...] = get_args(Format)

NoticeState = Literal["due", "sent", "dead"]

RETRIES = (  # the schedule of the Standard Webhooks specification: about 75 hours
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MOST_DISPLEASED = 6  # of a 0-10 answer: a detractor; other scales in proportion
RATINGS = ("nps", "rating", "csat")  # fields that are scores of ours


class Occurrence(Value):
    """Something that others may want to know: what happened, to what, when."""

    kind: OccurrenceKind
    about: str  # an interview's id, a case's id, an account's ref ...
    at: datetime

    @property
    def occurrence_id(self) -> str:
        """The same for the same thing, so that storing it again adds nothing."""
        return f"{self.kind}:{self.about}:{int(self.at.timestamp() * 1000)}"


class Destination(Value):
    """Where notices go.

    The URL is stored encrypted: for chat channels it is the secret itself. `secrets` sign
    Standard Webhooks; the newest is first, and the one before it stays valid for a while.
    """

    name: str
    format: Format
    sealed_url: str = Field(repr=False)  # of `mail`: the address
    sealed_secrets: tuple[str, ...] = Field(default=(), repr=False)
    kinds: tuple[OccurrenceKind, ...] = KINDS
    contact_data: bool = False  # whether bodies may name people
    created_at: datetime
    disabled_at: datetime | None = None

    def wants(self, kind: OccurrenceKind) -> bool:
        """Whether a notice of this kind goes there."""
        return self.disabled_at is None and kind in self.kinds


Watched = Literal[
    "theme",  # the share of those heard who speak of it, in %; told when above
    "signal",  # the number of accounts with it; told when above
    "score",  # a metric, of an account or over all, in its newest period; told when below
    "first_attempt",  # deliveries at the first attempt in the newest whole month, in %; below
]
WATCHED: tuple[Watched, ...] = get_args(Watched)


class AlertRule(Value):
    """When somebody wants to be told; it stays raised while what it watches is beyond its limit."""

    rule_id: str
    watches: Watched
    subject: str | None = None  # a theme's id, a signal, a metric
    account_ref: str | None = None  # of a score; None: over all accounts
    limit: float
    added_by: str
    added_at: datetime
    raised_at: datetime | None = None
    said: str | None = None  # what was found when it was last looked at

    def is_beyond(self, value: float) -> bool:
        """Whether somebody is to be told of this value."""
        return value > self.limit if self.watches in ("theme", "signal") else value < self.limit


class Notice(Value):
    """One message to one destination, waiting or done."""

    notice_id: str
    destination: str
    kind: OccurrenceKind
    at: datetime
    body: Mapping[str, Any]
    state: NoticeState = "due"  # then a job waits for its next try
    attempt: int = 0
    last_error: str | None = None
    sent_at: datetime | None = None
    due_at: datetime | None = None  # when it is first tried; None: at once
    in_digest: bool = False  # it goes with all others that wait for its destination

    def failed(self, why: str) -> "Notice":
        """Still due, or dead after the last try of the schedule."""
        state = "dead" if self.attempt >= len(RETRIES) else "due"
        update = {"state": state, "attempt": self.attempt + 1, "last_error": why}
        return self.model_copy(update=update)

    def sent(self, now: datetime) -> "Notice":
        """Accepted by its destination."""
        done = {"state": "sent", "sent_at": now, "last_error": None, "attempt": self.attempt + 1}
        return self.model_copy(update=done)

    @property
    def wait(self) -> timedelta:
        """How long to wait after the tries so far; RETRIES as a schedule."""
        return RETRIES[self.attempt - 1]


def occurrences_of(interview: Interview) -> tuple[Occurrence, ...]:
    """What the interview's newest answer brought about, apart from a case."""
    answer = interview.answers[-1]
    kinds: list[OccurrenceKind] = []
    ended: Mapping[str, OccurrenceKind] = {
        "closed": "interview.completed",
        "handed_off": "interview.handed_off",
        "opted_out": "contact.opted_out",
    }
    if interview.closed_at and interview.closed_at >= answer.at and interview.status in ended:
        kinds.append(ended[interview.status])
    if answer.decision and "leaving" in answer.decision.marks:
        kinds.append("signal.leaving")
    if answer.reading and any(
        _is_detractor(answer.reading.fields[name].value, name)
        for name in RATINGS
        if name in answer.reading.fields
    ):
        kinds.append("score.detractor")
    return tuple(Occurrence(kind=k, about=interview.interview_id, at=answer.at) for k in kinds)


def _is_detractor(value: object, field: str) -> bool:
    """0 to 6 of 10, 1 or 2 of 5."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value <= (MOST_DISPLEASED if field == "nps" else 2)
