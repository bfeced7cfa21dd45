"""Coded answers: what a direct question settled, read from a turn's fields or from yes, no, 0-10.

A guide declares which signal a field bears on; the table below holds the declarations of the ready
studies, so that an analysis needs nothing but the transcripts.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from analysis.sentences import clauses, words
from analysis.tables import Status, Utterance

LONGEST_QUOTE = 200  # characters: a longer turn is quoted by its first sentence


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the values of a field say about a signal; two numbers are a range, both included."""

    signal: str
    asserts: tuple[str, ...] | tuple[int, int] = ()
    denies: tuple[str, ...] | tuple[int, int] = ()

    def status(self, value: object) -> Status | None:
        """What this value says, or None when it says neither."""
        if _matches(value, self.asserts):
            return "asserted"
        return "denied" if _matches(value, self.denies) else None


_YES_NO = (("yes",), ("no",))
_LOW_HIGH = ((0, 4), (8, 10))
FIELDS: Mapping[str, tuple[Declaration, ...]] = {
    "claim_open": (Declaration("unresolved_claim", *_YES_NO),),
    "wont_recur": (Declaration("recurrence", *_LOW_HIGH),),
    "felt_heard": (Declaration("not_heard", *_LOW_HIGH),),
    "cause_explained": (Declaration("not_heard", ("no",), ("yes",)),),
    "told_when": (Declaration("silent_am", ("after", "never"), ("before",)),),
    "invoices_in_dispute": (Declaration("price_dispute", *_YES_NO),),
    "others_quoting": (Declaration("competitor", *_YES_NO),),
    "decider_changed": (Declaration("decision_maker", *_YES_NO),),
    "plans": (
        Declaration("leave_intent", ("leave",), ("extend", "same")),
        Declaration("volume_shift", ("reduce",), ("extend", "same")),
        Declaration("commit", ("extend",), ("leave",)),
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A direct question whose short answer can be read without a model."""

    field: str
    asked: re.Pattern[str]
    kind: Literal["yes_no", "scale"]


def _question(field: str, kind: Literal["yes_no", "scale"], asked: str) -> Question:
    return Question(field, re.compile(asked, re.IGNORECASE), kind)


_ZERO_TO_TEN = r"(?=.*\b(?:0|zero)\b.*\b(?:10|ten)\b)"
QUESTIONS = (
    _question(
        "claim_open",
        "yes_no",
        r"\b(?:claim|credit|refund)s?\b.*\b(?:still )?(?:open|pending|outstanding|unsettled)\b",
    ),
    _question(
        "others_quoting",
        "yes_no",
        r"\b(?:anyone|anybody|any other|someone|other (?:providers|carriers|3pls))\b"
        r".*\b(?:quot\w+|consider\w+|compar\w+|bid\w*|look\w+)",
    ),
    _question("invoices_in_dispute", "yes_no", r"\binvoices?\b.*\b(?:dispute\w*|wrong|open)\b"),
    _question(
        "decider_changed", "yes_no", r"\bchang\w+\b.*\b(?:decid\w+|decision|buyer|sponsor)\b"
    ),
    _question(
        "wont_recur",
        "scale",
        _ZERO_TO_TEN + r".*\b(?:not|won't|never)\b.*\b(?:recur|happen|come back)",
    ),
    _question("felt_heard", "scale", _ZERO_TO_TEN + r".*\b(?:heard|listened|taken seriously)\b"),
)

_NO = {"no", "nope", "nah", "none", "nobody", "nothing", "never"}
_YES = {"yes", "yeah", "yep", "yup", "indeed", "unfortunately"}
_NUMBERS = {
    word: number
    for number, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
}


@dataclass(frozen=True, slots=True)
class CodedAnswer:
    """What an answer to a direct question settled: the words are `utterance.text[start:end]`."""

    utterance: Utterance
    signal: str
    status: Status  # asserted or denied
    reason: str
    start: int
    end: int


def coded_answers(utterance: Utterance) -> tuple[CodedAnswer, ...]:
    """The signals that this turn's coded fields, or its short answer to the question, settle."""
    start, end = _span(utterance)
    return tuple(
        CodedAnswer(utterance, declared.signal, status, f"answered {field}: {value}", start, end)
        for field, value in _values(utterance).items()
        for declared in FIELDS.get(field, ())
        if (status := declared.status(value)) is not None
    )


def _values(utterance: Utterance) -> Mapping[str, object]:
    read = {
        question.field: value
        for question in QUESTIONS
        if utterance.question
        and question.asked.search(utterance.question)
        and (value := _short_answer(utterance.text, question.kind)) is not None
    }
    return {**read, **utterance.fields}


def _short_answer(text: str, kind: Literal["yes_no", "scale"]) -> object | None:
    first = words(text)[:5]
    if kind == "scale":
        return next(_scale(first), None)
    if first and first[0] in _NO:
        return "no"
    return "yes" if first and first[0] in _YES else None


def _scale(first: tuple[str, ...]) -> Iterator[int]:
    for word in first:
        number = _NUMBERS.get(word, int(word) if word.isdecimal() else None)
        if number is not None and 0 <= number <= 10:
            yield number


def _matches(value: object, wanted: tuple[str, ...] | tuple[int, int]) -> bool:
    if isinstance(value, bool):
        value = "yes" if value else "no"
    number = _number(value)
    if number is not None:
        low_high = [w for w in wanted if isinstance(w, int)]
        return bool(low_high) and low_high[0] <= number <= low_high[-1]
    return isinstance(value, str) and value.strip().lower() in wanted


def _number(value: object) -> float | None:
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"\s*\d+(?:\.\d+)?\s*", value):
        return float(value)
    return None


def _span(utterance: Utterance) -> tuple[int, int]:
    whole = utterance.text.strip()
    start = utterance.text.find(whole)
    if len(whole) <= LONGEST_QUOTE:
        return start, start + len(whole)
    first = clauses(utterance)[0]
    return first.start, first.end
