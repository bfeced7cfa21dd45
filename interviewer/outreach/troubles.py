"""What a provider says became of a message, and what has to be done about it."""

import logging
from datetime import timedelta

from interviewer.core.book import Suppression
from interviewer.core.errors import NotFound, Trouble
from interviewer.core.invitation import Job, OutboundMessage
from interviewer.core.notice import Occurrence
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
    if trouble in ("suppress", "bad_number"):
        _suppress(services, message, code)
    if trouble == "bad_number" or (trouble == "retry" and message.attempt):
        _try_otherwise(services, message, code)
    elif trouble == "retry":
        _try_again(services, message)
    elif trouble == "pause_study":
        study = _study_of(services, message)
        if study:
            brake.apply(services, study, f"the provider filters its texts as spam (error {code})")
    elif trouble == "stop_sender":  # the gate sees it by the error of this message
        stopped = Occurrence(kind="sender.stopped", about=code, at=services.clock.now())
        services.store.add_occurrences([stopped])


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
    """It certainly did not arrive, so it is due again later, once, when the gate is asked anew."""
    due_at = services.clock.now() + AGAIN
    waits = {"state": "pending", "due_at": due_at, "attempt": 1, "gated_at": None}
    waits |= {"provider_id": None}
    again = message.model_copy(update={**waits, "reason": "the phone was not reached"})
    with services.store.transaction() as store:
        store.move_message(again, "sent", "failed")
        store.schedule([Job(step="send", subject=message.message_key, due_at=due_at)])


def _study_of(services: Services, message: OutboundMessage) -> str | None:
    if message.interview_id is None:
        return None
    return services.store.interview(message.interview_id).study


def _try_otherwise(services: Services, message: OutboundMessage, code: str) -> None:
    """An invitation that certainly did not arrive counts in no cap, and may go another way."""
    if message.kind != "initiated" or message.seq != 0 or message.channel != "sms":
        return
    now, store = services.clock.now(), services.store
    own = (one for one in store.invitations(address=message.address))
    invitation = next((one for one in own if one.interview_id == message.interview_id), None)
    if invitation is None:
        return
    lost = {"state": "failed", "reason": f"the provider could not deliver it: {code}"}
    with store.transaction() as inside:
        if message.state == "sent":
            inside.move_message(message.model_copy(update=lost), "sent")
        inside.schedule([Job(step="reroute", subject=invitation.invitation_id, due_at=now)])
