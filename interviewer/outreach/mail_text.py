"""What a mail says beside the question: its link, its foot, its subject, and the tokens in it.

A token names the mail that it was sent with, and is signed: whoever has it got that mail.
"""

from interviewer.core import wording
from interviewer.core.contact import SUBJECT
from interviewer.core.errors import NotFound
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.invitation import OutboundMessage
from interviewer.core.sms_text import fits_sms, sms_text
from interviewer.ports import Services
from interviewer.sealing import Sealer

SIGNATURE = 20  # hex digits; an address holds 64 characters before its @


def mail_token(sealer: Sealer, message_key: str) -> str:
    """What the addresses and links of a mail carry."""
    name = message_key.replace(":", ".")
    return f"{name}.{sealer.sign(f'mail:{name}')[:SIGNATURE]}"


def mail_of(services: Services, token: str) -> OutboundMessage:
    """The mail that a token was sent with.

    Raises:
        NotFound: The token is none of ours.
    """
    name, _, signature = token.rpartition(".")
    if not services.sealer.is_signed(f"mail:{name}", signature, SIGNATURE):
        raise NotFound
    return services.store.message(":".join(name.rsplit(".", 1)))


def unsubscribe_link(services: Services, message_key: str) -> str:
    """The page that signs an address off."""
    public_url = services.organization.public_url
    return f"{public_url}/unsubscribe/{mail_token(services.sealer, message_key)}"


def invitation_text(services: Services, interview: Interview, link: str, message_key: str) -> str:
    """The first question with the way to answer it, and a foot with all that the law asks for."""
    said = wording.phrases_for(services.phrases, interview.language).mail
    who = services.organization
    foot = (
        str(interview.context.get("brand") or who.brand),
        who.postal_address,
        who.privacy_url and f"{said['privacy']}: {who.privacy_url}",
        f"{said['check']}: {who.public_url}/is-this-real",
        f"{said['unsubscribe']}: {unsubscribe_link(services, message_key)}",
    )
    lines = "\n".join(line for line in foot if line)
    return f"{interview.turns[0].text}\n\n{said['answer']}: {link}\n\n-- \n{lines}"


def with_link(services: Services, interview: Interview, text: str, link: str) -> str:
    """An SMS with the way to the page behind it; as it was where there is no room."""
    said = wording.phrases_for(services.phrases, interview.language).mail
    whole = sms_text(f"{text} {said['answer']}: {link}")
    return whole if fits_sms(whole, first=True) else text


def invitation_subject(services: Services, guide: InterviewGuide, interview: Interview) -> str:
    """Who writes and about what; no name, address or item, for it is read on a lock screen."""
    said = wording.phrases_for(services.phrases, interview.language).mail
    values = wording.known_values(
        guide, services.phrases, interview.context, interview.language, "sms"
    )
    text = wording.fill(said["subject"], values)
    return text if len(text) <= SUBJECT else values["brand"][:SUBJECT]
