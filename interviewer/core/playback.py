"""What is read back before an interview closes: the respondent's own words, line by line.

Most studies read back what was told on their topics; a form, `playback: fields`, its coded answers.
"""

import re
from collections.abc import Iterator
from typing import Literal

from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview, Turn
from interviewer.core.reading import Reading, Value
from interviewer.core.sms_text import fits_sms
from interviewer.core.wording import PhraseBook, aspect_of, fill, phrases_for, say_day

LINES = 5
WORDS = 60  # over all lines (interviewing.md section 6)
LINE_WORDS = 16
LABEL_WORDS = 4  # what a line is on: "On what should change"
FIELD_WORDS = 12  # of one coded answer
FRAME = "x" * 45  # room in an SMS for what stands around the lines, in any language
CLAUSE_END = re.compile(
    r"[.,;:!?](?=\s)|\s(?=(?:and|but|so|because|y|pero|porque|und|aber|weil)\s)"
)


ReadBack = Literal["confirmed", "corrected", "disputed", "unconfirmed", "unanswered"]


def read_back(interview: Interview) -> ReadBack | None:
    """What came of the summary; None where none was read back.

    What is said after the end, to a bare "not quite", is a correction as well.
    """
    if not interview.had_playback:
        return None
    if any(turn.decision and turn.decision.corrects for turn in interview.answers):
        return "corrected"
    match interview.close_reason:
        case "confirmed" | "corrected" | "disputed" | "unconfirmed":
            return interview.close_reason
    return "unanswered"


class Line(Value):
    """One thing that was noted, an exact span of the turn it is from."""

    topic: str
    turn_seq: int
    text: str
    field: str | None = None  # the coded answer that it is


def lines(guide: InterviewGuide, interview: Interview) -> tuple[Line, ...]:
    """What was told, must topics first where not all fit, in the order it was said.

    An answer that covers several topics is read back once. Coded answers come in the order of the
    guide.
    """
    if guide.budget.playback == "fields":
        return tuple(_field_lines(guide, interview))
    told: dict[str, Line] = {}
    covered: set[str] = set()
    for line, covers in _told(interview):
        if line.topic not in covered:  # what first covered a topic stands; until then the latest
            told[line.topic] = line
        if covers:
            covered.add(line.topic)
    musts = guide.must_topics(interview.context)
    wanted = [*(name for name in musts if name in told), *(n for n in told if n not in musts)]
    kept: dict[str, Line] = {}
    words = 0
    for name in wanted:
        line = told[name]
        words += 0 if line.text in kept else LABEL_WORDS + len(line.text.split())
        if words > WORDS or len(kept) == LINES:
            break
        kept.setdefault(line.text, line)
    return tuple(sorted(kept.values(), key=lambda line: line.turn_seq))


def notes(guide: InterviewGuide, interview: Interview, phrases: PhraseBook) -> list[str]:
    """The lines as they are read back: what each is on, in quotation marks the respondent's words.

    A coded answer has its label, a day is said as the day meant.

    Of coded answers as many as fit, by SMS into the length of a first message.
    """
    said = [_note(guide, interview, phrases, line) for line in lines(guide, interview)]
    while len(said) > 1 and not _fits(said, interview):
        said.pop()
    return said


def _note(guide: InterviewGuide, interview: Interview, phrases: PhraseBook, line: Line) -> str:
    language = guide.speaks(interview.language)
    spoken = phrases_for(phrases, interview.language)
    if line.field is None:
        words = " ".join(line.text.split()).replace('"', "'").rstrip(" .,;:!")
        about = aspect_of(guide, phrases, interview.context, language, line.topic)
        return fill(spoken.note, {"aspect": about, "line": words})
    label = guide.fields[line.field].label[language]
    is_day = guide.fields[line.field].type == "date"
    day = say_day(spoken, interview.fields[line.field], short=True) if is_day else None
    return f"{label}: {day or line.text}"


def _fits(said: list[str], interview: Interview) -> bool:
    text = " ".join(f"{note}." for note in said)
    by_sms = interview.channel == "sms"
    return len(text.split()) <= WORDS and (not by_sms or fits_sms(text + FRAME, first=True))


def _field_lines(guide: InterviewGuide, interview: Interview) -> Iterator[Line]:
    """The latest answer of each field, in the words that gave it."""
    for name in guide.fields:
        turn = next((t for t in reversed(interview.answers) if _gives(t, name)), None)
        topic = next((n for n, t in guide.topics.items() if name in t.fills), None)
        if turn and turn.reading and topic:
            text = shortened(turn.reading.fields[name].evidence, FIELD_WORDS)
            yield Line(topic=topic, turn_seq=turn.seq, text=text, field=name)


def _gives(turn: Turn, field: str) -> bool:
    kept_back = turn.audience == "owner"
    return turn.reading is not None and field in turn.reading.fields and not kept_back


def line_meant(
    guide: InterviewGuide, interview: Interview, reading: Reading, topic: str | None
) -> Line | None:
    """The line that an answer after the summary sets right.

    The one on a topic that the answer speaks of, else on the topic asked about again, else the
    only one there is.
    """
    read_back = next((turn.seq for turn in interview.said if turn.move == "playback"), None)
    before = interview.turns[:read_back]
    noted = lines(guide, interview.evolve(turns=before))
    spoken_of = [name for name, told in reading.topics.items() if told.covered != "no"]
    for name in (*spoken_of, *((topic,) if topic else ())):
        if meant := next((line for line in noted if line.topic == name), None):
            return meant
    fields = next((line for line in noted if line.field in reading.fields), None)
    return fields or (noted[0] if len(noted) == 1 else None)


def _told(interview: Interview) -> Iterator[tuple[Line, bool]]:
    """One line per topic and answer, with whether it covers the topic.

    An answer without evidence stands for the topic asked.
    """
    asked: str | None = None
    for turn in interview.turns:
        if turn.asks:
            asked = turn.topic
        if turn.reading is None or turn.audience == "owner":
            continue
        evidence = {
            name: topic.evidence
            for name, topic in turn.reading.topics.items()
            if topic.covered != "no" and topic.evidence
        }
        if not evidence and asked and turn.reading.specificity != "vague":
            evidence = {asked: turn.text}
        for name, text in evidence.items():
            if text and "?" not in shortened(text):  # read back, it would be a second question
                covers = turn.reading.specificity == "specific"
                if name in turn.reading.topics:
                    covers = turn.reading.topics[name].covered == "yes"
                yield Line(topic=name, turn_seq=turn.seq, text=shortened(text)), covers


def shortened(evidence: str, words: int = LINE_WORDS) -> str:
    """The span up to its last full clause within the limit, still an exact part of it."""
    if len(evidence.split()) <= words:
        return evidence.strip()
    end = 0
    for word in evidence.split()[:words]:
        end = evidence.index(word, end) + len(word)
    clauses = [found.start() for found in CLAUSE_END.finditer(evidence, 0, end)]
    return evidence[: clauses[-1] if clauses else end].strip().rstrip(",;:")
