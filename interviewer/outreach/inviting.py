"""From a moment to a sent invitation: `plan`, `take_back`, `invite`, `remind`.

Whatever goes out passes the gate: when it is planned, to find its time, and again when it is
sent, with the very text that would go. Waiting is a job with `due_at`; a worker has a job only
while its lease lasts, and one that lost its lease can write nothing.
"""

import asyncio
import hashlib
import logging
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import timedelta

from interviewer.access import audit
from interviewer.core import wording
from interviewer.core.book import Contact
from interviewer.core.contact import Permit, Refusal
from interviewer.core.errors import Conflict, NotFound
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Channel, Interview
from interviewer.core.invitation import REMINDER, Invitation, InvitationState, Job, OutboundMessage
from interviewer.core.moments import Moment
from interviewer.core.sms_text import sms_text
from interviewer.core.study import Study, StudyState
from interviewer.interviews import conversation, links
from interviewer.interviews.conversation import Opening, Started
from interviewer.outreach import delivery, gate, mail_text
from interviewer.outreach.gate import Sending
from interviewer.outreach.people import Person, whom_to_ask
from interviewer.ports import Services
from interviewer.store import MomentRecord, Store

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
CLOSED = "G06: the study is closed"
OPEN = ("due", "held", "refused", "cancelled")  # states that planning again may change


def plan(services: Services, record: MomentRecord, study: Study) -> bool:
    """Write an invitation for everybody whom the moment earns; whether there is anybody.

    Planning again re-times what waits, by what is known of the person now.

    An invitation whose interview has begun stays as it is. Those of people who are not to be
    asked any more are taken back.
    """
    moment_id = record.moment.moment_id
    known = {one.invitation_id: one for one in services.store.invitations(moment_id=moment_id)}
    wanted = planned(services, record, study)
    for invitation in wanted:
        before = known.pop(invitation.invitation_id, None)
        if before is None:
            services.store.plan(invitation)
        elif before.state in OPEN and before.interview_id is None:
            _save(services, invitation.model_copy(update={"version": before.version}), before)
    for gone in known.values():
        _cancel(services, gone, "nobody to ask there any more")
    return bool(wanted)


def planned(services: Services, record: MomentRecord, study: Study) -> list[Invitation]:
    """The invitations that the moment earns, each at its time; writes nothing.

    With another clock it says what would have been, or will be.
    """
    study = study.as_live
    people = whom_to_ask(services.store, record.moment, study.guide)
    wanted = (planned_for(services, record, study, person) for person in people)
    return [invitation for invitation in wanted if invitation]


def planned_for(
    services: Services, record: MomentRecord, study: Study, person: Person
) -> Invitation | None:
    """The person's invitation; None when no channel of the study reaches them."""
    ways = list(_ways(services, study, person))
    return _planned(services, record, study, person, ways) if ways else None


def take_back(services: Services, record: MomentRecord) -> None:
    """Cancel what waits for a moment that is not to be asked about any more."""
    for invitation in services.store.invitations(moment_id=record.moment.moment_id):
        _cancel(services, invitation, record.outcome)


def decline(services: Services, moment_id: str, *, actor: str = audit.COMMAND_LINE) -> None:
    """Ask nobody about a moment, because the owner of the account says no.

    Raises:
        NotFound: There is no such moment.
        Conflict: Somebody was asked already.
    """
    record = services.store.moment(moment_id)
    if record.outcome == "asked":
        raise Conflict(f"Somebody was asked about {moment_id} already.")
    declined = replace(record, outcome="declined")
    services.store.save_moments([declined])
    take_back(services, declined)
    audit.record(services, actor, "moment.decline", f"moment:{moment_id}")


