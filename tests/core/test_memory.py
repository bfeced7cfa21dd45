"""What one interview passes on to the next of the same contact."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.book import Action
from interviewer.core.decision import Situation, is_remembered
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview, Memory, Point, Turn
from interviewer.core.memory import (
    POINT_WORDS,
    POINTS,
    memory_of,
    remember,
    settled,
    topics_since,
)
from interviewer.core.reading import Reading, TopicReading
from interviewer.studies.prompts_folder import ready_guides

AT = datetime(2026, 9, 1, tzinfo=UTC)
RENEWAL = ready_guides()["account-renewal"]
REVIEW = ready_guides()["account-review"]


def held(*answers: tuple[str, str, Any]) -> Interview:
    """A closed interview: topic asked, answer, sentiment; each answer covers its topic."""
    turns: list[Turn] = []
    for topic, text, sentiment in answers:
        reading = Reading(
            source="offline",
            specificity="specific",
            sentiment=sentiment,
            topics={topic: TopicReading(covered="yes", evidence=text)},
        )
        said = {"at": AT, "language": "en"}
        turns.append(
            Turn(seq=len(turns), speaker="interviewer", text="?", move="ask", topic=topic, **said)
        )
        turns.append(Turn(seq=len(turns), speaker="respondent", text=text, reading=reading, **said))
    return Interview(
        interview_id="i",
        study=RENEWAL.slug,
        study_version=1,
        guide_hash="h",
        status="closed",
        topics=tuple(RENEWAL.topics),
        turns=tuple(turns),
        opened_at=AT,
        expires_at=AT,
        closed_at=AT,
    )


def test_what_displeased_stays_open() -> None:
    memory = remember(held(("incident", "The Memphis load came without labels", -1)))
    assert memory.points == (Point(topic="incident", words="The Memphis load came without labels"),)
    assert memory.covered == ("incident",)


def test_a_later_pleased_answer_settles_it() -> None:
    memory = remember(
        held(
            ("incident", "The Memphis load came without labels.", -1),
            ("incident", "They relabeled it the same day, hats off.", 2),
        )
    )
    assert memory.points == ()


@given(st.lists(st.sampled_from(list(RENEWAL.topics)), min_size=1, max_size=10, unique=True))
def test_points_are_few_and_short_and_the_respondents_own(topics: list[str]) -> None:
    text = "and so it went on " * 6
    memory = remember(held(*((topic, f"{topic} {text}", -1) for topic in topics)))
    assert len(memory.points) <= POINTS
    for point in memory.points:
        assert point.words in f"{point.topic} {text}"
        assert len(point.words.split()) <= POINT_WORDS


BUYER = RENEWAL.open_topics({"contact_role": "buyer"})


def before(guide: InterviewGuide = RENEWAL, **changes: Any) -> Memory:
    return Memory(study=guide.slug, at=AT, **changes)


def answered(memory: Memory, *topics: str) -> Situation:
    """A later checkpoint, opened with what has changed, and an answer that touches these topics."""
    opener = Turn(
        seq=0, speaker="interviewer", text="?", move="ask", topic=BUYER[0], at=AT, language="en"
    )
    interview = held().evolve(status="open", topics=BUYER, memory=memory, turns=(opener,))
    told = {name: TopicReading(covered="partly", evidence="x") for name in topics}
    return Situation(RENEWAL, interview, Reading(source="offline", topics=told))


SETTLED = before(
    covered=("incident", "response", "contact", "billing", "claims"),
    points=(Point(topic="billing", words="two wrong invoices"),),
    to_look_at=(Point(topic="claims", words="the July credit note"),),
)


def test_a_later_checkpoint_drops_what_did_not_change() -> None:
    assert settled(RENEWAL, BUYER, SETTLED) == {"incident", "response", "contact"}
    left = answered(SETTLED).open_topics
    assert not {"incident", "response", "contact"} & set(left)
    assert {"billing", "claims"} <= set(left)


def test_what_changed_is_asked_about_again() -> None:
    assert "contact" in answered(SETTLED, "contact").open_topics


def test_another_study_or_another_contacts_open_topic_settles_nothing() -> None:
    assert settled(RENEWAL, BUYER, before(REVIEW, covered=("incident",))) == frozenset()
    assert settled(RENEWAL, BUYER, before(covered=("claims",), elsewhere=("claims",))) == set()


def test_of_another_contact_the_topic_alone_is_known_and_comes_first() -> None:
    other = held(("claims", "Dana lost the July papers twice", -1))
    memory = memory_of(RENEWAL, None, [other], [])
    assert memory == Memory(elsewhere=("claims",))
    assert topics_since(BUYER, memory)[:2] == (BUYER[0], "claims")
    assert set(topics_since(BUYER, memory)) == set(BUYER)


@pytest.mark.parametrize(("topic", "asked"), [("claims", "claims"), (None, "incident")])
def test_what_was_to_be_looked_at_is_asked_on_its_topic(topic: str | None, asked: str) -> None:
    action = Action(account_ref="a", what="the Friday slots", said_at=AT.date(), topic=topic)
    memory = memory_of(RENEWAL, None, [], [action])
    assert memory is not None
    assert memory.looked_at(asked) == Point(topic=asked, words="the Friday slots")
    assert is_remembered(answered(memory), asked)


def test_nothing_known_is_no_memory() -> None:
    assert memory_of(RENEWAL, None, [], []) is None
    assert topics_since(BUYER, None) == BUYER


def test_an_answer_kept_from_the_account_manager_is_not_taken_up() -> None:
    interview = held(("contact", "Dana never calls us back", -1))
    assert remember(interview.keep_back({1})).points == ()
