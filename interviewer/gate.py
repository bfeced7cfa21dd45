"""The send gate asked with what is known now; nothing goes out around it.

The rules are `core.contact.may_contact`. It is asked three ways: when an invitation is planned
(there is no text yet), when its first message is about to go, and for every reply.
"""

from datetime import datetime
from urllib.parse import urlsplit

from interviewer.core import wording
from interviewer.core.book import Consent, Suppression
from interviewer.core.contact import (
    ContactFacts,
    ContactPolicy,
    Permit,
    Refusal,
    SendIntent,
    may_contact,
)
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Channel, Interview
from interviewer.core.invitation import Invitation, OutboundMessage
from interviewer.core.study import Study
from interviewer.people import Person, addresses_of_person
from interviewer.ports import Services
from interviewer.zones import zones_for

ENDS = ("close", "hand_off", "opt_out")  # moves after which an interview is over
ON_NO_LOCK_SCREEN = ("item", "address", "price")  # context keys that no first line shows


def may_plan(
    services: Services,
    study: Study,
    person: Person,
    channel: Channel,
    at: datetime,
    ends_at: datetime,
) -> Permit | Refusal:
    """Whether an invitation may go to this person at this time, as far as is known before."""
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
        update={"study_state": study.state, "zones": person.zones, "regions": person.regions}
    )
    return may_contact(intent, facts, _policy(services), at)


def may_invite(
    services: Services,
    study: Study,
    invitation: Invitation,
    interview: Interview,
    message: OutboundMessage,
) -> Permit | Refusal:
    """The decisive question, with the very message that would go out."""
    intent = SendIntent(
        kind="initiated",
        channel=message.channel,
        address=message.address,
        text=message.text,
        subject=message.subject,
        language=interview.language,
        audience=study.guide.audience,
        is_first=True,
        names=_names(services, study.guide, interview),
        hides=tuple(str(v) for key in ON_NO_LOCK_SCREEN if (v := interview.context.get(key))),
        ends_at=invitation.expires_at,
    )
    facts = _facts(services, message.address, besides=interview.interview_id).model_copy(
        update={
            "study_state": study.state,
            "zones": frozenset(invitation.zones),
            "regions": frozenset(invitation.regions),
        }
    )
    brand = str(interview.context.get("brand") or "")
    if not brand:
        return Refusal("G11", "no brand is named; set INTERVIEWER_BRAND")
    return may_contact(
        intent,
        facts,
        _policy(services).model_copy(update={"brand": brand}),
        services.clock.now(),
    )


def may_reply(services: Services, message: OutboundMessage) -> Permit | Refusal:
    """Whether what answers a respondent may go out now."""
    interview = services.store.interview(message.interview_id)
    study = services.store.study(interview.study, interview.study_version)
    ends = next((turn.seq for turn in interview.said if turn.move in ENDS), message.seq)
    turn = interview.turns[message.seq]
    confirms = turn.move == "opt_out"
    intent = SendIntent(
        kind="confirmation" if confirms else "reply",
        channel=message.channel,
        address=message.address,
        text=message.text,
        language=turn.language,
        audience=study.guide.audience,
        is_thanks=message.seq > ends,
    )
    facts = _facts(services, message.address, besides=interview.interview_id).model_copy(
        update={
            "zones": _zones(services, interview, message.address),
            "opted_out_at": interview.closed_at if confirms else None,
            "last_inbound_at": max(answer.at for answer in interview.answers),
            "is_closed": message.seq > ends,
        }
    )
    return may_contact(intent, facts, _policy(services), services.clock.now())


def reason(refusal: Refusal) -> str:
    """The rule and its words, as they are kept with an invitation."""
    return f"{refusal.reason}: {refusal.detail}"


def _facts(services: Services, address: str, *, besides: str | None = None) -> ContactFacts:
    """What is known of the person at this address; `besides` is the interview it is about."""
    store = services.store
    addresses = addresses_of_person(store, address)
    invited_at = tuple(
        sent.sent_at
        for one in addresses
        for sent in store.invitations(address=one, state="sent")
        if sent.sent_at and sent.interview_id != besides
    )
    live = [
        interview
        for one in addresses
        for interview in store.live_interviews(one)
        if interview.interview_id != besides
    ]
    return ContactFacts(
        consents=tuple(store.find(Consent, address=address)),
        suppressions=tuple(store.find(Suppression, address=address)),
        invited_at=invited_at,
        initiated_at=invited_at,
        live_until=max((interview.expires_at for interview in live), default=None),
    )


def _policy(services: Services) -> ContactPolicy:
    """The installation's rules, with the hosts that a message may link to."""
    organization = services.organization
    links = (organization.public_url, organization.privacy_url)
    hosts = {urlsplit(link).netloc.casefold() for link in links} - {""}
    return services.policy.model_copy(update={"link_hosts": frozenset(hosts)})


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
    return zones_for(phone=None if "@" in address else address)
