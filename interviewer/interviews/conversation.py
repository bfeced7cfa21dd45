"""One interview, from its first message to its last: `start` and `receive`.

A turn is two short transactions with the reading between them: nothing waits for a model with a
transaction open, and the reply is stored before anybody sees it. A known `message_id` gets its
recorded reply and nothing runs twice. Who writes on while a turn runs is answered once, to all.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from analysis.redact import SECRET_KINDS, redact
from interviewer.core import wording
from interviewer.core.book import Action, Suppression
from interviewer.core.case import case_from
from interviewer.core.decision import (
    Situation,
    case_of,
    corrected,
    decide,
    opt_out,
    option_of,
    person,
    urgent,
)
from interviewer.core.errors import Conflict, InvalidInput, NotAllowed
from interviewer.core.guide import InterviewGuide
from interviewer.core.inbound import ChatPart, together
from interviewer.core.interview import (
    Channel,
    Decision,
    Interview,
    Memory,
    Move,
    Status,
    Trace,
    Turn,
)
from interviewer.core.invitation import OutboundMessage
from interviewer.core.memory import memory_of, settled, topics_since
from interviewer.core.notice import Occurrence, occurrences_of
from interviewer.core.offer import ActionRequest, choice_in, request_for
from interviewer.core.reading import Reading
from interviewer.core.sms_text import sms_text
from interviewer.core.study import Study
from interviewer.interviews.hearing import followed, hear, read_by_rules, read_offline
from interviewer.interviews.offering import still_offered, with_offer
from interviewer.interviews.saying import say, turn_of
from interviewer.ports import ReadAndWorded, Services

TEXT_LIMIT = 2000  # characters; longer texts are refused by API and chat
SAVES = 3  # tries, when somebody else changes the interview in the meantime


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the respondent."""

    text: str
    move: Move


@dataclass(frozen=True, slots=True)
class Reply:
    """What answers one inbound message."""

    messages: tuple[Message, ...]
    status: Status


@dataclass(frozen=True, slots=True)
class Started:
    """A new interview; the token of its link is known only here."""

    interview: Interview
    token: str

    @property
    def reply(self) -> Reply:
        """The opener."""
        return reply_of(self.interview.turns, self.interview.status)


def token_hash(token: str) -> str:
    """What is stored of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def reply_of(turns: tuple[Turn, ...], status: Status) -> Reply:
    """Interviewer turns as the messages they were."""
    said = (turn for turn in turns if turn.speaker == "interviewer")
    return Reply(tuple(Message(turn.text, turn.move or "ask") for turn in said), status)


@dataclass(frozen=True, slots=True)
class Opening:
    """Whom a new interview is with, and what is known."""

    context: Mapping[str, Any]
    name: str | None = None
    language: str | None = None
    channel: Channel = "chat"
    contact_ref: str | None = None
    account_ref: str | None = None
    shipment_ref: str | None = None
    address: str | None = None
    test: bool = False


async def start(services: Services, slug: str, opening: Opening) -> Started:
    """Begin an interview of a study with its first message.

    Raises:
        NotFound: There is no such study.
        NotAllowed: The study is closed.
    """
    study = await asyncio.to_thread(services.store.study, slug)
    if study.state == "closed":
        raise NotAllowed(f"the study {slug!r} is closed")
    started = await asyncio.to_thread(begin, services, study, opening)
    await asyncio.to_thread(
        services.store.add_interview, started.interview, token_hash(started.token)
    )
    return started


def recall(services: Services, study: Study, opening: Opening) -> Memory | None:
    """What the account's earlier interviews pass on; recipients are not remembered."""
    if study.guide.audience != "b2b" or opening.contact_ref is None:
        return None
    closed = services.store.interviews(
        account_ref=opening.account_ref, status=("closed",), include_test=opening.test
    )
    latest: dict[str | None, Interview] = {}
    for interview in closed:  # newest first
        if interview.answers and interview.account_ref == opening.account_ref:
            latest.setdefault(interview.contact_ref, interview)
    own = latest.pop(opening.contact_ref, None)
    others = latest.values() if opening.account_ref else ()
    waiting = [
        action
        for action in services.store.find(Action, account_ref=opening.account_ref, done_at=None)
        if action.contact_ref in (None, opening.contact_ref)
    ]
    return memory_of(study.guide, own, others, waiting if opening.account_ref else ())


