"""From a moment to a sent invitation: `plan`, `take_back`, `send_due`, `send_replies`.

Whatever goes out passes the gate, `core.contact.may_contact`: when it is planned, to find its
time, and again when it is sent. Waiting is a row with `due_at`.
"""

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from interviewer import conversation
from interviewer.conversation import Opening
from interviewer.core import wording
from interviewer.core.book import Account, Consent, Contact, Shipment, Suppression
from interviewer.core.contact import (
    SUBJECT,
    ContactFacts,
    ContactPolicy,
    Permit,
    Refusal,
    SendIntent,
    may_contact,
)
from interviewer.core.errors import Unavailable
from interviewer.core.interview import Channel
from interviewer.core.invitation import Invitation, OutboundMessage
from interviewer.core.moments import Moment
from interviewer.core.study import Study
from interviewer.ports import MomentRecord, Services
from interviewer.zones import zones_for

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
AT_ONCE = 50  # rows claimed at a time, well within one lease
TRIES = 8  # then an invitation is given up
RETRY = timedelta(minutes=1)  # doubled with every try
ENDS = ("close", "hand_off", "opt_out")  # moves after which an interview is over


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be asked, and every way to reach them."""

    ref: str  # contact_ref, else the shipment's
    ways: tuple[tuple[Channel, str], ...]  # preferred first
    language: str | None
    zones: frozenset[str]
    regions: frozenset[str]
    contact: Contact | None = None


def plan(services: Services, record: MomentRecord, study: Study) -> None:
    """Write an invitation row for everybody whom the moment earns; planning again re-times it."""
    people = whom_to_ask(services, record.moment, study)
    known = {
        i.invitation_id: i for i in services.store.invitations(moment_id=record.moment.moment_id)
    }
    if not people:
        services.store.save_moments([replace(record, outcome="nobody_to_ask")])
    for person in people:
        planned = _planned(services, record, study, person)
        before = known.get(planned.invitation_id)
        if before is None:
            services.store.plan(planned)
        elif before.state in ("due", "refused"):
            services.store.save_invitation(planned)


def take_back(services: Services, record: MomentRecord) -> None:
    """Cancel what waits for a moment that another one took the place of."""
    for invitation in services.store.invitations(moment_id=record.moment.moment_id, state="due"):
        services.store.save_invitation(
            invitation.model_copy(update={"state": "cancelled", "reason": record.outcome})
        )


def whom_to_ask(services: Services, moment: Moment, study: Study) -> list[Person]:
    """The recipient of the shipment or, in a B2B study, the account's active contacts."""
    account = _one(services.store.find(Account, account_ref=moment.account_ref or ""))
    if study.guide.audience == "b2b":
        contacts = services.store.find(Contact, account_ref=moment.account_ref or "")
        if moment.contact_ref:
            contacts = [c for c in contacts if c.contact_ref == moment.contact_ref]
        found = [_contact(c, account, services, study) for c in contacts if c.active]
    else:
        found = [_recipient(services, moment, account, study)]
    return [person for person in found if person.ways]


def _contact(contact: Contact, account: Account | None, services: Services, study: Study) -> Person:
    region = contact.region or (account.region if account else None)
    timezone = contact.timezone or (account.timezone if account else None)
    return Person(
        ref=contact.contact_ref,
        ways=_ways(services, study, contact.phone, contact.email, contact.preferred_channel),
        language=contact.language or (account.language if account else None),
        zones=zones_for(timezone=timezone, region=region, phone=contact.phone),
        regions=frozenset({region} if region else ()),
        contact=contact,
    )


