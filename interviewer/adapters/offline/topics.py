"""Which aspects and topics of the guide an utterance speaks of."""

from collections.abc import Iterator
from dataclasses import dataclass

from interviewer.adapters.offline.lexicon import Lexicon
from interviewer.adapters.offline.specificity import specificity_of
from interviewer.adapters.offline.words import Utterance, occurrences
from interviewer.core.guide import InterviewGuide
from interviewer.core.reading import AspectReading, Specificity, TopicReading

ENOUGH_WORDS = 1.5  # of its own that a topic must have in a sentence to be covered unasked
NEGATION_REACH = 2  # words before an aspect in which a negation takes it back


@dataclass(frozen=True, slots=True)
class Mention:
    """An aspect of the guide at a place of the utterance: first and last word."""

    topic: str
    aspect: str
    first: int
    last: int
    opens_case: bool


def mentions_of(
    said: Utterance, words: Lexicon, guide: InterviewGuide, language: str
) -> tuple[Mention, ...]:
    """Each aspect where it is first mentioned; a case that is denied ("no damage") is none."""
    return tuple(
        mention
        for name, topic in guide.topics.items()
        for aspect, lexical in topic.aspects.items()
        if (
            mention := next(
                _places(
                    said, words, name, aspect, lexical.words.get(language, ()), bool(lexical.case)
                ),
                None,
            )
        )
    )


def _places(
    said: Utterance,
    words: Lexicon,
    topic: str,
    aspect: str,
    phrases: tuple[str, ...],
    opens_case: bool,
) -> Iterator[Mention]:
    for text in phrases:
        for first, last in occurrences(said.folded, text):
            if not (opens_case and _is_denied(said, words, first)):
                yield Mention(topic, aspect, first, last, opens_case)


def _is_denied(said: Utterance, words: Lexicon, place: int) -> bool:
    reads = words.reads
    return reads is not None and any(
        word.folded in reads.negations
        for word in said.words[max(0, place - NEGATION_REACH) : place]
        if word.clause == said.words[place].clause
    )


def aspects_of(said: Utterance, mentions: tuple[Mention, ...]) -> tuple[AspectReading, ...]:
    """The mentions with their exact words."""
    return tuple(
        AspectReading(topic=m.topic, aspect=m.aspect, evidence=said.span(m.first, m.last))
        for m in mentions
    )


def topics_of(
    said: Utterance,
    words: Lexicon,
    mentions: tuple[Mention, ...],
    current: str | None,
    whole: Specificity,
) -> dict[str, TopicReading]:
    """How far each topic is covered.

    The topic just asked about is covered by any specific answer. Another one is covered by a
    specific sentence in which enough words are its own; a word that several topics claim counts
    as a share for each.
    """
    found: dict[str, TopicReading] = {}
    own_words = _own_words(said, mentions)
    for mention in mentions:
        number = said.words[mention.first].sentence
        covered = (
            own_words[mention.topic, number] >= ENOUGH_WORDS
            and specificity_of(said, words, True, sentence=number) == "specific"
        )
        before = found.get(mention.topic)
        if before is None or (covered and before.covered != "yes"):
            found[mention.topic] = TopicReading(
                covered="yes" if covered else "partly", evidence=said.sentence(number)
            )
    if current and whole != "vague":
        evidence = found[current].evidence if current in found else _telling(said, words)
        found[current] = TopicReading(
            covered="yes" if whole == "specific" else "partly", evidence=evidence
        )
    return found


def _own_words(said: Utterance, mentions: tuple[Mention, ...]) -> dict[tuple[str, int], float]:
    """Words of each topic in each sentence, shared ones in parts."""
    claims: dict[int, set[str]] = {}
    for mention in mentions:
        for place in range(mention.first, mention.last + 1):
            claims.setdefault(place, set()).add(mention.topic)
    counted: dict[tuple[str, int], float] = {}
    for place, topics in claims.items():
        for topic in topics:
            key = topic, said.words[place].sentence
            counted[key] = counted.get(key, 0) + 1 / len(topics)
    return counted


def _telling(said: Utterance, words: Lexicon) -> str | None:
    """The first sentence that is specific, else the longest one."""
    numbers = range(len(said.sentences))
    concrete = (n for n in numbers if specificity_of(said, words, False, sentence=n) == "specific")
    longest = max(numbers, key=lambda n: said.sentences[n][1] - said.sentences[n][0], default=None)
    number = next(concrete, longest)
    return None if number is None else said.sentence(number)
