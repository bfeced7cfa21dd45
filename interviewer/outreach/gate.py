"""The send gate asked with what is known now; nothing goes out around it.

The rules are `core.contact.may_contact`. It is asked twice: when an invitation is planned (there
is no text yet), and by `may_send` inside the transaction that lets a message out.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from interviewer.access.privacy import suppressions_of
from interviewer.core import wording
from interviewer.core.book import Account, Consent, Shipment
from interviewer.core.contact import (
    RULE_SET,
    ContactFacts,
    ContactPolicy,
    Permit,
    Refusal,
    SendIntent,
    may_contact,
)
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Channel, Interview
from interviewer.core.invitation import REMINDER, GateDecision, Invitation, OutboundMessage
from interviewer.core.lint import LintContext, lint
from interviewer.core.study import Study
from interviewer.outreach.people import Person, addresses_of_person
from interviewer.outreach.zones import country_of, public_holidays, zones_for
from interviewer.ports import Services

ENDS = ("close", "hand_off", "opt_out")  # moves after which an interview is over
ON_NO_LOCK_SCREEN = ("item", "address", "price")  # context keys that no first line shows
CAPS_LOOK_BACK = timedelta(days=30)
MINUTE = timedelta(minutes=1)
UNREGISTERED = "30034"  # Twilio: the number is in no registered campaign of the United States
STOPPED_FOR = timedelta(hours=6)  # then one message tries whether it is registered by now
GUARD = frozenset(("promise", "personal_data_request", "plain_text", "internals"))
"""What the text guard looks for in a model's words."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A message that is about to go, and what it belongs to; without an interview it answers."""

    message: OutboundMessage
    interview: Interview | None = None
    study: Study | None = None
    invitation: Invitation | None = None  # of a message that we begin

    @property
    def intent_id(self) -> str:
        """Its name in the audit; an invitation has no message before it may go."""
        is_first = self.invitation and self.message.seq == 0
        return self.invitation.invitation_id if self.invitation and is_first else self.key

    @property
    def key(self) -> str:
        """The message's."""
        return self.message.message_key


def may_plan(
    services: Services,
    study: Study,
    person: Person,
    channel: Channel,
    at: datetime,
    ends_at: datetime,
) -> Permit | Refusal:
    """Whether an invitation may go to this person at this time, as far as is known before.

    The volume of a day and the pace of a sender are for those who come first: not asked here.
    """
    address = person.address(channel) or ""
    intent = SendIntent(
        kind="initiated",
        channel=channel,
        address=address,
        audience=study.guide.audience,
        is_first=True,
        ends_at=ends_at,
    )
    facts = _facts(services, address).model_copy(
        update={
            "study_state": study.state,
            "braked": study.brake is not None,
            "zones": person.zones,
            "regions": person.regions,
            "holidays": _holidays(study, person.regions, address, at),
        }
    )
    return may_contact(intent, facts, _policy(services), at)


def locks(services: Services, sending: Sending) -> list[str]:
    """What must not change, nor be counted by anybody else, while it is decided."""
    message, study = sending.message, sending.study
    named = []
    if message.kind == "initiated":
        named += [f"person/{one}" for one in addresses_of_person(services.store, message.address)]
        outreach = study.guide.outreach if study else None
        if study and outreach and (outreach.quota or outreach.per_day):
            named.append(f"study/{study.slug}")
    if services.policy.per_minute.get(message.channel):
        named.append(f"sender/{message.channel}")
    return named


def may_send(services: Services, sending: Sending) -> Permit | Refusal:
    """The decisive question, with the very message that would go out, and its audit.

    `services.store` is inside the transaction that lets the message out.
    """
    now = services.clock.now()
    policy = _policy(services)
    if sending.study and sending.study.guide.outreach.sms_link:
        policy = policy.model_copy(update={"sms_links": True})
    if sending.invitation and sending.interview:
        brand = str(sending.interview.context.get("brand") or "")
        policy = policy.model_copy(update={"brand": brand})
    if sending.invitation and not policy.brand:
        answer: Permit | Refusal = Refusal("G11", "no brand is named; set INTERVIEWER_BRAND")
    else:
        answer = may_contact(_intent(services, sending), _all_facts(services, sending), policy, now)
    _write_down(services, sending.intent_id, answer)
    return answer


def may_copy(
    services: Services, message: OutboundMessage, invitation: Invitation
) -> Permit | Refusal:
    """Whether a message that may go to its person may go to ourselves in their place.

    Stop, consent and the hours of the person count; caps do not.
    """
    intent = SendIntent(kind="answer", channel=message.channel, address=message.address)
    facts = _facts(services, message.address, begins=False)
    places = {"zones": frozenset(invitation.zones), "regions": frozenset(invitation.regions)}
    now = services.clock.now()
    answer = may_contact(intent, facts.model_copy(update=places), _policy(services), now)
    _write_down(services, message.message_key, answer)
    return answer


