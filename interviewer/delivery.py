"""Messages on their way out: `deliver` sends one at most once, `send_replies` those that wait.

A message is stored before it is sent, and marked before the channel gets it. So a worker that
stops half-way leaves one that may have gone: it is marked `unknown` and never sent again.
"""

import asyncio
import logging
from datetime import timedelta

from interviewer import gate
from interviewer.core.contact import Refusal
from interviewer.core.errors import Conflict, Unavailable
from interviewer.core.invitation import OutboundMessage
from interviewer.ports import Services

log = logging.getLogger(__name__)

AT_ONCE = 50  # replies looked at in one round
SENDING = timedelta(minutes=1)  # longer than any channel takes for one message
TRIES = 8  # then a message has failed
RETRY = timedelta(minutes=1)  # doubled with every try


async def deliver(services: Services, message: OutboundMessage) -> OutboundMessage:
    """Hand the message to its channel; how it stands afterwards.

    `pending` again, with the time of the next try, when the channel does not take it.

    Raises:
        Conflict: Another worker is sending it.
    """
    if message.state == "pending":
        until = services.clock.now() + SENDING
        await asyncio.to_thread(services.store.claim_message, message.message_key, until)
        after = await _handed_over(services, message)
    elif message.state == "sending":
        after = message.model_copy(update={"state": "unknown"})
    else:
        return message
    await asyncio.to_thread(services.store.save_message, after)
    return after


async def _handed_over(services: Services, message: OutboundMessage) -> OutboundMessage:
    try:
        channel = services.channels.get(message.channel)
        if channel is None:
            raise Unavailable(f"no provider for {message.channel} is set up")
        provider_id = await channel.send(message)
    except Unavailable as error:
        log.warning("message %s was not taken: %s", message.message_key, error)
        return _put_off(services, message)
    now = services.clock.now()
    return message.model_copy(
        update={"state": "sent", "provider_id": provider_id, "sent_at": now, "due_at": None}
    )


def _put_off(services: Services, message: OutboundMessage) -> OutboundMessage:
    """Later, and given up after the last try."""
    attempt = message.attempt + 1
    due_at = services.clock.now() + wait(message.attempt)
    state = "failed" if attempt >= TRIES else "pending"
    return message.model_copy(update={"state": state, "due_at": due_at, "attempt": attempt})


def wait(attempt: int) -> timedelta:
    """How long to wait after this many tries: twice as long each time."""
    return RETRY * float(2**attempt)


async def send_replies(services: Services) -> int:
    """Send what answers respondents on channels that push; how many messages were looked at."""
    now = services.clock.now()
    due = await asyncio.to_thread(services.store.due_replies, now, AT_ONCE)
    for message in due:
        try:
            await _send_reply(services, message)
        except Conflict:
            log.info("message %s: another worker has it", message.message_key)
    return len(due)


async def _send_reply(services: Services, message: OutboundMessage) -> None:
    if message.state == "pending":
        answer = await asyncio.to_thread(gate.may_reply, services, message)
        if isinstance(answer, Refusal):
            later = {"due_at": answer.retry_at} if answer.retry_at else {"state": "failed"}
            log.info("message %s: %s", message.message_key, gate.reason(answer))
            refused = message.model_copy(update=later)
            await asyncio.to_thread(services.store.save_message, refused)
            return
    await deliver(services, message)
