"""The words of one language, as `lexicons/*.yaml` holds them.

Patterns are regular expressions over `Utterance.line`. In them ` ~ ` stands for up to four words
of the same sentence, ` ~~ ` for any number, `^` for the start and `$` for the end of a sentence;
they match whole words. `<body>` stands for the alternatives of that name in `groups`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict

from interviewer.adapters.offline.words import Utterance, fold
from interviewer.core.reading import Intent

FOLDER = Path(__file__).parent / "lexicons"
START = r"(?:(?<![^\n])|(?<=[.?!] ))"
END = r"(?= [.?!](?!\S))"
GAP = r"(?: [^ .?!]+){0,4} "
ANY = r"(?: [^ .?!]+)* "
GROUP = re.compile(r"<(\w+)>")
LANGUAGES = ("en", "es", "de", "fr", "pt")


class WordSet:
    """Folded words; one that is written `wait*` stands for every word that begins so."""

    def __init__(self, words: str) -> None:
        folded = [fold(word) for word in words.split()]
        self.whole = frozenset(word for word in folded if not word.endswith("*"))
        self.stems = frozenset(word[:-1] for word in folded if word.endswith("*"))
        self.lengths = tuple(sorted({len(stem) for stem in self.stems}))

    def __contains__(self, word: str) -> bool:
        return word in self.whole or any(word[:n] in self.stems for n in self.lengths)


class Patterns:
    """Alternatives that are looked for in one go; no alternatives match nothing."""

    def __init__(self, patterns: list[str]) -> None:
        self.patterns = tuple(patterns)

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """All of them; compiled when first looked for, most languages never are."""
        whole = "|".join(f"(?:{_expression(pattern)})" for pattern in self.patterns)
        return re.compile(rf"(?<!\S)(?:{whole})(?!\S)" if self.patterns else r"(?!)")

    def found_in(self, line: str) -> bool:
        """Whether one of them stands in a line."""
        return self.regex.search(line) is not None

    def spans(self, said: Utterance) -> Iterator[tuple[int, int]]:
        """First and last word of each place, in order."""
        for match in self.regex.finditer(said.line):
            if match.group().strip(" .?!"):
                yield said.words_at(match.start(), match.end())


def _expression(pattern: str) -> str:
    marked = pattern.replace("^", START).replace("$", END)
    return marked.replace(" ~~ ", ANY).replace(" ~ ", GAP)


def _word_set(words: object) -> object:
    return WordSet(words) if isinstance(words, str) else words


def _patterns(patterns: object) -> object:
    return Patterns(patterns) if isinstance(patterns, list) else patterns


Words = Annotated[WordSet, BeforeValidator(_word_set)]
Phrases = Annotated[Patterns, BeforeValidator(_patterns)]


class Part(BaseModel):
    """A part of a lexicon; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Finding(Part):
    """What is said, unless the same sentence also says what rules it out."""

    says: Phrases
    unless: Phrases = Patterns([])

    def spans(self, said: Utterance) -> Iterator[tuple[int, int]]:
        """First and last word of each place that is not ruled out."""
        for match in self.says.regex.finditer(said.line):
            start, end = said.sentence_line(match.start())
            if not self.unless.regex.search(said.line[start:end]):
                yield said.words_at(match.start(), match.end())

    def is_in(self, said: Utterance) -> bool:
        """Whether it is said at all."""
        return next(self.spans(said), None) is not None


class Reads(Part):
    """Words by what they tell of an answer: concrete, judging, general."""

    events: Words
    states: Words  # look like events and are none
    event_endings: tuple[str, ...] = ()
    event_beginnings: tuple[str, ...] = ()
    negations: Words
    numbers: Mapping[str, int]
    months: tuple[str, ...]
    weekdays: tuple[str, ...]  # Monday first
    times: Words
    places: Words
    people: Words
    things: Words
    first_person: Words
    sequence: Words
    general: Words
    advice: Words
    profanity: Words
    titles: Words
    positive: Words
    negative: Words
    strong: Words
    positive_idioms: Phrases
    negative_idioms: Phrases
    adversatives: Phrases  # what follows takes something back of what was praised
    hedges: Phrases  # make a praise half-hearted
    nothing_said: Phrases  # whole sentences that add nothing
    habit: Phrases  # what is so every time
    supposed: Phrases  # what only might be, is wished for or is always so
    elsewhere: Phrases  # the affairs of others, and what is over
    no_case: Phrases  # a damage or a loss of something else than goods
    prepositions: Words  # what follows belongs to them
    helpers: Words  # verbs that a negation or another verb follows: "could", "has"
    joints: Words  # words that join two statements in one clause
    repetition: Phrases
    general_judgment: Phrases
    scale_words: Phrases
    names_are_capitalized: bool = True  # false where every noun is


class Answers(Part):
    """How coded answers are given."""

    yes: Phrases
    no: Phrases
    out_of: Phrases  # a mark and the end of its scale
    counts: Phrases  # how often something was done
    yesterday: tuple[str, ...] = ()
    today: tuple[str, ...] = ()
    since: Words  # what makes a day the beginning of a time
    tallies: Words  # number words that count and are no mark on a scale
    values: Mapping[str, Phrases] = {}  # words for common values of a choice
    texts: Mapping[str, Phrases] = {}  # what tells a text that is not asked for, by its field


class Lexicon(Part):
    """A language: what is known of it decides how much of an answer is read."""

    language: str = ""  # BCP 47; none for `NO_WORDS`
    function_words: Words
    intents: Mapping[Intent, Finding]
    injection: Finding
    who_reads: Phrases
    contradictions: Mapping[str, Finding] = {}  # by the context key that is contradicted
    reads: Reads | None = None  # without it: intents and length only
    answers: Answers | None = None


NO_WORDS = Lexicon(
    function_words=WordSet(""),
    intents={},
    injection=Finding(says=Patterns([])),
    who_reads=Patterns([]),
)


@cache
def lexicon(language: str) -> Lexicon:
    """The words of a language, loaded once; of one that has none, a lexicon without words."""
    if language not in LANGUAGES:
        return NO_WORDS
    source = (FOLDER / f"{language}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    written = yaml.load(source, Loader=loader)
    whole = _with_groups(written, written.pop("groups", {}))
    return Lexicon.model_validate({"language": language, **whole})


def _with_groups(part: Any, groups: Mapping[str, str]) -> Any:
    """A part of the file with every `<name>` written out."""
    if isinstance(part, dict):
        return {key: _with_groups(value, groups) for key, value in part.items()}
    if isinstance(part, list):
        return [_with_groups(value, groups) for value in part]
    if isinstance(part, str):
        return GROUP.sub(lambda name: f"({groups[name[1]]})", part)
    return part


@cache
def weights() -> Mapping[str, Any]:
    """What `train` learned: weights of the features, of words per language, and the threshold."""
    loaded: Mapping[str, Any] = json.loads((FOLDER / "weights.json").read_text(encoding="utf-8"))
    return loaded
