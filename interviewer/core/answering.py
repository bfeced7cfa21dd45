"""What a page offers beside the text box: quick replies, and how far the interview is."""

from typing import Literal, NamedTuple

from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview

WIDEST_SCALE = 11  # buttons; 0 to 10

QuickReply = Literal["yes", "no", "confirm", "correct"] | int


class Progress(NamedTuple):
    """The part that is asked now, of as many as there may be."""

    part: int
    parts: int


def quick_replies(guide: InterviewGuide, interview: Interview) -> tuple[QuickReply, ...]:
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
        return ("confirm", "correct")
    field = guide.fields.get(decision.field or "") if decision else None
    if field is None:
        return ()
    if field.type == "yes_no":
        return ("yes", "no")
    if field.type == "scale" and field.min is not None and field.max is not None:
        steps = tuple(range(field.min, field.max + 1))
        return steps if len(steps) <= WIDEST_SCALE else ()
    return ()


def progress(guide: InterviewGuide, interview: Interview) -> Progress | None:
    """How far a business contact is; recipients answer so little that it would be noise.

    `parts` is an upper bound: topics that turn out to be answered already are never asked.
    """
    if guide.audience != "b2b" or interview.status != "open":
        return None
    parts = max(1, min(len(interview.topics), guide.budget.questions))
    asked = len(interview.asked_topics & set(interview.topics))
    return Progress(min(max(1, asked), parts), parts)