def _recipient(services: Services, moment: Moment, account: Account | None, study: Study) -> Person:
    """Who gets the goods: as the shipment says, else the contact it names."""
    shipment = _one(services.store.find(Shipment, shipment_ref=moment.shipment_ref or ""))
    contact_ref = moment.contact_ref or (shipment.contact_ref if shipment else None)
    contact = _one(services.store.find(Contact, contact_ref=contact_ref or ""))
    if shipment is None or not (shipment.phone or shipment.email):
        if contact is None:
            return Person(moment.subject, (), None, frozenset(), frozenset())
        return _contact(contact, account, services, study)
    return Person(
        ref=shipment.shipment_ref,
        ways=_ways(services, study, shipment.phone, shipment.email, None),
        language=shipment.language,
        zones=zones_for(timezone=shipment.timezone, region=shipment.region, phone=shipment.phone),
        regions=frozenset({shipment.region} if shipment.region else ()),
        contact=contact,
    )


def _ways(
    services: Services,
    study: Study,
    phone: str | None,
    email: str | None,
    preferred: str | None,
) -> tuple[tuple[Channel, str], ...]:
    """Channels of the study that are set up and for which there is an address."""
    addresses = {"sms": phone, "email": email if services.organization.public_url else None}
    order = sorted(study.guide.channels, key=lambda channel: channel != preferred)
    return tuple(
        (channel, address)
        for channel in order
        if channel in services.channels and (address := addresses.get(channel))
    )


def _planned(services: Services, record: MomentRecord, study: Study, person: Person) -> Invitation:
    """The invitation by the first way that the gate lets through, now or later."""
    at = max(record.due_at, services.clock.now())
    expires_at = at + study.guide.expires
    tried: list[tuple[Channel, str, Permit | Refusal]] = []
    for channel, address in person.ways:
        intent = SendIntent(
            kind="initiated",
            channel=channel,
            address=address,
            audience=study.guide.audience,
            is_first=True,
            ends_at=expires_at,
        )
        facts = _facts(services, study, person.zones, person.regions, address)
        tried.append((channel, address, may_contact(intent, facts, policy(services), at)))
    channel, address, answer = min(tried, key=lambda each: _rank(each[2]))
    refused = isinstance(answer, Refusal) and answer.retry_at is None
    return Invitation(
        invitation_id=_digest(study.slug, record.moment.moment_id, person.ref),
        study=study.slug,
        moment_id=record.moment.moment_id,
        channel=channel,
        address=address,
        contact_ref=person.contact.contact_ref if person.contact else None,
        account_ref=record.moment.account_ref,
        shipment_ref=record.moment.shipment_ref,
        language=study.guide.speaks(person.language),
        zones=tuple(sorted(person.zones)),
        regions=tuple(sorted(person.regions)),
        due_at=answer.retry_at if isinstance(answer, Refusal) and answer.retry_at else at,
        expires_at=expires_at,
        state="refused" if refused else "due",
        reason=_reason(answer),
    )


def _rank(answer: Permit | Refusal) -> int:
    if isinstance(answer, Permit):
        return 0
    return 1 if answer.retry_at else 2


def _reason(answer: Permit | Refusal) -> str | None:
    return f"{answer.reason}: {answer.detail}" if isinstance(answer, Refusal) else None


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def policy(services: Services) -> ContactPolicy:
    """The installation's rules, with the one link that a message may carry."""
    host = services.organization.public_url.partition("://")[2].partition("/")[0].casefold()
    return services.policy.model_copy(update={"link_hosts": frozenset({host} if host else ())})


def _facts(
    services: Services,
    study: Study,
    zones: frozenset[str],
    regions: frozenset[str],
    address: str,
) -> ContactFacts:
    sent = services.store.invitations(address=address, state="sent")
    invited_at = tuple(i.sent_at for i in sent if i.sent_at)
    live = services.store.live_interviews(address)
    return ContactFacts(
        consents=tuple(services.store.find(Consent, address=address)),
        suppressions=tuple(services.store.find(Suppression, address=address)),
        study_state=study.state,
        zones=zones,
        regions=regions,
        invited_at=invited_at,
        initiated_at=invited_at,
        live_until=max((interview.expires_at for interview in live), default=None),
    )


