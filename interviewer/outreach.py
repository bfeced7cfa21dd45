"""From a moment to a sent invitation: `plan`, `take_back`, `send_due`.

Whatever goes out passes the gate: when it is planned, to find its time, and again when it is
sent, with the very text that would go. Waiting is a row with `due_at`; a worker has a row only
while its lease lasts, and one that lost its lease can write nothing.
"""

import asyncio
import hashlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from interviewer import conversation, delivery, gate
from interviewer.conversation import Opening, Started
from interviewer.core.book import Contact
from interviewer.core.contact import SUBJECT, Permit, Refusal
from interviewer.core.errors import Conflict, Unavailable
from interviewer.core.interview import Channel, Interview
from interviewer.core.invitation import Invitation, InvitationState, OutboundMessage
from interviewer.core.moments import Moment
from interviewer.core.study import Study
from interviewer.faults import log_fault
from interviewer.people import Person, whom_to_ask
from interviewer.ports import MomentRecord, Services, Store

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
AT_ONCE = 20  # rows claimed at a time
OPEN = ("due", "refused", "cancelled")  # states that planning again may change


def plan(services: Services, record: MomentRecord, study: Study) -> bool:
    """Write an invitation for everybody whom the moment earns; whether there is anybody.

    Planning again re-times what waits, by what is known of the person now.

    An invitation whose interview has begun stays as it is. Those of people who are not to be
    asked any more are taken back.
    """
    moment_id = record.moment.moment_id
    known = {one.invitation_id: one for one in services.store.invitations(moment_id=moment_id)}
    kept = set()
    for person in whom_to_ask(services.store, record.moment, study.guide.audience):
        ways = list(_ways(services, study, person))
        if not ways:
            continue
        invitation_id = _digest(study.slug, moment_id, person.ref)
        kept.add(invitation_id)
        before = known.get(invitation_id)
        if before is None:
            services.store.plan(_planned(services, record, study, person, ways))
        elif before.state in OPEN and before.interview_id is None:
            _save(services, _planned(services, record, study, person, ways, before), before)
    for invitation_id in known.keys() - kept:
        _cancel(services, known[invitation_id], "nobody to ask there any more")
    return bool(kept)


def take_back(services: Services, record: MomentRecord) -> None:
    """Cancel what waits for a moment that is not to be asked about any more."""
    for invitation in services.store.invitations(moment_id=record.moment.moment_id):
        _cancel(services, invitation, record.outcome)


def _cancel(services: Services, before: Invitation, why: str) -> None:
    if before.state == "due" and before.interview_id is None:
        _save(services, before.model_copy(update={"state": "cancelled", "reason": why}), before)


def _save(services: Services, invitation: Invitation, before: Invitation) -> None:
    if invitation == before:
        return
    try:
        services.store.save_invitation(invitation)
    except Conflict:
        log.info("invitation %s: a worker is sending it", invitation.invitation_id)


def _ways(services: Services, study: Study, person: Person) -> Iterator[tuple[Channel, str]]:
    """Channels of the study that are set up and reach the person, the preferred one first.

    A mail carries the link to the chat page, so it needs the public URL.
    """
    order = sorted(study.guide.channels, key=lambda channel: channel != person.preferred)
    for channel in order:
        address = person.address(channel)
        has_link = channel != "email" or services.organization.public_url
        if address and channel in services.channels and has_link:
            yield channel, address


def _planned(
    services: Services,
    record: MomentRecord,
    study: Study,
    person: Person,
    ways: list[tuple[Channel, str]],
    before: Invitation | None = None,
) -> Invitation:
    """The invitation by the first way that the gate lets through, now or later."""
    begins = max(t for t in (record.due_at, record.seen_at, study.launched_at) if t)
    at = max(begins, services.clock.now())
    expires_at = begins + study.guide.expires
    answers = [
        (way, gate.may_plan(services, study, person, way[0], at, expires_at)) for way in ways
    ]
    (channel, address), answer = min(answers, key=lambda each: _rank(each[1]))
    invitation = Invitation(
        invitation_id=_digest(study.slug, record.moment.moment_id, person.ref),
        study=study.slug,
        moment_id=record.moment.moment_id,
        channel=channel,
        address=address,
        contact_ref=person.contact_ref,
        account_ref=record.moment.account_ref,
        shipment_ref=record.moment.shipment_ref,
        language=study.guide.speaks(person.language),
        zones=tuple(sorted(person.zones)),
        regions=tuple(sorted(person.regions)),
        due_at=at,
        expires_at=expires_at,
        lease_until=before.lease_until if before else None,
    )
    if at >= expires_at:
        return _over(invitation, "expired", "its window passed")
    return invitation if isinstance(answer, Permit) else _put_off(invitation, answer)


def _rank(answer: Permit | Refusal) -> int:
    if isinstance(answer, Permit):
        return 0
    return 1 if answer.retry_at else 2


