"""The links of interviews: replaced, revoked, and sent anew to who asks for it.

A link is its token, and only the hash of that is stored; so a lost one cannot be shown again.
"""

from datetime import timedelta

from interviewer.core.book import Consent, Suppression
from interviewer.core.contact import has_consent, is_suppressed
from interviewer.core.errors import Conflict, NotFound
from interviewer.core.interview import Interview
from interviewer.core.invitation import OutboundMessage
from interviewer.interviews.conversation import token_hash
from interviewer.outreach import mail_text
from interviewer.ports import Services

NEW_LINKS_A_DAY = 3  # per address


def replace_link(services: Services, interview_id: str) -> str:
    """Make a new link; the one before works no more. Its path is known only here.

    Raises:
        NotFound: There is no such interview.
    """
    token = services.new_token()
    now = services.clock.now()
    services.store.replace_link(interview_id, token_hash(token), "replaced", now)
    return f"/i/{token}"


def revoke_link(services: Services, interview_id: str) -> None:
    """Let the link work no more, and give no other one to who has it.

    Raises:
        NotFound: There is no such interview.
    """
    nobodys = token_hash(services.new_token())
    services.store.replace_link(interview_id, nobodys, "revoked", services.clock.now())


def send_new_link(services: Services, token: str) -> bool:
    """Mail a new link to the address on file; whether one goes out, which its asker never learns.

    Only for a link of ours, to the same person, a few times a day. An interview whose time is
    over is open again: its person asked for it. One that is finished stays so.
    """
    try:
        interview = _of_link(services, token)
    except NotFound:
        return False
    address = interview.address
    if address is None or "@" not in address or not _may_have_one(services, interview, address):
        return False
    if not _opened_again(services, interview):
        return False
    now = services.clock.now()
    sent = services.store.messages_to(address, now - timedelta(days=1))
    number = sum(":link" in message.message_key for message in sent)
    if number >= NEW_LINKS_A_DAY:
        return False
    key = f"{interview.interview_id}:link{int(now.timestamp())}"
    link = f"{services.organization.public_url}{replace_link(services, interview.interview_id)}"
    guide = services.store.study(interview.study, interview.study_version).guide
    mail = OutboundMessage(
        message_key=key,
        interview_id=None,  # it is no turn of it
        seq=0,
        kind="help",
        channel="email",
        address=address,
        text=mail_text.invitation_text(services, interview, link, key),
        subject=mail_text.invitation_subject(services, guide, interview),
        language=interview.language,
    )
    services.store.add_messages([mail])
    return True


def _of_link(services: Services, token: str) -> Interview:
    """The interview of a link that works, whose time is over, or that was replaced."""
    try:
        return services.store.interview_by_token(token_hash(token))
    except NotFound:
        return services.store.interview_by_former_link(token_hash(token))


def _may_have_one(services: Services, interview: Interview, address: str) -> bool:
    is_unfinished = interview.status == "open" or interview.close_reason == "expired"
    study = services.store.study(interview.study)
    consents = services.store.find(Consent, address=address)
    stops = services.store.find(Suppression, address=address)
    return (
        is_unfinished
        and study.state != "closed"
        and bool(services.organization.public_url)
        and has_consent(consents, address, "email", services.clock.now())
        and not is_suppressed(stops, address, "email")
    )


def _opened_again(services: Services, interview: Interview) -> bool:
    now = services.clock.now()
    if interview.status == "open" and now < interview.expires_at:
        return True
    guide = services.store.study(interview.study, interview.study_version).guide
    again = interview.evolve(
        status="open", close_reason=None, closed_at=None, expires_at=now + guide.expires
    )
    try:
        services.store.save_interview(again)
    except Conflict:
        return False
    return True
