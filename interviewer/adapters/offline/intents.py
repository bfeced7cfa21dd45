"""What a respondent wants or does with an utterance, by the patterns of a language."""

from collections.abc import Collection, Iterator, Sequence

from interviewer.adapters.offline.lexicon import Lexicon
from interviewer.adapters.offline.words import Utterance
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.opt_out import is_opt_out
from interviewer.core.reading import INTENTS, Intent, IntentReading

ONLY_B2B: frozenset[Intent] = frozenset(("leaving", "confidential"))
ASIDES: tuple[Intent, ...] = (  # sentences to us, which tell nothing of what happened
    *("stop", "end", "skip", "refusal", "human", "question", "bot_question"),
    *("off_topic", "misunderstood", "anger_at_us"),
)
ALWAYS: frozenset[Intent] = frozenset(("stop", "human", "distress", "safety"))
TO_THE_SUMMARY: frozenset[Intent] = frozenset(("confirm", "correct"))


def intents_of(
    said: Utterance,
    words: Sequence[Lexicon],
    guide: InterviewGuide,
    interview: Interview,
    instructed: Collection[int],
) -> tuple[IntentReading, ...]:
    """Every intent once, with the words that show it.

    Args:
        said: The utterance.
        words: The languages it may be in: its own, and that of the interview.
        guide: Leaving and confidential are read in B2B studies only.
        interview: A summary that waits for an answer makes a plain yes or no one to it.
        instructed: The sentences addressed to the machine; they mean nothing but `ALWAYS`.
    """
    last = interview.last_question
    after_playback = last is not None and last.move == "playback"
    found: dict[Intent, str] = {}
    if said.words and is_opt_out(said.text):
        found["stop"] = said.text.strip()
    for intent in INTENTS:
        if intent in found or (intent in ONLY_B2B and guide.audience != "b2b"):
            continue
        if intent in TO_THE_SUMMARY and not after_playback:
            continue
        places = (
            span
            for span in _places(said, words, intent)
            if intent in ALWAYS or said.words[span[0]].sentence not in instructed
        )
        span = next(places, None)
        if span is not None:
            found[intent] = said.span(*span)
    if after_playback:
        found = _answer_to_summary(said, words, found)
    return tuple(IntentReading(intent=intent, evidence=text) for intent, text in found.items())


def asides(said: Utterance, words: Sequence[Lexicon]) -> set[int]:
    """The sentences that are spoken to us, not about what happened."""
    spoken = (span for intent in ASIDES for span in _places(said, words, intent))
    return {said.words[first].sentence for first, _ in spoken}


def instructions(said: Utterance, words: Sequence[Lexicon]) -> set[int]:
    """The sentences that are addressed to the machine."""
    spans = (span for language in words for span in language.injection.spans(said))
    return {said.words[first].sentence for first, _ in spans}


def _places(said: Utterance, words: Sequence[Lexicon], intent: Intent) -> Iterator[tuple[int, int]]:
    for language in words:
        if intent in language.intents:
            yield from language.intents[intent].spans(said)


def _answer_to_summary(
    said: Utterance, words: Sequence[Lexicon], found: dict[Intent, str]
) -> dict[Intent, str]:
    """With a plain yes or no as confirmation or correction, and never both."""
    for language in words:
        if language.answers is None or {"confirm", "correct"} & found.keys():
            continue
        meant: Intent
        for meant, patterns in (
            ("correct", language.answers.no),
            ("confirm", language.answers.yes),
        ):
            span = next(patterns.spans(said), None)
            if span is not None and meant not in found and not TO_THE_SUMMARY & found.keys():
                found[meant] = said.span(*span)
    if found.keys() >= TO_THE_SUMMARY:
        del found["confirm"]
    return found
