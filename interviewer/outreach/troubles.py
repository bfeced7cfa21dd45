"""What a provider says became of a message, and what has to be done about it."""

import logging
from datetime import timedelta

from interviewer.core.book import Suppression
from interviewer.core.errors import NotFound, Trouble
from interviewer.core.invitation import Job, OutboundMessage
from interviewer.outreach import brake
from interviewer.ports import DeliveryReport, Services

log = logging.getLogger(__name__)

AGAIN = timedelta(hours=2)  # after which a phone that was off is tried once more


def take_report(services: Services, report: DeliveryReport) -> None:
    """Note a report, in whatever order reports come; one that says nothing new changes nothing."""
    now = services.clock.now()
    try:
        message = services.store.report_delivery(
            report.message_key, report.provider_id, report.delivery, report.error_code, now
        )
    except NotFound:
        log.warning("a report about a message that is not known")
        return
    if message:
        act_on(services, message, report.trouble, report.error_code or "")


def act_on(services: Services, message: OutboundMessage, trouble: Trouble, code: str) -> None:
    """Do what a provider's error asks for."""
    if trouble != "none":
        log.error("message %s: error %s of the provider: %s", message.message_key, code, trouble)
    if trouble == "suppress":
        _suppress(services, message, code)
    elif trouble == "retry":
        _try_again(services, message)
    elif trouble == "pause_study":
        study = _study_of(services, message)
        if study:
            brake.apply(services, study, f"the provider filters its texts as spam (error {code})")
    elif trouble == "stop_sender":
        by_sms = {s.slug for s in services.store.studies() if message.channel in s.guide.channels}
        _pause(services, by_sms)


def _suppress(services: Services, message: OutboundMessage, code: str) -> None:
    if message.channel == "chat":
        return
    stop = Suppression(
        address=message.address,
        channel=message.channel,
        status="suppressed",
        source=f"error {code} of the provider",
        evidence=f"message {message.message_key}",
        at=services.clock.now(),
    )
    services.store.put([stop])


def _try_again(services: Services, message: OutboundMessage) -> None:
    """Once: it certainly did not arrive, so it is due again later, when the gate is asked anew."""
    if message.attempt:
        return
    due_at = services.clock.now() + AGAIN
    waits = {"state": "pending", "due_at": due_at, "attempt": 1, "gated_at": None}
    again = message.model_copy(update={**waits, "reason": "the phone was not reached"})
    with services.store.transaction() as store:
        store.move_message(again, "sent", "failed")
        store.schedule([Job(step="send", subject=message.message_key, due_at=due_at)])


def _study_of(services: Services, message: OutboundMessage) -> str | None:
    if message.interview_id is None:
        return None
    return services.store.interview(message.interview_id).study


def _pause(services: Services, slugs: set[str]) -> None:
    """Invite nobody any more until a person has looked at it."""
    now = services.clock.now()
    for study in services.store.studies():
        if study.slug in slugs and study.state == "live":
            services.store.set_study_state(study.slug, "paused", now)
            services.store.hold_invitations(study.slug, "held", "G06: the study is paused")
            log.error("the study %s was paused", study.slug)
