"""The offline reader on tables of answers, on a development set, and on any text."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from interviewer.adapters.offline import OfflineInterviewer
from interviewer.adapters.offline.lexicon import FOLDER, LANGUAGES, lexicon
from interviewer.adapters.offline.train import TRAINING, train
from interviewer.core.decision import FOR_A_PERSON, URGENT
from interviewer.core.guide import Audience
from interviewer.core.reading import INTENTS, Reading, clamp
from interviewer.studies.prompts_folder import load_guide, ready_sources
from tests.adapters.offline_guides import guide, interview

HERE = Path(__file__).parent
READER = OfflineInterviewer()
GUIDES = {audience: guide(audience) for audience in get_args(Audience)}
SIGN = {-2: "negative", -1: "negative", 0: "neutral", 1: "positive", 2: "positive"}


def table(language: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((HERE / f"readings_{language}.yaml").read_text("utf-8"))
    return loaded


def read(say: str, audience: Audience = "recipient", **question: Any) -> Reading:
    asking = GUIDES[audience]
    return READER.read(asking, interview(asking, **question), say)


def said_intents() -> Iterator[Any]:
    for language in ("en", "es", "de"):
        for key, audience in (("intents", "recipient"), ("b2b_intents", "b2b")):
            for intent, lines in table(language).get(key, {}).items():
                for wanted in ("said", "not_said"):
                    for line in lines.get(wanted, ()):
                        name = f"{language}-{intent}-{wanted}-{line}"
                        yield pytest.param(language, audience, intent, wanted, line, id=name)


@pytest.mark.parametrize(("language", "audience", "intent", "wanted", "line"), [*said_intents()])
def test_finds_an_intent_where_it_is_said_and_nowhere_else(
    language: str, audience: Audience, intent: str, wanted: str, line: str
) -> None:
    found = read(line, audience, language=language).wants
    assert (intent in found) == (wanted == "said"), found


def handoffs() -> Iterator[Any]:
    loaded = yaml.safe_load((HERE / "handoffs.yaml").read_text("utf-8"))
    for language, lines in loaded.items():
        for wanted in ("hands_off", "goes_on"):
            for line in lines[wanted]:
                yield pytest.param(language, wanted, line, id=f"{language}-{wanted}-{line}")


@pytest.mark.parametrize(("language", "wanted", "line"), [*handoffs()])
def test_hands_off_what_only_a_person_may_answer(language: str, wanted: str, line: str) -> None:
    found = read(line, language=language).wants & {*URGENT, *FOR_A_PERSON}
    assert bool(found) == (wanted == "hands_off"), found


def cases() -> Iterator[Any]:
    for language in ("en", "es", "de"):
        for case in table(language)["cases"]:
            yield pytest.param(language, case, id=f"{language}-{case['say']}")


@pytest.mark.parametrize(("language", "case"), [*cases()])
def test_reads_an_answer(language: str, case: dict[str, Any]) -> None:
    question = {key: case[key] for key in ("after", "asked", "playback") if key in case}
    reading = read(case["say"], language=language, **question)
    sentiment = reading.sentiment
    seen: dict[str, Any] = {
        "specificity": reading.specificity,
        "sentiment": sentiment if sentiment == "mixed" else SIGN[sentiment],
        "new": reading.new_information,
        "language": reading.language,
        "contradicts": reading.contradicts,
        "injection": reading.injection,
        "cue": reading.cue,
        "quote": reading.quote,
    }
    assert {key: seen[key] for key in seen if key in case} == {
        key: case[key] for key in seen if key in case
    }
    aspects = {f"{aspect.topic}.{aspect.aspect}" for aspect in reading.aspects}
    covered = {name for name, topic in reading.topics.items() if topic.covered == "yes"}
    values = {name: field.value for name, field in reading.fields.items()}
    assert set(case.get("intents", ())) <= reading.wants
    assert not set(case.get("not_intents", ())) & reading.wants
    assert set(case.get("aspects", ())) <= aspects
    assert not set(case.get("no_aspects", ())) & aspects
    assert set(case.get("covers", ())) <= covered
    assert case.get("fields", {}).items() <= values.items()
    assert not set(case.get("no_fields", ())) & values.keys()
    assert not [word for word in case.get("no_quote_of", ()) if word in (reading.quote or "")]


def coded_answers() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each case of the table, with the fields that are read."""
    studies = {each.slug: each for each in map(load_guide, ready_sources())}
    source = yaml.safe_load((HERE / "fields_dev.yaml").read_text("utf-8"))
    for language, table_of in source.items():
        for case in table_of:
            asking = studies[case["study"]]
            question = {key: case[key] for key in ("after", "asked", "playback") if key in case}
            waiting = interview(asking, language=language, **question)
            reading = READER.read(asking, waiting, case["say"])
            yield case, {name: field.value for name, field in reading.fields.items()}


