"""What the next interview of an account knows of the earlier ones.

The respondent's own words come back only to the same contact; of another contact's interview the
topic alone is known. A point that was left open is asked about as "since then", and so is what the
account team said it would look at. What was covered and left nothing open is asked again in the
same study only when the answer to "what has changed" touches it.
"""

from collections.abc import Iterable

from interviewer.core.book import Action
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview, Memory, Point
from interviewer.core.playback import shortened

POINTS = 3  # open points taken up again; each costs a question
POINT_WORDS = 10


def remember(interview: Interview) -> Memory:
    """The open points and the covered topics of an interview.

    A point is the latest displeased answer on a topic that is more than a judgment; a later
    pleased one on the same topic settles it.
    """
    points: dict[str, Point] = {}
    asked: str | None = None
    for turn in interview.turns:
        if turn.asks:
            asked = turn.topic
        reading = turn.reading
        if reading is None or turn.audience == "owner":
            continue
        told = {n: t.evidence for n, t in reading.topics.items() if t.covered == "yes"}
        if not told and asked and reading.specificity == "specific":
            told = {asked: turn.text}
        for topic, words in told.items():
            if reading.is_negative and words:
                points[topic] = Point(topic=topic, words=_brief(words))
            elif reading.sentiment != 0:
                points.pop(topic, None)
    return Memory(
        study=interview.study,
        at=interview.closed_at or interview.opened_at,
        points=tuple(points.values())[-POINTS:],
        covered=tuple(name for name in interview.topics if name in interview.covered),
    )


def _brief(words: str) -> str:
    """The first words of a span, cut at a clause; still an exact part of it."""
    line = shortened(words)
    if len(line.split()) <= POINT_WORDS:
        return line.rstrip(".!")
    end = 0
    for word in line.split()[:POINT_WORDS]:
        end = line.index(word, end) + len(word)
    return line[:end].rstrip(".,;:!")


def memory_of(
    guide: InterviewGuide,
    own: Interview | None,
    others: Iterable[Interview],
    actions: Iterable[Action],
) -> Memory | None:
    """What this account's earlier interviews and open actions mean for the next one.

    An action without a topic of the guide belongs to the first one that asks for an incident.
    """
    memory = remember(own) if own else Memory()
    first = next((n for n, t in guide.topics.items() if t.consequence), next(iter(guide.topics)))
    looks = {a.topic if a.topic in guide.topics else first: a.what for a in actions}
    points = [point.topic for other in others for point in remember(other).points]
    to_look_at = tuple(Point(topic=topic or first, words=what) for topic, what in looks.items())
    whole = memory.model_copy(
        update={
            "to_look_at": to_look_at[:POINTS],
            "elsewhere": tuple(dict.fromkeys(points)),
        }
    )
    return None if whole == Memory() else whole


def topics_since(topics: tuple[str, ...], memory: Memory | None) -> tuple[str, ...]:
    """The topics in the order to ask: after the first one those that another contact left open."""
    if memory is None:
        return topics
    first, rest = topics[:1], topics[1:]
    raised = tuple(topic for topic in rest if topic in memory.elsewhere)
    return (*first, *raised, *(topic for topic in rest if topic not in raised))


def settled(guide: InterviewGuide, topics: Iterable[str], memory: Memory | None) -> frozenset[str]:
    """Topics that the same study covered last time, with nothing left open by anybody."""
    if memory is None or memory.study != guide.slug:
        return frozenset()
    left_open = {p.topic for p in (*memory.points, *memory.to_look_at)} | set(memory.elsewhere)
    return frozenset(t for t in topics if t in memory.covered and t not in left_open)