def begin(services: Services, study: Study, opening: Opening) -> Started:
    """A new interview with its first message; reads the store, and stores nothing yet."""
    guide = study.guide
    now = services.clock.now()
    language = guide.speaks(opening.language)
    memory = recall(services, study, opening)
    since = {"since": memory.at.date().isoformat()} if memory and memory.at else {}
    context = {**known(services, opening), **since}
    topics = topics_since(guide.open_topics(context), memory)
    opens = wording.opener_since if settled(guide, topics, memory) else wording.opener
    first = opens(guide, services.phrases, context, language, opening.channel)
    interview = Interview(
        interview_id=services.new_id(),
        study=study.slug,
        study_version=study.version,
        guide_hash=study.guide_hash,
        channel=opening.channel,
        language=language,
        context=context,
        respondent_name=opening.name,
        contact_ref=opening.contact_ref,
        account_ref=opening.account_ref or _text(context.get("account_ref")),
        shipment_ref=opening.shipment_ref or _text(context.get("shipment_ref")),
        address=opening.address,
        topics=topics,
        memory=memory,
        opened_at=now,
        expires_at=now + guide.expires,
        test=opening.test,
    ).add(
        Turn(
            seq=0,
            speaker="interviewer",
            text=first.text,
            at=now,
            language=language,
            move="ask",
            topic=topics[0],
            trace=Trace(template=first.template),
        )
    )
    return Started(interview, services.new_token())


def known(services: Services, opening: Opening) -> dict[str, Any]:
    """The context as it came; without a brand of its own the installation's."""
    brand = opening.context.get("brand") or services.organization.brand
    return {**opening.context, "brand": brand or None}


def _text(value: object) -> str | None:
    return str(value) if value is not None else None


async def rehearsed(
    services: Services, guide: InterviewGuide, interview: Interview, text: str
) -> Interview:
    """The interview after this answer, as `receive` makes it; nothing is stored."""
    answer = Turn(
        seq=len(interview.turns),
        speaker="respondent",
        text=redact(text, kinds=SECRET_KINDS),
        at=services.clock.now(),
        language=interview.language,
    )
    turn = _after_the_end if interview.status != "open" else _in_turn
    return await turn(services, guide, interview, answer)


async def receive(
    services: Services,
    interview_id: str,
    message_id: str,
    text: str,
    *,
    channel: Channel | None = None,
) -> Reply:
    """Answer one message of the respondent with a turn of its own.

    Called again with the same `message_id` it returns the recorded reply and changes nothing.
    With a `channel` the interview goes on there: it is answered where it was said.

    Raises:
        NotFound: There is no such interview.
        Conflict: Others changed the interview on every try; the caller may try again.
    """
    part = _part(services, interview_id, message_id, text)
    return await _answered(services, part, channel, lambda: [part])


async def receive_joined(
    services: Services, interview_id: str, message_id: str, text: str
) -> Reply:
    """Answer a message together with those that come while its turn runs: one turn, one reply.

    Each of these calls returns that reply. What is still unanswered after a crash joins the next.

    Raises:
        NotFound, Conflict: As `receive`.
    """
    await asyncio.to_thread(services.store.interview, interview_id)
    part = _part(services, interview_id, message_id, text)
    await asyncio.to_thread(services.store.add_part, part)
    waiting = partial(services.store.waiting_parts, interview_id)
    return await _answered(services, part, "chat", waiting)


def _part(services: Services, interview_id: str, message_id: str, text: str) -> ChatPart:
    """The message without card numbers and gate codes: these are not kept in clear."""
    kept = redact(text, kinds=SECRET_KINDS)
    now = services.clock.now()
    return ChatPart(interview_id=interview_id, message_id=message_id, text=kept, at=now)


async def _answered(
    services: Services,
    part: ChatPart,
    channel: Channel | None,
    waiting: Callable[[], list[ChatPart]],
) -> Reply:
    """The reply to what waits, this message among it; tried again when others were faster."""
    for tries_left in reversed(range(SAVES)):
        interview = await asyncio.to_thread(services.store.interview, part.interview_id)
        recorded = interview.reply_to(part.message_id)
        if recorded is not None:
            return reply_of(recorded, _status_after(recorded, interview))
        interview = interview.evolve(channel=channel or interview.channel)
        found = await asyncio.to_thread(waiting)
        parts = [p for p in found if interview.reply_to(p.message_id) is None]
        if all(part.message_id != waits.message_id for waits in parts):
            continue  # it was answered just now
        after = await _after(services, interview, parts)
        if tries_left and len(await asyncio.to_thread(waiting)) > len(found):
            continue  # more was said in the meantime: it is read together
        try:
            await asyncio.to_thread(_save, services, after)
        except Conflict:
            continue
        return reply_of(after.turns[len(interview.turns) + 1 :], after.status)
    raise Conflict


