"""Names by the evidence of the texts themselves: words that people write with a capital letter.

Where no book says which people, brands and places there are, a word that mostly stands capitalized
in the middle of a sentence is taken for a name. In languages that capitalize every noun this says
nothing of names, and all of nouns.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LEAST = 2  # texts in which a word stands within a sentence before its letters say anything
MOSTLY = 0.6  # share of these in which it is capitalized
GERMAN = 0.1  # share of German function words, above which capital letters mean nouns
ORDINARY = 3  # texts that write a word in lower case, after which it is no name by itself

CALENDAR = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun
    mondays tuesdays wednesdays thursdays fridays saturdays sundays
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec christmas xmas easter thanksgiving
    english german french spanish thanks
    """.split()  # noqa: SIM905
)
"""Capitalized words of English that are no names."""

_GERMAN = frozenset(
    "der die das den dem ein eine einen und ist war nicht wir im mit auf".split()  # noqa: SIM905
)

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_START = re.compile(r"(?:^|[.!?:;…\"“”()\n]|\s[-–—]\s?)[\s\"'“(]*$")
_POSSESSIVE = re.compile(r"['’]s$")


class Letters(NamedTuple):
    """What capital letters say in some texts; words in lower case."""

    names: frozenset[str]
    nouns: frozenset[str]  # only where the language capitalizes nouns
    ordinary: frozenset[str]  # often in lower case, so that a person of that name is not meant


def read_letters(texts: Iterable[str]) -> Letters:
    """Which words are names, or in a language like German which are nouns."""
    high: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for text in texts:
        inside = set(_inside(text))
        seen.update({word.casefold() for word in inside})
        high.update({word.casefold() for word in inside if _capitalized(word)})
    found = frozenset(
        word
        for word, times in high.items()
        if seen[word] >= LEAST and times >= MOSTLY * seen[word] and word not in CALENDAR
    )
    ordinary = frozenset(word for word in seen if seen[word] - high[word] >= ORDINARY) - found
    if sum(seen[word] for word in _GERMAN) > GERMAN * sum(seen.values()):
        return Letters(frozenset(), found, ordinary)
    return Letters(found, frozenset(), ordinary)


def _inside(text: str) -> Iterator[str]:
    """The words that do not begin a sentence; none of a text that is written in capitals."""
    if text.isupper() or text.istitle():
        return
    for match in _WORD.finditer(text):
        if not _START.search(text[max(0, match.start() - 4) : match.start()]) and match.start():
            yield _POSSESSIVE.sub("", match.group())


def _capitalized(word: str) -> bool:
    """`Mara`, not `ETA` or `I'm`."""
    return len(word) > 2 and word[:2].isalpha() and word[0].isupper() and not word.isupper()