def _put_off(invitation: Invitation, answer: Refusal) -> Invitation:
    """Due again when the gate says so, else refused for good."""
    due_at, state = answer.retry_at or invitation.due_at, "due" if answer.retry_at else "refused"
    return invitation.model_copy(
        update={"state": state, "due_at": due_at, "reason": gate.reason(answer)}
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


async def send_due(services: Services) -> int:
    """Send the invitations that are due, as far as the gate lets them; how many were looked at."""
    now = services.clock.now()
    claimed = await asyncio.to_thread(services.store.claim_due, now, AT_ONCE, LEASE)
    for invitation in claimed:
        try:
            after = await _invited(services, invitation)
            await asyncio.to_thread(services.store.save_invitation, after)
        except Conflict:
            log.info("invitation %s: another worker has it", invitation.invitation_id)
    return len(claimed)


async def _invited(services: Services, invitation: Invitation) -> Invitation:
    """The invitation after one try; a fault of its own never stops the others."""
    try:
        return await _invite(services, invitation)
    except (Conflict, Unavailable):
        raise
    except Exception as error:
        log_fault(log, f"invitation {invitation.invitation_id}", error)
        attempt = invitation.attempt + 1
        if attempt >= delivery.TRIES:
            return _over(invitation, "refused", f"it failed {attempt} times")
        later = {"state": "due", "due_at": services.clock.now() + delivery.wait(invitation.attempt)}
        return invitation.model_copy(update={**later, "attempt": attempt})


async def _invite(services: Services, invitation: Invitation) -> Invitation:
    """Sent, put off, or over for good."""
    record = await asyncio.to_thread(services.store.moment, invitation.moment_id)
    if services.clock.now() >= invitation.expires_at:
        return _over(invitation, "expired", "its window passed")
    if invitation.interview_id:
        return await _go_on(services, invitation, invitation.interview_id, record)
    if record.outcome not in ("planned", "asked"):
        return _over(invitation, "cancelled", record.outcome)
    return await _begin(services, invitation, record)


async def _begin(services: Services, invitation: Invitation, record: MomentRecord) -> Invitation:
    """The first try: the interview is stored with its message, then that is sent."""
    store = services.store
    study = await asyncio.to_thread(store.study, invitation.study)
    opening = await asyncio.to_thread(_opening, store, invitation, record.moment)
    started = await asyncio.to_thread(conversation.begin, services, study, opening)
    interview, message = started.interview, _first_message(services, invitation, started)
    answer = await asyncio.to_thread(
        gate.may_invite, services, study, invitation, interview, message
    )
    if isinstance(answer, Refusal):
        return _put_off(invitation, answer)
    invitation = invitation.model_copy(update={"interview_id": interview.interview_id})
    await asyncio.to_thread(
        store.add_interview,
        interview,
        conversation.token_hash(started.token),
        outbox=[message],
        invitation=invitation,
    )
    return await _send(services, invitation, message, record)


async def _go_on(
    services: Services, invitation: Invitation, interview_id: str, record: MomentRecord
) -> Invitation:
    """A later try: the channel was down, or a worker stopped half-way."""
    store = services.store
    study = await asyncio.to_thread(store.study, invitation.study)
    interview = await asyncio.to_thread(store.interview, interview_id)
    message = await asyncio.to_thread(store.message, _message_key(interview))
    if message.state == "pending":
        answer = await asyncio.to_thread(
            gate.may_invite, services, study, invitation, interview, message
        )
        if isinstance(answer, Refusal):
            return _put_off(invitation, answer)
    return await _send(services, invitation, message, record)


async def _send(
    services: Services, invitation: Invitation, message: OutboundMessage, record: MomentRecord
) -> Invitation:
    """From here on the moment is asked about: no other one takes its interview."""
    asked = replace(record, outcome="asked")
    await asyncio.to_thread(services.store.save_moments, [asked])
    message = await delivery.deliver(services, message)
    if message.state == "pending":
        later = {"state": "due", "due_at": message.due_at, "reason": "the channel is down"}
        return invitation.model_copy(update=later)
    if message.state == "failed":
        return _over(invitation, "refused", "the channel failed")
    why = "it may not have gone" if message.state == "unknown" else None
    sent_at = message.sent_at or services.clock.now()
    return _over(invitation, "sent", why).model_copy(update={"sent_at": sent_at})


def _over(invitation: Invitation, state: InvitationState, why: str | None) -> Invitation:
    return invitation.model_copy(update={"state": state, "reason": why})


def _opening(store: Store, invitation: Invitation, moment: Moment) -> Opening:
    """Whom the interview is with, and all that is known for it."""
    context = dict(moment.context)
    for contact in store.find(Contact, contact_ref=invitation.contact_ref or ""):
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


def _first_message(services: Services, invitation: Invitation, started: Started) -> OutboundMessage:
    """The first message as its channel carries it: an SMS as it is, a mail with link and foot.

    The subject is the brand and nothing else: it is read on a lock screen.
    """
    interview = started.interview
    text, subject = interview.turns[0].text, None
    if invitation.channel == "email":
        who = services.organization
        link = f"{who.public_url}/i/{started.token}"
        foot = "\n".join(line for line in (who.brand, who.postal_address, who.privacy_url) if line)
        text = f"{text}\n\n{link}\n\n-- \n{foot}"
        subject = str(interview.context["brand"] or "")[:SUBJECT]
    return OutboundMessage(
        message_key=_message_key(interview),
        interview_id=interview.interview_id,
        seq=0,
        channel=invitation.channel,
        address=invitation.address,
        text=text,
        subject=subject,
    )


def _message_key(interview: Interview) -> str:
    return f"{interview.interview_id}:0"