def _write_down(services: Services, intent_id: str, answer: Permit | Refusal) -> None:
    refused = answer if isinstance(answer, Refusal) else None
    services.store.add_decision(
        GateDecision(
            intent_id=intent_id,
            at=services.clock.now(),
            rule=refused.reason if refused else None,
            retry_at=refused.retry_at if refused else None,
            rule_set=RULE_SET,
        )
    )


def reason(refusal: Refusal) -> str:
    """The rule and its words, as they are kept with an invitation or a message."""
    return f"{refusal.reason}: {refusal.detail}"


def _intent(services: Services, sending: Sending) -> SendIntent:
    message, interview = sending.message, sending.interview
    plain = SendIntent(
        kind=message.kind,
        channel=message.channel,
        address=message.address,
        text=message.text,
        subject=message.subject,
        ends_at=message.ends_at,
    )
    if interview is None or sending.study is None:
        return plain
    guide, begins = sending.study.guide, message.kind == "initiated"
    turn = interview.turns[message.seq] if message.seq >= 0 else None
    is_first = begins and message.seq == 0
    shown = [interview.context.get(key) for key in ON_NO_LOCK_SCREEN] if is_first else []
    return plain.model_copy(
        update={
            "language": turn.language if turn else interview.language,
            "audience": guide.audience,
            "is_first": is_first,
            "is_reminder": message.seq == REMINDER,
            "is_thanks": not begins and message.seq > _end_of(interview, message),
            "names": _names(services, guide, interview) if is_first else (),
            "hides": tuple(str(value) for value in shown if value),
            "faults": _faults(guide, interview, message),
        }
    )


def _faults(
    guide: InterviewGuide, interview: Interview, message: OutboundMessage
) -> tuple[str, ...]:
    """What the text guard finds in a model's words; templates were checked with their study."""
    trace = interview.turns[message.seq].trace if message.seq > 0 else None
    if trace is None or trace.wording_source != "model":
        return ()
    about = LintContext(
        guide=guide,
        channel=message.channel,
        language=interview.language,
        kind="question",
        context=interview.context,
    )
    return tuple(sorted({fault.rule for fault in lint(message.text, about)} & GUARD))


def _end_of(interview: Interview, message: OutboundMessage) -> int:
    """The turn that ended the interview; the message's own while it goes on."""
    return next((turn.seq for turn in interview.said if turn.move in ENDS), message.seq)


def _all_facts(services: Services, sending: Sending) -> ContactFacts:
    """What is known at the moment of sending."""
    message, interview, invitation = sending.message, sending.interview, sending.invitation
    own = interview.interview_id if interview else None
    facts = _facts(services, message.address, besides=own, begins=message.kind == "initiated")
    update: dict[str, object] = {
        "sender_free_at": _sender_free_at(services, sending),
        "sender_stopped_until": _stopped_until(services, message),
    }
    if sending.study:
        update |= {"study_state": sending.study.state, "braked": sending.study.brake is not None}
    if invitation and sending.study:
        zones = frozenset(invitation.zones)
        regions = frozenset(invitation.regions)
        now = services.clock.now()
        update |= {
            "zones": zones,
            "regions": regions,
            "holidays": _holidays(sending.study, regions, message.address, now),
            **_volume(services, sending.study, invitation),
        }
    else:
        update |= _of_conversation(services, sending, facts)
    if message.seq == REMINDER and interview:
        update |= {
            "expires_at": interview.expires_at,
            "has_answered": bool(interview.answers),
            "is_closed": interview.status != "open",
        }
    return facts.model_copy(update=update)


def _of_conversation(
    services: Services, sending: Sending, facts: ContactFacts
) -> dict[str, object]:
    """What the gate must know of an interview, or of a person who wrote without one."""
    message, interview = sending.message, sending.interview
    if interview is None:
        stops = [row.at for row in facts.suppressions if row.status == "suppressed"]
        return {"opted_out_at": max(stops, default=None)}
    end = _end_of(interview, message)
    others = [
        one
        for one in services.store.messages(interview_id=interview.interview_id)
        if one.message_key != message.message_key and one.gated_at
    ]
    confirms = message.kind == "confirmation"
    return {
        "zones": _zones(services, interview, message.address),
        "opted_out_at": interview.closed_at if confirms else None,
        "confirmed": any(one.kind == "confirmation" for one in others),
        "last_inbound_at": max((answer.at for answer in interview.answers), default=None),
        "is_closed": message.seq > end,
        "thanked": any(one.seq > end for one in others),
        "answered": any(one.answers == message.answers for one in others if one.answers),
    }