def _one(rows: Sequence[Any]) -> Any:
    return rows[0] if rows else None


async def send_due(services: Services) -> int:
    """Send the invitations that are due, as far as the gate lets them; how many were looked at."""
    now = services.clock.now()
    claimed = await asyncio.to_thread(services.store.claim_due, now, AT_ONCE, LEASE)
    for invitation in claimed:
        await asyncio.to_thread(services.store.save_invitation, await _invite(services, invitation))
    return len(claimed)


async def _invite(services: Services, invitation: Invitation) -> Invitation:
    """The invitation after one try: sent, put off, or refused for good."""
    store, now = services.store, services.clock.now()
    if now >= invitation.expires_at:
        return invitation.model_copy(update={"state": "expired", "reason": "its window passed"})
    record = await asyncio.to_thread(store.moment, invitation.moment_id)
    if invitation.interview_id is None:
        study = await asyncio.to_thread(store.study, invitation.study)
        opening = await asyncio.to_thread(_opening, services, invitation, record.moment)
        answer = await asyncio.to_thread(_gate, services, invitation, study, opening)
        if isinstance(answer, Refusal):
            return _put_off(invitation, answer)
        started = await conversation.start(services, study.slug, opening)
        message = _message(services, invitation, started)
        invitation = invitation.model_copy(update={"interview_id": message.interview_id})
        await asyncio.to_thread(store.save_message, message)
        await asyncio.to_thread(store.save_invitation, invitation)
    else:  # a worker that stopped half-way had it before
        found = await asyncio.to_thread(store.message, f"{invitation.interview_id}:0")
        if found is None:
            return invitation.model_copy(update={"interview_id": None, "state": "due"})
        message = found
    delivered = await _deliver(services, message)
    if delivered.state == "pending":
        return _retried(invitation, now)
    await asyncio.to_thread(store.save_moments, [replace(record, outcome="asked")])
    return invitation.model_copy(update={"state": "sent", "reason": None, "sent_at": now})


def _gate(
    services: Services, invitation: Invitation, study: Study, opening: Opening
) -> Permit | Refusal:
    """The decisive question to the gate, with the text that would go out."""
    guide, phrases = study.guide, services.phrases
    context = conversation.known(services, opening)
    language = guide.speaks(invitation.language)
    text = wording.opener(guide, phrases, context, language, invitation.channel).text
    values = wording.known_values(guide, phrases, context, language, invitation.channel)
    named = [values[key] for key in ("event", "day") if key in guide.names and key in values]
    intent = SendIntent(
        kind="initiated",
        channel=invitation.channel,
        address=invitation.address,
        text=text,
        subject=_subject(services, context) if invitation.channel == "email" else None,
        language=language,
        audience=guide.audience,
        is_first=True,
        names=tuple(named),
        hides=tuple(str(context[key]) for key in ("item",) if context.get(key)),
        ends_at=invitation.expires_at,
    )
    zones, regions = frozenset(invitation.zones), frozenset(invitation.regions)
    facts = _facts(services, study, zones, regions, invitation.address)
    rules = policy(services).model_copy(update={"brand": context["brand"] or ""})
    return may_contact(intent, facts, rules, services.clock.now())


def _opening(services: Services, invitation: Invitation, moment: Moment) -> Opening:
    """Whom the interview is with, and all that is known for it."""
    context = dict(moment.context)
    contact = _one(services.store.find(Contact, contact_ref=invitation.contact_ref or ""))
    if contact:
        for key in ("contact_name", "contact_role", "contact_title"):
            context[key] = getattr(contact, key)
    return Opening(
        context=context,
        language=invitation.language,
        channel=invitation.channel,
        contact_ref=invitation.contact_ref,
        account_ref=invitation.account_ref,
        shipment_ref=invitation.shipment_ref,
        address=invitation.address,
    )


