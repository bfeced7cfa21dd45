"""One interview, from its first message to its last: `start` and `receive`.

A turn is two short transactions with the reading between them: nothing waits for a model with a
transaction open, and the reply is stored before anybody sees it. A known `message_id` gets its
recorded reply and nothing runs twice.
"""

import asyncio
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.redact import SECRET_KINDS, redact
from interviewer.core import wording
from interviewer.core.book import Suppression
from interviewer.core.case import case_from
from interviewer.core.decision import Situation, decide, opt_out, person, urgent
from interviewer.core.errors import Conflict, InvalidInput, NotAllowed
from interviewer.core.guide import InterviewGuide
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
from interviewer.core.memory import remember, topics_since
from interviewer.core.study import Study
from interviewer.hearing import followed, hear, read_by_rules, read_offline
from interviewer.ports import ReadAndWorded, Services
from interviewer.saying import say, turn_of

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
    """What the last interview of the same contact passes on; recipients are not remembered."""
    if study.guide.audience != "b2b" or opening.contact_ref is None:
        return None
    earlier = services.store.interviews(
        account_ref=opening.account_ref, status=("closed",), include_test=opening.test
    )
    own = (i for i in earlier if i.contact_ref == opening.contact_ref and i.answers)
    last = next(own, None)
    return remember(last) if last else None


def begin(services: Services, study: Study, opening: Opening) -> Started:
    """A new interview with its first message; reads the store, and stores nothing yet."""
    guide = study.guide
    now = services.clock.now()
    language = guide.speaks(opening.language)
    memory = recall(services, study, opening)
    since = {"since": memory.at.date().isoformat()} if memory else {}
    context = {**known(services, opening), **since}
    topics = topics_since(guide, guide.open_topics(context), memory)
    first = wording.opener(guide, services.phrases, context, language, opening.channel)
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


async def receive(services: Services, interview_id: str, message_id: str, text: str) -> Reply:
    """Answer one message of the respondent.

    Called again with the same `message_id` it returns the recorded reply and changes nothing.

    Raises:
        NotFound: There is no such interview.
        Conflict: Others changed the interview on every try; the caller may try again.
    """
    text = redact(text, kinds=SECRET_KINDS)  # card numbers and gate codes are not kept in clear
    for _ in range(SAVES):
        interview = await asyncio.to_thread(services.store.interview, interview_id)
        recorded = interview.reply_to(message_id)
        if recorded is not None:
            return reply_of(recorded, _status_after(recorded, interview))
        study = await asyncio.to_thread(
            services.store.study, interview.study, interview.study_version
        )
        answer = Turn(
            seq=len(interview.turns),
            speaker="respondent",
            text=text,
            at=services.clock.now(),
            language=interview.language,
            message_id=message_id,
        )
        turn = _after_the_end if interview.status != "open" else _in_turn
        after = await turn(services, study.guide, interview, answer)
        try:
            await asyncio.to_thread(_save, services, after)
        except Conflict:
            continue
        return reply_of(after.turns[answer.seq + 1 :], after.status)
    raise Conflict


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
    reading = heard.reading
    decision = decide(guide, interview, reading)
    language = followed(guide, interview, reading, answer.text)
    answer = answer.model_copy(
        update={
            "reading": reading,
            "decision": decision,
            "language": reading.language or interview.language,
            "audience": "owner" if "confidential" in reading.wants else "all",
        }
    )
    interview = interview.evolve(language=language).add(answer)
    said = say(services, guide, interview, decision, heard)
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
    return _ended(interview.add(said.model_copy(update={"trace": trace})), said.move, decision)


async def _after_the_end(
    services: Services, guide: InterviewGuide, interview: Interview, answer: Turn
) -> Interview:
    """A late message is kept; a stop, a danger or a wish for a person still counts."""
    reading = read_by_rules(services, interview, answer.text) or read_offline(
        services, guide, interview, answer.text
    )
    now = Situation(guide, interview, reading)
    rows = (opt_out, urgent, person) if interview.status == "closed" else ()
    graver = next((made for row in rows if (made := row(now))), None)
    decision = graver or Decision(move="close", reason="after_the_end")
    answer = answer.model_copy(update={"reading": reading, "decision": decision})
    thanked = any(
        turn.decision and turn.decision.reason == "after_the_end" for turn in interview.answers
    )
    interview = interview.add(answer)
    if graver:
        said = say(services, guide, interview, graver, ReadAndWorded(reading, adapter="rules"))
        return _ended(interview.add(said), said.move, graver)
    if interview.status != "closed" or thanked:
        return interview
    thanks = wording.late_answer(services.phrases, interview.language)
    return interview.add(turn_of(interview, thanks, "close"))


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
    )


def _goes_out(interview: Interview) -> bool:
    """Whether replies leave through a channel; a page or the API shows them itself."""
    return interview.channel == "sms" and interview.address is not None


def _outbound(interview: Interview, turn: Turn) -> OutboundMessage:
    return OutboundMessage(
        message_key=f"{interview.interview_id}:{turn.seq}",
        interview_id=interview.interview_id,
        seq=turn.seq,
        channel=interview.channel,
        address=interview.address or "",
        text=turn.text,
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
