"""How a study's interviews go: whose words were said, which broke a rule, what playback brought."""

from collections import Counter
from collections.abc import Iterable
from statistics import mean

from interviewer.core.interview import Interview, Turn
from interviewer.core.playback import read_back
from interviewer.core.reading import Value

RATING = "rating"  # the coded field of the rating, 1 to 4, that a respondent gives the conversation


class StudyQuality(Value):
    """Counts over the interviews of one study."""

    interviews: int
    messages: int  # worded for a respondent, the opener aside
    worded_by_model: int
    replaced: int  # a model's wording that broke a rule and gave way to the template's
    faults: dict[str, int]  # rule -> wordings that broke it
    model_failures: int  # turns that the offline interviewer took over
    played_back: int
    confirmed: int
    corrected: int
    disputed: int  # called not right, without what is
    corrections: tuple[tuple[str, str], ...]  # what was read back, and what it was set right to
    rating: float | None  # mean of the ratings, 1 to 4
    ratings: int

    @property
    def replaced_share(self) -> float | None:
        """Of the model's wordings, the share that was replaced; None when it worded none."""
        worded = self.worded_by_model + self.replaced
        return self.replaced / worded if worded else None


def quality(interviews: Iterable[Interview]) -> StudyQuality:
    """The counts over these interviews."""
    held = list(interviews)
    said = [turn for interview in held for turn in interview.said if turn.seq > 0 and turn.trace]
    sources = Counter(turn.trace.wording_source for turn in said if turn.trace)
    summaries = [interview for interview in held if interview.had_playback]
    ratings = [value for i in summaries if isinstance(value := i.fields.get(RATING), int | float)]
    came = Counter(read_back(interview) for interview in summaries)
    return StudyQuality(
        interviews=len(held),
        messages=len(said),
        worded_by_model=sources["model"],
        replaced=sources["template_after_fault"],
        faults=dict(Counter(rule for turn in said for rule in _faults(turn)).most_common()),
        model_failures=sum(bool(turn.trace and turn.trace.failure) for turn in said),
        played_back=len(summaries),
        confirmed=came["confirmed"],
        corrected=came["corrected"],
        disputed=came["disputed"],
        corrections=tuple(
            (turn.decision.corrects.line, turn.text)
            for interview in held
            for turn in interview.answers
            if turn.decision and turn.decision.corrects and turn.audience == "all"
        ),
        rating=round(mean(ratings), 2) if ratings else None,
        ratings=len(ratings),
    )


def _faults(turn: Turn) -> tuple[str, ...]:
    return turn.trace.faults if turn.trace else ()
