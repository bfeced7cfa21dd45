"""The words of an answer that a probe may quote, and what kind of words they are."""

from collections.abc import Iterable, Iterator

from analysis import redact
from interviewer.adapters.offline.lexicon import Lexicon, Reads
from interviewer.adapters.offline.specificity import is_event
from interviewer.adapters.offline.topics import Mention
from interviewer.adapters.offline.words import Utterance, fold
from interviewer.core.interview import Interview
from interviewer.core.reading import Cue, IntentReading, Sentiment

MOST_WORDS = 6
PER_WORD = 0.45  # what a word must add to be worth quoting
MENTION, NEGATIVE, EVENT, NAMED, CONTENT, NEGATION, POSITIVE, GENERAL, TIME = (
    *(2.0, 2.5, 1.6, 1.2, 0.9, 1.2, 0.6, 0.5, 0.5),
)
WHOLE = 1.0  # for a stretch that is a whole statement
BEGINNING = 0.6  # for one that begins where the statement does
ALONE = 0.6  # what a single word loses
SHORT = 8  # words; only in an answer this short does "fine" stand for the whole
NAMES_IN_CONTEXT = ("contact_name", "owner_name", "account_name")


def quote_of(
    said: Utterance, words: Lexicon, mentions: tuple[Mention, ...], interview: Interview
) -> str | None:
    """The most telling one to six words in a row; None when no words may be quoted.

    They are the part of a statement that holds its verdict or its verb, else any short one; a
    single word is quoted only when it is the verdict. Nothing is quoted that holds profanity,
    personal data, a name or an instruction to the machine, nor what was quoted before.
    """
    reads = words.reads
    if reads is None:
        return None
    worth = _worth(said, words, reads, mentions)
    barred = _barred(said, words, reads, interview)
    telling = _telling(said, words, reads, mentions)
    quoted = {turn.decision.quote for turn in interview.answers if turn.decision}
    best: tuple[float, int, int] | None = None
    for statement in _statements(said, words, reads, barred):
        for first, last in _windows(said, words, reads, worth, statement):
            fits = _tells(said, reads, telling, first, last) and _may_stand(said, first, last)
            if fits and said.span(first, last) not in quoted:
                score = _score(worth, statement, first, last)
                if best is None or score > best[0]:
                    best = score, first, last
    if best is None:
        return _plain(said, words, reads, worth, barred, quoted)
    _, first, last = best
    if _contents(worth, first, last) < 2:
        first, last = _whole_sentence(said, barred, first, last)
    return said.span(first, last)


def _score(worth: list[float], statement: tuple[int, int], first: int, last: int) -> float:
    """How well a stretch of a statement can stand for it."""
    begin, end = statement
    score = sum(worth[first : last + 1]) - PER_WORD * (last - first + 1)
    if first == last:
        return score - ALONE
    if _contents(worth, first, last) < 2:
        return score
    whole = last == end and not any(worth[begin:first])
    return score + (WHOLE if whole else 0) + (BEGINNING if first == begin else 0)


def _contents(worth: list[float], first: int, last: int) -> int:
    """How many words of a stretch say something."""
    return sum(value > TIME for value in worth[first : last + 1])


def _whole_sentence(said: Utterance, barred: set[int], first: int, last: int) -> tuple[int, int]:
    """The sentence around a stretch that says little alone, where it is short enough to quote."""
    begin, beyond = said.sentences[said.words[first].sentence]
    stands = barred.isdisjoint(range(begin, beyond)) and _may_stand(said, begin, beyond - 1)
    return (begin, beyond - 1) if stands else (first, last)


def _plain(
    said: Utterance,
    words: Lexicon,
    reads: Reads,
    worth: list[float],
    barred: set[int],
    quoted: set[str | None],
) -> str | None:
    """Two to six words where none tell: a whole sentence, a statement, a phrase of two things."""
    statements = tuple(_statements(said, words, reads, barred))
    windows = (w for s in statements for w in _windows(said, words, reads, worth, s))
    candidates = (
        *((1, first, beyond - 1) for first, beyond in said.sentences),
        *((1, first, last) for first, last in statements if worth[last]),
        *((2, first, last) for first, last in windows),
    )
    for least, first, last in candidates:
        stretch, text = range(first, last + 1), said.span(first, last)
        spoken = 2 <= len(text.split()) <= MOST_WORDS and barred.isdisjoint(stretch)
        content = _contents(worth, first, last)
        if spoken and content >= least and _may_stand(said, first, last) and text not in quoted:
            return text
    return None


def _telling(
    said: Utterance, words: Lexicon, reads: Reads, mentions: tuple[Mention, ...]
) -> set[int]:
    """The words that make a stretch a statement: verdicts, negations, verbs, and cases."""
    cases = {place for m in mentions if m.opens_case for place in range(m.first, m.last + 1)}
    return cases | {
        place
        for place, word in enumerate(said.folded)
        if word in reads.negative
        or word in reads.positive
        or word in reads.negations
        or (is_event(word, reads) and word not in words.function_words)
    }


def _tells(said: Utterance, reads: Reads, telling: set[int], first: int, last: int) -> bool:
    if first != last:
        return not telling.isdisjoint(range(first, last + 1))
    word = said.folded[first]
    short = len(said.words) <= SHORT and word in reads.positive
    return word in reads.negative or short


