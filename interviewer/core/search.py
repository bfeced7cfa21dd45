"""What somebody looks for in what respondents said: words in any form, and phrases in quotes.

`delay "loading dock"` finds answers with a word that begins with "delay" and with these two words
in a row. Case, accents and punctuation never matter. A store finds with its own index what
`matches` finds here.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

LONGEST = 200  # characters of a search
MOST_TERMS = 8
AROUND = 90  # characters of an excerpt on each side of what was found

PART = re.compile(r'"([^"]*)"|([^"\s]+)')
WORD = re.compile(r"[^\W_]+")


class Term(NamedTuple):
    """Words in a row; of an open one the last word may go on."""

    words: tuple[str, ...]
    is_open: bool


def terms(search: str) -> tuple[Term, ...]:
    """What a search asks for; every term must be in an answer. None for a text without words."""
    found = []
    for phrase, word in PART.findall(search[:LONGEST]):
        words = tuple(match.group() for match in WORD.finditer(folded(phrase or word)))
        if words:
            found.append(Term(words, is_open=not phrase))
    return tuple(found[:MOST_TERMS])


def matches(text: str, wanted: Sequence[Term]) -> bool:
    """Whether every term is in the text."""
    words = [match.group() for match in WORD.finditer(folded(text))]
    return all(_first(words, term) is not None for term in wanted)


def excerpt(text: str, wanted: Sequence[Term]) -> str:
    """The part of a text around the first term found, at whole words; short texts stay whole."""
    if len(text) <= 2 * AROUND:
        return text
    places = list(WORD.finditer(text))
    words = [folded(match.group()) for match in places]
    found = [place for term in wanted if (place := _first(words, term)) is not None]
    middle = places[min(found)].start() if found else 0
    start, end = max(0, middle - AROUND), min(len(text), middle + AROUND)
    shown = text[start:end]
    if start:
        shown = "… " + shown.partition(" ")[2]
    return shown if end == len(text) else shown.rpartition(" ")[0] + " …"


def folded(text: str) -> str:
    """In lower case, without accents."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _first(words: Sequence[str], term: Term) -> int | None:
    """Where the term begins among the words."""
    length = len(term.words)
    for place in range(len(words) - length + 1):
        part = tuple(words[place : place + length])
        last = part[-1].startswith(term.words[-1]) if term.is_open else part == term.words
        if part[:-1] == term.words[:-1] and last:
            return place
    return None
