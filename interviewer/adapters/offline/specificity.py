"""Whether an answer tells a thing that happened: a small linear model.

Its features count kinds of words (events, places, times, judgments ...), so one set of weights
serves every language that has a lexicon; the commonest words of the training sentences add a
little weight of their own, per language. `train` learns both.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from interviewer.adapters.offline.lexicon import Lexicon, Patterns, Reads, weights
from interviewer.adapters.offline.words import Utterance
from interviewer.core.reading import Specificity

LONG = 12  # words; interviewing.md section 7
WORDS_IF_UNREAD = (5, 16)  # thin from, specific from: where only the length can be read
FEATURES = (
    "length",
    "under_5",
    "from_12",
    "from_20",
    "events",
    "any_event",
    "i_did",
    "negation",
    "number",
    "numbers",
    "time",
    "place",
    "places",
    "person",
    "things",
    "thing",
    "sequence",
    "general",
    "judging",
    "advice",
    "name",
    "anchored_event",
    "anchored_long",
    "other_words",
    "long_without_event",
    "event_share",
    "opens_with_event",
    "habit",
    "supposed",
    "pleased",
)


def is_event(word: str, reads: Reads) -> bool:
    """Whether a word tells of something that took place."""
    if word in reads.states:
        return False
    if word in reads.events:
        return True
    ends = bool(reads.event_endings) and len(word) > 4 and word.endswith(reads.event_endings)
    begins = not reads.event_beginnings or word.startswith(reads.event_beginnings)
    return ends and begins


def is_number(word: str, reads: Reads) -> bool:
    """Whether a word counts something; `one` mostly does not."""
    return word[0].isdigit() or reads.numbers.get(word, 1) != 1


def features(
    said: Utterance, words: Lexicon, first: int = 0, beyond: int | None = None
) -> list[float]:
    """The features of a stretch of words, in the order of `FEATURES`; each about 0 to 1."""
    reads = words.reads
    if reads is None:
        raise ValueError("a language without `reads` has no features")
    line = said.folded[first:beyond]
    count = len(line)
    events = [place for place, word in enumerate(line) if is_event(word, reads)]
    numbers = sum(is_number(word, reads) for word in line)
    times = sum(word in reads.times for word in line)
    places = sum(word in reads.places for word in line)
    things = sum(word in reads.things for word in line)
    judging = sum(word in reads.positive or word in reads.negative for word in line)
    pleased = any(word in reads.positive for word in line) and not any(
        word in reads.negative for word in line
    )
    general = sum(word in reads.general for word in line)
    negated = any(word in reads.negations for word in line)
    names = _names(said, reads, first, first + count)
    anchored = bool(numbers or times or places or names)
    other = sum(_is_other(word, words) for word in line)
    return [
        math.log1p(count) / 4,
        float(count < 5),
        float(count >= LONG),
        float(count >= 20),
        min(len(events), 4) / 4,
        float(bool(events)),
        float(any(_by_the_speaker(line, place, reads) for place in events)),
        float(negated),
        float(numbers > 0),
        float(numbers > 1),
        float(times > 0),
        float(places > 0),
        float(places > 1),
        float(any(word in reads.people for word in line)),
        min(things, 3) / 3,
        float(things > 0),
        min(sum(word in reads.sequence for word in line), 3) / 3,
        general / max(count, 1),
        judging / max(count, 1),
        float(any(word in reads.advice for word in line)),
        float(names > 0),
        float(bool(events) and anchored),
        float((bool(events) or negated) and (anchored or count >= LONG)),
        min(other, 12) / 12,
        float(count >= LONG and not events),
        len(events) / max(count, 1),
        float(any(_opens_sentence(said, first + place) for place in events)),
        min(sum(_within(reads.habit, said, first, first + count)), 2) / 2,
        float(any(_within(reads.supposed, said, first, first + count))),
        float(pleased and not (negated or numbers or names)),
    ]


def _by_the_speaker(line: Sequence[str], place: int, reads: Reads) -> bool:
    return any(word in reads.first_person for word in line[max(0, place - 3) : place])


def _opens_sentence(said: Utterance, place: int) -> bool:
    """Whether a sentence begins with the word, as "Ordered two lamps" does."""
    return place == 0 or said.words[place - 1].sentence != said.words[place].sentence


def _within(patterns: Patterns, said: Utterance, first: int, beyond: int) -> Iterator[bool]:
    """One `True` for each place of a pattern in a stretch of words."""
    return (True for begin, _ in patterns.spans(said) if first <= begin < beyond)


def _names(said: Utterance, reads: Reads, first: int, beyond: int) -> int:
    """Capitalized words inside a sentence; none where every noun, or most words, are."""
    stretch = said.words[first:beyond]
    capital = [said.text[word.start].isupper() for word in stretch]
    if not reads.names_are_capitalized or 2 * sum(capital) > len(stretch):
        return 0
    return sum(
        capital[place]
        and word.folded != "i"
        and word.sentence == stretch[place - 1].sentence
        and word.start != stretch[place - 1].start
        for place, word in enumerate(stretch)
        if place
    )


def _is_other(word: str, words: Lexicon) -> bool:
    """A content word that neither judges nor speaks in general."""
    reads = words.reads
    return (
        reads is not None
        and len(word) > 3
        and word not in words.function_words
        and word not in reads.general
        and word not in reads.positive
        and word not in reads.negative
        and word not in reads.advice
    )


class Model(NamedTuple):
    """What `train` learned."""

    features: Mapping[str, float]  # with `bias`
    words: Mapping[str, Mapping[str, float]]  # language -> folded word -> weight


@cache
def shipped() -> tuple[Model, float]:
    """The model of this version, and the probability from which an answer is specific."""
    learned = weights()
    return Model(learned["weights"], learned["words"]), learned["threshold"]


def probability(said: Utterance, words: Lexicon, model: Model, first: int, beyond: int) -> float:
    """That a stretch of words is specific: the mean of the stretch and of its best sentence.

    Many words of judgment do not make an incident, and one told among them is not lost.
    """
    whole = _probability(said, words, model, first, beyond)
    within = [(begin, end) for begin, end in said.sentences if first <= begin and end <= beyond]
    if len(within) < 2:
        return whole
    best = max(_probability(said, words, model, *sentence) for sentence in within)
    return (whole + best) / 2


def _probability(said: Utterance, words: Lexicon, model: Model, first: int, beyond: int) -> float:
    values = features(said, words, first, beyond)
    weight_of = model.words.get(words.language, {})
    margin = model.features["bias"]
    margin += sum(model.features[name] * v for name, v in zip(FEATURES, values, strict=True))
    margin += sum(weight_of.get(word, 0.0) for word in set(said.folded[first:beyond]))
    return 1 / (1 + math.exp(-margin))


def specificity_of(
    said: Utterance,
    words: Lexicon,
    names_aspect: bool,
    sentence: int | None = None,
) -> Specificity:
    """How concrete an answer, or one sentence of it, is.

    Args:
        said: The utterance.
        words: Its language; without `reads` only its length counts.
        names_aspect: Whether it names an aspect of the guide.
        sentence: Its number, when only one sentence is asked about.
    """
    first, beyond = (0, len(said.words)) if sentence is None else said.sentences[sentence]
    if words.reads is None:
        thin, specific = WORDS_IF_UNREAD
        return (
            "specific"
            if beyond - first >= specific
            else ("thin" if beyond - first >= thin else "vague")
        )
    if beyond == first:
        return "vague"
    model, threshold = shipped()
    if probability(said, words, model, first, beyond) >= threshold:
        return "specific"
    reads = words.reads
    concrete = any(
        word in reads.things
        or word in reads.places
        or word in reads.people
        or word in reads.times
        or is_event(word, reads)
        for word in said.folded[first:beyond]
    )
    return "thin" if names_aspect or concrete else "vague"
