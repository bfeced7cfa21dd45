"""What people send us by SMS and mail: `take` stores it at once, `answer` answers it.

A wish to hear no more counts from the moment its message is stored. Everything else is done
later by the worker: a reading may take longer than any provider waits. A person who writes
several texts in a row is answered once, some seconds after the last one.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from analysis.redact import SECRET_KINDS, redact
from interviewer.core import wording
from interviewer.core.book import Consent, Row, Suppression
from interviewer.core.contact import IntentKind, is_suppressed
from interviewer.core.errors import NotFound
from interviewer.core.inbound import InboundMessage, Wish
from interviewer.core.interview import Interview
from interviewer.core.invitation import Job, OutboundMessage
from interviewer.core.opt_out import normalize, wish_of
from interviewer.core.sms_text import fits_sms, seen_text, sms_text
from interviewer.interviews import conversation
from interviewer.ports import Received, Services

TOGETHER = timedelta(seconds=4)  # texts that come within this of each other are one answer
MANY, WINDOW = 20, timedelta(minutes=10)  # above this everything waits, and gets one answer
LATE = timedelta(days=7)  # after the end of an interview its person's words still belong to it
STRAY_ANSWERS = timedelta(hours=24)  # who has no interview is answered once in this time
HELP_A_DAY = 5  # answers to HELP, per person: two machines must not talk for ever
ANSWERED = "the provider answered"


def take(services: Services, came: Received) -> bool:
    """Store a message, and what it changes at once; False when it was stored before.

    Only then may the provider be answered.
    """
    now = services.clock.now()
    text = redact(came.text.replace("\x00", ""), kinds=SECRET_KINDS)
    wish = _wish(services, came.address, text)
    is_done = came.is_answered and wish in ("start", "help")
    message = InboundMessage(
        channel=came.channel,
        provider_id=came.provider_id,
        address=came.address,
        text=text,
        wish=wish,
        media=came.media,
        interview_id=came.interview_id,
        received_at=now,
        outcome=ANSWERED if is_done else None,
    )
    due_at = now + _pause(services, came, wish)
    return services.store.take_message(message, due_at, book=_ledger(services, message))


def _wish(services: Services, address: str, text: str) -> Wish:
    spoken = services.phrases.values()
    return wish_of(
        seen_text(text),
        [phrase for phrases in spoken for phrase in phrases.stop_phrases],
        [word for phrases in spoken for word in phrases.help_words],
        was_asked=bool(services.store.live_interviews(address)),
    )


def _pause(services: Services, came: Received, wish: Wish) -> timedelta:
    """How long to wait for more of the same person."""
    if wish != "other":
        return timedelta(0)
    since = services.clock.now() - WINDOW
    if services.store.count_inbound(came.channel, came.address, since) >= MANY:
        return WINDOW
    return TOGETHER if came.channel == "sms" else timedelta(0)


def _ledger(services: Services, message: InboundMessage) -> list[Row]:
    """A stop suppresses this address on this channel; START takes that back for who agreed once."""
    if message.channel == "chat" or message.wish not in ("stop", "start"):
        return []
    evidence = _evidence(message)
    stops = message.wish == "stop"
    ledger = Suppression(
        address=message.address,
        channel=message.channel,
        status="suppressed" if stops else "lifted",
        source=f"{message.wish.upper()} by {message.channel}",
        evidence=evidence,
        at=message.received_at,
    )
    if stops:
        return [ledger]
    consents = [
        row
        for row in services.store.find(Consent, address=message.address)
        if row.channel == message.channel
    ]
    if not any(row.status == "granted" for row in consents):
        return []
    again = Consent(
        address=message.address,
        channel=message.channel,
        status="granted",
        source=ledger.source,
        evidence=evidence,
        at=message.received_at,
    )
    return [ledger, again]


def _evidence(message: InboundMessage) -> str:
    return f"message {message.provider_id}"


async def answer(services: Services, job: Job) -> None:
    """Answer what a person wrote.

    Raises:
        Conflict: They wrote more, or another worker has it.
    """
    batch = await asyncio.to_thread(services.store.take_batch, job)
    outcome, interview_id = await _answered(services, batch) if batch else ("", None)
    await asyncio.to_thread(services.store.settle_batch, job, batch, outcome, interview_id)


async def _answered(services: Services, batch: Sequence[InboundMessage]) -> tuple[str, str | None]:
    """What became of it, and of which interview it is a part."""
    first = batch[0]
    if first.wish in ("help", "start"):
        return await asyncio.to_thread(_informed, services, first), None
    interview = await asyncio.to_thread(_interview_of, services, first)
    own = interview.interview_id if interview else None
    if interview and (first.wish != "stop" or interview.status in ("open", "closed")):
        return await _conversed(services, interview, batch), own
    reply = _signed_off if first.wish == "stop" else _met_a_stranger
    return await asyncio.to_thread(reply, services, first), own


def _interview_of(services: Services, message: InboundMessage) -> Interview | None:
    """The interview that a message belongs to: the live one, else the last one for a while."""
    if message.interview_id:
        return services.store.interview(message.interview_id)
    live = services.store.live_interviews(message.address)
    if live:
        return live[-1]
    for last in services.store.interviews(address=message.address, limit=1, include_test=True):
        if last.closed_at and message.received_at - last.closed_at <= LATE:
            return last
    return None


async def _conversed(
    services: Services, interview: Interview, batch: Sequence[InboundMessage]
) -> str:
    """One turn of the interview, with the words of every part and a note of every picture."""
    first = batch[0]
    words = [seen_text(part.text) for part in batch if part.text.strip()]
    notes = [f"[{media.content_type}]" for part in batch for media in part.media]
    text = "\n".join(words + notes)
    reply = await conversation.receive(
        services,
        interview.interview_id,
        first.batch or first.provider_id,
        text,
        channel=first.channel,
    )
    return "answered" if reply.messages else "kept"


def _informed(services: Services, message: InboundMessage) -> str:
    """HELP is answered also to who opted out; START is confirmed with the same words."""
    day_ago = message.received_at - timedelta(days=1)
    earlier = services.store.messages_to(message.address, day_ago)
    if sum(each.kind == "help" for each in earlier) >= HELP_A_DAY:
        return "answered often enough"
    if message.wish == "start" and _is_stopped(services, message):
        return "kept"  # never agreed to, or stopped on every channel
    _say(services, message, "help", _help_text(services, message))
    return "answered"


def _signed_off(services: Services, message: InboundMessage) -> str:
    """The one confirmation to who has no interview; none to who is signed off already."""
    if _is_stopped(services, message, besides=_evidence(message)):
        return "kept"
    brand = services.organization.brand
    text = wording.opted_out(services.phrases, _language(services, message), brand).text
    _say(services, message, "confirmation", text)
    return "answered"


def _met_a_stranger(services: Services, message: InboundMessage) -> str:
    """Somebody without an interview hears once a day who we are and how to reach a person."""
    since = message.received_at - STRAY_ANSWERS
    earlier = services.store.messages_to(message.address, since)
    is_told = any(each.kind == "help" for each in earlier)
    if is_told or _is_stopped(services, message):
        return "kept"
    _say(services, message, "help", _help_text(services, message))
    return "answered"


def _is_stopped(services: Services, message: InboundMessage, *, besides: str | None = None) -> bool:
    rows = services.store.find(Suppression, address=message.address)
    known = [row for row in rows if besides is None or row.evidence != besides]
    return is_suppressed(known, message.address, message.channel)


def _help_text(services: Services, message: InboundMessage) -> str:
    """Who writes, whom to reach, how to stop; and where to check it, if there is room."""
    who = services.organization
    check = f"{who.public_url}/is-this-real" if who.public_url.startswith("https://") else None
    language = _language(services, message)
    contact = who.human_contact or None
    texts = [
        wording.help_answer(services.phrases, language, who.brand, contact, link).text
        for link in (check, None)
    ]
    return next((text for text in texts if fits_sms(text, first=False)), texts[-1])


def _language(services: Services, message: InboundMessage) -> str:
    """That of their last interview, else that of the phrase they used, else English."""
    for last in services.store.interviews(address=message.address, limit=1, include_test=True):
        return last.language
    said = normalize(seen_text(message.text))
    for language, spoken in services.phrases.items():
        if said in {normalize(words) for words in (*spoken.stop_phrases, *spoken.help_words)}:
            return language
    return "en"


def _say(services: Services, message: InboundMessage, kind: IntentKind, text: str) -> None:
    """Put an answer on its way, once."""
    key = f"{message.channel}:{message.provider_id}"
    try:
        services.store.message(key)
    except NotFound:
        answer = OutboundMessage(
            message_key=key,
            interview_id=None,
            seq=0,
            kind=kind,
            channel=message.channel,
            address=message.address,
            text=sms_text(text) if message.channel == "sms" else text,
            subject=services.organization.brand if message.channel == "email" else None,
        )
        services.store.add_messages([answer])
