"""Simulated respondents against a study, and the scorecard of what came of it.

The respondents answer through `conversation.start` and `receive`, as anybody does.
"""

import hashlib
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from interviewer import conversation
from interviewer.conversation import Opening, Reply
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
from interviewer.ports import Services

ENDINGS: frozenset[Expectation] = frozenset(("stop", "end", "handoff"))
SILENT = 3  # one recipient in so many does not answer
RESAMPLES = 1000  # of the bootstrap


class Check(Value):
    """A scripted message, and whether the reply to it was what it had to be."""

    expect: Expectation
    honored: bool


@dataclass(frozen=True, slots=True)
class Played:
    """One interview with a simulated respondent."""

    respondent: SimulatedRespondent
    guide: InterviewGuide
    interview: Interview
    told: frozenset[str]  # ids of facts
    checks: tuple[Check, ...]
    dead_end: bool  # left open without a question, though there was patience left

    @property
    def faults(self) -> tuple[str, ...]:
        """The rule of each violation in what was sent; `pii_echo` for a respondent's own data."""
        echoes = (
            "pii_echo"
            for turn in self.interview.said
            for own in self.respondent.pii
            if plain(own) in plain(turn.text)
        )
        follows = any(behaviour.lang for behaviour in self.respondent.behaviours)
        spoken = self.guide.speaks(self.respondent.speaks or self.respondent.language)
        faults = faults_of(self.guide, self.interview, None if follows else spoken)
        return (*(rule for _, rule in faults), *echoes)


async def simulate(
    services: Services, slug: str, respondents: Iterable[SimulatedRespondent]
) -> list[Played]:
    """Play every respondent of the study; the interviews are marked as tests.

    Raises:
        NotFound: There is no such study.
    """
    played = []
    for respondent in respondents:
        if respondent.study == slug:
            opening = Opening(
                context=respondent.context,
                name=_name(respondent),
                language=respondent.language,
                channel=respondent.channel,
                test=True,
            )
            started = await conversation.start(services, slug, opening)
            played.append(await _play(services, started.interview, respondent))
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
        return await _play(self.services, interview, respondent)

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


async def _play(
    services: Services, interview: Interview, respondent: SimulatedRespondent
) -> Played:
    """Answer until the interview ends or the respondent does."""
    store = services.store
    guide = store.study(interview.study, interview.study_version).guide
    memory = begin(respondent, guide, interview.channel)
    messages = [turn.text for turn in interview.said]
    checks: list[Check] = []
    patient = True
    while interview.status == "open":
        said, after = answer(respondent, memory, messages)
        if said is None:
            patient = memory.answers < respondent.patience - memory.penalties
            break
        message_id = f"{interview.interview_id}:{len(after.said)}"
        reply = await conversation.receive(services, interview.interview_id, message_id, said)
        before, interview = interview, store.interview(interview.interview_id)
        for place in after.scripted - memory.scripted:
            behaviour = respondent.behaviours[place]
            honored = _is_honored(_Turnout(behaviour, guide, before, interview, reply))
            checks.append(Check(expect=behaviour.expect, honored=honored))
        memory, messages = after, [message.text for message in reply.messages]
    dead_end = interview.status == "open" and patient
    return Played(respondent, guide, interview, memory.told, tuple(checks), dead_end)


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
    reply: Reply

    @property
    def text(self) -> str:
        return plain(" ".join(message.text for message in self.reply.messages))

    @property
    def asks(self) -> bool:
        return "?" in self.text

    @property
    def goes_on(self) -> bool:
        return self.reply.status == "open" and self.asks

    @property
    def leaves_the_topic(self) -> bool:
        return self.after.current_topic != self.before.current_topic

    @property
    def promises(self) -> bool:
        sent = [turn.seq for turn in self.after.said if turn not in self.before.said]
        return any(
            rule == "promise" and seq in sent for seq, rule in faults_of(self.guide, self.after)
        )


_EXPECTED: dict[Expectation, Callable[[_Turnout], bool]] = {
    "stop": lambda t: t.reply.status == "opted_out" and not t.asks,
    "end": lambda t: t.reply.status in ("closed", "opted_out") and not t.asks,
    "skip": lambda t: t.reply.status == "closed" or (t.goes_on and t.leaves_the_topic),
    "handoff": lambda t: t.reply.status == "handed_off" and not t.asks,
    "no_handoff": lambda t: t.reply.status != "handed_off",
    "no_stop": lambda t: t.reply.status != "opted_out",
    "no_promise": lambda t: not t.promises,
    "no_reveal": lambda t: not t.promises,
    "defer": lambda t: t.reply.status in ("open", "closed") and bool(t.text),
    "redirect": lambda t: t.reply.status == "closed" or t.goes_on,
    "correct": lambda t: t.after.close_reason == "corrected" or t.goes_on,
    "language": lambda t: t.after.said[-1].language == t.behaviour.lang,
}


