"""What waits: invitations, and the messages on their way out. Waiting is a row with `due_at`."""

from datetime import datetime
from typing import Literal

from interviewer.core.interview import Channel
from interviewer.core.reading import Value

InvitationState = Literal[
    "due",  # waits for due_at
    "leased",  # a worker has it until lease_until
    "sent",
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
    lease_until: datetime | None = None  # stays after the lease: the fence of who had it last
    attempt: int = 0


class OutboundMessage(Value):
    """One message to one respondent, stored before it is sent; at most once for a question."""

    message_key: str  # interview_id:seq
    interview_id: str
    seq: int
    channel: Channel
    address: str
    text: str
    subject: str | None = None
    state: Literal[
        "pending",  # waits for due_at; without one it goes at once
        "sending",  # a worker has it; past due_at that worker stopped half-way
        "sent",
        "failed",  # the gate said no for good, or the channel never took it
        "unknown",  # it may have gone, so it is never sent again
    ] = "pending"
    due_at: datetime | None = None
    attempt: int = 0
    provider_id: str | None = None
    sent_at: datetime | None = None