def test_fills_few_fields_wrongly() -> None:
    wanted, found, wrong = 0, 0, []
    for case, values in coded_answers():
        right = case.get("fields") or {}
        wanted += len(right)
        found += len(right.items() & values.items())
        wrong += [(case["say"], *item) for item in values.items() - right.items()]
    assert found / (found + len(wrong)) >= 0.95, wrong
    assert found / wanted >= 0.85


def needs_a_probe(language: str) -> Iterator[tuple[str, bool]]:
    source = (HERE / "specificity_dev.yaml").read_text("utf-8")
    for specificity, texts in yaml.safe_load(source)[language].items():
        for text in texts:
            yield text, specificity != "specific"


def f1(found: list[bool], true: list[bool]) -> float:
    both = sum(f and t for f, t in zip(found, true, strict=True))
    return 2 * both / (sum(found) + sum(true))


@pytest.mark.parametrize(("language", "aim"), [("en", 0.88), ("es", 0.85), ("de", 0.85)])
def test_sees_which_answers_need_a_probe(language: str, aim: float) -> None:
    known = list(needs_a_probe(language))
    true = [needed for _, needed in known]
    read_as = [read(text, language=language).needs_probe for text, _ in known]
    by_length = f1([len(text.split()) <= 15 for text, _ in known], true)
    assert f1(read_as, true) >= max(aim, by_length + 0.05)


def test_no_development_sentence_was_trained_on() -> None:
    trained = {
        text
        for path in TRAINING.glob("*.yaml")
        for texts in yaml.safe_load(path.read_text("utf-8")).values()
        for text in texts
    }
    for language in ("en", "es", "de"):
        assert not trained & {text for text, _ in needs_a_probe(language)}


def test_the_shipped_weights_are_those_of_the_training_sentences() -> None:
    shipped = json.loads((FOLDER / "weights.json").read_text("utf-8"))
    learned = train()
    assert learned["threshold"] == shipped["threshold"]
    assert learned["weights"] == pytest.approx(shipped["weights"], abs=0.002)
    for language, words in shipped["words"].items():
        assert learned["words"][language] == pytest.approx(words, abs=0.002)


def test_every_pattern_of_every_language_compiles() -> None:
    for language in LANGUAGES:
        words = lexicon(language)
        found = [*words.intents.values(), words.injection, *words.contradictions.values()]
        assert all(finding.says.regex.pattern and finding.unless.regex for finding in found)
        assert words.who_reads.regex.pattern
        if words.reads and words.answers:
            phrases = [getattr(words.reads, name) for name in ("repetition", "nothing_said")]
            assert all(one.regex for one in (*phrases, *words.answers.values.values()))


def test_every_intent_has_words_in_every_language() -> None:
    for language in LANGUAGES:
        assert set(lexicon(language).intents) == set(INTENTS), language


@settings(max_examples=300, deadline=None)
@given(
    utterance=st.text(max_size=2000),
    audience=st.sampled_from(get_args(Audience)),
    language=st.sampled_from(["en", "es", "de", "fr", "pt", "ja", "en-GB"]),
    asked=st.sampled_from(
        [None, "told_when", "heard", "open", "contacts", "found_on", "decided_by"]
    ),
    playback=st.booleans(),
)
def test_reads_any_text(
    utterance: str, audience: Audience, language: str, asked: str | None, playback: bool
) -> None:
    reading = read(utterance, audience, language=language, asked=asked, playback=playback)
    assert reading == read(utterance, audience, language=language, asked=asked, playback=playback)
    assert clamp(reading, utterance, GUIDES[audience]) == reading


WORDS = sorted(
    {
        word
        for language in ("en", "es", "de")
        for intents in (table(language)["intents"], table(language).get("b2b_intents", {}))
        for lines in intents.values()
        for line in (*lines["said"], *lines["not_said"])
        for word in line.split()
    }
)


@settings(max_examples=300, deadline=None)
@given(words=st.lists(st.sampled_from(WORDS), max_size=60), language=st.sampled_from(LANGUAGES))
def test_reads_any_words_and_proves_what_it_read(words: list[str], language: str) -> None:
    utterance = " ".join(words)
    reading = read(utterance, "b2b", language=language)
    assert clamp(reading, utterance, GUIDES["b2b"]) == reading
    assert reading.quote is None or 1 <= len(reading.quote.split()) <= 6


@pytest.mark.parametrize("source", ready_sources(), ids=lambda source: source.split("\n", 1)[0])
def test_reads_every_ready_study(source: str) -> None:
    asking = load_guide(source)
    for topic in asking.topics:
        waiting = interview(guide("b2b"), after=topic).evolve(topics=tuple(asking.topics))
        for text, _ in [*needs_a_probe("en")][::4]:
            reading = READER.read(asking, waiting, text)
            assert clamp(reading, text, asking) == reading


def test_words_nothing_itself() -> None:
    asking = GUIDES["recipient"]
    heard = asyncio.run(READER.read_and_word(asking, interview(asking), "Late again.", ()))
    assert heard.wordings == {}
    assert heard.reading == READER.read(asking, interview(asking), "Late again.")
