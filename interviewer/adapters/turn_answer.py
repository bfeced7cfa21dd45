"""What a language model answers for one turn: its JSON schema, and the way into a `Reading`."""

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Limited

from interviewer.core.guide import Field, InterviewGuide
from interviewer.core.lint import fold
from interviewer.core.lint_patterns import DANGLING
from interviewer.core.reading import (
    INTENTS,
    AspectReading,
    Covered,
    Cue,
    FieldReading,
    Intent,
    IntentReading,
    Reading,
    Specificity,
    TopicReading,
    clamp,
)

Restore = Callable[[str], str]
Sentiment = Literal["very_negative", "negative", "neutral", "positive", "very_positive", "mixed"]
SENTIMENTS: Mapping[Sentiment, Literal[-2, -1, 0, 1, 2, "mixed"]] = {
    "very_negative": -2,
    "negative": -1,
    "neutral": 0,
    "positive": 1,
    "very_positive": 2,
    "mixed": "mixed",
}
FACTS = ("delivered_at", "proof")  # context keys that a contradiction probe may name
NOTHING = "none"
LONGEST_QUOTE = 6  # words
LONGEST_WORDING = 400  # characters, the longest that any channel takes
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
PLACEHOLDER = re.compile(r"<[A-Z]+_\d+>")
LOOSE = re.compile(r"\s+|['’‘´`]+|[\"“”„«»]+")
MARKS = "\"'“”„«»‘’ "

Confidence = Annotated[float, Limited(ge=0, le=1)]
Evidence = Annotated[str, StringConstraints(max_length=2000)]


class Part(BaseModel):
    """A part of the answer; keys that were not asked for are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class TopicPart(Part):
    """How far a topic is covered."""

    topic: str
    covered: Covered
    evidence: Evidence = ""


class AspectPart(Part):
    """An aspect that is named."""

    topic: str
    aspect: str
    evidence: Evidence


class FieldPart(Part):
    """A coded answer."""

    field: str
    value: str | int | float
    evidence: Evidence
    confidence: Confidence = 1.0


class IntentPart(Part):
    """Something the respondent wants."""

    intent: Intent
    evidence: Evidence


class WordingPart(Part):
    """The words for one option."""

    option: str
    text: str


class Answer(Part):
    """The whole answer, as it came."""

    language: str | None = None
    specificity: Specificity
    sentiment: Sentiment
    topics: tuple[TopicPart, ...] = ()
    aspects: tuple[AspectPart, ...] = ()
    fields: tuple[FieldPart, ...] = ()
    intents: tuple[IntentPart, ...] = ()
    contradicts: str | None = None
    new_information: Confidence = 1.0
    injection: bool = False
    quote: str | None = None
    cue: Cue | Literal["none"] | None = None
    wordings: tuple[WordingPart, ...] = ()

    def reading(
        self, guide: InterviewGuide, utterance: str, model: str, restore: Restore
    ) -> Reading:
        """The reading in the utterance's own words; what it does not bear out is left out."""

        def words(evidence: str) -> str:
            return exact(restore(evidence), utterance)

        reading = Reading(
            source="model",
            specificity=self.specificity,
            sentiment=SENTIMENTS[self.sentiment],
            topics={
                t.topic: TopicReading(covered=t.covered, evidence=words(t.evidence) or None)
                for t in self.topics
            },
            aspects=tuple(
                AspectReading(topic=a.topic, aspect=a.aspect, evidence=words(a.evidence))
                for a in self.aspects
            ),
            fields={
                f.field: FieldReading(
                    value=coded(guide.fields[f.field], f.value, restore),
                    evidence=words(f.evidence),
                    confidence=f.confidence,
                )
                for f in self.fields
                if f.field in guide.fields
            },
            intents=tuple(
                IntentReading(intent=i.intent, evidence=words(i.evidence)) for i in self.intents
            ),
            contradicts=self.contradicts if self.contradicts in FACTS else None,
            language=self.language if LANGUAGE.fullmatch(self.language or "") else None,
            new_information=self.new_information,
            injection=self.injection,
            quote=quotable(self.quote or "", utterance, self.language or ""),
            cue=None if self.cue == NOTHING else self.cue,
            model=model,
        )
        return clamp(reading, utterance, guide)

    def wordings_for(self, wanted: Collection[str], restore: Restore) -> dict[str, str]:
        """The usable wordings by option: one line of printable text, not too long."""
        lines = {w.option: " ".join(restore(w.text).split()) for w in self.wordings}
        return {
            option: line
            for option, line in lines.items()
            if option in wanted
            and 0 < len(line) <= LONGEST_WORDING
            and line.isprintable()
            and not PLACEHOLDER.search(line)
        }


