"""The guide's coded answers, out of free ones."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from interviewer.adapters.offline.assertion import is_negated, unasserted
from interviewer.adapters.offline.dates import date_of
from interviewer.adapters.offline.lexicon import Answers, Lexicon, Reads
from interviewer.adapters.offline.novelty import empty
from interviewer.adapters.offline.topics import Mention
from interviewer.adapters.offline.words import Utterance, occurrences, phrase
from interviewer.core.guide import Field, InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.reading import FieldReading, Specificity

SURE, TOLD, INFERRED = 0.95, 0.85, 0.6
RATING = "rating"
UNMISTAKABLE = 3  # words of a phrase that means its value away from its topic
BARE = 4  # words of a clause that is nothing but a value
MOST_TEXT = 300  # characters of a text answer
NEGATION_REACH = 2
MONTH_FIRST = "en"  # the language that writes 11/14


@dataclass(frozen=True)
class Answer:
    """An utterance with the question that it answers."""

    said: Utterance
    words: Lexicon
    language: str
    guide: InterviewGuide
    interview: Interview
    mentions: tuple[Mention, ...]
    specificity: Specificity

    @property
    def asked(self) -> str | None:
        """The coded field that the last question asked for."""
        return asked_field(self.interview)

    @property
    def topic_fills(self) -> tuple[str, ...]:
        """The fields of the topic just asked about."""
        return self.fills_of(self.interview.current_topic)

    def fills_of(self, name: str | None) -> tuple[str, ...]:
        """The fields that a topic fills; none for a topic that is not in the guide."""
        topic = self.guide.topics.get(name or "")
        return topic.fills if topic else ()

    def is_told(self, name: str) -> bool:
        """Whether the answer speaks of a topic that the field belongs to, though not asked."""
        topics = {topic for topic in self.interview.topics if name in self.fills_of(topic)}
        return any(mention.topic in topics for mention in self.mentions)

    def is_what_the_topic_asks(self, name: str) -> bool:
        """Whether the topic's own question is the one for the field, so that a plain no denies it.

        Where the field has a question of its own, the topic's is a free one.
        """
        topic = self.guide.topics.get(self.interview.current_topic or "")
        return topic is not None and topic.fills == (name,) and name not in topic.field_ask

    def is_only(self, name: str) -> bool:
        """Whether the field is the one of its type that the topic fills."""
        kind = self.guide.fields[name].type
        same = [n for n in self.topic_fills if self.guide.fields[n].type == kind]
        return self.asked is None and same == [name]


def asked_field(interview: Interview) -> str | None:
    """The coded field that the question now open asks for, if it is a plain one."""
    answers = interview.answers
    decision = answers[-1].decision if answers else None
    return decision.field if decision else None


def fields_of(answer: Answer) -> dict[str, FieldReading]:
    """Every field that the answer gives a value to, with the words that say it.

    One that has a value keeps it unless it is asked for; a rating may be given again. What is not
    asked for is read only where it is stated and unmistakable: the interview can still ask. The
    answer to a summary fills nothing but the rating.
    """
    if answer.words.reads is None or answer.words.answers is None:
        return {}
    found: dict[str, FieldReading] = {}
    summed_up = _answers_summary(answer.interview)
    for name, field in answer.guide.fields.items():
        if summed_up and name != RATING:
            continue
        if name in answer.interview.fields and name not in (answer.asked, RATING):
            continue
        reading = next(_readings(answer, name, field), None)
        if reading is not None and field.accepts(reading.value):
            found[name] = reading
    return found


def _readings(answer: Answer, name: str, field: Field) -> Iterator[FieldReading]:
    """Readings of one field, the surest first."""
    reads, answers = answer.words.reads, answer.words.answers
    if reads is None or answers is None:
        return
    direct = name == answer.asked
    near = direct or name in answer.topic_fills
    if field.type == "yes_no" and (direct or answer.is_what_the_topic_asks(name)):
        yield from _yes_or_no(answer.said, answers, SURE if direct else TOLD)
    if field.type in ("yes_no", "choice") and (near or answer.is_told(name)):
        yield from _by_words(answer, reads, name, field)
    if field.type in ("scale", "number"):
        yield from _numbers(answer, name, field, reads, answers, direct)
    if field.type == "date" and near:
        yield from _dates(answer, reads, answers, direct)
    if field.type == "text" and near:
        yield from _text(answer, reads, answers, name)


def _yes_or_no(said: Utterance, answers: Answers, confidence: float) -> Iterator[FieldReading]:
    found = [
        (span, value)
        for value, patterns in (("yes", answers.yes), ("no", answers.no))
        for span in patterns.spans(said)
    ]
    for (first, last), value in sorted(found)[:1]:
        yield FieldReading(value=value, evidence=said.span(first, last), confidence=confidence)


def _by_words(answer: Answer, reads: Reads, name: str, field: Field) -> Iterator[FieldReading]:
    """The value with the longest words; unasked, the one value that is stated."""
    direct = name == answer.asked
    unsaid = unasserted(answer.said, reads)
    stated = [
        hit
        for hit in _hits(answer, name, field)
        if answer.said.words[hit[0]].sentence not in unsaid
        and not _is_denied(answer.said, reads, hit, NEGATION_REACH if direct else None)
        and (direct or _is_telling(answer, reads, hit))
    ]
    if direct or len({value for _, _, value in stated}) == 1:
        for first, last, value in sorted(stated, key=lambda h: (h[0] - h[1], h[0]))[:1]:
            text = answer.said.span(first, last)
            yield FieldReading(value=value, evidence=text, confidence=TOLD)


def _hits(answer: Answer, name: str, field: Field) -> Iterator[tuple[int, int, str]]:
    """First and last word of everything that may mean a value; away from its topic, phrases only.

    Where the topic's question is a free one and the field has its own, phrases only as well; the
    questions of a form all ask for their fields.
    """
    said = answer.said
    direct, near = name == answer.asked, name in answer.topic_fills
    topic = answer.guide.topics.get(answer.interview.current_topic or "")
    form = answer.guide.budget.playback == "fields"
    single = direct or (near and topic is not None and (form or name not in topic.field_ask))
    for value in field.values:
        phrases = field.of.get(value, {}).get(answer.language, ())
        for text in phrases:
            if single or len(phrase(text)) >= (2 if near else UNMISTAKABLE):
                yield from ((f, z, value) for f, z in occurrences(said.folded, text))
        common = answer.words.answers.values.get(value) if answer.words.answers else None
        if (direct or near) and common and not phrases:
            yield from ((f, z, value) for f, z in common.spans(said))
        if single and field.type == "choice":
            spelled = occurrences(said.folded, value.replace("_", " "))
            yield from ((f, z, value) for f, z in spelled)


def _is_denied(said: Utterance, reads: Reads, hit: tuple[int, int, str], reach: int | None) -> bool:
    """Whether a negation stands before the words in their clause, or right behind them.

    Words that hold one themselves state it.
    """
    first, last, _ = hit
    if any(word in reads.negations for word in said.folded[first : last + 1]):
        return False
    behind = last + 1 < len(said.words) and said.words[last + 1].clause == said.words[last].clause
    return is_negated(said, reads, first, reach) or (
        behind and said.folded[last + 1] in reads.negations
    )


def _is_telling(answer: Answer, reads: Reads, hit: tuple[int, int, str]) -> bool:
    """Whether the words mean the value by themselves: a phrase, a rare word, the whole answer.

    "Before", "people" or "never" in a longer clause may mean anything.
    """
    said, (first, last, _) = answer.said, hit
    if first != last:
        return True
    word, functions = said.folded[first], answer.words.function_words
    common = (
        *(functions, reads.general, reads.sequence, reads.negations, reads.positive),
        *(reads.people, reads.times, reads.things, reads.advice, reads.places),
    )
    if not any(word in words for words in common):
        return True
    clause = [w.folded for w in said.words if w.clause == said.words[first].clause]
    return all(other == word or other in functions for other in clause) and len(clause) <= BARE


def _numbers(
    answer: Answer, name: str, field: Field, reads: Reads, answers: Answers, direct: bool
) -> Iterator[FieldReading]:
    said = answer.said
    offered = answer.asked is None and name in answer.topic_fills
    if field.type == "scale" and (direct or offered or name == RATING):
        yield from _out_of(said, field, reads, answers)
    if direct or (name == RATING and _answers_summary(answer.interview)):
        for place, word in enumerate(said.folded):
            value = _number(word, reads)
            if value is None or not field.accepts(value):
                continue
            if field.type == "number" or _is_mark(answer, answers, place):
                yield FieldReading(value=value, evidence=said.span(place, place), confidence=SURE)
    elif field.type == "number" and answer.is_only(name):
        for first, last in answers.counts.spans(said):
            if (value := _number(said.folded[first], reads)) is not None:
                text = said.span(first, last)
                yield FieldReading(value=value, evidence=text, confidence=INFERRED)


def _out_of(
    said: Utterance, field: Field, reads: Reads, answers: Answers
) -> Iterator[FieldReading]:
    """A mark with the end of its scale: "eight out of ten"."""
    for first, last in answers.out_of.spans(said):
        numbers = (_number(word, reads) for word in said.folded[first : last + 1])
        values = [n for n in numbers if n is not None]
        if values and (len(values) == 1 or values[-1] == field.max):
            text = said.span(first, last)
            yield FieldReading(value=values[0], evidence=text, confidence=SURE)


def _is_mark(answer: Answer, answers: Answers, place: int) -> bool:
    """Whether a number is a mark on a scale: no tally, no count of things, no day of a month."""
    said, reads = answer.said, answer.words.reads
    if reads is None or said.folded[place] in answers.tallies:
        return False
    clause = [
        w.folded
        for n, w in enumerate(said.words)
        if w.clause == said.words[place].clause and n > place
    ]
    before = said.folded[place - 1] if place else ""
    written = said.folded[place].isdigit()
    counts = bool(clause) and not (clause[0] in answer.words.function_words or clause[0].isdigit())
    one_of = not written and bool(clause) and clause[0] in ("of", "de", "von", "is", "was")
    each = clause[:1] in (["a"], ["per"])
    dated = before in reads.months or before in reads.negations
    return not (counts or one_of or each or dated)


def _number(word: str, reads: Reads) -> int | float | None:
    if word in reads.numbers:
        return reads.numbers[word]
    if not word.isascii():
        return None
    if re.fullmatch(r"\d{1,9}", word):
        return int(word)
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", word):
        return int(re.sub(r"\D", "", word))
    if re.fullmatch(r"\d{1,9}[.,]\d{1,2}", word):
        return float(word.replace(",", "."))
    slashed = re.fullmatch(r"(\d{1,3})/\d{1,3}", word)
    return int(slashed[1]) if slashed else None


def _answers_summary(interview: Interview) -> bool:
    last = interview.last_question
    return last is not None and last.move == "playback"


def _dates(answer: Answer, reads: Reads, answers: Answers, direct: bool) -> Iterator[FieldReading]:
    if not direct and unasserted(answer.said, reads):
        return
    turns = answer.interview.turns
    today = (turns[-1].at if turns else answer.interview.opened_at).date()
    found = date_of(answer.said, reads, answers, today, answer.language == MONTH_FIRST)
    if found and (direct or not _is_since(answer.said, answers, found[1])):
        yield FieldReading(value=found[0], evidence=found[1], confidence=TOLD)


def _is_since(said: Utterance, answers: Answers, evidence: str) -> bool:
    """Whether the day is only where a time began: "since June"."""
    start = said.text.find(evidence)
    before = [word.folded for word in said.words if word.end <= start]
    return bool(before) and before[-1] in answers.since


def _text(answer: Answer, reads: Reads, answers: Answers, name: str) -> Iterator[FieldReading]:
    """The respondent's own words: all that was asked for, or the part of a free answer that tells.

    Where a topic fills several fields, only words known to tell this one do. "Don't know" and
    "all fine" are no answer.
    """
    said, confidence = answer.said.without(empty(answer.said, answer.words)), INFERRED
    if not _names_something(said, answer.words, reads):
        return
    first, last = 0, len(said.words) - 1
    if name == answer.asked:
        confidence = TOLD
    elif name in answers.texts:
        unsaid = unasserted(said, reads)
        places = answers.texts[name].spans(said)
        told = next((p for p in places if said.words[p[0]].sentence not in unsaid), None)
        if told is None:
            return
        first, last = told
    elif not answer.is_only(name) or answer.specificity == "vague":
        return
    text = said.span(first, last)[:MOST_TEXT].strip()
    yield FieldReading(value=text, evidence=text, confidence=confidence)


def _names_something(said: Utterance, words: Lexicon, reads: Reads) -> bool:
    """Whether any word says more than that all is well, or not."""
    vague = [words.function_words, reads.positive, reads.general, reads.negations, reads.sequence]
    if any(word in reads.positive for word in said.folded):
        vague.append(reads.times)
    rated = (*reads.scale_words.spans(said), *reads.positive_idioms.spans(said))
    scaled = {place for first, last in rated for place in range(first, last + 1)}
    return any(
        place not in scaled and word[0].isalnum() and not any(word in each for each in vague)
        for place, word in enumerate(said.folded)
    )
