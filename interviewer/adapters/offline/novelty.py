"""How much of an answer was not said before."""

from collections.abc import Iterable

from interviewer.adapters.offline.lexicon import Lexicon
from interviewer.adapters.offline.sentiment import NEGATIVE_EMOJI
from interviewer.adapters.offline.words import Utterance, read_words
from interviewer.core.interview import Interview

SHARED = 0.5  # of the content words; a sentence that shares as many was said before


def new_information(said: Utterance, words: Lexicon, interview: Interview) -> float:
    """Share of sentences that share fewer than half of their content words with any before.

    A sentence that adds nothing ("no", "nothing else", an emoji) is not new; a displeased emoji
    is, once.
    """
    known = content(
        (word for turn in interview.answers for word in read_words(turn.text).folded), words
    )
    fresh = 0
    nothing = empty(said, words)
    for number, (first, beyond) in enumerate(said.sentences):
        told = content(said.folded[first:beyond], words)
        if told and number not in nothing and len(told & known) < SHARED * len(told):
            fresh += 1
        known |= told
    return fresh / len(said.sentences) if said.sentences else 0.0


def content(line: Iterable[str], words: Lexicon) -> set[str]:
    """The words that carry a meaning of their own."""
    return {
        word
        for word in line
        if word not in words.function_words
        and ((word.isalnum() and (len(word) > 1 or word.isdigit())) or word in NEGATIVE_EMOJI)
    }


def empty(said: Utterance, words: Lexicon) -> set[int]:
    """The sentences that add nothing: "no", "nothing else", "as I said"."""
    if words.reads is None:
        return set()
    return {said.words[first].sentence for first, _ in words.reads.nothing_said.spans(said)}