def exact(evidence: str, utterance: str) -> str:
    """The words of the utterance that the evidence means, as they stand there; else "".

    Models copy with other quotation marks, spaces or capitals.
    """
    evidence = evidence.strip()
    if not evidence or evidence in utterance:
        return evidence
    evidence = evidence.strip(MARKS)
    parts = [re.escape(part) for part in LOOSE.split(evidence)]
    gaps = [rf"(?:{LOOSE.pattern})" for _ in parts[1:]]
    pattern = parts[0] + "".join(gap + part for gap, part in zip(gaps, parts[1:], strict=True))
    found = re.search(pattern, utterance, re.IGNORECASE)
    return found[0].strip() if found else ""


def quotable(quote: str, utterance: str, language: str) -> str | None:
    """A quote that may be said again: short, on one line, and nothing that was redacted.

    It ends where a phrase does: "they missed the" is cut to what stands for itself.
    """
    if PLACEHOLDER.search(quote):
        return None
    words = exact(quote, utterance)
    dangling = DANGLING.get(language.split("-")[0].lower(), frozenset())
    while words and fold(words.split()[-1].strip(MARKS + ".,;:!")) in dangling:
        words = words[: -len(words.split()[-1])].rstrip(" ,;:")
    fits = 0 < len(words.split()) <= LONGEST_QUOTE and words.isprintable()
    return words if fits else None


def coded(field: Field, value: str | int | float, restore: Restore) -> str | int | float:
    """The value as the field holds it: a number as a number, a choice as it is declared."""
    text = restore(str(value)).strip()
    if field.type in ("scale", "number"):
        try:
            number = float(text)
        except ValueError:
            return text
        if not math.isfinite(number):
            return text
        return int(number) if number.is_integer() else number
    return next((own for own in field.values if own.casefold() == text.casefold()), text)


def option_ids(guide: InterviewGuide) -> tuple[str, ...]:
    """The ids of all options that a turn of this guide may ask by."""
    return ("probe", *(f"ask:{name}" for name in guide.topics))


def json_schema(guide: InterviewGuide) -> dict[str, Any]:
    """The strict JSON schema of an answer.

    It depends on the guide alone, so a server that compiles schemas does it once per study. The
    reading comes before the wordings: a model reads first.
    """
    topics = list(guide.topics)
    aspects = sorted({name for topic in guide.topics.values() for name in topic.aspects})
    properties: dict[str, Any] = {
        "language": {"type": "string"},
        "specificity": _one_of(get_args(Specificity)),
        "sentiment": _one_of(get_args(Sentiment)),
        "topics": _list_of(topic=_one_of(topics), covered=_one_of(get_args(Covered)), **_TEXT),
    }
    if aspects:
        properties["aspects"] = _list_of(topic=_one_of(topics), aspect=_one_of(aspects), **_TEXT)
    if guide.fields:
        properties["fields"] = _list_of(
            field=_one_of(guide.fields), value={"type": "string"}, **_TEXT, confidence=_NUMBER
        )
    properties |= {
        "intents": _list_of(intent=_one_of(INTENTS), **_TEXT),
        "contradicts": _one_of((*FACTS, NOTHING)),
        "new_information": _NUMBER,
        "injection": {"type": "boolean"},
        "quote": {"type": ["string", "null"]},
        "cue": _one_of((*get_args(Cue), NOTHING)),
        "wordings": _list_of(option=_one_of(option_ids(guide)), text={"type": "string"}),
    }
    return _object(properties)


_TEXT = {"evidence": {"type": "string"}}
_NUMBER = {"type": "number"}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _list_of(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": _object(properties)}


def _one_of(values: Collection[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}
