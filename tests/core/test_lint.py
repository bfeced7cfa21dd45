"""The lint: what each rule lets pass and what it catches, line by line."""

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core import wording
from interviewer.core.lint import (
    Kind,
    LintContext,
    Message,
    Rule,
    content_words,
    fold,
    is_plain_question,
    is_repeat,
    lint,
    question_of,
)
from interviewer.core.lint_patterns import PATTERNS
from interviewer.studies.prompts_folder import load_phrases, ready_guides

GUIDES = ready_guides()
PHRASES = load_phrases()
CASES: dict[str, dict[str, dict[str, list[Any]]]] = yaml.safe_load(
    (Path(__file__).parent / "lint_cases.yaml").read_text(encoding="utf-8")
)
WITHOUT_WORDS = {"link", "plain_text", "length"}  # the same in every language


def about(language: str = "en", **given: Any) -> LintContext:
    study = given.pop("study", "exception-follow-up")
    return LintContext(
        guide=GUIDES[study],
        channel=given.pop("channel", "chat"),
        language=language,
        kind=given.pop("kind", "question"),
        context=given.pop("context", {}),
        earlier=tuple(given.pop("earlier", ())),
        filled=frozenset(given.pop("filled", ())),
        links=frozenset(given.pop("links", ())),
        own=tuple(given.pop("own", ())),
        secrets=tuple(given.pop("secrets", ())),
    )


def lines(outcome: str) -> list[tuple[str, str, Any]]:
    return [
        (rule, language, line)
        for rule, languages in CASES.items()
        for language, outcomes in languages.items()
        for line in outcomes[outcome]
    ]


def faults(language: str, line: Any) -> dict[str, list[str]]:
    given = {"text": line} if isinstance(line, str) else dict(line)
    text = given.pop("text")
    found: dict[str, list[str]] = {}
    for fault in lint(text, about(language, **given)):
        found.setdefault(fault.rule, []).append(fault.span)
    return found


@pytest.mark.parametrize(("rule", "language", "line"), lines("passes"))
def test_lets_pass(rule: str, language: str, line: Any) -> None:
    assert rule not in faults(language, line)


@pytest.mark.parametrize(("rule", "language", "line"), lines("fails"))
def test_catches(rule: str, language: str, line: Any) -> None:
    assert rule in faults(language, line)


def test_every_rule_has_its_lines() -> None:
    assert set(CASES) == set(get_args(Rule))
    for rule, languages in CASES.items():
        assert all(len(languages["en"][outcome]) >= 10 for outcome in ("passes", "fails")), rule
        wanted = {"en"} if rule in WITHOUT_WORDS else {"en", "es", "de"}
        assert set(languages) >= wanted, rule


@pytest.mark.parametrize("language", ["fr", "pt"])
def test_rules_of_words_in_french_and_portuguese_have_their_lines(language: str) -> None:
    told = {"compound", "leading", "praise", "promise", "blame"}
    assert {rule for rule in CASES if language in CASES[rule]} == told
    assert {*PATTERNS[language]} - {"promise_statement"} == told
    for rule in told:
        outcomes = CASES[rule][language]
        assert all(len(outcomes[outcome]) >= 8 for outcome in ("passes", "fails")), rule


@pytest.mark.parametrize("language", PHRASES)
def test_what_is_said_outside_of_guides_breaks_no_rule(language: str) -> None:
    contact = "help@northway.example"
    said = [
        *(wording.preface(PHRASES, language, n) for n in get_args(wording.Preface)),
        *(wording.closing(PHRASES, language, r) for r in get_args(wording.CloseReason)),
        *(wording.hand_off(PHRASES, language, u, contact) for u in get_args(wording.Urgency)),
        wording.late_answer(PHRASES, language),
        wording.opted_out(PHRASES, language, "Northway"),
        wording.help_answer(PHRASES, language, "Northway", contact),
    ]
    for one in said:
        assert not lint(one.text, about(language, kind="statement", own=(contact,))), one.text


@pytest.mark.parametrize(
    ("message", "question"),
    [
        ("Thank you. What happened?", "What happened?"),
        ('You said "late again". What happened?', 'You said "late again". What happened?'),
        ('You said "late? Twice!". What happened?', 'You said "late? Twice!". What happened?'),
        ('Thank you. On "the box": what did you see?', 'On "the box": what did you see?'),
        ("Our record shows 14 November at 17:55. What do you see?", "What do you see?"),
        ("Thank you.", None),
    ],
)
def test_question_of(message: str, question: str | None) -> None:
    assert question_of(message) == question


PLAIN = [
    ("en", "What happened at the dock?", True),
    ("en", 'You said "late again". How often has that come up?', True),
    ("en", "Could you tell me what happened at the dock?", True),
    ("en", "What else should our team know before the renewal?", True),
    ("en", "Can you tell me more?", False),
    ("en", "What else?", False),
    ("en", "Why did it take so long?", False),
    ("en", "Was that because of the weather?", False),
    ("en", "We are looking into it. What happened?", False),
    ("en", 'You said "terrible". What happened?', False),
    ("es", "¿Qué pasó en la puerta?", True),
    ("es", "¿Por qué cree que pasó?", False),
    ("es", "¿Puede contarme más?", False),
    ("de", "Wodurch haben Sie davon erfahren?", True),
    ("de", "Warum war das so?", False),
    ("de", "Lag das am Wetter?", False),
    ("fr", "Qu'avez-vous fait ensuite ?", True),
    ("fr", "Pourquoi avez-vous attendu ?", False),
    ("pt", "O que mudou no seu dia?", True),
    ("pt", "Pode contar mais sobre isso?", False),
    ("it", "Che cosa è successo?", True),  # nothing is known of the language
]


@pytest.mark.parametrize(("language", "text", "plain"), PLAIN)
def test_a_model_words_one_open_question_and_nothing_else(
    language: str, text: str, plain: bool
) -> None:
    assert is_plain_question(text, language, ["It was late again"]) == plain


@pytest.mark.parametrize("slug", ready_guides())
def test_most_questions_of_the_ready_studies_are_plain(slug: str) -> None:
    """A model that says what a guide says is seldom corrected; few of its questions are closed."""
    asks = [
        (language, text)
        for topic in ready_guides()[slug].topics.values()
        for language, texts in topic.ask.items()
        for text in texts
    ]
    closed = [text for language, text in asks if not is_plain_question(text, language, ())]
    assert len(closed) <= 0.15 * len(asks), closed


@given(st.text())
def test_folding_keeps_every_place(text: str) -> None:
    forms = Message.of(text)
    assert len(fold(text)) == len(text)
    assert len(forms.own) == len(forms.folded) == len(forms.folded_own) == len(text)


@given(st.text(max_size=200), st.sampled_from(get_args(Kind)), st.sampled_from(["en", "es", "fr"]))
def test_any_text_can_be_judged(text: str, kind: Kind, language: str) -> None:
    for fault in lint(text, about(language, kind=kind)):
        assert fault.rule in get_args(Rule)


@given(st.text(alphabet="abc déß?", max_size=60), st.text(alphabet="abc déß?", max_size=60))
def test_a_repeat_is_one_in_both_directions(one: str, other: str) -> None:
    assert is_repeat(one, other, "de") == is_repeat(other, one, "de")
    assert is_repeat(one, one, "de")


def test_content_words_are_folded_and_without_function_words() -> None:
    assert content_words("¿Qué pasó con la espera?", "es") == {"paso", "espera"}
    assert content_words("What happened at the door?", "en") == {"happened", "door"}
