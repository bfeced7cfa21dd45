"""What waits: invitations, messages on their way out, and the jobs that do what is due."""

from datetime import datetime
from typing import Literal

from interviewer.core.contact import IntentKind
from interviewer.core.interview import Channel
from interviewer.core.reading import Value

InvitationState = Literal[
    "due",  # a job waits for its time
    "held",  # its study is paused or has braked; a person lets it go on
    "sending",  # the gate let its first message out; how that ended is not known yet
    "sent",
    "shadowed",  # its study ran in shadow: it was never sent, and never will be
    "refused",  # the gate said no for good; `reason` is its rule
    "cancelled",  # taken back: its moment was settled otherwise, or nobody is to be asked any more
    "expired",  # its window passed before it could go
]


class Invitation(Value):
    """Permission asked of one person for one moment."""

    invitation_id: str  # derived from study, moment and contact: planning twice adds nothing
    study: str
    moment_id: str
    channel: Channel
    address: str
    contact_ref: str | None = None
    account_ref: str | None = None
    shipment_ref: str | None = None
    language: str = "en"
    zones: tuple[str, ...] = ()  # IANA names; all must be open
    regions: tuple[str, ...] = ()  # such as US-TX; their hours count as well
    due_at: datetime
    expires_at: datetime
    state: InvitationState = "due"
    reason: str | None = None
    interview_id: str | None = None
    sent_at: datetime | None = None
    version: int = 0  # counts saved changes; a save compares with it


MessageState = Literal[
    "pending",  # a job waits to ask the gate and send it
    "sending",  # the gate let it out; a worker hands it over
    "sent",
    "failed",  # the gate said no for good, or the channel never took it; `reason`
    "unknown",  # it may have gone: looked up with the provider, never sent again
    "shadowed",  # it would have gone while its study ran in shadow
]
OUT: frozenset[MessageState] = frozenset(("sending", "sent", "unknown"))  # these count in caps


Delivery = Literal[  # what the provider reports, in this order; a later report never goes back
    "accepted",
    "delivered",
    "failed",
]


REMINDER = -1


class OutboundMessage(Value):
    """One message to one respondent, stored before it is sent, and sent at most once."""

    message_key: str  # interview_id:seq; of no interview: what it answers
    interview_id: str | None
    seq: int  # of its turn; 0 when it is none, REMINDER for that
    kind: IntentKind = "reply"
    channel: Channel
    address: str
    text: str
    subject: str | None = None
    language: str | None = None
    state: MessageState = "pending"
    due_at: datetime | None = None  # without one it goes at once
    ends_at: datetime | None = None  # after this it is not worth sending
    attempt: int = 0  # how often it was sent again, because it certainly did not arrive
    gated_at: datetime | None = None  # when the gate let it out
    reason: str | None = None
    provider_id: str | None = None
    sent_at: datetime | None = None
    delivery: Delivery | None = None
    error_code: str | None = None  # the provider's
    answers: str | None = None  # of kind `answer`: the case, request or turn that it answers, once
    meant_for: str | None = None  # whose message it is that goes to ourselves; no cap counts it


Step = Literal[
    "answer",  # subject: a message of a person; answer it, with all that came to be said with it
    "invite",  # subject: an invitation; ask the gate and send its first message
    "remind",  # subject: an invitation; remind of it once
    "send",  # subject: a message; ask the gate and send it, or look up what became of it
    "notify",  # subject: a notice; tell its destination
    "digest",  # subject: the address of a person of ours; what waits for them goes as one mail
    "reroute",  # subject: an invitation whose SMS did not arrive; ask by mail, where that may be
    "expire",  # subject: a request for an action; a person looks at it, unless it was answered
]


class Job(Value):
    """Something to do at a time: the one queue. A lease is a `due_at` moved ahead.

    `claims` is the fence: whoever claimed it last may end it. Without `due_at` it is a dead
    letter: it failed too often, and a person may try it once more.
    """

    step: Step
    subject: str
    due_at: datetime | None
    claims: int = 0
    attempt: int = 0  # failures so far
    error: str | None = None  # the kind of the last one, never its words
    replayed: bool = False


class GateDecision(Value):
    """What the send gate decided, for the audit; no text, no address."""

    intent_id: str  # of the message, or of the invitation that has none yet
    at: datetime
    rule: str | None = None  # the one that refused; None: a permit
    retry_at: datetime | None = None
    rule_set: str
