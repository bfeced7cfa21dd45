"""What is read back before a B2B interview closes: the respondent's own words, line by line."""

import re
from collections.abc import Iterator

from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.reading import Value

LINES = 5
WORDS = 60  # over all lines (interviewing.md section 6)
LINE_WORDS = 16
CLAUSE_END = re.compile(
    r"[.,;:!?](?=\s)|\s(?=(?:and|but|so|because|y|pero|porque|und|aber|weil)\s)"
)


class Line(Value):
    """One thing that was noted, an exact span of the turn it is from."""

    topic: str
    turn_seq: int
    text: str


def lines(guide: InterviewGuide, interview: Interview) -> tuple[Line, ...]:
    """What was told, must topics first where not all fit, in the order it was said.

    An answer that covers several topics is read back once.
    """
    told = {line.topic: line for line in _told(interview)}
    musts = guide.must_topics(interview.context)
    wanted = [*(name for name in musts if name in told), *(n for n in told if n not in musts)]
    kept: dict[str, Line] = {}
    words = 0
    for name in wanted:
        line = told[name]
        words += 0 if line.text in kept else len(line.text.split())
        if words > WORDS or len(kept) == LINES:
            break
        kept.setdefault(line.text, line)
    return tuple(sorted(kept.values(), key=lambda line: line.turn_seq))


def _told(interview: Interview) -> Iterator[Line]:
    """One line per topic and answer; an answer without evidence stands for the topic asked."""
    asked: str | None = None
    for turn in interview.turns:
        if turn.asks:
            asked = turn.topic
        if turn.reading is None:
            continue
        evidence = {
            name: topic.evidence
            for name, topic in turn.reading.topics.items()
            if topic.covered != "no" and topic.evidence
        }
        if not evidence and asked and turn.reading.specificity != "vague":
            evidence = {asked: turn.text}
        for name, text in evidence.items():
            if text:
                yield Line(topic=name, turn_seq=turn.seq, text=shortened(text))


def shortened(evidence: str) -> str:
    """The span up to its last full clause within the limit, still an exact part of it."""
    if len(evidence.split()) <= LINE_WORDS:
        return evidence.strip()
    end = 0
    for word in evidence.split()[:LINE_WORDS]:
        end = evidence.index(word, end) + len(word)
    clauses = [found.start() for found in CLAUSE_END.finditer(evidence, 0, end)]
    return evidence[: clauses[-1] if clauses else end].strip().rstrip(",;:")
