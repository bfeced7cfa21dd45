"""Sentences and clauses of a respondent's turn, with their offsets: what the detectors read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from analysis.instructions import addressed_to_software
from analysis.tables import Quote, Utterance

_END = re.compile(
    r"(?<=[.!?…])[\"'”’)]*\s+|\s*\n+\s*|;\s+"
    r"|(?<=[>\]])\s+|(?<=[.!?]{2})(?=\w)|(?<=[^\W\d_]{2}[!?])(?=\w)|(?<=[a-z]{3}\.)(?=[A-Z])"
)
_BUT = re.compile(r"(?:[,;]\s*|\s+)but,?\s+|[,;]\s*(?:however|though),?\s+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+")
_TOKEN = re.compile(r"\S+")
_LONG, _WINDOW, _STEP = 22, 12, 6  # words: a run-on clause is also read in overlapping windows
_TAG_WORDS = 6  # "That pallet from June?" belongs to what comes after it

# The most frequent function words that the other languages do not share.
_FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the and is was are we you it that this not with have for but they our from my i of",
        "de": "der die das und ist nicht wir sie mit ein eine auch auf für haben noch ich zu den",
        "es": "el los las y es no con una por para pero que nos se muy está hemos del lo al",
        "fr": "le les et est pas nous vous avec une pour mais que des ne du au sont très je",
        "it": "il gli è non con una per ma che abbiamo sono della del di ci anche molto",
        "pt": "os as é não com uma para mas que nós foi muito da do em está um eu",
        "nl": "het een en niet wij met voor maar dat van zijn wel ook naar ik er",
        "sv": "och är inte vi med för men att det som har till jag av en ett",
    }.items()
}
_LANGUAGES_OF: Mapping[str, tuple[str, ...]] = {
    word: tuple(name for name, known in _FUNCTION_WORDS.items() if word in known)
    for word in sorted(frozenset[str]().union(*_FUNCTION_WORDS.values()))
}


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a turn that states one thing: `utterance.text[start:end] == text`."""

    utterance: Utterance
    start: int
    end: int
    text: str
    after: str  # the clause that follows in the same sentence, which may settle this one
    is_window: bool = False  # cut out of a run-on clause, so it may begin or end anywhere

    @property
    def quote(self) -> Quote:
        """The clause as verbatim words, with the way back to them."""
        return quote(self.utterance, self.start, self.end)


def quote(utterance: Utterance, start: int, end: int) -> Quote:
    """The words `utterance.text[start:end]` as a quote."""
    return Quote(
        utterance.turn_id,
        utterance.interview_id,
        start,
        end,
        utterance.text[start:end],
        utterance.account_ref,
        utterance.contact_role,
        utterance.at,
        utterance.audience,
    )


def clauses(utterance: Utterance) -> tuple[Clause, ...]:
    """The sentences of a turn, split at "but", since each side may have its own status."""
    found: list[Clause] = []
    for start, end in _sentences(utterance.text):
        spans = list(_pieces(utterance.text, start, end, _BUT))
        texts = [utterance.text[a:b] for a, b in spans]
        found += [
            Clause(utterance, a, b, text, after)
            for (a, b), text, after in zip(spans, texts, [*texts[1:], ""], strict=True)
        ]
    return tuple(found)


def passages(utterance: Utterance) -> tuple[Clause, ...]:
    """The clauses of a turn, and windows of those that run on without a full stop.

    A vector of forty words says nothing of the four at their end that matter.
    """
    return tuple(part for clause in clauses(utterance) for part in (clause, *_windows(clause)))


def _windows(clause: Clause) -> Iterator[Clause]:
    spans = [found.span() for found in _TOKEN.finditer(clause.text)]
    if len(spans) < _LONG:
        return
    for first in range(0, len(spans) - _WINDOW + _STEP, _STEP):
        part = spans[first : first + _WINDOW]
        start, end = part[0][0], part[-1][1]
        text = clause.text[start:end]
        yield Clause(clause.utterance, clause.start + start, clause.start + end, text, "", True)


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a text, in lower case."""
    return tuple(_WORD.findall(text.lower().replace("’", "'")))


def is_english(utterance: Utterance) -> bool:
    """Whether an English encoder can read this turn."""
    return language(utterance) == "en"


def language(utterance: Utterance) -> str:
    """The language of a turn, such as `de`; `und` where it is none that can be told.

    The words decide where they are clear, because people answer in another language than asked;
    where they are too few to tell, the language of the interview does. What is said to the software
    decides nothing.
    """
    declared = (utterance.language or "en").lower().partition("-")[0]
    return _language_of(utterance.text, declared)


@lru_cache(maxsize=1 << 16)  # each step of an analysis asks for every turn's
def _language_of(said: str, declared: str) -> str:
    parts = [said[start:end] for start, end in _sentences(said)]
    text = " ".join(part for part in parts if not addressed_to_software(part))
    if not text.isascii():
        letters = [c for c in text if c.isalpha()]
        if letters and sum(c > "ɏ" for c in letters) > len(letters) / 2:
            return "und" if declared in _FUNCTION_WORDS else declared
    hits = dict.fromkeys(_FUNCTION_WORDS, 0)
    for word in words(text):
        for name in _LANGUAGES_OF.get(word, ()):
            hits[name] += 1
    english = hits.pop("en")
    if max(hits.values()) >= 2 and max(hits.values()) > english:
        return max(hits, key=lambda other: hits[other])
    return "en" if english >= 2 else declared


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    held: int | None = None
    for start, end in _pieces(text, 0, len(text), _END):
        begin = start if held is None else held
        if text[end : end + 1] == ";" and addressed_to_software(text[begin:end]):
            held = begin  # what follows is part of the instruction
            continue
        if text[begin:end].endswith("?") and len(words(text[begin:end])) <= _TAG_WORDS:
            held = begin
            continue
        held = None
        yield begin, end
    if held is not None:
        yield held, len(text.rstrip())


def _pieces(text: str, start: int, end: int, cut: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    at = start
    for mark in cut.finditer(text, start, end):
        yield from _trimmed(text, at, mark.start())
        at = mark.end()
    yield from _trimmed(text, at, end)


def _trimmed(text: str, start: int, end: int) -> Sequence[tuple[int, int]]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    return [(start, end)] if end > start else []
