"""A person of ours writes to a respondent: into an interview, or what came of a case.

It passes the send gate like every message, once for each case and for each answer of theirs.
From then on the program says nothing more in that interview.
"""

from dataclasses import replace

from interviewer.access import audit
from interviewer.core.contact import Refusal
from interviewer.core.errors import Conflict, InvalidInput, NotAllowed
from interviewer.core.interview import Interview, Turn
from interviewer.core.invitation import OutboundMessage
from interviewer.core.notice import Occurrence
from interviewer.core.sms_text import sms_text
from interviewer.interviews.conversation import check_text
from interviewer.outreach import gate
from interviewer.outreach.gate import Sending
from interviewer.ports import Services

ABOUT_THE_TEXT = ("G12", "G13")  # what a person can mend: the length, a link


def reply(
    services: Services, interview_id: str, by: str, text: str, *, actor: str = audit.COMMAND_LINE
) -> OutboundMessage:
    """Answer what the respondent said last, as a person.

    Raises:
        NotFound: There is no such interview.
        InvalidInput: The text is empty, too long, or has a link that is not allowed.
        NotAllowed: The interview ended by itself, or the send gate says no.
        Conflict: It was answered already.
    """
    with services.store.transaction() as store:
        inside, interview = replace(services, store=store), store.interview(interview_id)
        if not interview.answers:
            raise NotAllowed("They have not said anything yet.")
        if interview.status == "closed":
            raise NotAllowed("This interview is over; its case can be answered once, with a tell.")
        answered = f"{interview_id}:{interview.answers[-1].seq}"
        message = write(inside, interview, by, text, answers=answered)
    audit.record(services, actor, "interview.reply", f"interview:{interview_id}", by=by)
    return message


def write(
    services: Services, interview: Interview, by: str, text: str, *, answers: str
) -> OutboundMessage:
    """Store the words as a turn and send them on the interview's channel, in a transaction.

    Args:
        services: `store` is inside a transaction.
        interview: Where it is written.
        by: Who writes: an e-mail address or a name; what is before an @ is shown.
        text: The words.
        answers: The case, request or turn that this answers.
    """
    text = check_text(text).strip()
    if not text:
        raise InvalidInput("text", "is empty; say it in a sentence")
    if interview.status == "opted_out":
        raise NotAllowed("They asked to hear no more from us; nothing is written to them.")
    earlier = services.store.messages(interview_id=interview.interview_id)
    if any(one.answers == answers and one.state != "failed" for one in earlier):
        raise Conflict("This was answered already; they hear of it once.")
    after = _taken_over(services, interview, by, text)
    study = services.store.study(after.study, after.study_version)
    sending = Sending(_message(after, answers), after, study)
    decided = gate.may_send(services, sending)
    if isinstance(decided, Refusal) and decided.retry_at is None:
        if decided.reason in ABOUT_THE_TEXT:
            raise InvalidInput("text", decided.detail)
        raise NotAllowed(f"It may not be sent: {gate.reason(decided)}.")
    message = sending.message
    if message.channel == "chat":  # their page shows it; there is nobody to hand it to
        now = services.clock.now()
        message = message.model_copy(update={"state": "sent", "gated_at": now, "sent_at": now})
    services.store.save_interview(
        after, outbox=[message], occurrences=_handed_off(interview, after)
    )
    return message


def _taken_over(services: Services, interview: Interview, by: str, text: str) -> Interview:
    """The interview with the turn; one that was still open is in the hands of this person."""
    now = services.clock.now()
    turn = Turn(
        seq=len(interview.turns),
        speaker="agent",
        text=text,
        at=now,
        language=interview.language,
        author=by.partition("@")[0],
    )
    after = interview.add(turn)
    if interview.status != "open":
        return after
    return after.evolve(status="handed_off", close_reason="taken_over", closed_at=now)


def _handed_off(before: Interview, after: Interview) -> list[Occurrence]:
    if before.status == after.status or after.closed_at is None:
        return []
    about = after.interview_id
    return [Occurrence(kind="interview.handed_off", about=about, at=after.closed_at)]


def _message(interview: Interview, answers: str) -> OutboundMessage:
    """The newest turn on its way; beyond the page the text says who writes."""
    turn, channel = interview.turns[-1], interview.channel
    named = f"{turn.author}: {turn.text}"
    brand = interview.context.get("brand")
    return OutboundMessage(
        message_key=f"{interview.interview_id}:{turn.seq}",
        interview_id=interview.interview_id,
        seq=turn.seq,
        kind="answer",
        channel=channel,
        address=interview.address or "",
        text={"sms": sms_text(named), "email": named}.get(channel, turn.text),
        subject=str(brand) if channel == "email" and brand else None,
        language=turn.language,
        answers=answers,
    )
