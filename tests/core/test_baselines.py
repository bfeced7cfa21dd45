from datetime import UTC, datetime

import pytest

from interviewer.core.baselines import GENERIC, Baseline, questions
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.simulated_respondent import GENERIC as HEARD_AS_GENERIC
from interviewer.core.simulated_respondent import LEADING, is_foreign, is_repeated, plain
from interviewer.studies.prompts_folder import load_phrases, ready_guides

NOW = datetime(2026, 9, 20, tzinfo=UTC)
DAMAGED = {"exception_code": "damaged", "exception_at": "2026-09-18"}


def opened(guide: InterviewGuide, language: str) -> Interview:
    return Interview(
        interview_id="i",
        study=guide.slug,
        study_version=1,
        guide_hash="",
        language=language,
        context=DAMAGED,
        topics=guide.open_topics(DAMAGED),
        opened_at=NOW,
        expires_at=NOW,
    )


@pytest.mark.parametrize(("baseline", "asked"), [("form", 0), ("generic", 2)])
def test_how_much_is_asked_after_the_opener(baseline: Baseline, asked: int) -> None:
    guide = ready_guides()["exception-follow-up"]
    assert len(questions(baseline, guide, load_phrases(), opened(guide, "en"))) == asked


@pytest.mark.parametrize("language", ["en", "es", "de"])
def test_the_script_asks_every_other_topic_once_in_order(language: str) -> None:
    guide = ready_guides()["exception-follow-up"]
    interview = opened(guide, language)
    asked = questions("script", guide, load_phrases(), interview)
    assert tuple(question.topic for question in asked) == interview.topics[1:]
    assert len(asked) > guide.budget.questions - 1
    for question in asked:
        assert question.text in guide.topics[question.topic].ask[language]


@pytest.mark.parametrize("language", GENERIC)
def test_a_generic_probe_is_heard_as_one_and_nothing_worse(language: str) -> None:
    first, second = (plain(probe) for probe in GENERIC[language])
    assert not is_repeated(second, [first])
    for probe in (first, second):
        assert HEARD_AS_GENERIC.search(probe)
        assert not LEADING.search(probe)
        assert not is_foreign(probe, language)


def test_a_language_without_probes_of_its_own_gets_the_english_ones() -> None:
    guide = ready_guides()["exception-follow-up"]
    asked = questions("generic", guide, load_phrases(), opened(guide, "fr"))
    assert [question.text for question in asked] == list(GENERIC["en"])
