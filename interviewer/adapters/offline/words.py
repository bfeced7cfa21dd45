"""An utterance as words: folded for comparison, each with its place in the text as it came."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import accumulate

EMOJI = "\u2600-\u27bf\u2b50\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff"
MARKS = "\u0300-\u036f"  # combining accents of a decomposed text
LETTER = rf"[^\W_]|[{MARKS}]"
TOKEN = re.compile(
    rf"(?P<word>\d+(?:[.,:/]\d+)*|[^\W_](?:{LETTER}|['’](?=[^\W_]))*|[{EMOJI}])"
    r"|(?P<end>[.!?…]+(?=[\s\"'”)\]]|$)|\n+|;)"
    r"|(?P<comma>,|\s[-–—]+\s|:|\()"
)
PRONOUNS = frozenset(
    ("it", "that", "he", "she", "who", "what", "where", "when", "how", "there", "here")
)
ENDINGS = {"'m": "am", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would"}
BARE = {  # contractions as people type them
    "cant": ("can", "not"),
    "wont": ("will", "not"),
    "cannot": ("can", "not"),
    "im": ("i", "am"),
    "ive": ("i", "have"),
    "thats": ("that", "is"),
    "whats": ("what", "is"),
    "dont": ("do", "not"),
    "didnt": ("did", "not"),
    "doesnt": ("does", "not"),
    "isnt": ("is", "not"),
    "wasnt": ("was", "not"),
    "arent": ("are", "not"),
    "werent": ("were", "not"),
    "havent": ("have", "not"),
    "hasnt": ("has", "not"),
    "hadnt": ("had", "not"),
    "couldnt": ("could", "not"),
    "wouldnt": ("would", "not"),
    "shouldnt": ("should", "not"),
}


@dataclass(frozen=True, slots=True)
class Word:
    """One word; a contraction is two words at one place."""

    folded: str  # lower case, without accents
    start: int
    end: int
    sentence: int
    clause: int


@dataclass(frozen=True)
class Utterance:
    """A text, its words, and one line of folded words to match patterns against.

    In `line` words are separated by one space and every sentence ends with a word `.`, `!` or `?`.
    """

    text: str
    words: tuple[Word, ...]
    line: str
    starts: tuple[int, ...]  # of each piece of `line`, the sentence ends included
    pieces: tuple[int, ...]  # word index of each piece; a sentence end has that of the word before
    marks: tuple[str, ...]  # what ends each sentence: `.`, `!` or `?`

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The folded words."""
        return tuple(word.folded for word in self.words)

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Each sentence as a range of words."""
        found: list[tuple[int, int]] = []
        for place, word in enumerate(self.words):
            if word.sentence == len(found):
                found.append((place, place + 1))
            else:
                found[-1] = (found[-1][0], place + 1)
        return tuple(found)

    def span(self, first: int, last: int) -> str:
        """The exact text from one word to another, both included."""
        return self.text[self.words[first].start : self.words[last].end]

    def sentence(self, number: int) -> str:
        """The exact text of a sentence, without its end mark."""
        first, beyond = self.sentences[number]
        return self.span(first, beyond - 1)

    def words_at(self, start: int, end: int) -> tuple[int, int]:
        """First and last word of a stretch of `line`."""
        first = self.pieces[bisect_right(self.starts, start) - 1]
        last = self.pieces[bisect_left(self.starts, end) - 1]
        return first, last

    def without(self, sentences: Collection[int]) -> "Utterance":
        """The same text with only the words of the other sentences."""
        kept = [number for number in range(len(self.marks)) if number not in sentences]
        places = {number: place for place, number in enumerate(kept)}
        words = [
            replace(word, sentence=places[word.sentence])
            for word in self.words
            if word.sentence in places
        ]
        return _assemble(self.text, words, [self.marks[number] for number in kept])

    def sentence_line(self, position: int) -> tuple[int, int]:
        """The stretch of `line` that holds the sentence around a position."""
        before = max(self.line.rfind(f" {mark} ", 0, position) for mark in ".!?")
        after = [p for mark in ".!?" if (p := self.line.find(f" {mark}", position)) >= 0]
        return (before + 3 if before >= 0 else 0), min(after, default=len(self.line)) + 2


def fold(text: str) -> str:
    """Lower case, accents removed, straight quotes."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("’", "'")


@lru_cache(maxsize=4096)
def expand(folded: str) -> tuple[str, ...]:
    """The words that a written word stands for: `didn't` is `did not`."""
    word = folded.strip("'")
    if word in BARE:
        return BARE[word]
    stem, quote, ending = word.rpartition("'")
    if not quote:
        return (word,)
    if ending == "t" and stem.endswith("n"):
        whole = {"can": "can", "won": "will", "shan": "shall"}.get(stem, stem[:-1])
        return (whole, "not")
    if word == "let's":
        return ("let", "us")
    if ending == "s" and stem in PRONOUNS:
        return (stem, "is")
    if f"'{ending}" in ENDINGS and stem:
        return (stem, ENDINGS[f"'{ending}"])
    return (word,)


def read_words(text: str) -> Utterance:
    """The words of a text; a text without any has none."""
    words: list[Word] = []
    marks: list[str] = []
    clause = 0
    for match in TOKEN.finditer(text):
        if match["word"]:
            words += [
                Word(part, match.start(), match.end(), len(marks), clause)
                for part in expand(fold(match["word"]))
                if part
            ]
            continue
        clause += 1
        if match["end"] and words and words[-1].sentence == len(marks):
            marks.append(next((mark for mark in "?!" if mark in match["end"]), "."))
    if words and words[-1].sentence == len(marks):
        marks.append(".")
    return _assemble(text, words, marks)


def _assemble(text: str, words: Sequence[Word], marks: Sequence[str]) -> Utterance:
    line: list[str] = []
    pieces: list[int] = []
    for place, word in enumerate(words):
        line.append(word.folded)
        pieces.append(place)
        if place + 1 == len(words) or words[place + 1].sentence != word.sentence:
            line.append(marks[word.sentence])
            pieces.append(place)
    starts = accumulate((len(piece) + 1 for piece in line[:-1]), initial=0)
    return Utterance(
        text,
        tuple(words),
        " ".join(line),
        tuple(starts) if line else (),
        tuple(pieces),
        tuple(marks),
    )


@lru_cache(maxsize=16384)
def phrase(text: str) -> tuple[str, ...]:
    """A phrase of a guide as folded words; a final `*` of a word is kept."""
    return tuple(
        part + ("*" if piece.endswith("*") else "")
        for piece in text.split()
        for match in TOKEN.finditer(piece)
        if match["word"]
        for part in expand(fold(match["word"]))
    )


def is_word(pattern: str, word: str) -> bool:
    """Whether a word is the one of a phrase; `wait*` is any word that begins so."""
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


def occurrences(words: Sequence[str], text: str) -> Iterator[tuple[int, int]]:
    """First and last word of each place where the phrase stands."""
    wanted = phrase(text)
    if not wanted:
        return
    length = len(wanted)
    for first in range(len(words) - length + 1):
        if is_word(wanted[0], words[first]) and all(
            is_word(wanted[step], words[first + step]) for step in range(1, length)
        ):
            yield first, first + length - 1
