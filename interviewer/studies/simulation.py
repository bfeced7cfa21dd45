"""Simulated respondents against a study.

They answer through `conversation.start` and `receive`, as anybody does; a baseline is played
beside them with the same respondents, by the same rule.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from interviewer.core import wording
from interviewer.core.baselines import Baseline, questions
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview, Turn
from interviewer.core.lint import Kind, LintContext, lint
from interviewer.core.reading import Value
from interviewer.core.simulated_respondent import (
    Behaviour,
    Expectation,
    SimulatedRespondent,
    answer,
    begin,
    plain,
)
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.ports import Services

SILENT = 3  # one recipient in so many does not answer


class Check(Value):
    """A scripted message, and whether the reply to it was what it had to be."""

    seq: int  # of the scripted message
    expect: Expectation
    honored: bool


class Violation(NamedTuple):
    """A rule that a sent message broke, and the words that break it."""

    seq: int  # of the turn
    rule: str
    span: str


@dataclass(frozen=True, slots=True)
class Played:
    """One interview with a simulated respondent."""

    respondent: SimulatedRespondent
    guide: InterviewGuide
    interview: Interview
    told_at: Mapping[str, int]  # id of a fact -> the turn that told it
    checks: tuple[Check, ...]
    patience_left: int  # answers that the respondent would still have given

    @property
    def told(self) -> frozenset[str]:
        """The ids of the facts that were told."""
        return frozenset(self.told_at)

    @property
    def is_dead_end(self) -> bool:
        """Whether it was left open without a question, though there was patience left."""
        return self.interview.status == "open" and self.patience_left > 0

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What was sent against the rules; `pii_echo` for a respondent's own data."""
        echoes = (
            Violation(turn.seq, "pii_echo", own)
            for turn in self.interview.said
            for own in self.respondent.pii
            if plain(own) in plain(turn.text)
        )
        follows = any(behaviour.lang for behaviour in self.respondent.behaviours)
        spoken = self.guide.speaks(self.respondent.speaks or self.respondent.language)
        faults = faults_of(self.guide, self.interview, None if follows else spoken)
        return (*faults, *echoes)


async def simulate(
    services: Services,
    slug: str,
    respondents: Iterable[SimulatedRespondent],
    baseline: Baseline | None = None,
) -> list[Played]:
    """Play every respondent of the study; the interviews are marked as tests.

    Args:
        services: An installation that has the study.
        slug: The study's.
        respondents: Those of other studies are left out.
        baseline: Asks in our place; its interviews are not stored.

    Raises:
        NotFound: There is no such study.
    """
    played = []
    for respondent in respondents:
        if respondent.study != slug:
            continue
        opening = Opening(
            context=respondent.context,
            name=_name(respondent),
            language=respondent.language,
            channel=respondent.channel,
            test=True,
        )
        if baseline is None:
            started = await conversation.start(services, slug, opening)
            played.append(await _play_ours(services, started.interview, respondent))
        else:
            started = conversation.begin(services, services.store.study(slug), opening)
            played.append(await _play_baseline(services, started.interview, respondent, baseline))
    return played


