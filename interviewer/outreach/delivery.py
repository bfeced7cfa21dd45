"""Messages on their way out: each is sent at most once, or it is said that nobody knows.

A message is stored before it is sent, and marked before the channel gets it. So a worker that
stops half-way leaves one that may have gone: it is looked up with the provider, never sent again.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta

from interviewer.core.contact import Refusal
from interviewer.core.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    Unavailable,
    Unconfirmed,
    Undeliverable,
)
from interviewer.core.interview import Interview, Trace, Turn
from interviewer.core.invitation import REMINDER, Invitation, Job, OutboundMessage
from interviewer.outreach import gate, troubles
from interviewer.outreach.gate import Sending
from interviewer.ports import Channel, Services
from interviewer.store import Store

log = logging.getLogger(__name__)

TRIES = 8  # then a job is a dead letter
LOOKUPS = 5  # then a message stays unknown, for a person to look at
WHILE_HELD = timedelta(hours=6)  # before a reminder asks again whether its study goes on
SOON = timedelta(minutes=1)  # before the next try; doubled with every one


def put_off(job: Job, now: datetime, error: BaseException) -> Job:
    """The job after a failure: later, twice as long each time, and at last a dead letter."""
    attempt = job.attempt + 1
    due_at = None if attempt >= TRIES else now + SOON * float(2**job.attempt)
    update = {"attempt": attempt, "due_at": due_at, "error": type(error).__name__}
    return job.model_copy(update=update)


def to_look_at(services: Services) -> list[dict[str, object]]:
    """Dead letters, and messages of which nobody knows whether they went, as rows."""
    store = services.store
    dead: list[dict[str, object]] = [
        {"key": job.subject, "state": "dead letter", "tries": job.attempt, "why": job.error}
        for job in store.dead_letters()
    ]
    unknown: list[dict[str, object]] = [
        {"key": message.message_key, "state": "unknown", "tries": 1, "why": message.reason}
        for message in store.messages(state="unknown")
    ]
    return [*dead, *unknown]


def replay(services: Services, subject: str) -> None:
    """Let a dead letter be tried once more, because a person wants it.

    Raises:
        NotFound: There is no such dead letter.
        NotAllowed: It was tried again already.
    """
    dead = next((job for job in services.store.dead_letters() if job.subject == subject), None)
    if dead is None:
        raise NotFound(f"no dead letter {subject!r}; see `interviewer outbox list`")
    if dead.replayed:
        raise NotAllowed(f"{subject} was tried again already")
    once = {"due_at": services.clock.now(), "attempt": TRIES - 1, "replayed": True}
    services.store.again(dead.model_copy(update=once))


async def send(services: Services, job: Job) -> None:
    """Send the message of this job when the gate lets it; look up one that may have gone.

    Raises:
        Conflict: Another worker has it.
    """
    message = await asyncio.to_thread(services.store.message, job.subject)
    if message.state in ("sending", "unknown"):  # a worker stopped half-way
        await _look_up(services, job, message)
    elif message.state == "pending":
        going = await asyncio.to_thread(_let_out, services, job, message)
        if going:
            await hand_over(services, job, going)
    else:
        await asyncio.to_thread(services.store.end, job)


def _let_out(services: Services, job: Job, message: OutboundMessage) -> OutboundMessage | None:
    """The message on its way, after the gate let it out; None when it did not."""
    locks = gate.locks(services, _sending(services.store, message))
    with services.store.transaction(*locks) as store:
        store.again(job)  # it is still ours
        sending = _sending(store, message)  # as it is now that nobody else can change it
        answer = gate.may_send(replace(services, store=store), sending)
        if isinstance(answer, Refusal):
            _refused(store, job, sending, answer, services.clock.now())
            return None
        going = message.model_copy(update={"state": "sending", "gated_at": services.clock.now()})
        store.move_message(going, "pending")
        if going.seq == REMINDER and sending.interview:
            _note_reminder(store, sending.interview, going)
    return going


def _note_reminder(store: Store, interview: Interview, going: OutboundMessage) -> None:
    """The reminder in the interview's record, once, beside what is asked and answered.

    Raises:
        Conflict: They answer just now; the gate is asked again.
    """
    if going.gated_at is None or any(turn.move == "remind" for turn in interview.turns):
        return
    turn = Turn(
        seq=len(interview.turns),
        speaker="interviewer",
        text=going.text.partition("\n\n")[0],  # a mail repeats the first one below it
        at=going.gated_at,
        language=interview.language,
        move="remind",
        trace=Trace(template="phrases/reminder"),
    )
    store.save_interview(interview.add(turn))


def _sending(store: Store, message: OutboundMessage) -> Sending:
    """The message with the interview, study and invitation that it belongs to."""
    if message.interview_id is None:
        return Sending(message)
    interview = store.interview(message.interview_id)
    study = store.study(interview.study, interview.study_version)
    invitation = _invitation_of(store, message) if message.kind == "initiated" else None
    return Sending(message, interview, study, invitation)


def _invitation_of(store: Store, message: OutboundMessage) -> Invitation | None:
    own = store.invitations(address=message.address)
    return next((one for one in own if one.interview_id == message.interview_id), None)


def _refused(store: Store, job: Job, sending: Sending, answer: Refusal, now: datetime) -> None:
    """Put off, or over for good; a reminder of a study that is held waits for a person as well."""
    log.info("message %s: %s", job.subject, answer.reason)
    is_held_reminder = answer.held and sending.message.seq == REMINDER
    retry_at = answer.retry_at or (now + WHILE_HELD if is_held_reminder else None)
    if retry_at:
        store.again(job.model_copy(update={"due_at": retry_at}))
        return
    over = {"state": "failed", "reason": gate.reason(answer)}
    failed = sending.message.model_copy(update=over)
    store.move_message(failed, "pending")
    _settle_invitation(store, failed)
    store.end(job)


async def hand_over(services: Services, job: Job, message: OutboundMessage) -> None:
    """Give a message that the gate let out to its channel, and note what came of it."""
    try:
        provider_id = await _channel(services, message).send(message)
    except Unavailable as error:
        await asyncio.to_thread(_not_taken, services, job, message, error)
    except Undeliverable as error:
        over = {"state": "failed", "reason": f"the provider refuses it: {error.code}"}
        failed = message.model_copy(update=over)
        await asyncio.to_thread(_over, services, failed)
        await asyncio.to_thread(troubles.act_on, services, failed, error.trouble, error.code)
    except Unconfirmed:
        await _look_up(services, job, message)
    else:
        await asyncio.to_thread(_over, services, _sent(message, provider_id))


def _channel(services: Services, message: OutboundMessage) -> Channel:
    channel = services.channels.get(message.channel)
    if channel is None:
        raise Unavailable(f"no provider for {message.channel} is set up")
    return channel


def _not_taken(services: Services, job: Job, message: OutboundMessage, error: Unavailable) -> None:
    """It was certainly not sent: it waits again, and no cap counts it."""
    log.warning("message %s was not taken: %s", message.message_key, error)
    waits = {"state": "pending", "gated_at": None, "reason": "the channel is down"}
    with services.store.transaction() as store:
        store.again(put_off(job, services.clock.now(), error))
        store.move_message(message.model_copy(update=waits), "sending")


async def _look_up(services: Services, job: Job, message: OutboundMessage) -> None:
    """Ask the provider what became of it; after some tries it stays unknown."""
    try:
        provider_id = await _channel(services, message).lookup(message)
    except Unavailable:
        provider_id = None
    if provider_id:
        await asyncio.to_thread(_over, services, _sent(message, provider_id))
        return
    why = {"state": "unknown", "reason": "it may not have gone"}
    unknown = message.model_copy(update=why)
    if job.attempt + 1 >= LOOKUPS:
        log.warning("message %s may not have gone: see `interviewer outbox`", message.message_key)
        await asyncio.to_thread(_over, services, unknown)
        return
    await asyncio.to_thread(_ask_later, services, job, unknown)


def _ask_later(services: Services, job: Job, unknown: OutboundMessage) -> None:
    later = services.clock.now() + SOON * float(2**job.attempt)
    with services.store.transaction() as store:
        store.again(job.model_copy(update={"due_at": later, "attempt": job.attempt + 1}))
        store.move_message(unknown, "sending", "unknown")


def _sent(message: OutboundMessage, provider_id: str) -> OutboundMessage:
    update = {"state": "sent", "provider_id": provider_id, "sent_at": message.gated_at}
    return message.model_copy(update={**update, "reason": None})


def _over(services: Services, message: OutboundMessage) -> None:
    """Note how sending ended, with all that follows from it, in one transaction.

    What the provider said is true, whoever has the job by now: this is not fenced.
    """
    with services.store.transaction() as store:
        try:
            store.move_message(message, "sending", "unknown")
        except Conflict:  # the provider reported it before it answered
            message = store.message(message.message_key)
        store.cancel("send", [message.message_key])
        _settle_invitation(store, message)


def _settle_invitation(store: Store, message: OutboundMessage) -> None:
    """The invitation stands as its first message; one that went out is reminded of later."""
    first = message.kind == "initiated" and message.seq == 0
    invitation = _invitation_of(store, message) if first else None
    if invitation is None:
        return
    went = message.state in ("sent", "unknown")
    after = {"state": "sent" if went else "refused", "reason": message.reason}
    sent_at = message.sent_at or message.gated_at
    store.save_invitation(
        invitation.model_copy(update={**after, "sent_at": sent_at if went else None})
    )
    remind_after = store.study(invitation.study).guide.outreach.remind_after
    if message.state == "sent" and remind_after and sent_at:
        due_at = sent_at + remind_after
        store.schedule([Job(step="remind", subject=invitation.invitation_id, due_at=due_at)])
