"""What the next interview of the same contact knows of the last one.

The respondent's own words come back only to the same contact. A point that was left open is asked
about as "since then"; what was covered and left nothing open is not asked again in the same study.
"""

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
        if reading is None:
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


def topics_since(
    guide: InterviewGuide, topics: tuple[str, ...], memory: Memory | None
) -> tuple[str, ...]:
    """The topics of a new interview, without those that the last one settled.

    The first topic stays: the opener asks it. In the same study one covered topic that can be
    asked as "what has changed since" stands for all that were covered and left nothing open.
    """
    if memory is None or memory.study != guide.slug:
        return topics
    settled = [t for t in topics[1:] if t in memory.covered and memory.point(t) is None]
    stands_for_all = next((t for t in settled if guide.topics[t].since), None)
    dropped = {t for t in settled if t != stands_for_all}
    return tuple(topic for topic in topics if topic not in dropped)
