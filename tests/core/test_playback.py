"""What is read back: exact spans, few words, nothing twice."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.interview import Interview, Turn
from interviewer.core.playback import FRAME, LINE_WORDS, LINES, WORDS, lines, notes, shortened
from interviewer.core.reading import FieldReading, Reading, TopicReading
from interviewer.core.sms_text import fits_sms
from interviewer.core.wording import playback
from interviewer.studies.prompts_folder import load_phrases, ready_guides
from tests.guides import b2b_guide

AT = datetime(2026, 9, 1, tzinfo=UTC)
GUIDE = b2b_guide()
FORM = ready_guides()["claim-intake"]
PHRASES = load_phrases()


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


def test_a_question_of_the_respondent_is_not_read_back() -> None:
    assert lines(GUIDE, told(("Who pays for that?", ["incident"]))) == ()


def test_an_answer_without_evidence_stands_for_the_topic_asked() -> None:
    assert [line.topic for line in lines(GUIDE, told(("The dock was shut.", [])))] == ["incident"]


def test_it_stays_within_its_words_and_lines() -> None:
    long = "word " * 15
    topics = list(GUIDE.topics)
    interview = told(*((f"{n} {long}", [topic]) for n, topic in enumerate(topics)))
    read = lines(GUIDE, interview)
    assert 1 <= len(read) <= LINES
    assert sum(len(line.text.split()) for line in read) <= WORDS


def test_what_first_covered_a_topic_stands() -> None:
    interview = told(("Two trucks came late.", ["incident"]), ("Nobody called.", ["incident"]))
    assert [line.text for line in lines(GUIDE, interview)] == ["Two trucks came late."]


def form(fields: dict[str, tuple[str | int | float, str]], **changes: Any) -> Interview:
    """A claim form in which one answer gave these values, each with its words."""
    readings = {name: FieldReading(value=v, evidence=words) for name, (v, words) in fields.items()}
    turn = Turn(
        seq=1,
        speaker="respondent",
        text=" ".join(words for _, words in fields.values()),
        at=AT,
        language="en",
        reading=Reading(source="offline", fields=readings),
    )
    return told().add(turn).evolve(**changes)


CLAIM: dict[str, tuple[str | int | float, str]] = {
    "wish": ("replace", "new ones"),
    "found_on": ("2026-08-28", "last Friday"),
    "items": ("two plates", "two plates"),
    "problem": ("damaged", "smashed"),
}


@pytest.mark.parametrize(
    ("language", "read"),
    [
        (
            "en",
            ["Problem: smashed", "Goods: two plates", "Found on: 28 August", "Wish: new ones"],
        ),
        (
            "de-AT",
            ["Problem: smashed", "Ware: two plates", "Bemerkt am: 28. August", "Wunsch: new ones"],
        ),
    ],
)
def test_a_form_reads_back_its_answers_with_labels_and_days(language: str, read: list[str]) -> None:
    assert notes(FORM, form(CLAIM, language=language), PHRASES) == read


def test_a_month_is_read_back_as_it_was_said() -> None:
    told_month = form({"found_on": ("2026-08", "in August")})
    assert notes(FORM, told_month, PHRASES) == ["Found on: in August"]


def test_a_corrected_answer_is_read_back_as_corrected() -> None:
    later = form({"items": ("three plates", "three plates")}).turns[-1]
    interview = form(CLAIM).add(later.model_copy(update={"seq": 3}))
    assert "Goods: three plates" in notes(FORM, interview, PHRASES)


@pytest.mark.parametrize("language", FORM.languages)
@given(words=st.integers(min_value=1, max_value=80))
def test_a_form_by_sms_fits_a_first_message(language: str, words: int) -> None:
    long = " ".join(["plate"] * words)
    claim = {**CLAIM, "items": (long, long), "value": (long, long)}
    read = notes(FORM, form(claim, language=language, channel="sms"), PHRASES)
    assert read
    assert fits_sms(playback(PHRASES, language, read).text, first=True)


@pytest.mark.parametrize("language", PHRASES)
def test_the_room_for_the_frame_is_enough(language: str) -> None:
    assert len(playback(PHRASES, language, []).text) <= len(FRAME)
