"""What people made of the summaries that were read back to them: confirmed, set right, rated."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.tables import Audience, Quote, Transcript, Turn

RATING = "rating"  # the coded answer after a summary: the conversation from 1 to 4


@dataclass(frozen=True, slots=True)
class Corrected:
    """A line that was read back, where it stands in its turn, and the turn that sets it right."""

    transcript: Transcript
    noted: Turn
    start: int
    end: int
    said: Turn


@dataclass(frozen=True, slots=True)
class Summaries:
    """What came of the summaries of some interviews."""

    read_back: int
    confirmed: int
    corrected: int
    disputed: int  # called not right, without what is
    ratings: tuple[int, ...]  # of the conversation, 1 to 4
    corrections: tuple[Corrected, ...]

    @property
    def told(self) -> str:
        """The counts in a sentence."""
        parts = [
            f"{self.confirmed} confirmed",
            f"{self.corrected} corrected",
            *([f"{self.disputed} called not right"] if self.disputed else []),
        ]
        text = f"{self.read_back} read back: {', '.join(parts)}"
        if not self.ratings:
            return f"{text}; no conversation was rated"
        mean = sum(self.ratings) / len(self.ratings)
        return f"{text}; conversations rated {mean:.1f} of 4 ({len(self.ratings)})"


def summaries(transcripts: Iterable[Transcript], audience: Audience = "all") -> Summaries:
    """What came of the summaries; what was said in confidence is for the owner alone."""
    held = [t for t in transcripts if t.read_back]
    came = Counter(t.read_back for t in held)
    ratings = [_rating(t) for t in held]
    return Summaries(
        read_back=len(held),
        confirmed=came["confirmed"],
        corrected=came["corrected"],
        disputed=came["disputed"],
        ratings=tuple(value for value in ratings if value is not None),
        corrections=tuple(c for t in held for c in _corrections(t, audience)),
    )


def set_right(quote: Quote, corrections: Iterable[Corrected]) -> Corrected | None:
    """The correction of a line that shares words with the quote."""
    return next(
        (
            c
            for c in corrections
            if c.noted.turn_id == quote.turn_id and c.start < quote.end and quote.start < c.end
        ),
        None,
    )


def _rating(transcript: Transcript) -> int | None:
    """The last rating that was given: what is said later counts."""
    given = [turn.fields.get(RATING) for turn in transcript.turns]
    marks = [value for value in given if isinstance(value, int) and 1 <= value <= 4]
    return marks[-1] if marks else None


def _corrections(transcript: Transcript, audience: Audience) -> Sequence[Corrected]:
    turns = {turn.turn_id: turn for turn in transcript.turns}
    found = []
    for said in transcript.turns:
        noted = turns.get(said.corrects.turn_id) if said.corrects else None
        if noted is None or said.corrects is None:
            continue
        start = noted.text.find(said.corrects.line)
        hidden = audience == "all" and "owner" in (noted.audience, said.audience)
        if start >= 0 and not hidden:
            end = start + len(said.corrects.line)
            found.append(Corrected(transcript, noted, start, end, said))
    return found