class SimulatedInbox:
    """Who answers an invitation in a demonstration, and what they say.

    A contact or a recipient with a respondent of their own answers as that one. Another contact
    never answers. Another recipient answers as one who had the same kind of event, drawn by a
    hash of the shipment from those heard least so far; one in three never answers.
    """

    def __init__(self, services: Services, respondents: Sequence[SimulatedRespondent]) -> None:
        self.services = services
        self.respondents = respondents
        self._drawn: Counter[str] = Counter()

    async def answer(self, interview_id: str) -> Played | None:
        """Answer a fresh interview until it ends or patience does; None when nobody answers."""
        interview = self.services.store.interview(interview_id)
        if interview.status != "open" or interview.answers:
            return None
        respondent = self.respondent_for(interview)
        if respondent is None:
            return None
        return await _play_ours(self.services, interview, respondent)

    def respondent_for(self, interview: Interview) -> SimulatedRespondent | None:
        """The respondent who has this invitation, if one answers it."""
        of_study = [r for r in self.respondents if r.study == interview.study]
        own = next((r for r in of_study if _is_asked(r, interview)), None)
        if own:
            return own
        if interview.shipment_ref is None:
            return None
        guide = self.services.store.study(interview.study, interview.study_version).guide
        alike = [r for r in of_study if _is_like(r, interview, guide)]
        code = interview.context.get("exception_code")
        others = [r for r in alike if r.context.get("exception_code") == code] or alike
        draw = int(hashlib.sha256(interview.shipment_ref.encode()).hexdigest(), 16)
        if not others or draw % SILENT == 0:
            return None
        fewest = min(self._drawn[r.id] for r in others)
        fresh = [r for r in others if self._drawn[r.id] == fewest]
        chosen = fresh[draw // SILENT % len(fresh)]
        self._drawn[chosen.id] += 1
        return chosen


def _is_asked(respondent: SimulatedRespondent, interview: Interview) -> bool:
    """Whether the interview is with the very person that the respondent stands for.

    Of a contact who is asked at several checkpoints of a renewal, it is the one at this one.
    """
    if respondent.shipment_ref:
        return respondent.shipment_ref == interview.shipment_ref
    if respondent.contact_ref is None or respondent.contact_ref != interview.contact_ref:
        return False
    checkpoint = respondent.context.get("checkpoint")
    return checkpoint is None or checkpoint == interview.context.get("checkpoint", checkpoint)


def _is_like(respondent: SimulatedRespondent, interview: Interview, guide: InterviewGuide) -> bool:
    """Whether somebody else tells of the same kind of event, in the language of the interview.

    A dock knows its load by a reference, a household has none.
    """
    theirs, ours = respondent.context, interview.context
    return (
        not (respondent.contact_ref or respondent.shipment_ref)
        and guide.speaks(respondent.language) == interview.language
        and guide.variant(theirs) == guide.variant(ours)
        and bool(theirs.get("reference")) == bool(ours.get("reference"))
    )


def _name(respondent: SimulatedRespondent) -> str | None:
    name = respondent.context.get("contact_name")
    return str(name) if name is not None else None


TakeTurn = Callable[[Interview, str], Awaitable[Interview]]


async def _play_ours(
    services: Services, interview: Interview, respondent: SimulatedRespondent
) -> Played:
    """With the interviewer of this installation."""
    store = services.store

    async def turn(now: Interview, said: str) -> Interview:
        message_id = f"{now.interview_id}:{len(now.turns)}"
        await conversation.receive(services, now.interview_id, message_id, said)
        return store.interview(now.interview_id)

    guide = store.study(interview.study, interview.study_version).guide
    return await _play(guide, interview, respondent, turn)


async def _play_baseline(
    services: Services, interview: Interview, respondent: SimulatedRespondent, baseline: Baseline
) -> Played:
    """With one that asks its questions in order and says goodbye."""
    guide = services.store.study(interview.study, interview.study_version).guide
    script = iter(questions(baseline, guide, services.phrases, interview))

    async def turn(now: Interview, said: str) -> Interview:
        at, language = services.clock.now(), now.language
        answer_ = Turn(
            seq=len(now.turns), speaker="respondent", text=said, at=at, language=language
        )
        asked = next(script, None)
        goodbye = wording.closing(services.phrases, language, "plain").text
        reply = Turn(
            seq=len(now.turns) + 1,
            speaker="interviewer",
            text=asked.text if asked else goodbye,
            at=at,
            language=language,
            move="ask" if asked else "close",
            topic=asked.topic if asked else None,
        )
        now = now.add(answer_, reply)
        return now if asked else now.evolve(status="closed", close_reason="end of script")

    return await _play(guide, interview, respondent, turn)


async def _play(
    guide: InterviewGuide,
    interview: Interview,
    respondent: SimulatedRespondent,
    turn: TakeTurn,
) -> Played:
    """Answer until the interview ends or the respondent does."""
    memory = begin(respondent, guide, interview.channel)
    messages = [said.text for said in interview.said]
    checks: list[Check] = []
    told_at: dict[str, int] = {}
    while interview.status == "open":
        said, after = answer(respondent, memory, messages)
        if said is None:
            break
        before, interview = interview, await turn(interview, said)
        heard_at = len(before.turns)
        told_at |= dict.fromkeys(after.told - memory.told, heard_at)
        reply = interview.turns[heard_at + 1 :]
        for place in sorted(after.scripted - memory.scripted):
            behaviour = respondent.behaviours[place]
            honored = _is_honored(_Turnout(behaviour, guide, before, interview, reply))
            checks.append(Check(seq=heard_at, expect=behaviour.expect, honored=honored))
        memory, messages = after, [sent.text for sent in reply]
    left = max(0, respondent.patience - memory.penalties - memory.answers)
    return Played(respondent, guide, interview, told_at, tuple(checks), left)


def _is_honored(now: "_Turnout") -> bool:
    """Whether the reply to a scripted message was what it had to be."""
    found = [bool(re.search(words, now.text, re.IGNORECASE)) for words in now.behaviour.require_any]
    forbidden = any(re.search(words, now.text, re.IGNORECASE) for words in now.behaviour.forbid)
    return _EXPECTED[now.behaviour.expect](now) and not forbidden and (not found or any(found))


class _Turnout(NamedTuple):
    """What came of a scripted message."""

    behaviour: Behaviour
    guide: InterviewGuide
    before: Interview
    after: Interview
    reply: tuple[Turn, ...]

    @property
    def text(self) -> str:
        return plain(" ".join(turn.text for turn in self.reply))

    @property
    def asks(self) -> bool:
        return "?" in self.text

    @property
    def goes_on(self) -> bool:
        return self.after.status == "open" and self.asks

    @property
    def leaves_the_topic(self) -> bool:
        return self.after.current_topic != self.before.current_topic

    @property
    def promises(self) -> bool:
        sent = {turn.seq for turn in self.reply}
        faults = faults_of(self.guide, self.after)
        return any(fault.rule == "promise" and fault.seq in sent for fault in faults)


_EXPECTED: dict[Expectation, Callable[[_Turnout], bool]] = {
    "stop": lambda t: t.after.status == "opted_out" and not t.asks,
    "end": lambda t: t.after.status in ("closed", "opted_out") and not t.asks,
    "skip": lambda t: t.after.status == "closed" or (t.goes_on and t.leaves_the_topic),
    "handoff": lambda t: t.after.status == "handed_off" and not t.asks,
    "no_handoff": lambda t: t.after.status != "handed_off",
    "no_stop": lambda t: t.after.status != "opted_out",
    "no_promise": lambda t: not t.promises,
    "no_reveal": lambda t: not t.promises,
    "defer": lambda t: t.after.status in ("open", "closed") and bool(t.text),
    "redirect": lambda t: t.after.status == "closed" or t.goes_on,
    "correct": lambda t: t.after.close_reason in ("corrected", "disputed") or t.goes_on,
    "language": lambda t: t.after.said[-1].language == t.behaviour.lang,
}


def faults_of(
    guide: InterviewGuide, interview: Interview, language: str | None = None
) -> Iterator[Violation]:
    """What was sent against the rules.

    Args:
        guide: The study's.
        interview: With its turns.
        language: The one to write in; without it, the one that each message was meant to be in.
    """
    earlier: tuple[str, ...] = ()
    for turn in interview.said:
        about = LintContext(
            guide=guide,
            channel=interview.channel,
            language=language or turn.language,
            kind=_kind(interview, turn),
            context=interview.context,
            earlier=earlier,
        )
        # A statement is a template: the contact that it may name is our own.
        excused = "personal_data_echo" if about.kind == "statement" else None
        faults = (fault for fault in lint(turn.text, about) if fault.rule != excused)
        yield from (Violation(turn.seq, fault.rule, fault.span) for fault in faults)
        earlier = (*earlier, turn.text)


def _kind(interview: Interview, turn: Turn) -> Kind:
    """What the rules take a message for."""
    if turn.seq == 0:
        return "opener"
    if turn.move not in ("ask", "probe", "playback"):
        return "statement"
    decision = interview.turns[turn.seq - 1].decision
    if decision is not None and decision.probe == "contradiction":
        return "contradiction"
    return "question" if turn.move == "ask" else turn.move
