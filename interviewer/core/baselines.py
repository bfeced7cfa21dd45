"""The interviewers that ours is measured against: fixed lists of questions.

They read nothing and decide nothing, so they keep no budget, honor no stop and hand nothing over.
"""

from collections.abc import Mapping
from typing import Literal

from interviewer.core import wording
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.reading import Value
from interviewer.core.wording import PhraseBook

Baseline = Literal[
    "form",  # the opener and nothing else
    "generic",  # two probes that fit any answer
    "script",  # every topic of the guide once, in order
]

GENERIC: Mapping[str, tuple[str, str]] = {
    "en": ("Can you tell me more about that?", "Is there anything else you would like to add?"),
    "es": ("¿Me cuenta más sobre eso?", "¿Quiere añadir algo más?"),
    "de": ("Können Sie mehr dazu sagen?", "Möchten Sie sonst noch etwas sagen?"),
}


class Question(Value):
    """What a baseline asks, and the topic that it belongs to."""

    topic: str
    text: str


def questions(
    baseline: Baseline, guide: InterviewGuide, phrases: PhraseBook, interview: Interview
) -> tuple[Question, ...]:
    """What is asked after the opener, whatever is answered.

    Args:
        baseline: Which one asks.
        guide: The study's.
        phrases: For the days and facts that a question names.
        interview: New, with its opener.
    """
    first, *others = interview.topics
    family = interview.language.split("-")[0]
    if baseline == "form":
        return ()
    if baseline == "generic":
        probes = GENERIC.get(family, GENERIC["en"])
        return tuple(Question(topic=first, text=probe) for probe in probes)
    return tuple(
        Question(
            topic=topic,
            text=wording.question(
                guide,
                phrases,
                interview.context,
                interview.language,
                topic,
                channel=interview.channel,
            ).text,
        )
        for topic in others
    )
