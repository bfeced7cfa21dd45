"""What a page offers beside the text box: quick replies, and how far the interview is."""

from typing import Literal, NamedTuple

from interviewer.core.guide import Field, InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.quality import RATING

WIDEST_SCALE = 11  # buttons; 0 to 10

Kind = Literal["yes_no", "playback", "choice", "scale", "rating"]


class Replies(NamedTuple):
    """Buttons that answer the last question.

    Of a `yes_no` and a `playback` by name, for the page has the words; of a `choice` the words
    themselves; of a `scale` and a `rating` of the conversation the numbers.
    """

    kind: Kind
    texts: tuple[str, ...]


class Progress(NamedTuple):
    """The part that is asked now, of as many as there may be."""

    part: int
    parts: int


def quick_replies(guide: InterviewGuide, interview: Interview) -> tuple[Replies, ...]:
    """What the last question can be answered with by a tap; a free answer always can.

    There are none before the respondent has answered in own words.
    """
    if interview.status != "open" or not interview.answers:
        return ()
    asked = interview.said[-1] if interview.said else None
    decision = interview.answers[-1].decision
    if asked is None or asked.move != (decision and decision.move):
        return ()
    if asked.move == "playback":
        rated = guide.fields.get(RATING)
        steps = _steps(rated) if rated else ()
        rating = (Replies("rating", steps),) if steps else ()
        return (Replies("playback", ("confirm", "correct")), *rating)
    field = guide.fields.get(decision.field or "") if decision else None
    replies = field and _of_field(field, guide.speaks(interview.language))
    return (replies,) if replies and replies.texts else ()


def _of_field(field: Field, language: str) -> Replies | None:
    if field.type == "yes_no":
        return Replies("yes_no", ("yes", "no"))
    if field.type == "choice":
        return Replies("choice", _choices(field, language))
    return Replies("scale", _steps(field)) if field.type == "scale" else None


def _choices(field: Field, language: str) -> tuple[str, ...]:
    """The first words of each value; none where one has no words that can be said as they are."""
    firsts = [next(iter(words.get(language, ())), "*") for words in field.of.values()]
    return () if any("*" in words for words in firsts) else tuple(firsts)


def _steps(field: Field) -> tuple[str, ...]:
    if field.min is None or field.max is None or field.max - field.min >= WIDEST_SCALE:
        return ()
    return tuple(str(step) for step in range(field.min, field.max + 1))


def progress(guide: InterviewGuide, interview: Interview) -> Progress | None:
    """How far a business contact is; recipients answer so little that it would be noise.

    `parts` is an upper bound: topics that turn out to be answered already are never asked.
    """
    if guide.audience != "b2b" or interview.status != "open":
        return None
    parts = max(1, min(len(interview.topics), guide.budget.questions))
    asked = len(interview.asked_topics & set(interview.topics))
    return Progress(min(max(1, asked), parts), parts)