def _statements(
    said: Utterance, words: Lexicon, reads: Reads, barred: set[int]
) -> Iterator[tuple[int, int]]:
    """First and last word of the stretches between clauses, joints and words never quoted."""
    begin: int | None = None
    for place, word in enumerate(said.words):
        joint = word.folded in reads.joints or (
            word.folded in reads.sequence and word.folded in words.function_words
        )
        apart = place > 0 and said.words[place - 1].clause != word.clause
        if begin is not None and (joint or apart or place in barred):
            yield begin, place - 1
            begin = None
        if begin is None and not joint and place not in barred:
            begin = place
    if begin is not None:
        yield begin, len(said.words) - 1


def _may_stand(said: Utterance, first: int, last: int) -> bool:
    """Whether the stretch is short, holds no quotation mark and cuts no hyphenated word."""
    start, end = said.words[first].start, said.words[last].end
    text = said.text[start:end]
    cuts = said.text[max(0, start - 1) : start] == "-" or said.text[end : end + 1] == "-"
    return len(text.split()) <= MOST_WORDS and '"' not in text and not cuts


def _worth(
    said: Utterance, words: Lexicon, reads: Reads, mentions: tuple[Mention, ...]
) -> list[float]:
    mentioned = {place for m in mentions for place in range(m.first, m.last + 1)}
    return [
        MENTION
        if place in mentioned and word not in words.function_words
        else _word_worth(word, words, reads)
        for place, word in enumerate(said.folded)
    ]


def _word_worth(word: str, words: Lexicon, reads: Reads) -> float:
    if word in reads.negative:
        return NEGATIVE
    if word in reads.negations:
        return NEGATION
    if word in words.function_words:
        return 0.0
    if is_event(word, reads):
        return EVENT
    if word in reads.times or word in reads.months or word in reads.numbers:
        return TIME
    if word in reads.things or word in reads.places or word in reads.people:
        return NAMED
    if word in reads.positive:
        return POSITIVE
    if word in reads.general or word in reads.advice:
        return GENERAL
    return CONTENT if word.isalnum() else 0.0


def _windows(
    said: Utterance,
    words: Lexicon,
    reads: Reads,
    worth: list[float],
    statement: tuple[int, int],
) -> Iterator[tuple[int, int]]:
    """Stretches of a statement that begin and end where a phrase does."""
    begin, end = statement
    for first in range(begin, end + 1):
        if first > begin and not _begins(said, words, reads, worth, first):
            continue
        for last in range(first, min(first + MOST_WORDS, end + 1)):
            word = said.folded[last]
            if last < end and said.folded[last + 1] not in words.function_words:
                continue
            object_of = last == end and last > first and word in reads.first_person
            if (worth[last] or object_of) and word not in reads.negations:
                yield first, last


def _begins(said: Utterance, words: Lexicon, reads: Reads, worth: list[float], first: int) -> bool:
    """Whether a phrase begins inside a statement: with a verb's helper, not after one."""
    word, before = said.folded[first], said.folded[first - 1]
    after = said.folded[first + 1] if first + 1 < len(said.folded) else ""
    if word in reads.helpers and after in reads.negations:
        return True
    if not worth[first] or before in reads.prepositions:
        return False
    if word in reads.negations and before in reads.helpers:
        return False
    return before in words.function_words or is_event(word, reads)


def _barred(said: Utterance, words: Lexicon, reads: Reads, interview: Interview) -> set[int]:
    """Words that are never quoted."""
    spans = redact.spans(said.text)
    private = _names(interview)
    instructed = {said.words[first].sentence for first, _ in words.injection.spans(said)}
    return {
        place
        for place, word in enumerate(said.words)
        if word.sentence in instructed
        or word.folded in reads.profanity
        or word.folded in private
        or not word.folded[0].isalnum()
        or any(span.start < word.end and word.start < span.end for span in spans)
        or _looks_like_a_name(said, reads, place)
    }


def _names(interview: Interview) -> set[str]:
    values = [interview.respondent_name, *(interview.context.get(k) for k in NAMES_IN_CONTEXT)]
    return {part for value in values if value for part in fold(str(value)).split()}


def _looks_like_a_name(said: Utterance, reads: Reads, place: int) -> bool:
    word = said.words[place]
    if not said.text[word.start].isupper() or word.folded in reads.times or word.folded == "i":
        return False
    before = said.words[place - 1] if place else None
    inside = before is not None and before.sentence == word.sentence and before.end < word.start
    if inside and before is not None and before.folded in reads.titles:
        return True
    return inside and reads.names_are_capitalized and not said.text.isupper()


def cue_of(
    said: Utterance,
    words: Iterable[Lexicon],
    intents: tuple[IntentReading, ...],
    sentiment: Sentiment,
) -> Cue | None:
    """What kind of words call for a probe, or an answer, of their own kind."""
    asked = any(reading.intent == "question" for reading in intents)
    for language in words:
        if asked and language.who_reads.found_in(said.line):
            return "who_reads"
        reads = language.reads
        if reads is None:
            continue
        pleased = sentiment != "mixed" and sentiment > 0
        if not pleased and reads.repetition.found_in(said.line):
            return "repetition"
        if len(said.words) <= SHORT and reads.scale_words.found_in(said.line):
            return "scale_word"
        if reads.general_judgment.found_in(said.line):
            return "general_judgment"
    return None
