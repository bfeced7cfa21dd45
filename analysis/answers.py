"""Coded answers: what a direct question settled, read from a turn's fields or from yes, no, 0-10.

A guide declares which signal a field bears on; the table below holds the declarations of the ready
studies, so that an analysis needs nothing but the transcripts.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from analysis.sentences import clauses, is_english, words
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


SCALES = frozenset({"wont_recur", "felt_heard"})  # 0 to 10
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


_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
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

# Words that read something back and ask for a yes: what they hold was asked before.
_READ_BACK = re.compile(
    r"\b(?:is|was|are|does|did)\s+(?:this|that|it|these|those|i|everything|all)\b.{0,40}"
    r"\b(?:right|correct|accurate|fair|complete|understood|sum\w*|cover\w*)\b"
    r"|\b(?:did|do|have) i\b.{0,30}\b(?:right|understood|understand|noted|correctly|miss\w*)\b"
    r"|^\W*(?:right|correct|yes)\W*$"
    r"|\b(?:stimmt|richtig|korrekt)\b.{0,12}\?|\b(?:es correcto|correcto|es as\u00ed)\b",
    re.IGNORECASE,
)
_NO = {"no", "nope", "nah", "none", "nobody", "nothing", "never"}
_YES = {"yes", "yeah", "yep", "yup", "indeed", "unfortunately"}
_NUMBERS = {
    word: number
    for number, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
}
_NAMED = {
    **_NUMBERS,
    **{str(number): number for number in range(11)},
    **{"once": 1, "first": 1, "twice": 2, "second": 2, "third": 3, "fourth": 4},
}
# A number that ends a phrase, or that a scale or a reason follows.
_ANSWERED_NUMBER = re.compile(
    rf"(?<![\w-])(\d+|{'|'.join(_NUMBERS)})(?=\s*(?:$|[.,;:!?)/](?!\d)|[-\u2013\u2014]\s|\s[-\u2013\u2014]"
    r"|\b(?:out of|of ten|of 10|or|to|because|but|and|since|maybe|perhaps|at (?:most|best|least)"
    r"|if|though|for now|right now|now|today|honestly|i (?:guess|think|would say))\b))"
)


@dataclass(frozen=True, slots=True)
class CodedAnswer:
    """What an answer to a direct question settled: the words are `utterance.text[start:end]`."""

    utterance: Utterance
    signal: str
    status: Status  # asserted or denied
    reason: str
    start: int
    end: int

    @property
    def is_direct(self) -> bool:
        """Whether the turn begins with a yes, a no or a number: its words need no second look."""
        said = words(self.utterance.text)[:1]
        return not said or said[0] in _NO | _YES or said[0] in _NUMBERS or said[0].isdecimal()


def coded_answers(utterance: Utterance) -> tuple[CodedAnswer, ...]:
    """The signals that this turn's coded fields, or its short answer to the question, settle.

    A yes to what was read back settles nothing: each thing in it was an answer before.
    """
    if _READ_BACK.search(_asked(utterance)):
        return ()
    start, end = _span(utterance)
    return tuple(
        CodedAnswer(utterance, declared.signal, status, f"answered {field}: {value}", start, end)
        for field, value in _values(utterance).items()
        for declared in FIELDS.get(field, ())
        if (status := declared.status(value)) is not None
    )


def _values(utterance: Utterance) -> Mapping[str, object]:
    asked = _asked(utterance)
    read = {
        question.field: value
        for question in QUESTIONS
        if question.asked.search(asked)
        and (value := _short_answer(utterance.text, question.kind)) is not None
    }
    given = {f: v for f, v in utterance.fields.items() if f not in SCALES or _is_said(v, utterance)}
    return {**read, **given}


def _asked(utterance: Utterance) -> str:
    """The last question of the interviewer's turn; the last sentence where none has a mark."""
    sentences: list[str] = _SENTENCE.findall(utterance.question or "")
    questions = [sentence for sentence in sentences if sentence.rstrip().endswith("?")]
    return (questions or sentences or [""])[-1]


def _is_said(value: object, utterance: Utterance) -> bool:
    """Whether a number that stands in the turn is its answer: "a three", not "three days", "once".

    Words without a number, and those of another language, are taken at the reading's word.
    """
    number = _number(value)
    if number is None or not is_english(utterance):
        return True
    named = {_NAMED.get(word) for word in words(utterance.text)}
    return number not in named or number in set(_scale_values(utterance.text))


def _scale_values(text: str) -> Iterator[int]:
    for said in _ANSWERED_NUMBER.finditer(text.lower()):
        yield _NUMBERS.get(said.group(1), int(said.group(1)) if said.group(1).isdecimal() else -1)


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
