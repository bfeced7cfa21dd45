"""Who wants to hear no more, and who only tells of a driver that did not stop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.opt_out import KEYWORDS, is_opt_out
from interviewer.studies.prompts_folder import load_phrases

PHRASES = [phrase for spoken in load_phrases().values() for phrase in spoken.stop_phrases]


@pytest.mark.parametrize(
    "text",
    [
        *sorted(KEYWORDS),
        "STOP",
        " Stop. ",
        "ＳＴＯＰ",
        "stop 🛑",
        "STOP PLEASE",
        "ok stop it now",
        "please stop texting me",
        "Arrêt",
        "cancel",
        "END",
    ],
)
def test_a_stop(text: str) -> None:
    assert is_opt_out(text, PHRASES)


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_of_every_language(phrase: str) -> None:
    assert is_opt_out(phrase, PHRASES)
    assert is_opt_out(f"{phrase.upper()}!!", PHRASES)


@pytest.mark.parametrize(
    "text",
    [
        "The driver did not stop",
        "he didn't stop at all",
        "No stop at the hub in Reno",
        "They never stopped here",
        "Please cancel the second order, I only need one",
        "In the end it came",
        "It was ok",
        "",
        "🙂",
    ],
)
def test_no_stop(text: str) -> None:
    assert not is_opt_out(text, PHRASES)


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    assert is_opt_out(text, PHRASES) in (True, False)


@given(st.sampled_from(sorted(KEYWORDS)), st.sampled_from(["", " ", "!", "...", "\n", "🛑"]))
def test_punctuation_and_case_do_not_matter(keyword: str, around: str) -> None:
    assert is_opt_out(f"{around}{keyword.upper()}{around}")
