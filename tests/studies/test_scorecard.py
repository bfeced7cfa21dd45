"""Figures that the play itself seldom shows: faults, missed probes, what the model took."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from interviewer.core.interview import Decision, Trace, Turn
from interviewer.core.reading import Reading
from interviewer.studies.rehearsal import rehearse, scorecard_rows
from interviewer.studies.scorecard import Figure, elicited, ending, missed_probes, scorecard
from interviewer.studies.simulation import Check, Played
from tests.simulated import person

VAGUE = Reading(source="offline", specificity="vague", sentiment=-1, quote="broken")


@pytest.fixture(scope="module")
def played() -> Played:
    return rehearse("exception-follow-up", [person()]).ours[0]


def changed(played: Played, change: Callable[[Turn], dict[str, Any]]) -> Played:
    turns = tuple(turn.model_copy(update=change(turn)) for turn in played.interview.turns)
    return replace(played, interview=played.interview.evolve(turns=turns))


@pytest.mark.parametrize(
    ("reading", "move", "missed"),
    [
        (VAGUE, "ask", {1: True}),
        (VAGUE, "close", {1: True}),
        (VAGUE, "probe", {1: False}),
        (VAGUE.model_copy(update={"sentiment": 1}), "ask", {}),
        (VAGUE.model_copy(update={"specificity": "specific"}), "ask", {}),
    ],
)
def test_a_vague_negative_answer_asks_for_a_probe(
    played: Played, reading: Reading, move: str, missed: dict[int, bool]
) -> None:
    decision = Decision(move=move, reason="open_topic")  # type: ignore[arg-type]
    first = changed(
        played, lambda turn: {"reading": reading, "decision": decision} if turn.seq == 1 else {}
    )
    assert {seq: each for seq, each in missed_probes(first).items() if seq == 1} == missed


def test_without_budget_no_probe_is_missed(played: Played) -> None:
    decision = Decision(move="close", reason="budget")
    spent = changed(
        played,
        lambda turn: (
            {"reading": VAGUE, "decision": decision}
            if turn.speaker == "respondent"
            else {"move": "ask"}
        ),
    )
    last = spent.interview.answers[-1].seq
    assert spent.guide.budget.questions == sum(
        turn.asks for turn in spent.interview.said if turn.seq < last
    )
    assert last not in missed_probes(spent)


def test_what_is_told_after_the_end_does_not_count(played: Played) -> None:
    last = max(played.told_at.values())
    ended = replace(played, checks=(Check(seq=last - 2, expect="stop", honored=False),))
    assert elicited(ended) < elicited(played) == set(played.told_at)
    assert scorecard([ended]).elicited.hits < scorecard([played]).elicited.hits


def test_no_more_is_elicited_than_was_reachable(played: Played) -> None:
    tight = replace(played, respondent=person(patience=2))
    assert len(elicited(tight)) == 3
    assert scorecard([tight]).elicited == Figure(hits=1, of=1, low=1.0, high=1.0)


def test_what_the_model_took_and_why_its_words_were_replaced(played: Played) -> None:
    calls = [
        Trace(wording_source="model", model="m", tokens_in=100, tokens_out=10, latency_ms=500),
        Trace(
            wording_source="template_after_fault",
            model="m",
            faults=("praise", "leading"),
            tokens_in=100,
            tokens_out=20,
            latency_ms=1500,
        ),
        Trace(failure="no answer in time", latency_ms=6000),
    ]
    said = [turn.seq for turn in played.interview.said][1:]
    traces = dict(zip(said, calls, strict=False))
    cost = scorecard([changed(played, lambda t: {"trace": traces.get(t.seq, t.trace)})]).cost
    assert cost is not None
    assert (cost.calls, cost.tokens_in, cost.tokens_out) == (3, 200, 30)
    assert (cost.seconds, cost.p50) == (8.0, 1.5)
    assert (cost.failed.hits, cost.failed.of) == (1, 3)
    assert (cost.replaced.hits, cost.replaced.of) == (1, 2)
    assert {rule: figure.rate for rule, figure in cost.replaced_for.items()} == {
        "leading": 0.5,
        "praise": 0.5,
    }


def test_without_a_model_nothing_is_said_of_its_cost(played: Played) -> None:
    card = scorecard([played])
    assert card.cost is None
    assert not any("model" in row["figure"] for row in scorecard_rows(card))


def test_an_interview_closed_by_a_faulty_template_says_so(played: Played) -> None:
    last = played.interview.said[-1].seq
    broken = Trace(template="t", faults=("repeat",))
    faulty = changed(played, lambda turn: {"trace": broken} if turn.seq == last else {})
    assert ending(played.interview) == played.interview.close_reason
    assert ending(faulty.interview) == "template_fault"


def test_turns_until_it_ended_are_told_apart(played: Played) -> None:
    person_wanted = {"on": "probe", "say": "Let me talk to a person.", "expect": "handoff"}
    handed = rehearse("exception-follow-up", [person(behaviours=[person_wanted])]).ours[0]
    card = scorecard([played, handed])
    assert card.answers_to_close == len(played.interview.answers)
    assert card.answers_to_hand_off == 2
    assert scorecard([played]).answers_to_hand_off is None