def _cancel(services: Services, before: Invitation, why: str) -> None:
    if before.state in ("due", "held") and before.interview_id is None:
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

    A mail carries the link to the chat page and signed ones, so it needs the public URL and the
    installation's secret.
    """
    can_link = services.organization.public_url and services.sealer.is_set
    order = sorted(study.guide.channels, key=lambda channel: channel != person.preferred)
    for channel in order:
        address = person.address(channel)
        if address and channel in services.channels and (channel != "email" or can_link):
            yield channel, address


def _planned(
    services: Services,
    record: MomentRecord,
    study: Study,
    person: Person,
    ways: list[tuple[Channel, str]],
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
    )
    if at >= expires_at:
        return _over(invitation, "expired", "its window passed")
    return invitation if isinstance(answer, Permit) else _put_off(invitation, answer)


def _rank(answer: Permit | Refusal) -> int:
    if isinstance(answer, Permit):
        return 0
    return 1 if answer.retry_at else 2


def _put_off(invitation: Invitation, answer: Refusal) -> Invitation:
    """Due again when the gate says so, held until a person says so, or refused for good."""
    due_at = answer.retry_at or invitation.due_at
    state = "due" if answer.retry_at else "held" if answer.held else "refused"
    return invitation.model_copy(
        update={"state": state, "due_at": due_at, "reason": gate.reason(answer)}
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


async def invite(services: Services, job: Job) -> None:
    """Send the first message of an invitation that is due, as far as the gate lets it.

    Raises:
        Conflict: Another worker has it, or it was planned anew.
    """
    begun = await asyncio.to_thread(_begin, services, job)
    if begun:
        await delivery.hand_over(services, *begun)


def _begin(services: Services, job: Job) -> tuple[Job, OutboundMessage] | None:
    """The first message with the job to send it, both stored; None when it is not to go now."""
    store = services.store
    invitation = store.invitation(job.subject)
    record = store.moment(invitation.moment_id)
    if over := _too_late(services, invitation, record):
        _stop(store, job, over)
        return None
    study = store.study(invitation.study)
    started, message = draft(services, study, invitation, record.moment)
    sending = Sending(message, started.interview, study, invitation)
    with store.transaction(*gate.locks(services, sending)) as inside:
        study = inside.study(invitation.study)
        sending = replace(sending, study=study.as_live)
        answer = gate.may_send(replace(services, store=inside), sending)
        if isinstance(answer, Refusal):
            _stop(inside, job, _put_off(invitation, answer))
            return None
        if study.state == "shadow":
            return _shadow(replace(services, store=inside), job, sending, record, study, started)
        return _let_out(services, inside, job, sending, record, started.token)


def _too_late(
    services: Services, invitation: Invitation, record: MomentRecord
) -> Invitation | None:
    """How it ends when there is nothing to ask any more."""
    if services.clock.now() >= invitation.expires_at:
        return _over(invitation, "expired", "its window passed")
    if record.outcome not in ("planned", "asked", "shadowed"):
        return _over(invitation, "cancelled", record.outcome)
    return None


def _stop(store: Store, job: Job, invitation: Invitation) -> None:
    """It does not go now: as it stands from now on, it waits for its time or for nothing."""
    with store.transaction() as inside:
        inside.end(job)
        inside.save_invitation(invitation)


def _let_out(
    services: Services, store: Store, job: Job, sending: Sending, record: MomentRecord, token: str
) -> tuple[Job, OutboundMessage]:
    """Everything that its leaving means, in the transaction of the gate."""
    now, invitation, interview = services.clock.now(), sending.invitation, sending.interview
    assert invitation
    assert interview
    going = sending.message.model_copy(update={"state": "sending", "gated_at": now})
    begun = {"state": "sending", "interview_id": interview.interview_id, "reason": None}
    leased = Job(step="send", subject=going.message_key, due_at=now + LEASE)
    store.end(job)
    store.add_interview(
        interview,
        conversation.token_hash(token),
        outbox=[going],
        invitation=invitation.model_copy(update=begun),
    )
    store.schedule([leased])
    store.save_moments([replace(record, outcome="asked")])  # no other one takes its interview
    return leased, going


def _shadow(
    services: Services,
    job: Job,
    sending: Sending,
    record: MomentRecord,
    study: Study,
    started: Started,
) -> tuple[Job, OutboundMessage] | None:
    """Keep what would have gone now; where we read along, its copy with the job to send it."""
    store, invitation, message = services.store, sending.invitation, sending.message
    assert invitation
    kept = {"message_key": f"shadow:{invitation.invitation_id}", "interview_id": None}
    now = services.clock.now()
    store.end(job)
    store.add_messages(
        [message.model_copy(update={**kept, "state": "shadowed", "due_at": now, "ends_at": None})]
    )
    store.save_invitation(_over(invitation, "shadowed", None))
    store.save_moments([replace(record, outcome="shadowed")])
    copy = _copy(message, study)
    if copy is None or isinstance(gate.may_copy(services, copy, invitation), Refusal):
        return None
    going = copy.model_copy(update={"state": "sending", "gated_at": now})
    leased = Job(step="send", subject=going.message_key, due_at=now + LEASE)
    ours = started.interview.evolve(test=True, address=going.address)
    store.add_interview(ours, conversation.token_hash(started.token), outbox=[going])
    store.schedule([leased])
    return leased, going


def _copy(message: OutboundMessage, study: Study) -> OutboundMessage | None:
    """The message to ourselves, the text as it is; it says for whom it was."""
    by_mail = message.channel == "email"
    own = next((one for one in study.redirect_to if ("@" in one) == by_mail), None)
    if own is None:
        return None
    update = {"address": own, "meant_for": message.address}
    if by_mail:
        update["subject"] = f"[for {message.address}] {message.subject}"
    else:
        update["text"] = f"For {message.address}:\n{message.text}"
    return message.model_copy(update=update)


async def reroute(services: Services, job: Job) -> None:
    """Ask by mail who could not be reached by SMS, where they agreed to it; the gate decides.

    Raises:
        Conflict: Another worker has it, or they answered just now.
    """
    await asyncio.to_thread(_reroute, services, job)


def _reroute(services: Services, job: Job) -> None:
    with services.store.transaction() as store:
        store.end(job)
        before = store.invitation(job.subject)
        if before.interview_id is None:
            return
        interview = store.interview(before.interview_id)
        if interview.answers or interview.status != "open":
            return
        now = services.clock.now()
        ended = {"status": "closed", "close_reason": "undelivered", "closed_at": now}
        store.save_interview(interview.evolve(**ended))
        planned = _by_mail(replace(services, store=store), before)
        if planned and planned.state == "due":
            store.save_invitation(planned.model_copy(update={"version": before.version}))


def _by_mail(services: Services, before: Invitation) -> Invitation | None:
    """The same invitation as a mail; None when there is no address, or the study has no mails."""
    study, record = services.store.study(before.study), services.store.moment(before.moment_id)
    people = whom_to_ask(services.store, record.moment, study.guide)
    person = next((one for one in people if one.phone == before.address), None)
    if person is None:
        return None
    ways = [way for way in _ways(services, study, person) if way[0] == "email"]
    return _planned(services, record, study, person, ways) if ways else None


async def remind(services: Services, job: Job) -> None:
    """Remind of an invitation that nobody answered; the gate sees that it is the only time.

    Raises:
        Conflict: Another worker has it.
    """
    await asyncio.to_thread(_remind, services, job)


def _remind(services: Services, job: Job) -> None:
    with services.store.transaction() as store:
        store.end(job)
        invitation = store.invitation(job.subject)
        interview = store.interview(invitation.interview_id or "")
        if interview.answers or interview.status != "open":
            return
        first = store.message(_message_key(interview))
        working = _with_working_link(replace(services, store=store), interview, first)
        if working:
            store.add_messages([_reminder(services, store, working, interview)])


def _with_working_link(
    services: Services, interview: Interview, first: OutboundMessage
) -> OutboundMessage | None:
    """The first message, a mail with a link that works; None when the link was taken away.

    A link that was replaced is known by its hash alone, so there is a new one once more.
    """
    if first.channel != "email":
        return first
    before = f"{services.organization.public_url}/i/"
    _, is_there, after = first.text.partition(before)
    token = after.split(maxsplit=1)[0] if is_there and after else ""
    hashed = conversation.token_hash(token)
    try:
        services.store.interview_by_token(hashed)
    except NotFound:
        try:
            services.store.interview_by_former_link(hashed)
        except NotFound:
            return None
    else:
        return first
    path = links.replace_link(services, interview.interview_id)
    link = f"{services.organization.public_url}{path}"
    text = mail_text.invitation_text(services, interview, link, first.message_key)
    return first.model_copy(update={"text": text})


def _reminder(
    services: Services, store: Store, first: OutboundMessage, interview: Interview
) -> OutboundMessage:
    """In an SMS a line; a mail repeats the first one below it, with its link."""
    study = store.study(interview.study, interview.study_version)
    text = wording.reminder(
        study.guide, services.phrases, interview.context, interview.language, interview.channel
    )
    by_mail = first.channel == "email"
    return first.model_copy(
        update={
            "message_key": f"{interview.interview_id}:reminder",
            "seq": REMINDER,
            "text": f"{text}\n\n{first.text}" if by_mail else text,
            "state": "pending",
            "due_at": services.clock.now(),
            "ends_at": interview.expires_at,
            **dict.fromkeys(("gated_at", "reason", "provider_id", "sent_at", "delivery")),
        }
    )


def hold(services: Services, study: str, state: StudyState) -> int:
    """Stop what waits for a study that is paused or closed; how many invitations there were."""
    held: InvitationState = "held" if state == "paused" else "cancelled"
    return services.store.hold_invitations(study, held, f"G06: the study is {state}")


def leave_shadow(store: Store, study: str) -> None:
    """What came up while the study ran in shadow is never sent: what waits, and its moments."""
    store.hold_invitations(study, "shadowed", "its study ran in shadow")
    planned = [one for one in store.moments(outcome="planned") if one.study == study]
    store.save_moments([replace(one, outcome="shadowed") for one in planned])


def resume(services: Services, study: Study, *, closed: bool = False) -> int:
    """Plan anew what was held; how many invitations there were.

    With `closed` also what was cancelled when the study was closed: that is taken back.
    """
    held = services.store.invitations(study=study.slug, state="held")
    if closed:
        cancelled = services.store.invitations(study=study.slug, state="cancelled")
        held += [one for one in cancelled if one.reason == CLOSED]
    for moment_id in dict.fromkeys(invitation.moment_id for invitation in held):
        plan(services, services.store.moment(moment_id), study)
    return len(held)


def look_again(services: Services, addresses: Collection[str]) -> None:
    """Plan anew what waits for these people, or was refused: what they agreed to has changed."""
    store = services.store
    for address in sorted(addresses):
        for invitation in store.invitations(address=address):
            agreed = invitation.state == "refused" and (invitation.reason or "")[:3] == "G04"
            if invitation.state in ("due", "held") or agreed:
                record = store.moment(invitation.moment_id)
                if record.outcome == "planned":
                    plan(services, record, store.study(invitation.study))


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


def draft(
    services: Services, study: Study, invitation: Invitation, moment: Moment
) -> tuple[Started, OutboundMessage]:
    """The interview that an invitation begins, and its first message; stores nothing."""
    started = conversation.begin(services, study, _opening(services.store, invitation, moment))
    return started, _first_message(services, study.guide, invitation, started)


def _first_message(
    services: Services, guide: InterviewGuide, invitation: Invitation, started: Started
) -> OutboundMessage:
    """The first message as its channel carries it: a mail with link and foot, an SMS as it is.

    A study may want a link in the SMS as well; the interview can be held there all the same.
    """
    interview, key = started.interview, _message_key(started.interview)
    text, subject = sms_text(interview.turns[0].text), None
    link = f"{services.organization.public_url}/i/{started.token}"
    if invitation.channel == "email":
        text = mail_text.invitation_text(services, interview, link, key)
        subject = mail_text.invitation_subject(services, guide, interview)
    elif guide.outreach.sms_link and link.startswith("https://"):
        text = mail_text.with_link(services, interview, text, link)
    return OutboundMessage(
        message_key=key,
        interview_id=interview.interview_id,
        seq=0,
        kind="initiated",
        channel=invitation.channel,
        address=invitation.address,
        text=text,
        subject=subject,
        language=interview.language,
        due_at=invitation.due_at,
        ends_at=invitation.expires_at,
    )


def _message_key(interview: Interview) -> str:
    return f"{interview.interview_id}:0"