def _message(
    services: Services, invitation: Invitation, started: conversation.Started
) -> OutboundMessage:
    """The first message as its channel carries it: by mail with the link, by SMS without."""
    interview = started.interview
    text, subject = interview.turns[0].text, None
    if invitation.channel == "email":
        text = f"{text}\n\n{services.organization.public_url}/i/{started.token}"
        subject = _subject(services, interview.context)
    return OutboundMessage(
        message_key=f"{interview.interview_id}:0",
        interview_id=interview.interview_id,
        seq=0,
        channel=invitation.channel,
        address=invitation.address,
        text=text,
        subject=subject,
    )


def _subject(services: Services, context: Mapping[str, Any]) -> str:
    """Brand and nothing else: a subject is read on a lock screen."""
    return str(context.get("brand") or services.organization.brand)[:SUBJECT]


async def _deliver(services: Services, message: OutboundMessage) -> OutboundMessage:
    """Send a message at most once; one that may have gone before is never sent again."""
    store = services.store
    if message.state != "pending":
        state = "sent" if message.state == "sent" else "unknown"
        message = message.model_copy(update={"state": state})
        await asyncio.to_thread(store.save_message, message)
        return message
    sending = message.model_copy(update={"state": "sending"})
    await asyncio.to_thread(store.save_message, sending)
    try:
        provider_id = await services.channels[message.channel].send(message)
    except Unavailable:
        await asyncio.to_thread(store.save_message, message)
        return message
    sent = message.model_copy(
        update={"state": "sent", "provider_id": provider_id, "sent_at": services.clock.now()}
    )
    await asyncio.to_thread(store.save_message, sent)
    return sent


def _put_off(invitation: Invitation, answer: Refusal) -> Invitation:
    state = "due" if answer.retry_at else "refused"
    due_at = answer.retry_at or invitation.due_at
    return invitation.model_copy(
        update={"state": state, "due_at": due_at, "reason": _reason(answer)}
    )


def _retried(invitation: Invitation, now: datetime) -> Invitation:
    """Later, twice as late each time, and given up after the last try."""
    attempt = invitation.attempt + 1
    if attempt >= TRIES:
        return invitation.model_copy(update={"state": "refused", "reason": "the channel failed"})
    due_at = now + RETRY * 2**invitation.attempt
    return invitation.model_copy(update={"state": "due", "due_at": due_at, "attempt": attempt})


async def send_replies(services: Services) -> int:
    """Send what answers respondents on channels that push; how many messages were looked at."""
    pending = await asyncio.to_thread(services.store.pending_messages, AT_ONCE)
    replies = [m for m in pending if m.seq > 0 and m.channel in services.channels]
    for message in replies:
        answer = await asyncio.to_thread(_reply_gate, services, message)
        if isinstance(answer, Permit):
            await _deliver(services, message)
        elif answer.retry_at is None:
            refused = message.model_copy(update={"state": "failed"})
            await asyncio.to_thread(services.store.save_message, refused)
    return len(replies)


def _reply_gate(services: Services, message: OutboundMessage) -> Permit | Refusal:
    interview = services.store.interview(message.interview_id)
    study = services.store.study(interview.study, interview.study_version)
    ends = next((t.seq for t in interview.said if t.move in ENDS), message.seq)
    turn = interview.turns[message.seq]
    invitation = _one(services.store.invitations(address=message.address, study=interview.study))
    intent = SendIntent(
        kind="confirmation" if turn.move == "opt_out" else "reply",
        channel=message.channel,
        address=message.address,
        text=message.text,
        language=turn.language,
        audience=study.guide.audience,
        is_thanks=message.seq > ends,
    )
    zones = frozenset(invitation.zones) if invitation else frozenset()
    facts = _facts(services, study, zones, frozenset(), message.address).model_copy(
        update={
            "opted_out_at": interview.closed_at if turn.move == "opt_out" else None,
            "last_inbound_at": max(answer.at for answer in interview.answers),
            "is_closed": message.seq > ends,
        }
    )
    return may_contact(intent, facts, policy(services), services.clock.now())
