"""Actions that respondents ask for: chosen, passed on, confirmed or refused by the network.

A choice leaves as the webhook `action.requested`; nothing else is written anywhere. What the
network answers goes back to the respondent through the send gate, once. Where it does not answer in
time, a person gets a case.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

from interviewer.access import audit
from interviewer.core import wording
from interviewer.core.book import AvailableAction
from interviewer.core.contact import Refusal
from interviewer.core.errors import Conflict, InvalidInput, NotAllowed
from interviewer.core.interview import Channel, Interview, Trace, Turn
from interviewer.core.invitation import Job, OutboundMessage
from interviewer.core.notice import Occurrence
from interviewer.core.offer import (
    ActionAnswer,
    ActionRequest,
    case_of_unanswered,
    request_for,
)
from interviewer.core.sms_text import sms_text
from interviewer.core.wording import Wording
from interviewer.interviews import offering
from interviewer.outreach import gate
from interviewer.outreach.gate import Sending
from interviewer.ports import Services

TRIES = 3  # when the respondent writes in the meantime


@dataclass(frozen=True, slots=True)
class Offered:
    """An action with what became of it in this interview."""

    action: AvailableAction
    request: ActionRequest | None = None


def of_interview(services: Services, interview: Interview) -> list[Offered]:
    """What is offered now, and what was asked for, whether it is still possible or not."""
    asked = services.store.requests(interview_id=interview.interview_id)
    by_id = {one.action_id: one for one in asked}
    now_possible = offering.offered(services, interview)
    shown = [Offered(one, by_id.pop(one.id, None)) for one in now_possible]
    gone = (
        Offered(AvailableAction(id=one.action_id, label=one.label, until=one.until), one)
        for one in by_id.values()
    )
    return [*shown, *gone]


def told(services: Services, shipment_ref: str | None) -> Iterator[tuple[str, str]]:
    """For people of ours: what the network can do for a shipment now, and what was asked for."""
    if shipment_ref is None:
        return
    for action in offering.possible(services, shipment_ref):
        until = f", until {action.until:%Y-%m-%d %H:%M} UTC" if action.until else ""
        yield "possible now", f"{action.label}{until}"
    for one in services.store.requests(shipment_ref=shipment_ref):
        at = one.settled_at or one.chosen_at
        said = f": {one.text}" if one.text else ""
        yield "asked for", f"{one.label}, {one.state} {at:%Y-%m-%d %H:%M} UTC{said}"


def choose(services: Services, interview_id: str, action_id: str) -> ActionRequest:
    """Ask the network for an action; the same choice again is the same request.

    Raises:
        NotFound: There is no such interview.
        NotAllowed: It is not offered, or not any more; nothing was asked for.
    """
    interview = services.store.interview(interview_id)
    for known in services.store.requests(interview_id=interview_id):
        if known.action_id == action_id:
            return known
    action = offering.still_offered(services, interview, action_id)
    if action is None:
        raise NotAllowed("This is not possible any more; nothing was asked for.")
    request = request_for(interview, action, services.clock.now())
    services.store.add_request(request)
    return services.store.request(request.request_id)


def answer(
    services: Services, said: ActionAnswer, *, actor: str = audit.COMMAND_LINE
) -> ActionRequest:
    """Take in what the network says; the same answer again changes nothing.

    Raises:
        NotFound: There is no such request.
        InvalidInput: It is about another shipment.
        Conflict: It was answered otherwise, or a person has it by now.
    """
    known = services.store.request(said.request_id)
    if said.shipment_ref not in (None, known.shipment_ref):
        raise InvalidInput("shipment_ref", "is not the shipment of this request", said.shipment_ref)
    if known.state == said.state:
        return known
    if known.state != "requested":
        after = "a person looks at it" if known.state == "expired" else "it changes no more"
        raise Conflict(f"Request {known.request_id} is {known.state} already: {after}.")
    settled = known.model_copy(
        update={
            "state": said.state,
            "settled_at": services.clock.now(),
            "text": said.text,
            "until": said.until or known.until,
        }
    )
    for tries_left in reversed(range(TRIES)):
        try:
            _settle(services, settled)
        except Conflict:
            if not tries_left:
                raise
        else:
            break
    audit.record(services, actor, f"action.{settled.state}", f"action:{settled.request_id}")
    return settled


def _settle(services: Services, settled: ActionRequest) -> None:
    """The answer and the message about it, or nothing."""
    with services.store.transaction() as store:
        inside = replace(services, store=store)
        store.settle_request(settled)
        _tell(inside, store.interview(settled.interview_id), settled)


def _tell(services: Services, interview: Interview, settled: ActionRequest) -> None:
    """What came of it, as a turn; beyond the page as a message, when the send gate lets it out.

    With what the network adds; without that where the gate would not let it out.
    """
    brand = interview.context.get("brand") or services.organization.brand
    for added in dict.fromkeys((settled.text, None)):
        said = wording.action_outcome(
            services.phrases,
            interview.language,
            brand=str(brand) if brand else None,
            is_confirmed=settled.state == "confirmed",
            label=settled.label,
            text=added,
        )
        after = _with_turn(services, interview, said)
        message = _message(after, settled.request_id)
        if message is None:
            services.store.save_interview(after)
            return
        study = services.store.study(after.study, after.study_version)
        decided = gate.may_send(services, Sending(message, after, study))
        if not isinstance(decided, Refusal) or decided.retry_at:
            services.store.save_interview(after, outbox=[message])
            return


def _with_turn(services: Services, interview: Interview, said: Wording) -> Interview:
    turn = Turn(
        seq=len(interview.turns),
        speaker="interviewer",
        text=said.text,
        at=services.clock.now(),
        language=interview.language,
        move="outcome",
        trace=Trace(template=said.template),
    )
    return interview.add(turn)


def _message(interview: Interview, request_id: str) -> OutboundMessage | None:
    """The newest turn on its way to where they were first asked; None where there is only a page.

    Who answered on the page has left it by now: their number or mail address is told.
    """
    if interview.address is None:
        return None
    turn, brand = interview.turns[-1], interview.context.get("brand")
    channel: Channel = "email" if "@" in interview.address else "sms"
    return OutboundMessage(
        message_key=f"{interview.interview_id}:{turn.seq}",
        interview_id=interview.interview_id,
        seq=turn.seq,
        kind="answer",
        channel=channel,
        address=interview.address,
        text=sms_text(turn.text) if channel == "sms" else turn.text,
        subject=str(brand) if channel == "email" and brand else None,
        language=turn.language,
        answers=request_id,
    )


async def expire(services: Services, job: Job) -> None:
    """Nobody answered in time: a person looks at it.

    Raises:
        Conflict: It was answered just now.
    """
    await asyncio.to_thread(_expire, services, job)


def _expire(services: Services, job: Job) -> None:
    request, now = services.store.request(job.subject), services.clock.now()
    if request.state != "requested":
        services.store.end(job)
        return
    over = request.model_copy(update={"state": "expired", "settled_at": now})
    with services.store.transaction() as store:
        store.settle_request(over)
        interview = store.interview(request.interview_id)
        case = case_of_unanswered(interview, request, now)
        opened = Occurrence(kind="case.opened", about=case.case_id, at=now)
        store.save_interview(interview, case=case, occurrences=[opened])
