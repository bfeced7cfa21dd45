"""Actions that the network can do for a shipment, offered where an interview ends or on its page.

The list is the one that was told last; an empty one takes all back.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from interviewer.core import wording
from interviewer.core.book import AvailableAction, Shipment, ShipmentEvent
from interviewer.core.interview import Decision, Interview, Trace, Turn
from interviewer.core.offer import (
    OFFERED_AT,
    current,
    has_offers,
    offers,
)
from interviewer.core.shipment import fold
from interviewer.core.sms_text import fits_sms
from interviewer.ports import Services


def possible(services: Services, shipment_ref: str) -> tuple[AvailableAction, ...]:
    """What the transport system says can be done for this shipment now."""
    return current(_listed(services, shipment_ref), services.clock.now())


def _listed(services: Services, shipment_ref: str) -> Sequence[AvailableAction]:
    for shipment in services.store.find(Shipment, shipment_ref=shipment_ref):
        if shipment.available_actions is not None:
            return shipment.available_actions
    return fold(services.store.find(ShipmentEvent, shipment_ref=shipment_ref)).available_actions


def offered(services: Services, interview: Interview) -> tuple[AvailableAction, ...]:
    """What this respondent may be offered now, asked for already or not."""
    if not has_offers(interview):
        return ()
    listed = possible(services, interview.shipment_ref or "")
    if not listed:
        return ()
    is_heard = any(
        one.format == "standard" and one.wants("action.requested")
        for one in services.store.destinations()
    )
    hosts = services.organization.hosts
    return offers(listed, services.clock.now(), hosts=hosts, is_heard=is_heard)


def still_offered(
    services: Services, interview: Interview, action_id: str
) -> AvailableAction | None:
    """The action, if a choice of it can be passed on now."""
    found = (one for one in offered(services, interview) if one.id == action_id)
    return next((one for one in found if one.link is None), None)


def with_offer(
    services: Services,
    interview: Interview,
    decision: Decision,
    said: Turn,
    *,
    sms_link: bool = False,
) -> Turn:
    """The closing with what is possible still, to be chosen by a number; a page has buttons.

    As many actions as fit the channel; where none does, the closing as it is. With `sms_link` an
    SMS may name those that have a page of their own.
    """
    is_closing = decision.move == "close" and decision.reason in OFFERED_AT
    if not is_closing or interview.channel == "chat":
        return said
    asked = {one.action_id for one in services.store.requests(interview_id=interview.interview_id)}
    open_ones = [one for one in offered(services, interview) if one.id not in asked]
    if interview.channel == "sms" and not sms_link:
        open_ones = [one for one in open_ones if one.link is None]
    for text, chosen in _texts(services, interview, said.text, open_ones):
        if interview.channel == "email" or fits_sms(text, first=False):
            ids = tuple(one.id for one in chosen if one.link is None)
            trace = (said.trace or Trace()).model_copy(update={"offers": ids})
            return said.model_copy(update={"text": text, "trace": trace})
    return said


def _texts(
    services: Services, interview: Interview, closing: str, actions: Sequence[AvailableAction]
) -> Iterator[tuple[str, Sequence[AvailableAction]]]:
    """The fullest text first: all actions behind the closing, behind a thank-you, then fewer."""
    thanks = wording.preface(services.phrases, interview.language, "acknowledge").text
    by_number = sorted(actions, key=lambda one: one.link is not None)
    for number in range(len(by_number), 0, -1):
        chosen = by_number[:number]
        until = min((one.until for one in chosen if one.until), default=None)
        said = wording.offer(
            services.phrases,
            interview.language,
            [(one.label.strip(), one.link) for one in chosen],
            until_words(services, interview, until) if until else None,
        )
        for head in (closing, thanks):
            yield f"{head} {said.text}", chosen


def until_words(services: Services, interview: Interview, until: datetime) -> str:
    """A time in words, on the clock of where the goods go, else in UTC."""
    found = services.store.find(Shipment, shipment_ref=interview.shipment_ref or "")
    zone = next((one.timezone for one in found if one.timezone), None)
    local = until.astimezone(ZoneInfo(zone or "UTC"))
    said = wording.say_time(services.phrases, interview.language, local)
    return said if zone else f"{said} UTC"