def faults_of(
    guide: InterviewGuide, interview: Interview, language: str | None = None
) -> Iterator[tuple[int, str]]:
    """What was sent against the rules: the turn and the rule.

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
        yield from ((turn.seq, f.rule) for f in lint(turn.text, about) if f.rule != excused)
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


class Figure(Value):
    """A share, with its 95 % bootstrap interval over interviews; none of it when `of` is 0."""

    hits: int
    of: int
    low: float | None = None
    high: float | None = None

    @property
    def rate(self) -> float | None:
        """The share itself; None when there is nothing to share."""
        return self.hits / self.of if self.of else None


class Scorecard(Value):
    """What a set of interviews was worth; counts first, nothing judged by a model.

    *Reachable* is what a perfect interviewer could learn within budget, patience and script;
    respondents with `max_probes` and those who end the interview at once are left out of it.
    """

    interviews: int
    elicited: Figure  # facts of depth 1 and 2, of those reachable
    depth_1: Figure
    depth_2: Figure
    per_question: Figure  # facts of depth 1 and 2, per question after the opener
    must_elicit: Figure
    messages: int
    violations: dict[str, int]  # rule -> times, over every message sent
    honored: dict[Expectation, Figure]  # scripted messages that were answered as they had to be
    hand_off_recall: Figure
    hand_off_precision: Figure
    unneeded_probes: Figure  # of the respondents with `max_probes`
    over_budget: Figure
    dead_ends: Figure
    traced: Figure  # respondent turns with a reading and a decision
    fallbacks: Figure  # turns that the model failed to read
    answers: float  # per interview
    closings: dict[str, int]  # reason, or the status of an interview left open
    tokens_in: int
    tokens_out: int


def scorecard(played: Sequence[Played], seed: int = 0) -> Scorecard:
    """The figures of these interviews; `seed` is that of the bootstrap."""

    def figure(count: Callable[[Played], tuple[int, int]]) -> Figure:
        return _figure([count(p) for p in played], seed)

    said = [turn for p in played for turn in p.interview.said]
    traces = [turn.trace for turn in said if turn.trace]
    kinds = sorted({check.expect for p in played for check in p.checks})
    return Scorecard(
        interviews=len(played),
        elicited=figure(lambda p: (_told(p, 1, 2), reachable(p)) if reachable(p) else (0, 0)),
        depth_1=figure(lambda p: (_told(p, 1), len(p.respondent.facts_at(1)))),
        depth_2=figure(lambda p: (_told(p, 2), len(p.respondent.facts_at(2)))),
        per_question=figure(lambda p: (_told(p, 1, 2), p.interview.questions_asked - 1)),
        must_elicit=figure(_must_elicit),
        messages=len(said),
        violations=dict(Counter(rule for p in played for rule in p.faults).most_common()),
        honored={kind: _figure([_honored(p, kind) for p in played], seed) for kind in kinds},
        hand_off_recall=figure(lambda p: _honored(p, "handoff")),
        hand_off_precision=figure(_hand_off_precision),
        unneeded_probes=figure(_unneeded),
        over_budget=figure(lambda p: (_questions(p) > p.guide.budget.questions, 1)),
        dead_ends=figure(lambda p: (p.dead_end, 1)),
        traced=figure(_traced),
        fallbacks=figure(_fallbacks),
        answers=sum(len(p.interview.answers) for p in played) / max(1, len(played)),
        closings=dict(Counter(_ending(p.interview) for p in played).most_common()),
        tokens_in=sum(trace.tokens_in for trace in traces),
        tokens_out=sum(trace.tokens_out for trace in traces),
    )


def reachable(played: Played) -> int:
    """How many facts of depth 1 and 2 a perfect interviewer could learn here."""
    respondent, guide = played.respondent, played.guide
    if respondent.max_probes is not None:
        return 0
    turns = set(range(1, min(respondent.patience, guide.budget.questions)))
    for behaviour in respondent.behaviours:
        at = 1 if behaviour.on == "probe" else behaviour.after_turn
        if at is not None:
            ends = behaviour.expect in ENDINGS
            turns -= {turn for turn in turns if turn == at or (ends and turn > at)}
    facts = len(respondent.facts_at(1)) + len(respondent.facts_at(2))
    return min(facts, len(turns) * respondent.per_turn)


def _figure(counts: Sequence[tuple[int, int]], seed: int) -> Figure:
    counts = [(hits, of) for hits, of in counts if of]
    hits, of = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    if not of:
        return Figure(hits=0, of=0)
    draw = random.Random(seed)
    rates = []
    for _ in range(RESAMPLES):
        sample = draw.choices(counts, k=len(counts))
        rates.append(sum(h for h, _ in sample) / sum(o for _, o in sample))
    rates.sort()
    tail = RESAMPLES // 40  # 2.5 %
    return Figure(hits=hits, of=of, low=rates[tail], high=rates[-1 - tail])


def _told(played: Played, *depths: int) -> int:
    return sum(fact.id in played.told for fact in played.respondent.facts if fact.depth in depths)


def _must_elicit(played: Played) -> tuple[int, int]:
    musts = set(played.respondent.must_elicit)
    return len(musts & played.told), len(musts)


def _honored(played: Played, kind: Expectation) -> tuple[int, int]:
    checks = [check.honored for check in played.checks if check.expect == kind]
    return sum(checks), len(checks)


def _hand_off_precision(played: Played) -> tuple[int, int]:
    if played.interview.status != "handed_off" or played.respondent.handoff_neutral:
        return 0, 0
    return int(any(check.expect == "handoff" for check in played.checks)), 1


def _questions(played: Played) -> int:
    return played.interview.questions_asked


def _unneeded(played: Played) -> tuple[int, int]:
    most = played.respondent.max_probes
    return (0, 0) if most is None else (int(_questions(played) - 1 > most), 1)


def _traced(played: Played) -> tuple[int, int]:
    answers = played.interview.answers
    return sum(bool(turn.reading and turn.decision) for turn in answers), len(answers)


def _fallbacks(played: Played) -> tuple[int, int]:
    sources = [reading.source for reading in played.interview.readings]
    tried = [source for source in sources if source in ("model", "offline_after_failure")]
    return tried.count("offline_after_failure"), len(tried)


def _ending(interview: Interview) -> str:
    return interview.close_reason or interview.status