async def _after(services: Services, interview: Interview, parts: Sequence[ChatPart]) -> Interview:
    """The interview after these messages were answered."""
    study = await asyncio.to_thread(services.store.study, interview.study, interview.study_version)
    first, *others = parts
    answer = Turn(
        seq=len(interview.turns),
        speaker="respondent",
        text=together(part.text for part in parts),
        at=services.clock.now(),
        language=interview.language,
        message_id=first.message_id,
        joined=tuple(part.message_id for part in others),
    )
    turn = _after_the_end if interview.status != "open" else _in_turn
    return await turn(services, study.guide, interview, answer)


def check_text(text: str) -> str:
    """The text of a message from API or chat, or InvalidInput."""
    if len(text) > TEXT_LIMIT:
        message = f"has {len(text)} characters; {TEXT_LIMIT} are the most"
        raise InvalidInput("text", message)
    if "\x00" in text:
        raise InvalidInput("text", "holds a NUL byte; remove it")
    return text


def close_expired(services: Services, limit: int = 500) -> int:
    """Close interviews whose time is over, without a message; how many there were."""
    now = services.clock.now()
    overdue = services.store.overdue(now, limit)
    for interview in overdue:
        closed = interview.evolve(status="closed", close_reason="expired", closed_at=now)
        try:
            services.store.save_interview(closed)
        except Conflict:
            continue  # it was answered just now
    return len(overdue)


async def _in_turn(
    services: Services, guide: InterviewGuide, interview: Interview, answer: Turn
) -> Interview:
    """The open interview with this answer and what is said to it."""
    interview = interview.evolve(expired=answer.at >= interview.expires_at)
    began = time.perf_counter()
    heard, failure = await hear(services, guide, interview, answer.text)
    decision, said, interview = _decided(services, guide, interview, answer, heard)
    trace = (said.trace or Trace()).model_copy(
        update={
            "adapter": heard.adapter,
            "model": heard.model,
            "prompt_hash": heard.prompt_hash,
            "tokens_in": heard.tokens_in,
            "tokens_out": heard.tokens_out,
            "latency_ms": round(1000 * (time.perf_counter() - began), 1),
            "failure": failure,
        }
    )
    said = said.model_copy(update={"trace": trace})
    links = guide.outreach.sms_link
    said = await asyncio.to_thread(with_offer, services, interview, decision, said, sms_link=links)
    return _ended(interview.add(said).keep_back(()), said.move, decision)


def _decided(
    services: Services,
    guide: InterviewGuide,
    interview: Interview,
    answer: Turn,
    heard: ReadAndWorded,
) -> tuple[Decision, Turn, Interview]:
    """The decision that something can be said for, what is said, and the interview before that."""
    reading = heard.reading
    language = followed(guide, interview, reading, answer.text)
    own = {
        "reading": reading,
        "language": reading.language or interview.language,
        "audience": "owner" if "confidential" in reading.wants else "all",
    }
    barred: frozenset[str] = frozenset()
    while True:  # ends: each round bars one more question, and a closing can always be said
        decision = decide(guide, interview, reading, barred)
        answered = interview.evolve(language=language).add(
            answer.model_copy(update={**own, "decision": decision})
        )
        answered = answered.keep_back(decision.keeps_back)
        said = say(services, guide, answered, decision, heard)
        if said is not None:
            return decision, said, answered
        barred |= {option_of(decision) or ""}


async def _after_the_end(
    services: Services, guide: InterviewGuide, interview: Interview, answer: Turn
) -> Interview:
    """A late message is kept; a stop, a danger or a wish for a person still counts."""
    chosen = choice_in(interview, answer.text) if interview.status == "closed" else None
    if chosen:
        return await asyncio.to_thread(_chose, services, interview, answer, chosen)
    reading = read_by_rules(services, interview, answer.text) or read_offline(
        services, guide, interview, answer.text
    )
    now = Situation(guide, interview, reading)
    rows = [opt_out, urgent, person] if interview.status == "closed" else []
    if interview.is_taken_over:
        rows = rows[:1]  # a stop counts whoever writes
    graver = next((made for row in rows if (made := row(now))), None)
    decision = graver or _late(now)
    answer = answer.model_copy(update={"reading": reading, "decision": decision})
    thanked = any(
        turn.decision and turn.decision.reason == "after_the_end" for turn in interview.answers
    )
    interview = interview.add(answer)
    if graver:
        said = say(services, guide, interview, graver, ReadAndWorded(reading, adapter="rules"))
        return _ended(interview.add(*([said] if said else [])), graver.move, graver)
    if interview.status != "closed" or thanked or interview.is_taken_over:
        return interview
    thanks = wording.late_answer(services.phrases, interview.language)
    return interview.add(turn_of(interview, thanks, "close"))


