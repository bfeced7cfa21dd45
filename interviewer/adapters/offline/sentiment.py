"""How an answer sounds: words that judge, with their negation, and emoji."""

from typing import Literal

from interviewer.adapters.offline.lexicon import Reads
from interviewer.adapters.offline.words import Utterance

Sentiment = Literal[-2, -1, 0, 1, 2, "mixed"]
POSITIVE_EMOJI = frozenset("👍👌😀😃😄😁😊🙂😍🥰😎🙏💯✅⭐🌟❤💚👏🎉😋🤩💪🤗☺✨🙌👊♥")
NEGATIVE_EMOJI = frozenset("👎😡😠🤬😞😢😭😤🙁☹😒😩😫💩🤮😖😣😟🤦❌😑🙄💔")
HALF_HEARTED = 0.4  # too little to count as pleased
REACH = 3  # words back in which a negation turns a judging word


def sentiment_of(said: Utterance, reads: Reads, reports_loss: bool) -> Sentiment:
    """-2 to 2; `mixed` when it is pleased and displeased at once.

    Args:
        said: The utterance.
        reads: The words of its language.
        reports_loss: Whether it tells of a damage or a loss, which displeases in any words.
    """
    taken: set[int] = set()
    good, bad = 0.0, float(reports_loss)
    for patterns, pleased in ((reads.positive_idioms, True), (reads.negative_idioms, False)):
        for first, last in patterns.spans(said):
            if not taken & set(range(first, last + 1)):
                taken.update(range(first, last + 1))
                good, bad = good + pleased, bad + (not pleased)
    for place, word in enumerate(said.folded):
        weight = 0.0 if place in taken else _judges(word, reads)
        if weight and _is_negated(said, place, reads):
            weight = -weight / 2 if weight > 0 else 0.5
        good, bad = good + max(weight, 0), bad + max(-weight, 0)
    if good >= 1 and not bad:
        bad = float(_takes_back(said, reads))
        good = HALF_HEARTED if not bad and next(reads.hedges.spans(said), None) else good
    return _scale(good, bad)


def _takes_back(said: Utterance, reads: Reads) -> bool:
    """Whether a praise is followed by a "but" with no praise after it: "fine, but nobody rang"."""
    praised = {place for span in reads.positive_idioms.spans(said) for place in range(*span)}
    for _, last in reads.adversatives.spans(said):
        end = said.sentences[said.words[last].sentence][1]
        rest = range(last + 1, end)
        again = any(place in praised or said.folded[place] in reads.positive for place in rest)
        if not again and len(rest) != 1:
            return True
    return False


def _judges(word: str, reads: Reads) -> float:
    if word in POSITIVE_EMOJI:
        return 1
    if word in NEGATIVE_EMOJI:
        return -1
    strength = 2 if word in reads.strong else 1
    if word in reads.negative:
        return -strength
    return strength if word in reads.positive else 0


def _is_negated(said: Utterance, place: int, reads: Reads) -> bool:
    word = said.words[place]
    return any(
        other.folded in reads.negations
        for other in said.words[max(0, place - REACH) : place]
        if other.clause == word.clause
    )


def _scale(good: float, bad: float) -> Sentiment:
    if good >= 1 and bad >= 1 and max(good, bad) < 3 * min(good, bad):
        return "mixed"
    balance = good - bad
    if abs(balance) < 0.5:
        return "mixed" if good and bad else 0
    if abs(balance) >= 2:
        return 2 if balance > 0 else -2
    return 1 if balance > 0 else -1
