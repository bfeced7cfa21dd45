"""Which aspects and topics of the guide an utterance speaks of."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from interviewer.adapters.offline.assertion import is_negated, supposed, unasserted
from interviewer.adapters.offline.lexicon import Lexicon
from interviewer.adapters.offline.sentiment import sentiment_of
from interviewer.adapters.offline.specificity import specificity_of
from interviewer.adapters.offline.words import Utterance, occurrences
from interviewer.core.guide import InterviewGuide
from interviewer.core.reading import AspectReading, Specificity, TopicReading

ENOUGH_WORDS = 1.5  # of its own that a topic must have in a sentence to be covered unasked
ENOUGH_TO_TOUCH = 0.5
INCIDENT = "incident"  # the topic of B2B guides that asks for something that went wrong
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
    said: Utterance,
    words: Lexicon,
    guide: InterviewGuide,
    language: str,
    current: str | None,
) -> tuple[Mention, ...]:
    """Each aspect where it is first mentioned.

    A case that is denied or only supposed ("no damage", "if it breaks") is none. Of the topics
    that were not just asked about (`current`) only telling words count.
    """
    search = _Search(said, words, current)
    found: list[Mention] = []
    for name, topic in guide.topics.items():
        for aspect, lexical in topic.aspects.items():
            phrases = lexical.words.get(language, ())
            found += [*islice(search.places(name, aspect, phrases, bool(lexical.case)), 1)]
    return tuple(found)


@dataclass(frozen=True)
class _Search:
    """What decides whether words of the guide mention an aspect in an utterance."""

    said: Utterance
    words: Lexicon
    current: str | None

    def places(
        self, topic: str, aspect: str, phrases: tuple[str, ...], opens_case: bool
    ) -> Iterator[Mention]:
        for text in phrases:
            for first, last in occurrences(self.said.folded, text):
                denied = opens_case and self._is_no_case(first, last)
                if not denied and (topic == self.current or self._tells(first, last)):
                    yield Mention(topic, aspect, first, last, opens_case)

    def _tells(self, first: int, last: int) -> bool:
        """Whether the words speak of their topic in any context: "me", "better", "May" do not."""
        word, reads = self.said.folded[first], self.words.reads
        return (
            first != last
            or reads is None
            or not any(
                word in common
                for common in (
                    *(self.words.function_words, reads.first_person, reads.sequence),
                    *(reads.times, reads.months, reads.negations, reads.positive, reads.advice),
                )
            )
        )

    def _is_no_case(self, first: int, last: int) -> bool:
        reads = self.words.reads
        return reads is not None and (
            is_negated(self.said, reads, first, NEGATION_REACH)
            or self.said.words[first].sentence in self._supposed
            or any(begin <= last and first <= end for begin, end in self._no_cases)
        )

    @cached_property
    def _supposed(self) -> set[int]:
        return supposed(self.said, self.words.reads) if self.words.reads else set()

    @cached_property
    def _no_cases(self) -> tuple[tuple[int, int], ...]:
        return tuple(self.words.reads.no_case.spans(self.said)) if self.words.reads else ()


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
    as a share for each, and where more than two do and nothing else is said on a topic, it is
    left out. `incident` is covered by any bad thing that happened in its words, and by no other.
    """
    found: dict[str, TopicReading] = {}
    own_words = _own_words(said, mentions)
    for mention in mentions:
        number = said.words[mention.first].sentence
        own = own_words[mention.topic, number]
        if mention.topic != current and own < ENOUGH_TO_TOUCH:
            continue
        if mention.topic == INCIDENT != current:
            covered = _is_incident(said, words, number)
        else:
            covered = (
                own >= ENOUGH_WORDS
                and specificity_of(said, words, True, sentence=number) == "specific"
            )
        before = found.get(mention.topic)
        if before is None or (covered and before.covered != "yes"):
            found[mention.topic] = TopicReading(
                covered="yes" if covered else "partly", evidence=said.sentence(number)
            )
    if current and whole != "vague":
        evidence = found[current].evidence if current in found else _telling(said, words)
        if evidence is not None:
            found[current] = TopicReading(
                covered="yes" if whole == "specific" else "partly", evidence=evidence
            )
    return found


def _is_incident(said: Utterance, words: Lexicon, number: int) -> bool:
    """Whether a sentence tells of a bad thing that really happened."""
    if words.reads is None or number in unasserted(said, words.reads):
        return False
    if specificity_of(said, words, True, sentence=number) != "specific":
        return False
    sentence = said.without(set(range(len(said.sentences))) - {number})
    felt = sentiment_of(sentence, words.reads, reports_loss=False)
    return felt == "mixed" or felt < 0


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
