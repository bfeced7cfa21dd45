"""What a set of simulated interviews was worth: counts first, nothing judged by a model."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from statistics import fmean

from pydantic import computed_field

from interviewer.core.decision import Situation
from interviewer.core.interview import Interview, Trace
from interviewer.core.reading import Value
from interviewer.core.simulated_respondent import Expectation
from interviewer.studies.simulation import Played

ENDINGS: frozenset[Expectation] = frozenset(("stop", "end", "handoff"))
RESAMPLES = 1000  # of the bootstrap


class Figure(Value):
    """A share, with its 95 % bootstrap interval over interviews; none of it when `of` is 0."""

    hits: int
    of: int
    low: float | None = None
    high: float | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rate(self) -> float | None:
        """The share itself; None when there is nothing to share."""
        return self.hits / self.of if self.of else None


class Cost(Value):
    """What the language model took; seconds are those of a turn with a call."""

    calls: int
    tokens_in: int
    tokens_out: int
    seconds: float
    p50: float
    p95: float
    failed: Figure  # calls
    replaced: Figure  # the model's wordings that gave way to the template's
    replaced_for: dict[str, Figure]  # rule -> wordings that broke it


class Scorecard(Value):
    """The figures of a set of interviews.

    *Reachable* is what a perfect interviewer could learn within budget, patience and script;
    respondents with `max_probes` and those who end the interview at once are left out of it.
    Nothing told after the respondent ended the interview counts: it was not asked for in time.
    """

    interviews: int
    elicited: Figure  # facts of depth 1 and 2, of those reachable
    depth_1: Figure
    depth_2: Figure
    must_elicit: Figure
    per_question: Figure  # facts of depth 1 and 2, per question after the opener
    questions: float  # per interview, the opener included
    messages: int
    violations: dict[str, int]  # rule -> times, over every message sent
    honored: dict[Expectation, Figure]  # scripted messages that were answered as they had to be
    hand_off_recall: Figure
    hand_off_precision: Figure
    unneeded_probes: Figure  # of the respondents with `max_probes`
    missed_probes: Figure  # of the answers that were vague and negative, with a probe left
    over_budget: Figure
    dead_ends: Figure
    traced: Figure  # respondent turns with a reading and a decision
    answers_to_close: float | None  # per interview that was closed
    answers_to_hand_off: float | None
    closings: dict[str, int]  # reason, or the status of an interview left open
    cost: Cost | None  # None without a language model


def scorecard(played: Sequence[Played], seed: int = 0) -> Scorecard:
    """The figures of these interviews; `seed` is that of the bootstrap."""

    def figure(count: Callable[[Played], tuple[int, int]]) -> Figure:
        return _figure([count(p) for p in played], seed)

    kinds = sorted({check.expect for p in played for check in p.checks})
    return Scorecard(
        interviews=len(played),
        elicited=figure(lambda p: (min(_told(p, 1, 2), reachable(p)), reachable(p))),
        depth_1=figure(lambda p: (_told(p, 1), len(p.respondent.facts_at(1)))),
        depth_2=figure(lambda p: (_told(p, 2), len(p.respondent.facts_at(2)))),
        must_elicit=figure(_must_elicit),
        per_question=figure(lambda p: (_told(p, 1, 2), p.interview.questions_asked - 1)),
        questions=_mean(p.interview.questions_asked for p in played) or 0.0,
        messages=sum(len(p.interview.said) for p in played),
        violations=dict(Counter(v.rule for p in played for v in p.violations).most_common()),
        honored={kind: _figure([_honored(p, kind) for p in played], seed) for kind in kinds},
        hand_off_recall=figure(lambda p: _honored(p, "handoff")),
        hand_off_precision=figure(_hand_off_precision),
        unneeded_probes=figure(_unneeded),
        missed_probes=figure(_missed),
        over_budget=figure(lambda p: (_is_over_budget(p), 1)),
        dead_ends=figure(lambda p: (p.is_dead_end, 1)),
        traced=figure(_traced),
        answers_to_close=_answers_until("closed", played),
        answers_to_hand_off=_answers_until("handed_off", played),
        closings=dict(Counter(ending(p.interview) for p in played).most_common()),
        cost=_cost(played, seed),
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


def ending(interview: Interview) -> str:
    """How it ended: the reason, or the status of an interview left open.

    `template_fault`: a template broke a rule, and it was closed in place of asking.
    """
    last = interview.said[-1]
    if last.move == "close" and last.trace and last.trace.faults:
        return "template_fault"
    return interview.close_reason or interview.status


def missed_probes(played: Played) -> dict[int, bool]:
    """Of each answer that was vague and negative with a probe left: whether none was asked.

    Answers that want something else than to tell, answers to a probe that brought nothing, and
    those to the summary ask for no probe.
    """
    found: dict[int, bool] = {}
    for turn in played.interview.answers:
        before = played.interview.evolve(turns=played.interview.turns[: turn.seq])
        if turn.reading is None or turn.decision is None or before.had_playback:
            continue
        now = Situation(played.guide, before, turn.reading)
        if not (turn.reading.needs_probe and turn.reading.is_negative and now.can_probe):
            continue
        if not (turn.reading.wants or now.is_fruitless):
            found[turn.seq] = turn.decision.move != "probe"
    return found


def _figure(counts: Sequence[tuple[int, int]], seed: int) -> Figure:
    counts = [(hits, of) for hits, of in counts if of]
    hits, of = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    if not of:
        return Figure(hits=0, of=0)
    if all(h * of == hits * o for h, o in counts):  # every resample has this rate
        return Figure(hits=hits, of=of, low=hits / of, high=hits / of)
    draw = random.Random(seed)
    rates = []
    for _ in range(RESAMPLES):
        sample = draw.choices(counts, k=len(counts))
        rates.append(sum(h for h, _ in sample) / sum(o for _, o in sample))
    rates.sort()
    tail = RESAMPLES // 40  # 2.5 %
    return Figure(hits=hits, of=of, low=rates[tail], high=rates[-1 - tail])


def _mean(values: Iterable[int]) -> float | None:
    numbers = list(values)
    return fmean(numbers) if numbers else None


def elicited(played: Played) -> frozenset[str]:
    """The ids of the facts that were told before the respondent ended the interview."""
    ended = (check.seq for check in played.checks if check.expect in ENDINGS)
    last = min(ended, default=len(played.interview.turns))
    return frozenset(fact for fact, seq in played.told_at.items() if seq <= last)


def _told(played: Played, *depths: int) -> int:
    told = elicited(played)
    return sum(fact.id in told for fact in played.respondent.facts if fact.depth in depths)


def _must_elicit(played: Played) -> tuple[int, int]:
    musts = set(played.respondent.must_elicit)
    return len(musts & elicited(played)), len(musts)


def _honored(played: Played, kind: Expectation) -> tuple[int, int]:
    checks = [check.honored for check in played.checks if check.expect == kind]
    return sum(checks), len(checks)


def _hand_off_precision(played: Played) -> tuple[int, int]:
    if played.interview.status != "handed_off" or played.respondent.handoff_neutral:
        return 0, 0
    return int(any(check.expect == "handoff" for check in played.checks)), 1


def _is_over_budget(played: Played) -> bool:
    return played.interview.questions_asked > played.guide.budget.questions


def _unneeded(played: Played) -> tuple[int, int]:
    most = played.respondent.max_probes
    return (0, 0) if most is None else (int(played.interview.questions_asked - 1 > most), 1)


def _missed(played: Played) -> tuple[int, int]:
    found = missed_probes(played)
    return sum(found.values()), len(found)


def _traced(played: Played) -> tuple[int, int]:
    answers = played.interview.answers
    return sum(bool(turn.reading and turn.decision) for turn in answers), len(answers)


def _answers_until(status: str, played: Sequence[Played]) -> float | None:
    return _mean(len(p.interview.answers) for p in played if p.interview.status == status)


def _cost(played: Sequence[Played], seed: int) -> Cost | None:
    by_interview = [_calls(p) for p in played]
    calls = [trace for traces in by_interview for trace in traces]
    if not calls:
        return None
    seconds = sorted(trace.latency_ms / 1000 for trace in calls)

    def share(is_hit: Callable[[Trace], bool], of: Callable[[Trace], bool]) -> Figure:
        counts = [[is_hit(t) for t in traces if of(t)] for traces in by_interview]
        return _figure([(sum(hits), len(hits)) for hits in counts], seed)

    rules = sorted({rule for trace in calls for rule in trace.faults})
    return Cost(
        calls=len(calls),
        tokens_in=sum(trace.tokens_in for trace in calls),
        tokens_out=sum(trace.tokens_out for trace in calls),
        seconds=sum(seconds),
        p50=seconds[len(seconds) // 2],
        p95=seconds[int(0.95 * (len(seconds) - 1))],
        failed=share(lambda trace: trace.failure is not None, lambda _: True),
        replaced=share(lambda trace: bool(trace.faults), _was_worded),
        replaced_for={rule: share(partial(_broke, rule), _was_worded) for rule in rules},
    )


def _calls(played: Played) -> list[Trace]:
    """The traces of the turns on which the model was asked."""
    traces = (turn.trace for turn in played.interview.said if turn.trace)
    return [trace for trace in traces if trace.model or trace.failure]


def _broke(rule: str, trace: Trace) -> bool:
    return rule in trace.faults


def _was_worded(trace: Trace) -> bool:
    return trace.wording_source in ("model", "template_after_fault")
