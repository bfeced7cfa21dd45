"""What one interview passes on to the next of the same contact."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview, Memory, Point, Turn
from interviewer.core.memory import POINT_WORDS, POINTS, remember, topics_since
from interviewer.core.reading import Reading, TopicReading
from interviewer.prompts_folder import ready_guides

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


def memory_of(guide: InterviewGuide, **changes: Any) -> Memory:
    return Memory(study=guide.slug, at=AT, **changes)


def test_the_next_checkpoint_asks_only_what_changed() -> None:
    topics = RENEWAL.open_topics({"contact_role": "buyer"})
    memory = memory_of(
        RENEWAL,
        covered=("incident", "response", "contact", "billing"),
        points=(Point(topic="billing", words="two wrong invoices"),),
    )
    left = topics_since(RENEWAL, topics, memory)
    assert left[0] == topics[0]
    assert "incident" in left  # stands for all that was settled: "what has changed since"
    assert not {"response", "contact"} & set(left)
    assert "billing" in left


@pytest.mark.parametrize("memory", [None, memory_of(REVIEW, covered=("incident", "response"))])
def test_another_study_asks_everything(memory: Memory | None) -> None:
    topics = RENEWAL.open_topics({})
    assert topics_since(RENEWAL, topics, memory) == topics
