"""No more mails to an address: by the link of a mail, in one click (RFC 8058)."""

from interviewer.core.book import Suppression
from interviewer.outreach.mail_text import mail_of
from interviewer.ports import Services


def unsubscribe(services: Services, token: str) -> None:
    """Sign off the address that a mail with this token went to; twice is as once.

    Raises:
        NotFound: The token is none of ours.
    """
    mail = mail_of(services, token)
    if mail.channel != "email":
        return
    stop = Suppression(
        address=mail.address,
        channel="email",
        status="suppressed",
        source="unsubscribed by the link of a mail",
        evidence=f"message {mail.message_key}",
        at=services.clock.now(),
    )
    services.store.put([stop])
