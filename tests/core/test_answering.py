"""Quick replies come after own words only, and progress never runs past its end."""

from datetime import UTC, datetime

import pytest

from interviewer.core.answering import Progress, progress, quick_replies
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Decision, Interview, Turn
from interviewer.studies.prompts_folder import load_guide, ready_sources

AT = datetime(2026, 9, 15, tzinfo=UTC)
READY = {guide.slug: guide for guide in map(load_guide, ready_sources())}
RENEWAL = READY["account-renewal"]
PLANS = ("extend", "keep", "reduce", "leave", "not sure")


def asked(seq: int, move: str = "ask", topic: str | None = "response") -> Turn:
    said = {"seq": seq, "speaker": "interviewer", "text": "?", "at": AT, "language": "en"}
    return Turn.model_validate({**said, "move": move, "topic": topic})


def answered(seq: int, **decision: object) -> Turn:
    made = Decision.model_validate({"move": "ask", "reason": "open_topic", **decision})
    said = {"seq": seq, "speaker": "respondent", "text": "It was slow.", "at": AT, "language": "en"}
    return Turn.model_validate({**said, "decision": made})


def talk(*turns: Turn, guide: InterviewGuide = RENEWAL, status: str = "open") -> Interview:
    return Interview.model_validate(
        {
            "interview_id": "i1",
            "study": guide.slug,
            "study_version": 1,
            "guide_hash": "h",
            "topics": guide.open_topics({}),
            "turns": turns,
            "opened_at": AT,
            "expires_at": AT,
            "status": status,
        }
    )


@pytest.mark.parametrize(
    ("decision", "said", "offered"),
    [
        ({"field": "wont_recur"}, "ask", (("scale", (*"0123456789", "10")),)),
        ({"field": "claim_open"}, "ask", (("yes_no", ("yes", "no")),)),
        ({"field": "decided_by"}, "ask", ()),  # a text
        ({"field": "plans"}, "ask", (("choice", PLANS),)),
        ({}, "ask", ()),
        (
            {"move": "playback", "reason": "complete"},
            "playback",
            (("playback", ("confirm", "correct")), ("rating", ("1", "2", "3", "4"))),
        ),
        ({"field": "wont_recur"}, "close", ()),  # a fault of the template closed instead
    ],
)
def test_what_can_be_tapped(decision: dict[str, object], said: str, offered: object) -> None:
    interview = talk(asked(0), answered(1, **decision), asked(2, said))
    assert quick_replies(RENEWAL, interview) == offered
    over = interview.evolve(status="closed")
    assert quick_replies(RENEWAL, over) == ()


def test_a_choice_without_plain_words_in_the_language_has_no_buttons() -> None:
    turns = (asked(0), answered(1, field="plans"), asked(2))
    spoken = {
        language: quick_replies(RENEWAL, talk(*turns).evolve(language=language))
        for language in RENEWAL.languages
    }
    assert {language for language, replies in spoken.items() if replies} == {"en", "es", "de"}
    told = READY["exception-follow-up"]  # one of its values has only words with any ending
    starred = talk(asked(0), answered(1, field="told_by"), asked(2), guide=told)
    assert quick_replies(told, starred) == ()


def test_nothing_can_be_tapped_before_own_words() -> None:
    assert quick_replies(RENEWAL, talk(asked(0))) == ()


def test_progress_is_for_business_contacts_and_stays_in_its_bounds() -> None:
    topics = RENEWAL.open_topics({})
    turns = [asked(n, topic=topic) for n, topic in enumerate(topics)]
    parts = RENEWAL.budget.questions
    shown = [progress(RENEWAL, talk(*turns[: n + 1])) for n in range(len(turns))]
    assert shown == [Progress(min(n + 1, parts), parts) for n in range(len(turns))]
    assert progress(RENEWAL, talk(*turns, status="closed")) is None
    delivery = READY["delivery-check"]
    assert progress(delivery, talk(asked(0), guide=delivery)) is None
