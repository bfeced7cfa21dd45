"""Which sentences state how things are, and which suppose, ask, or tell of others and of the past.

risk.md section 5 has the same guard for signals.
"""

from interviewer.adapters.offline.lexicon import Patterns, Reads
from interviewer.adapters.offline.words import Utterance


def supposed(said: Utterance, reads: Reads) -> set[int]:
    """The sentences that suppose, wish or ask something: "if", "a call when a slot is lost"."""
    asked = {number for number, mark in enumerate(said.marks) if mark == "?"}
    return asked | _with(said, reads.supposed)


def unasserted(said: Utterance, reads: Reads) -> set[int]:
    """Those, and the sentences about somebody else's affairs or about what is over."""
    return supposed(said, reads) | _with(said, reads.elsewhere)


def is_negated(said: Utterance, reads: Reads, place: int, reach: int | None = None) -> bool:
    """Whether a negation stands before a word in its clause; `reach` is how many words back."""
    clause = said.words[place].clause
    first = 0 if reach is None else max(0, place - reach)
    return any(
        word.folded in reads.negations and word.clause == clause for word in said.words[first:place]
    )


def _with(said: Utterance, patterns: Patterns) -> set[int]:
    return {said.words[first].sentence for first, _ in patterns.spans(said)}
