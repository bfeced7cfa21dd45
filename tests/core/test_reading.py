"""What of a model's reading stands beside the lexicon's."""

import pytest

from interviewer.core.reading import (
    AspectReading,
    Intent,
    IntentReading,
    Reading,
    TopicReading,
    merge_lexicon,
)

SAID = "They came on Friday and the box was wet."
TOLD = {"incident": TopicReading(covered="yes", evidence="came on Friday")}
NAMED = (AspectReading(topic="incident", aspect="damage", evidence="wet"),)


def reading(*intents: Intent, **more: object) -> Reading:
    shown = tuple(IntentReading(intent=intent, evidence="x") for intent in intents)
    return Reading.model_validate({"source": "model", "intents": shown, **more})


@pytest.mark.parametrize(
    ("model", "lexicon", "utterance", "wanted"),
    [
        (reading(), reading("end"), SAID, {"end"}),
        (reading("skip"), reading("end"), SAID, {"skip", "end"}),
        (reading("end"), reading("end"), SAID, {"end"}),
        (reading(), reading("skip"), SAID, set()),
        (reading("safety"), reading(), SAID, {"safety"}),
        (reading("misunderstood"), reading(), SAID, {"misunderstood"}),
        (reading("misunderstood", topics=TOLD), reading(), SAID, set()),
        (reading("misunderstood"), reading(aspects=NAMED), SAID, set()),
        (reading("off_topic", "commitment", topics=TOLD), reading(), SAID, {"commitment"}),
        (reading("misunderstood", topics=TOLD), reading("misunderstood"), SAID, {"misunderstood"}),
        (reading("question"), reading(), SAID, set()),
        (reading("question"), reading(), "Who reads this?", {"question"}),
        (reading("question"), reading("question"), "Tell me who reads this.", {"question"}),
        (reading(), reading("question"), "Who reads this?", set()),
    ],
)
def test_a_model_adds_intents_and_removes_none_that_stands(
    model: Reading, lexicon: Reading, utterance: str, wanted: set[Intent]
) -> None:
    merged = merge_lexicon(model, lexicon, utterance)
    assert merged.wants == wanted
    assert len(merged.intents) == len(merged.wants)


@pytest.mark.parametrize(
    ("utterance", "claimed", "expected", "wanted"),
    [
        (SAID, "de", "en", "en"),
        (SAID, "en-GB", "en", "en-GB"),
        ("Llegó tarde y roto", "es", "en", "es"),
        ("El paquete llegó el viernes", "en", "es", "es"),
        ("Er kam am Freitag und nass", "de", "en", "de"),
        ("荷物は金曜日に来ました", "ja", "en", "ja"),
        ("👍", None, "en", "en"),
    ],
)
def test_a_language_is_not_heard_against_the_words(
    utterance: str, claimed: str | None, expected: str, wanted: str
) -> None:
    merged = merge_lexicon(reading(language=claimed), reading(language=expected), utterance)
    assert merged.language == wanted