def _chose(services: Services, interview: Interview, answer: Turn, action_id: str) -> Interview:
    """The number of an action that the closing offered: it is asked for, if it still can be."""
    action, reading = still_offered(services, interview, action_id), Reading(source="rules")
    decision = Decision(move="close", reason="chose_action", chosen=action)
    interview = interview.add(answer.model_copy(update={"reading": reading, "decision": decision}))
    said = wording.action_asked_for(
        services.phrases, interview.language, action.label.strip() if action else None
    )
    return interview.add(turn_of(interview, said, "close"))


def _late(now: Situation) -> Decision:
    """What came after the end is kept; what a person has to know of goes to them."""
    decisions = [turn.decision for turn in now.interview.answers if turn.decision]
    handed_off = next((d.case for d in decisions if d.move == "hand_off"), None)
    case = handed_off or case_of(now)
    says_what = now.interview.close_reason == "disputed" and not any(d.corrects for d in decisions)
    return Decision(
        move="close",
        reason="after_the_end",
        marks=("case",) if case else (),
        case=case,
        corrects=corrected(now, None).corrects if says_what else None,  # after a bare "not quite"
    )


def _ended(interview: Interview, move: Move | None, decision: Decision) -> Interview:
    """The interview with the status that its last move gives it."""
    ends: dict[str, Status] = {"close": "closed", "hand_off": "handed_off", "opt_out": "opted_out"}
    status = ends.get(move or "")
    if status is None:
        return interview
    return interview.evolve(
        status=status, close_reason=decision.reason, closed_at=interview.turns[-1].at
    )


def _status_after(reply: tuple[Turn, ...], interview: Interview) -> Status:
    """The status that a recorded reply was given with."""
    if not reply:
        return interview.status
    ends: dict[str, Status] = {"close": "closed", "hand_off": "handed_off", "opt_out": "opted_out"}
    return ends.get(reply[-1].move or "", "open")


def _save(services: Services, interview: Interview) -> Interview:
    """Store the new turns with all that goes with them, in one transaction."""
    heard_at = max(turn.seq for turn in interview.answers)
    said = [turn for turn in interview.said if turn.seq > heard_at]
    return services.store.save_interview(
        interview,
        case=case_from(interview),
        outbox=[_outbound(interview, turn) for turn in said if _goes_out(interview)],
        book=_opt_outs(interview),
        occurrences=[*occurrences_of(interview), *_opened(interview)],
        request=_request(interview),
    )


def _request(interview: Interview) -> ActionRequest | None:
    """The action that the last answer asks for."""
    last = interview.answers[-1]
    chosen = last.decision.chosen if last.decision else None
    return request_for(interview, chosen, last.at) if chosen else None


def _opened(interview: Interview) -> list[Occurrence]:
    case = case_from(interview)
    if case is None:
        return []
    return [Occurrence(kind="case.opened", about=case.case_id, at=case.opened_at)]


def _goes_out(interview: Interview) -> bool:
    """Whether replies leave through a channel; a page or the API shows them itself."""
    return interview.channel in ("sms", "email") and interview.address is not None


def _outbound(interview: Interview, turn: Turn) -> OutboundMessage:
    return OutboundMessage(
        message_key=f"{interview.interview_id}:{turn.seq}",
        interview_id=interview.interview_id,
        seq=turn.seq,
        kind="confirmation" if turn.move == "opt_out" else "reply",
        channel=interview.channel,
        address=interview.address or "",
        text=sms_text(turn.text) if interview.channel == "sms" else turn.text,
        subject=_text(interview.context.get("brand")) if interview.channel == "email" else None,
        language=turn.language,
    )


def _opt_outs(interview: Interview) -> list[Suppression]:
    """The suppression that the last answer asks for."""
    last = interview.answers[-1]
    if interview.address is None or last.reading is None or "stop" not in last.reading.wants:
        return []
    return [
        Suppression(
            address=interview.address,
            channel="email" if "@" in interview.address else "sms",
            status="suppressed",
            source="said so in an interview",
            evidence=f"interview {interview.interview_id}",
            at=last.at,
        )
    ]
