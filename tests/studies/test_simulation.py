"""Respondents played through the real conversation, and the figures that come of it."""

import asyncio
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from interviewer.adapters.offline import OfflineInterviewer
from interviewer.core.contact import ContactPolicy
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.reading import IntentReading, Reading
from interviewer.core.simulated_respondent import SimulatedRespondent
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.ports import Organization, Services
from interviewer.studies.scorecard import reachable, scorecard
from interviewer.studies.simulation import Played, SimulatedInbox, faults_of, simulate
from tests.fakes import services_in
from tests.simulated import person

NOW = datetime(2026, 9, 20, 15, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[2] / "examples/respondents.jsonl"
DEVELOPMENT = Path(__file__).parents[3] / "shared/data/personas_dev.jsonl"


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


class FixedClock:
    def now(self) -> datetime:
        return NOW


class LengthReader:
    """Eight words are specific, everything is negative, "a person" is asked for by name."""

    def read(self, guide: InterviewGuide, interview: Interview, utterance: str) -> Reading:
        person = re.search(r"a (real )?person", utterance)
        said = utterance.split()
        return Reading(
            source="offline",
            specificity="specific" if len(said) >= 8 else "thin",
            sentiment=-1,
            language=interview.language,
            quote=" ".join(said[:2]) if utterance.isascii() else None,
            intents=(IntentReading(intent="human", evidence=person[0]),) if person else (),
        )


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    ids = itertools.count()
    parts = replace(
        services_in(tmp_path_factory.mktemp("simulation")),
        clock=FixedClock(),
        reader=LengthReader(),
        policy=ContactPolicy(brand="Larchgate"),
        organization=Organization("Larchgate", "help@example.com", "1 Road", "", ""),
        new_id=lambda: f"i{next(ids)}",
        new_token=lambda: f"t{next(ids)}",
        deadlines={},
    )
    yield parts
    parts.store.close()


def play(services: Services, *respondents: SimulatedRespondent) -> list[Played]:
    return asyncio.run(simulate(services, respondents[0].study, respondents))


def test_an_interview_is_played_to_its_end(services: Services) -> None:
    (played,) = play(services, person())
    stored = services.store.interview(played.interview.interview_id)
    assert stored == played.interview
    assert stored.test
    assert stored.status == "closed"
    assert played.told == {"0", "1", "2"}
    assert not played.is_dead_end
    card = scorecard([played])
    assert (card.elicited.hits, card.elicited.of, card.elicited.rate) == (2, 2, 1.0)
    assert (card.must_elicit.low, card.must_elicit.high) == (1.0, 1.0)
    assert card.traced.rate == 1.0
    assert card.closings == {stored.close_reason: 1}


def test_respondents_of_other_studies_are_left_out(services: Services) -> None:
    assert len(play(services, person(), person(study="delivery-check"))) == 1


@pytest.mark.parametrize(
    ("say", "expect", "status", "honored"),
    [
        ("STOP", "stop", "opted_out", True),
        ("Let me talk to a person.", "handoff", "handed_off", True),
        ("Let me talk to a person.", "no_handoff", "handed_off", False),
        ("It was only a dent, and I kept it all.", "handoff", "open", False),
        ("It was only a dent, and I kept it all.", "no_stop", "open", True),
        ("It was only a dent, and I kept it all.", "no_promise", "open", True),
    ],
)
def test_what_a_scripted_message_must_lead_to(
    services: Services, say: str, expect: str, status: str, honored: bool
) -> None:
    script = {"on": "probe", "say": say, "expect": expect}
    (played,) = play(services, person(behaviours=[script], patience=2))
    assert played.interview.status == status
    assert [(c.seq, c.expect, c.honored) for c in played.checks] == [(3, expect, honored)]


def test_text_that_a_reply_must_or_must_not_hold(services: Services) -> None:
    script = {"on": "probe", "say": "Who reads this, and what for, I ask?", "expect": "defer"}
    held = [
        play(services, person(behaviours=[{**script, **more}]))[0].checks[0].honored
        for more in ({}, {"require_any": ["zebra"]}, {"forbid": ["."]}, {"require_any": ["."]})
    ]
    assert held == [True, False, False, True]


def test_hand_offs_count_both_ways(services: Services) -> None:
    wanted = {"on": "probe", "say": "I want a person.", "expect": "handoff"}
    missed = {"on": "probe", "say": "My lawyer will write to you soon.", "expect": "handoff"}
    wrong = person(opening="Each a person wanted another photo of the same box.")
    neutral = person(opening="I ask for a person, or do I.", handoff_neutral=True)
    both = [person(behaviours=[wanted]), person(behaviours=[missed]), wrong, neutral]
    card = scorecard(play(services, *both))
    assert (card.hand_off_recall.hits, card.hand_off_recall.of) == (1, 2)
    assert (card.hand_off_precision.hits, card.hand_off_precision.of) == (1, 2)


def test_who_is_content_is_asked_no_more_than_they_can_bear(services: Services) -> None:
    (played,) = play(services, person(max_probes=1))
    card = scorecard([played])
    assert played.interview.questions_asked > 2
    assert (card.unneeded_probes.hits, card.unneeded_probes.of) == (1, 1)
    assert card.elicited.of == 0
    assert card.elicited.rate is None


def test_patience_that_ends_leaves_the_interview_open_without_a_dead_end(
    services: Services,
) -> None:
    (played,) = play(services, person(patience=1))
    assert played.interview.status == "open"
    assert not played.is_dead_end
    assert scorecard([played]).closings == {"open": 1}


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({}, 2),
        ({"patience": 2}, 1),
        ({"patience": 1}, 0),
        ({"max_probes": 0}, 0),
        ({"per_turn": 2, "patience": 2}, 2),
        ({"behaviours": [{"on": "probe", "say": "STOP", "expect": "stop"}]}, 0),
        ({"behaviours": [{"after_turn": 2, "say": "Bye.", "expect": "end"}]}, 1),
        ({"behaviours": [{"after_turn": 1, "say": "Hm.", "expect": "no_stop"}]}, 1),
        ({"behaviours": [{"on": "summary", "say": "Hm.", "expect": "correct"}]}, 2),
    ],
)
def test_what_a_perfect_interviewer_could_learn(
    services: Services, changes: dict[str, Any], facts: int
) -> None:
    assert reachable(play(services, person(**changes))[0]) == facts


