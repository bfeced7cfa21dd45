"""Whether a text gives away words that it must not hold, in clear or in a simple disguise."""

import binascii
import re
from collections.abc import Iterator
from functools import lru_cache

from interviewer.core.lint import fold

SPAN = 6  # words in a row that give a source away
SHORTEST = 18  # letters of such a span; shorter ones are anybody's words
ROT13 = str.maketrans("abcdefghijklmnopqrstuvwxyz", "nopqrstuvwxyzabcdefghijklm")
ENCODED = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
QUESTION = re.compile(r"[^.!?:;\n]*\?")


def leaks(text: str, source: str) -> bool:
    """Whether six words in a row of `source` stand in `text`.

    Found in any case and spacing, with invisible characters between the letters, reversed, in
    rot13 and in base64. Questions of the source are meant to be asked and give nothing away.
    """
    spans = _spans(source)
    return any(span in form for form in _forms(text) for span in spans)


@lru_cache(maxsize=64)
def _spans(source: str) -> frozenset[str]:
    """The letters of every six words in a row, line by line."""
    found = set()
    for line in QUESTION.sub("\n", source).splitlines():
        words = re.findall(r"\w+", fold(line))
        for place in range(len(words) - SPAN + 1):
            span = _letters("".join(words[place : place + SPAN]))
            if len(span) >= SHORTEST:
                found.add(span)
    return frozenset(found)


def _forms(text: str) -> Iterator[str]:
    """What the letters of a text could stand for."""
    for said in (text, *_decoded(text)):
        letters = _letters(said)
        yield letters
        yield letters[::-1]
        yield letters.translate(ROT13)


def _decoded(text: str) -> Iterator[str]:
    for token in ENCODED.findall(text):
        plain = token.rstrip("=").replace("-", "+").replace("_", "/")
        code = binascii.a2b_base64(plain[: len(plain) // 4 * 4])  # a cut end is left out
        yield code.decode("utf-8", errors="ignore")


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", fold(text))