def _facts(
    services: Services, address: str, *, besides: str | None = None, begins: bool = True
) -> ContactFacts:
    """What is known of the person at this address; `besides` is the interview it is about."""
    store = services.store
    facts = ContactFacts(
        consents=tuple(store.find(Consent, address=address)),
        suppressions=tuple(suppressions_of(services, address)),
    )
    if not begins:
        return facts
    addresses = addresses_of_person(store, address)
    since = services.clock.now() - CAPS_LOOK_BACK
    begun = [
        one
        for one in store.messages(addresses=addresses, gated_since=since)
        if one.kind == "initiated" and one.gated_at and not one.meant_for
    ]
    live = [
        interview
        for one in addresses
        for interview in store.live_interviews(one)
        if interview.interview_id != besides and not interview.test
    ]
    others = [one for one in begun if one.interview_id != besides or one.seq == REMINDER]
    return facts.model_copy(
        update={
            "invited_at": tuple(m.gated_at for m in others if m.seq != REMINDER),
            "initiated_at": tuple(m.gated_at for m in begun),
            "reminders": sum(m.seq == REMINDER and m.interview_id == besides for m in begun),
            "live_until": max((interview.expires_at for interview in live), default=None),
        }
    )


def _volume(services: Services, study: Study, invitation: Invitation) -> dict[str, object]:
    """Whether the study may still ask, by its quota and by the volume of the person's own day."""
    limits, store = study.guide.outreach, services.store
    known: dict[str, object] = {}
    if limits.quota:
        known["quota_used"] = store.invited(study.slug) >= limits.quota
    if limits.per_day and invitation.zones:
        zone = ZoneInfo(invitation.zones[0])
        local = services.clock.now().astimezone(zone)
        today = local.replace(hour=0, minute=0, second=0, microsecond=0)
        if store.invited(study.slug, today) >= limits.per_day:
            known["volume_free_at"] = (today + timedelta(days=1)).astimezone(zone)
    return known


def _stopped_until(services: Services, message: OutboundMessage) -> datetime | None:
    """When the sender may try the United States again after the provider took none for there."""
    if message.channel != "sms" or country_of(message.address) != "US":
        return None
    since = services.clock.now() - STOPPED_FOR
    refused = services.store.messages(channel="sms", gated_since=since, error_code=UNREGISTERED)
    times = [one.gated_at for one in refused if one.gated_at]
    return max(times) + STOPPED_FOR if times else None


def _sender_free_at(services: Services, sending: Sending) -> datetime | None:
    """When the sender has a place again; who waits is spread over the time that all need.

    So a thousand that are due at nine come back at the sender's pace, not all every minute.
    """
    pace = services.policy.per_minute.get(sending.message.channel)
    if not pace:
        return None
    now = services.clock.now()
    recent = services.store.messages(channel=sending.message.channel, gated_since=now - MINUTE)
    if len(recent) < pace:
        return None
    free_at = min(one.gated_at for one in recent if one.gated_at) + MINUTE
    waiting = services.store.backlog(free_at)
    place = int.from_bytes(hashlib.sha256(sending.intent_id.encode()).digest()[:8]) / 2**64
    return free_at + MINUTE * (place * waiting / pace)


def _holidays(study: Study, regions: frozenset[str], address: str, at: datetime) -> frozenset[date]:
    """The public holidays where this person may be, when the study asks for them."""
    if not study.guide.outreach.skip_holidays:
        return frozenset()
    by_number = None if "@" in address or regions or not address else country_of(address)
    places = regions or frozenset({by_number} if by_number else ())
    years = {at.year, (at + timedelta(days=30)).year}
    return frozenset().union(*(public_holidays(p, year) for p in places for year in years))


def _policy(services: Services) -> ContactPolicy:
    """The installation's rules, with the hosts that a message may link to."""
    return services.policy.model_copy(update={"link_hosts": services.organization.hosts})


def _names(services: Services, guide: InterviewGuide, interview: Interview) -> tuple[str, ...]:
    """The event and the day, as far as the guide names them and they are known."""
    values = wording.known_values(
        guide, services.phrases, interview.context, interview.language, interview.channel
    )
    return tuple(values[key] for key in ("event", "day") if key in guide.names and key in values)


def _zones(services: Services, interview: Interview, address: str) -> frozenset[str]:
    """Where the respondent may be: as planned, else by the number."""
    for invitation in services.store.invitations(address=address):
        if invitation.interview_id == interview.interview_id:
            return frozenset(invitation.zones)
    by_number = zones_for(phone=None if "@" in address else address)
    return by_number or _zones_on_record(services, interview)


def _zones_on_record(services: Services, interview: Interview) -> frozenset[str]:
    """Where the goods went, or where the account is."""
    find = services.store.find
    shipments = find(Shipment, shipment_ref=interview.shipment_ref or "")
    accounts = find(Account, account_ref=interview.account_ref or "")
    zones = [*(one.timezone for one in shipments), *(one.timezone for one in accounts)]
    return frozenset(zone for zone in zones if zone)