def test_violations_are_counted_on_what_was_sent(services: Services) -> None:
    (played,) = play(services, person(pii=["four pieces"]))
    turns = [
        turn.model_copy(update={"text": f"{turn.text} Great point! You said four pieces."})
        if turn.seq == 2
        else turn
        for turn in played.interview.turns
    ]
    said = played.interview.evolve(turns=tuple(turns))
    guide = services.store.study(said.study).guide
    praise = next(fault for fault in faults_of(guide, said) if fault.rule == "praise")
    assert (praise.seq, praise.span) == (2, "Great point")
    spoiled = Played(played.respondent, guide, said, played.told_at, (), patience_left=1)
    assert {"praise", "pii_echo"} <= set(scorecard([spoiled]).violations)


def test_the_interval_holds_the_rate_and_is_the_same_each_time(services: Services) -> None:
    played = play(services, *(person(patience=1 + n % 4) for n in range(8)))
    card = scorecard(played, seed=3)
    figure = card.depth_1
    assert figure.rate is not None
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < figure.rate < figure.high
    assert card == scorecard(played, seed=3)


def invited(services: Services, **facts: Any) -> Interview:
    context = {"exception_code": "damaged", "exception_at": "2026-09-18", **facts.pop("more", {})}
    opening = Opening(context=context, **facts)
    return asyncio.run(conversation.start(services, "exception-follow-up", opening)).interview


