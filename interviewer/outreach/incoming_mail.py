"""Mails that came to us: an answer joins its interview, a bounce or a complaint ends our mails.

A mail is known by the token in the address that it went to, never by who it says it is from:
anybody can write any name there.
"""

from typing import Literal

from interviewer.core.errors import NotFound, Trouble
from interviewer.core.inbound import ReadMail
from interviewer.core.invitation import OutboundMessage
from interviewer.outreach import brake, inbound, troubles
from interviewer.outreach.mail_text import mail_of
from interviewer.ports import DeliveryReport, Received, Services

Outcome = Literal["answer", "known", "bounce", "soft_bounce", "complaint", "automatic", "not_ours"]
TROUBLES: dict[str, Trouble] = {
    "bounce": "suppress",
    "complaint": "suppress",
    "soft_bounce": "retry",
}


def take_mail(services: Services, mail: ReadMail) -> Outcome:
    """Do what a mail asks for; taken twice it changes nothing more."""
    if mail.kind == "automatic":
        return "automatic"  # never answered (RFC 3834)
    try:
        about = mail_of(services, mail.token or "")
    except NotFound:
        return "not_ours"
    if mail.kind == "answer":
        return _answered(services, mail, about)
    trouble, known = TROUBLES[mail.kind], about.provider_id or ""
    code = brake.COMPLAINT if mail.kind == "complaint" else mail.status
    report = DeliveryReport(about.message_key, known, "failed", code, trouble)
    troubles.take_report(services, report)
    return mail.kind


def _answered(services: Services, mail: ReadMail, about: OutboundMessage) -> Outcome:
    came = Received(
        channel="email",
        provider_id=mail.provider_id,
        address=about.address,
        text=mail.text,
        interview_id=about.interview_id,
    )
    return "answer" if inbound.take(services, came) else "known"
