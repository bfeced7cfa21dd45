"""How a study goes, in figures: counts of all its interviews, and shares of the newest ones.

Counts come from the database as counts; what needs more than a count is taken from a bounded number
of the newest interviews, so that the figures cost the same with a hundred thousand.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from interviewer.core.quality import StudyQuality, quality
from interviewer.core.study import Study
from interviewer.ports import Services
from interviewer.store import Course

NEWEST = 2000  # interviews whose course is looked at
READ = 100  # interviews whose turns are read
HOURS = 3  # of a part of the day
TOP = 8  # groups shown; the rest are one
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Group:
    """Interviews that have something in common."""

    name: str
    begun: int
    answered: int
    completed: int


@dataclass(frozen=True, slots=True)
class StudyFigures:
    """Everything the page of a study says in numbers."""

    funnel: Sequence[tuple[str, int]]  # the steps, from planned on
    refused: Sequence[tuple[str, int]]  # the gate's rule, the most frequent first
    looked_at: int  # interviews behind `groups` and `median_time`
    groups: Mapping[str, Sequence[Group]]  # by channel, hour, language, segment
    median_time: timedelta | None  # from the first message to the end, of the completed
    timed: int  # interviews behind it
    quality: StudyQuality  # of the newest READ interviews
    tokens: int  # a model's, in those


def figures(services: Services, study: Study) -> StudyFigures:
    """The figures of a study as it stands now."""
    store = services.store
    steps = store.funnel(study.slug).get(study.slug, {})
    invitations = store.invitation_counts(study.slug)
    states: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for (state, why), n in invitations.items():
        states[state] += n
        if state == "refused":
            refused[why or "not said"] += n
    courses = store.courses(study.slug, NEWEST)
    times = [
        (course.closed_at - course.opened_at).total_seconds()
        for course in courses
        if course.closed_at and _completed(course)
    ]
    read = store.interviews(study.slug, limit=READ)
    traces = [turn.trace for one in read for turn in one.said if turn.trace]
    return StudyFigures(
        funnel=(
            ("planned", sum(states.values())),
            ("waiting", states["due"] + states["held"] + states["sending"]),
            ("refused", states["refused"]),
            ("sent", steps.get("invited", 0)),
            ("begun", steps.get("opened", 0)),
            ("answered", steps.get("answered", 0)),
            ("closed", steps.get("closed", 0)),
            ("handed to a person", steps.get("handed_off", 0)),
            ("opted out", steps.get("opted_out", 0)),
        ),
        refused=refused.most_common(),
        looked_at=len(courses),
        groups={
            "Channel": _grouped(courses, lambda course: course.channel),
            "Language": _grouped(courses, lambda course: course.language),
            "Hour, UTC": sorted(_grouped(courses, _hours), key=lambda group: group.name),
            "Segment": _grouped(courses, _segment),
        },
        median_time=timedelta(seconds=median(times)) if times else None,
        timed=len(times),
        quality=quality(read),
        tokens=sum(trace.tokens_in + trace.tokens_out for trace in traces),
    )


def _grouped(courses: Sequence[Course], by: Callable[[Course], str | None]) -> list[Group]:
    """The most frequent groups first; what is in none is left out."""
    named = [(name, course) for course in courses if (name := by(course))]
    frequent = [name for name, _ in Counter(name for name, _ in named).most_common(TOP)]
    parts: dict[str, list[Course]] = {}
    for name, course in named:
        parts.setdefault(name if name in frequent else OTHERS, []).append(course)
    order = [*frequent, *([OTHERS] if OTHERS in parts else [])]
    return [
        Group(
            name=name,
            begun=len(parts[name]),
            answered=sum(course.answered for course in parts[name]),
            completed=sum(_completed(course) for course in parts[name]),
        )
        for name in order
    ]


def _completed(course: Course) -> bool:
    return course.status == "closed" and course.answered


def _hours(course: Course) -> str:
    first = course.opened_at.hour // HOURS * HOURS
    return f"{first:02} to {first + HOURS:02}"


def _segment(course: Course) -> str | None:
    """The tier of the account; of a recipient what happened."""
    said = course.tier or course.context.get("exception_code")
    return str(said).replace("_", " ") if said else None