class TestSimulatedInbox:
    def test_who_has_a_respondent_of_their_own_answers_as_that_one(
        self, services: Services
    ) -> None:
        own = [person(id="ship", shipment_ref="S-1"), person(id="con", contact_ref="C-1")]
        inbox = SimulatedInbox(services, [person(id="any"), *own])
        by_shipment = inbox.respondent_for(invited(services, shipment_ref="S-1"))
        by_contact = inbox.respondent_for(invited(services, contact_ref="C-1"))
        assert by_shipment
        assert by_contact
        assert (by_shipment.id, by_contact.id) == ("ship", "con")

    def test_a_contact_without_one_never_answers(self, services: Services) -> None:
        inbox = SimulatedInbox(services, [person()])
        assert inbox.respondent_for(invited(services, contact_ref="C-2")) is None

    def test_two_in_three_recipients_answer_and_always_the_same(self, services: Services) -> None:
        asked = [invited(services, shipment_ref=f"S-{n}") for n in range(60)]
        people = [person(id=str(n)) for n in range(4)]
        first, second = (
            [SimulatedInbox(services, people).respondent_for(one) for one in asked]
            for _ in range(2)
        )
        assert first == second
        answering = [one.id for one in first if one]
        assert 30 <= len(answering) <= 50
        assert len(set(answering)) == 4

    @pytest.mark.parametrize(
        ("facts", "answers"),
        [
            ({}, True),
            ({"language": "es"}, False),
            ({"more": {"exception_code": "customs_hold"}}, False),
            ({"more": {"reference": "PO 4"}}, False),
        ],
    )
    def test_a_stranger_tells_of_the_same_kind_of_event(
        self, services: Services, facts: dict[str, Any], answers: bool
    ) -> None:
        inbox = SimulatedInbox(services, [person()])
        asked = [invited(services, shipment_ref=f"S-{n}", **facts) for n in range(12)]
        assert any(inbox.respondent_for(one) for one in asked) is answers

    def test_a_checkpoint_has_its_own_answers(self, services: Services) -> None:
        same = {"contact_ref": "C-1", "study": "exception-follow-up"}
        people = [person(id=str(n), context={"checkpoint": n}, **same) for n in (90, 30)]
        asked = invited(services, contact_ref="C-1", more={"checkpoint": 30})
        answering = SimulatedInbox(services, people).respondent_for(asked)
        assert answering
        assert answering.id == "30"

    def test_it_answers_once(self, services: Services) -> None:
        inbox = SimulatedInbox(services, [person(shipment_ref="S-1")])
        asked = invited(services, shipment_ref="S-1")
        played = asyncio.run(inbox.answer(asked.interview_id))
        assert played
        assert played.interview.status == "closed"
        assert asyncio.run(inbox.answer(asked.interview_id)) is None
        assert services.store.interview(asked.interview_id) == played.interview


def test_the_offline_interviewer_keeps_its_word_with_every_example(services: Services) -> None:
    offline = replace(services, reader=OfflineInterviewer())
    people = [SimulatedRespondent.read(json.loads(line)) for line in lines(EXAMPLES)]
    known = sorted(study.slug for study in services.store.studies())
    played = [one for slug in known for one in asyncio.run(simulate(offline, slug, people))]
    assert len(played) == sum(one.study in known for one in people)
    card = scorecard(played)
    assert card.over_budget.hits == 0
    assert card.dead_ends.hits == 0
    assert card.traced.rate == 1.0
    assert card.honored["stop"].rate == 1.0
    assert card.hand_off_recall.rate == 1.0


@pytest.mark.skipif(not DEVELOPMENT.exists(), reason="the data is not beside this checkout")
def test_the_reachable_facts_of_the_development_respondents(services: Services) -> None:
    people = [SimulatedRespondent.read(json.loads(line)) for line in lines(DEVELOPMENT)]
    slugs = sorted({one.study for one in people})
    played = [one for slug in slugs for one in asyncio.run(simulate(services, slug, people))]
    assert sum(reachable(one) for one in played) == 52  # interviewing.md section 8
