"""The guide's coded answers, out of free ones."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from interviewer.adapters.offline.dates import date_of
from interviewer.adapters.offline.lexicon import Answers, Lexicon, Reads
from interviewer.adapters.offline.topics import Mention
from interviewer.adapters.offline.words import Utterance, occurrences, phrase
from interviewer.core.guide import Field, InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.reading import FieldReading, Specificity

SURE, TOLD, INFERRED = 0.95, 0.85, 0.6
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
        """Whether the field is the one of its type that the topic asks for."""
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

    One that has a value keeps it unless it is asked for; a rating may be given again.
    """
    if answer.words.reads is None or answer.words.answers is None:
        return {}
    found: dict[str, FieldReading] = {}
    for name, field in answer.guide.fields.items():
        if name in answer.interview.fields and name not in (answer.asked, "rating"):
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
        yield from _by_words(answer, field, near)
    if field.type in ("scale", "number"):
        yield from _numbers(answer, name, field, reads, answers, direct)
    if field.type == "date" and near:
        yield from _dates(answer, reads, answers)
    if field.type == "text" and (direct or answer.is_only(name)):
        yield from _text(answer, direct)


def _yes_or_no(said: Utterance, answers: Answers, confidence: float) -> Iterator[FieldReading]:
    found = [
        (span, value)
        for value, patterns in (("yes", answers.yes), ("no", answers.no))
        for span in patterns.spans(said)
    ]
    for (first, last), value in sorted(found)[:1]:
        yield FieldReading(value=value, evidence=said.span(first, last), confidence=confidence)


def _by_words(answer: Answer, field: Field, near: bool) -> Iterator[FieldReading]:
    """The value with the longest words; away from its topic only phrases of the guide count."""
    found: list[tuple[int, int, str, float]] = []
    said = answer.said
    for value in field.values:
        phrases = field.of.get(value, {}).get(answer.language, ())
        for text in phrases:
            if near or len(phrase(text)) > 1:
                found += [(f, z, value, TOLD) for f, z in occurrences(said.folded, text)]
        common = answer.words.answers.values.get(value) if answer.words.answers else None
        if near and common and not phrases:
            found += [(f, z, value, TOLD) for f, z in common.spans(said)]
        if near and field.type == "choice":
            spelled = occurrences(said.folded, value.replace("_", " "))
            found += [(f, z, value, TOLD) for f, z in spelled]
    stated = [hit for hit in found if not _is_denied(answer, hit[0], hit[1])]
    for first, last, value, confidence in sorted(stated, key=lambda h: (h[0] - h[1], h[0]))[:1]:
        yield FieldReading(value=value, evidence=said.span(first, last), confidence=confidence)


def _is_denied(answer: Answer, first: int, last: int) -> bool:
    """Whether a negation stands right before the words; words that hold one state it."""
    reads, said = answer.words.reads, answer.said
    if reads is None or any(w in reads.negations for w in said.folded[first : last + 1]):
        return False
    clause = said.words[first].clause
    return any(
        w.folded in reads.negations and w.clause == clause
        for w in said.words[max(0, first - NEGATION_REACH) : first]
    )


def _numbers(
    answer: Answer, name: str, field: Field, reads: Reads, answers: Answers, direct: bool
) -> Iterator[FieldReading]:
    said = answer.said
    offered = name in answer.topic_fills or name == "rating"
    if field.type == "scale" and (direct or offered):
        for first, last in answers.out_of.spans(said):
            values = [
                n
                for word in said.folded[first : last + 1]
                if (n := _number(word, reads)) is not None
            ]
            if values and (len(values) == 1 or values[-1] == field.max):
                yield FieldReading(
                    value=values[0], evidence=said.span(first, last), confidence=SURE
                )
    after_summary = name == "rating" and _answers_summary(answer.interview)
    if direct or after_summary:
        for place, word in enumerate(said.folded):
            if (value := _number(word, reads)) is not None and field.accepts(value):
                yield FieldReading(value=value, evidence=said.span(place, place), confidence=SURE)
    elif field.type == "number" and answer.is_only(name):
        for first, last in answers.counts.spans(said):
            if (value := _number(said.folded[first], reads)) is not None:
                yield FieldReading(
                    value=value, evidence=said.span(first, last), confidence=INFERRED
                )


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


def _dates(answer: Answer, reads: Reads, answers: Answers) -> Iterator[FieldReading]:
    turns = answer.interview.turns
    today = (turns[-1].at if turns else answer.interview.opened_at).date()
    found = date_of(answer.said, reads, answers, today, answer.language == MONTH_FIRST)
    if found:
        yield FieldReading(value=found[0], evidence=found[1], confidence=TOLD)


def _text(answer: Answer, direct: bool) -> Iterator[FieldReading]:
    """The respondent's own words: all that was asked for, or what a free answer tells."""
    said = answer.said
    if not said.words or not (direct or answer.specificity != "vague"):
        return
    text = said.span(0, len(said.words) - 1)[:MOST_TEXT].strip()
    yield FieldReading(value=text, evidence=text, confidence=TOLD if direct else INFERRED)
