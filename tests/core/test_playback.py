"""What is read back: exact spans, few words, nothing twice."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.interview import Interview, Turn
from interviewer.core.playback import LINE_WORDS, LINES, WORDS, lines, shortened
from interviewer.core.reading import Reading, TopicReading
from tests.guides import b2b_guide

AT = datetime(2026, 9, 1, tzinfo=UTC)
GUIDE = b2b_guide()


@pytest.mark.parametrize(
    ("evidence", "line"),
    [
        ("Short enough.", "Short enough."),
        (
            "They missed the dock on Friday, and we paid two men to wait for one that came at six",
            "They missed the dock on Friday",
        ),
        (
            "one two three four five six seven eight nine ten eleven twelve a b c d e f",
            "one two three four five six seven eight nine ten eleven twelve a b c d",
        ),
    ],
)
def test_a_long_answer_is_cut_at_a_clause(evidence: str, line: str) -> None:
    assert shortened(evidence) == line


@given(st.text(max_size=300))
def test_a_line_is_an_exact_part_of_what_was_said(text: str) -> None:
    line = shortened(text)
    assert line in text
    assert len(line.split()) <= LINE_WORDS


def told(*answers: tuple[str, list[str]]) -> Interview:
    """An interview with these answers, each covering these topics."""
    turns: list[Turn] = []
    for text, topics in answers:
        reading = Reading(
            source="offline",
            specificity="specific",
            topics={name: TopicReading(covered="yes", evidence=text) for name in topics},
        )
        turns.append(
            Turn(
                seq=2 * len(turns),
                speaker="interviewer",
                text="?",
                at=AT,
                language="en",
                move="ask",
                topic="incident",
            )
        )
        turns.append(
            Turn(
                seq=len(turns),
                speaker="respondent",
                text=text,
                at=AT,
                language="en",
                reading=reading,
            )
        )
    return Interview(
        interview_id="i",
        study="renewal",
        study_version=1,
        guide_hash="h",
        turns=tuple(turns),
        opened_at=AT,
        expires_at=AT,
    )


def test_an_answer_to_several_topics_is_read_back_once() -> None:
    interview = told(("It was late.", ["incident", "response", "change"]), ("Fine.", ["improve"]))
    assert [line.text for line in lines(GUIDE, interview)] == ["It was late.", "Fine."]


def test_an_answer_without_evidence_stands_for_the_topic_asked() -> None:
    assert [line.topic for line in lines(GUIDE, told(("The dock was shut.", [])))] == ["incident"]


def test_it_stays_within_its_words_and_lines() -> None:
    long = "word " * 15
    topics = list(GUIDE.topics)
    interview = told(*((f"{n} {long}", [topic]) for n, topic in enumerate(topics)))
    read = lines(GUIDE, interview)
    assert 1 <= len(read) <= LINES
    assert sum(len(line.text.split()) for line in read) <= WORDS
