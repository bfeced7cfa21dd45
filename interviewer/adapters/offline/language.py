"""The language of an utterance, by its script and its function words."""

from collections import Counter

from interviewer.adapters.offline.lexicon import LANGUAGES, lexicon
from interviewer.adapters.offline.words import Utterance

ENOUGH = 2  # function words that a language must have of its own
SHORT = 3  # words; so short an utterance shows its language with one
SCRIPTS = (  # first and last letter of a script, and the language it is taken for
    ("\u0370", "\u03ff", "el"),
    ("\u0400", "\u04ff", "ru"),
    ("\u0590", "\u05ff", "he"),
    ("\u0600", "\u06ff", "ar"),
    ("\u0900", "\u097f", "hi"),
    ("\u0e00", "\u0e7f", "th"),
    ("\u3040", "\u30ff", "ja"),
    ("\u4e00", "\u9fff", "zh"),
    ("\uac00", "\ud7a3", "ko"),
)


def detect(said: Utterance, expected: str) -> str:
    """The language that most words belong to.

    Args:
        said: The utterance.
        expected: The language of the interview; it stands when the words do not show another.
    """
    return _by_script(said) or _by_words(said, expected)


def _by_script(said: Utterance) -> str | None:
    letters = Counter(
        language
        for character in said.text
        if character > "\u036f"
        for first, last, language in SCRIPTS
        if first <= character <= last
    )
    if not letters:
        return None
    language, count = letters.most_common(1)[0]
    return language if 2 * count > sum(character.isalpha() for character in said.text) else None


def _by_words(said: Utterance, expected: str) -> str:
    family = expected.split("-")[0].lower()
    votes: Counter[str] = Counter()
    for word in said.folded:
        spoken = [name for name in LANGUAGES if word in lexicon(name).function_words]
        for name in spoken:
            votes[name] += 1
        if len(spoken) == 1:
            votes[spoken[0]] += 1  # a word that no other language has counts double
    if not votes:
        return expected
    best = max(votes, key=lambda name: (votes[name], name == family))
    lead = votes[best] - votes[family]
    needed = ENOUGH if len(said.words) <= SHORT else ENOUGH + 1
    return expected if best == family or lead < needed else best
