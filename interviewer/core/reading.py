"""What one utterance said.

A reading is data from outside, whether rules, an offline reader or a language model made it:
`clamp` drops whatever the utterance itself does not prove.
"""

import re
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from interviewer.core.guide import InterviewGuide
from interviewer.core.lint import fold
from interviewer.core.lint_patterns import FUNCTION_WORDS

Specificity = Literal["vague", "thin", "specific"]
Covered = Literal["no", "partly", "yes"]
Source = Literal["rules", "offline", "model", "offline_after_failure"]
Sentiment = Literal[-2, -1, 0, 1, 2, "mixed"]
Intent = Literal[
    "stop",  # no more messages, ever
    "end",  # no more now; not an opt-out
    "skip",
    "refusal",
    "distress",
    "safety",
    "legal",
    "misconduct",
    "human",
    "wrong_person",
    "commitment",  # wants a refund, an amount, a redelivery, a promise
    "leaving",  # B2B: will not renew, has decided against us, has given notice
    "question",
    "bot_question",
    "confidential",  # not for the account manager
    "off_topic",
    "misunderstood",
    "anger_at_us",  # at the interviewer or the interview, not at what happened
    "confirm",
    "correct",
]
INTENTS: tuple[Intent, ...] = get_args(Intent)

# A model may add these, never remove them: the lexicon's finding stands.
LEXICON_STANDS: frozenset[Intent] = frozenset(
    (
        *("stop", "human", "safety", "legal", "misconduct", "distress", "wrong_person"),
        "bot_question",  # is answered every time
        "end",  # who says "that's all" is asked nothing more
    )
)

# A model that invents one of these makes a respondent tell it again, or answers what nobody asked.
NO_ANSWER: frozenset[Intent] = frozenset(("off_topic", "misunderstood"))
ASKED_BACK: frozenset[Intent] = frozenset(("question", "bot_question"))

# What kind of words call for a probe, or for an answer, of their own kind.
Cue = Literal["repetition", "general_judgment", "scale_word", "who_reads"]


class Value(BaseModel):
    """An immutable value."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TopicReading(Value):
    """How far an utterance covers a topic, and the words that show it."""

    covered: Covered
    evidence: str | None = None


class AspectReading(Value):
    """An aspect of the guide that the utterance names; what a probe may quote."""

    topic: str
    aspect: str
    evidence: str


class FieldReading(Value):
    """A coded answer, and the words that it was read from."""

    value: str | int | float
    evidence: str
    confidence: float = Field(default=1.0, ge=0, le=1)


class IntentReading(Value):
    """Something the respondent wants or does with this utterance."""

    intent: Intent
    evidence: str


class Reading(Value):
    """What was understood from one utterance; every evidence is an exact substring of it."""

    source: Source
    specificity: Specificity = "vague"
    sentiment: Sentiment = 0
    topics: dict[str, TopicReading] = Field(default_factory=dict)
    aspects: tuple[AspectReading, ...] = ()
    fields: dict[str, FieldReading] = Field(default_factory=dict)
    intents: tuple[IntentReading, ...] = ()
    contradicts: str | None = None  # the context key that the answer contradicts
    language: str | None = None  # BCP 47
    new_information: float = Field(default=1.0, ge=0, le=1)
    injection: bool = False  # addresses the machine; changes nothing but is recorded
    quote: str | None = None  # one to six words that a probe may quote
    cue: Cue | None = None
    model: str | None = None

    @property
    def wants(self) -> frozenset[Intent]:
        """The intents, without their evidence."""
        return frozenset(reading.intent for reading in self.intents)

    @property
    def is_negative(self) -> bool:
        """Whether something displeased the respondent."""
        return self.sentiment == "mixed" or self.sentiment < 0

    @property
    def needs_probe(self) -> bool:
        """Whether the answer lacks a concrete happening."""
        return self.specificity != "specific"


def clamp(reading: Reading, utterance: str, guide: InterviewGuide) -> Reading:
    """The reading without what the utterance or the guide does not bear out.

    Unknown topics, aspects and fields go; so does every piece of evidence that is not an exact
    substring of the utterance, and with it the entry (a topic keeps nothing but `no`).
    """

    def proven(evidence: str | None) -> bool:
        return evidence is not None and evidence != "" and evidence in utterance

    aspects = {(name, aspect) for name, topic in guide.topics.items() for aspect in topic.aspects}
    return reading.model_copy(
        update={
            "topics": {
                name: topic
                for name, topic in reading.topics.items()
                if name in guide.topics and (topic.covered == "no" or proven(topic.evidence))
            },
            "aspects": tuple(
                aspect
                for aspect in reading.aspects
                if (aspect.topic, aspect.aspect) in aspects and proven(aspect.evidence)
            ),
            "fields": {
                name: field
                for name, field in reading.fields.items()
                if name in guide.fields
                and proven(field.evidence)
                and guide.fields[name].accepts(field.value)
            },
            "intents": tuple(i for i in reading.intents if proven(i.evidence)),
            "quote": reading.quote if proven(reading.quote) else None,
        }
    )


def merge_lexicon(reading: Reading, lexicon: Reading, utterance: str) -> Reading:
    """A model's reading with the lexicon's findings that it may not remove, less what it invents.

    It may not call an answer none that it, or the lexicon, reads as one on a topic; nor find a
    question where none is marked; nor hear another language than most of the words are of. What
    the lexicon finds as well stands.
    """
    answers = any(topic.covered == "yes" for topic in reading.topics.values()) or lexicon.aspects
    doubted = (NO_ANSWER if answers else frozenset()) | (
        frozenset() if re.search(r"[?？؟]", utterance) else ASKED_BACK
    )
    kept = [i for i in reading.intents if i.intent not in doubted - lexicon.wants]
    missing = [
        i for i in lexicon.intents if i.intent in LEXICON_STANDS and i.intent not in reading.wants
    ]
    language = _heard(utterance, reading.language, lexicon.language)
    return reading.model_copy(update={"intents": (*kept, *missing), "language": language})


def _heard(utterance: str, claimed: str | None, expected: str | None) -> str | None:
    """The language that is claimed, unless the words that tell one are rather of the expected."""
    words = re.findall(r"\w+", fold(utterance))

    def shown(language: str | None) -> int:
        own = FUNCTION_WORDS.get((language or "").split("-")[0].lower(), frozenset())
        return sum(word in own for word in words)

    return expected if shown(expected) > shown(claimed) else claimed or expected
