"""Where somebody who comes back is met."""

from datetime import UTC, datetime, timedelta

import pytest

from interviewer.core.greeting import AWAY, greeting
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview, Turn
from interviewer.core.lint import LintContext, lint
from interviewer.core.reading import Reading
from interviewer.core.wording import looked_at, opener_since
from interviewer.studies.prompts_folder import load_phrases, ready_guides

AT = datetime(2026, 9, 1, tzinfo=UTC)
PHRASES = load_phrases()
GUIDES = [g for g in ready_guides().values() if g.audience == "b2b"]
RENEWAL = ready_guides()["account-renewal"]


def paused(question: str, topic: str = "claims", move: str = "ask", **changes: object) -> Interview:
    answer = Turn(
        seq=1,
        speaker="respondent",
        text="The July credit note is missing.",
        at=AT,
        language="en",
        reading=Reading(source="offline"),
    )
    asked = Turn.model_validate(
        {"seq": 2, "speaker": "interviewer", "text": question, "at": AT, "language": "en"}
        | {"move": move, "topic": topic}
    )
    opener = asked.model_copy(update={"seq": 0, "text": "How is it going?", "move": "ask"})
    return Interview(
        interview_id="i",
        study="account-renewal",
        study_version=1,
        guide_hash="h",
        topics=tuple(RENEWAL.topics),
        turns=(opener, answer, asked),
        opened_at=AT,
        expires_at=AT,
    ).evolve(**changes)


def test_the_part_and_the_open_question_are_named() -> None:
    said = greeting(RENEWAL, PHRASES, paused("We leave that one. What is open today?"), AT + AWAY)
    assert said == "Welcome back. We were talking about your claims. What is open today?"


def test_no_earlier_answer_is_said_again() -> None:
    probe = paused('You said "July credit note". What happened?', move="probe")
    said = greeting(RENEWAL, PHRASES, probe, AT + AWAY)
    assert said is not None
    assert "July" not in said
    assert said.count("?") == 1


@pytest.mark.parametrize(
    ("interview", "now"),
    [
        (paused("What is open?"), AT + AWAY - timedelta(seconds=1)),
        (paused("What is open?", status="closed"), AT + AWAY),
        (paused("Here is what I noted: late. Is this right?", move="playback"), AT + AWAY),
        (paused("What is open?", turns=paused("x?").turns[:1]), AT + AWAY),
    ],
)
def test_who_is_not_greeted(interview: Interview, now: datetime) -> None:
    assert greeting(RENEWAL, PHRASES, interview, now) is None


def test_recipients_are_not_greeted() -> None:
    parcel = ready_guides()["exception-follow-up"]
    assert greeting(parcel, PHRASES, paused("What is open?", "told"), AT + AWAY) is None


@pytest.mark.parametrize("study", GUIDES, ids=lambda guide: guide.slug)
def test_every_greeting_and_since_question_keeps_the_rules(study: InterviewGuide) -> None:
    for language in study.languages:
        about = LintContext(study, "chat", language, "question", {})
        for topic, told in study.topics.items():
            asked = paused(told.ask[language][0], topic, language=language)
            said = greeting(study, PHRASES, asked, AT + AWAY)
            assert said is not None
            assert not lint(said, about), said
        since = LintContext(study, "chat", language, "since", {})
        assert not lint(looked_at(PHRASES, language, "the Friday slots").text, since)
        known = {"since": "2026-08-22", "brand": "Example", "account_name": "Acme"}
        opener = LintContext(study, "chat", language, "opener", known)
        first = opener_since(study, PHRASES, known, language, "chat")
        assert not lint(first.text, opener), first.text
