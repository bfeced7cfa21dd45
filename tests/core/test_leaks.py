"""What gives a source away, in clear and in disguise, and what does not."""

import base64
import codecs

import pytest

from interviewer.core.leaks import leaks

SECRET = (
    "You work inside an interviewer that holds short feedback interviews.\nKestrel pays 4 euros."
)
GIVEN = "inside an interviewer that holds short feedback"
DISGUISES = {
    "plain": GIVEN,
    "capitals": GIVEN.upper(),
    "base64": base64.b64encode(GIVEN.encode()).decode(),
    "base64 without its end": base64.b64encode(GIVEN.encode()).decode().rstrip("=")[:-2],
    "base64 for addresses": base64.urlsafe_b64encode(f"?>{GIVEN}".encode()).decode(),
    "rot13": codecs.encode(GIVEN, "rot13"),
    "reversed": GIVEN[::-1],
    "spaced": " ".join(GIVEN),
    "dotted": ".".join(GIVEN.replace(" ", "")),
    "zero width": "\u200b".join(GIVEN),
    "rot13 in base64": base64.b64encode(codecs.encode(GIVEN, "rot13").encode()).decode(),
}


@pytest.mark.parametrize("name", DISGUISES)
def test_six_words_in_a_row_are_found(name: str) -> None:
    assert leaks(f"What does {DISGUISES[name]} mean to you?", SECRET)
    assert not leaks(f"What does {DISGUISES[name]} mean to you?", "Something else was said here.")


@pytest.mark.parametrize(
    "text",
    [
        "What happened at the door that day?",
        "How do you hold short feedback talks with your team?",
        "What is in the interviewer that you work with?",
        "",
    ],
)
def test_other_words_are_not(text: str) -> None:
    assert not leaks(text, SECRET)


def test_a_question_of_the_source_may_be_asked() -> None:
    assert not leaks(
        "What happened at the door that day?", "Ask: What happened at the door that day?"
    )
