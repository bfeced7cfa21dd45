"""Sentences and clauses of a respondent's turn, with their offsets: what the detectors read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.tables import Quote, Utterance

_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|\s*\n+\s*|;\s+")
_BUT = re.compile(r"(?:[,;]\s*|\s+)but,?\s+|[,;]\s*(?:however|though),?\s+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+")
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


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a turn that states one thing: `utterance.text[start:end] == text`."""

    utterance: Utterance
    start: int
    end: int
    text: str
    after: str  # the clause that follows in the same sentence, which may settle this one

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


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a text, in lower case."""
    return tuple(w.lower().replace("’", "'") for w in _WORD.findall(text))


def is_english(utterance: Utterance) -> bool:
    """Whether an English encoder can read this turn.

    The words decide where they are clear, because people answer in another language than asked;
    where they are too few to tell, the language of the interview does.
    """
    said = words(utterance.text)
    letters = [c for c in utterance.text if c.isalpha()]
    if letters and sum(c > "ɏ" for c in letters) > len(letters) / 2:
        return False
    hits = {lang: sum(w in known for w in said) for lang, known in _FUNCTION_WORDS.items()}
    english = hits.pop("en")
    if max(hits.values()) >= 2 and max(hits.values()) > english:
        return False
    if english >= 2:
        return True
    return utterance.language is None or utterance.language.lower().startswith("en")


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    held: int | None = None
    for start, end in _pieces(text, 0, len(text), _END):
        begin = start if held is None else held
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
