"""Reads an answer without a model."""

from collections.abc import Sequence

from interviewer.adapters.offline.fields import Answer, asked_field, fields_of
from interviewer.adapters.offline.intents import asides, instructions, intents_of
from interviewer.adapters.offline.language import detect
from interviewer.adapters.offline.lexicon import Lexicon, lexicon
from interviewer.adapters.offline.novelty import empty, new_information
from interviewer.adapters.offline.quotes import cue_of, quote_of
from interviewer.adapters.offline.sentiment import sentiment_of
from interviewer.adapters.offline.specificity import specificity_of
from interviewer.adapters.offline.topics import aspects_of, mentions_of, topics_of
from interviewer.adapters.offline.words import Utterance, read_words
from interviewer.core.decision import Option
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.reading import FieldReading, Intent, Reading
from interviewer.ports import ReadAndWorded

LEAVES_THE_QUESTION: frozenset[Intent] = frozenset(("stop", "skip", "refusal"))
CONTRADICTED = ("delivered_at", "proof")  # what a probe may hold against an answer


class OfflineInterviewer:
    """Reads by lexicons, rules and a small linear model; leaves the wording to the templates."""

    def read(self, guide: InterviewGuide, interview: Interview, utterance: str) -> Reading:
        """The reading of one answer in its interview; never raises for any text."""
        said = read_words(utterance)
        language = detect(said, interview.language)
        words = lexicon(_family(language))
        known = _with_that_of_interview(words, interview.language)
        instructed = instructions(said, known)
        intents = intents_of(said, known, guide, interview, instructed)
        told = said.without(asides(said, known) | instructed)
        happened = told.without(empty(told, words))
        mentions = mentions_of(happened, words, guide, _family(language), interview.current_topic)
        specificity = specificity_of(happened, words, bool(mentions))
        fields: dict[str, FieldReading] = {}
        if not LEAVES_THE_QUESTION & {reading.intent for reading in intents}:
            fields = fields_of(
                Answer(told, words, _family(language), guide, interview, mentions, specificity)
            )
        answers_field = asked_field(interview) in fields
        if answers_field:
            specificity = "specific"  # a coded question wants no more than its answer
        loss = any(mention.opens_case for mention in mentions)
        sentiment = sentiment_of(happened, words.reads, loss) if words.reads else 0
        return Reading(
            source="offline",
            specificity=specificity,
            sentiment=sentiment,
            topics=topics_of(happened, words, mentions, interview.current_topic, specificity),
            aspects=aspects_of(happened, mentions),
            fields=fields,
            intents=intents,
            contradicts=_contradicted(told, known, interview),
            language=language,
            new_information=1.0 if answers_field else new_information(told, words, interview),
            injection=bool(instructed),
            quote=quote_of(happened, words, mentions, interview),
            cue=cue_of(said, known, intents, sentiment),
        )

    async def read_and_word(
        self,
        guide: InterviewGuide,
        interview: Interview,
        utterance: str,
        options: Sequence[Option],
    ) -> ReadAndWorded:
        """The reading alone: every option is worded by its template."""
        return ReadAndWorded(reading=self.read(guide, interview, utterance))


def _family(language: str) -> str:
    return language.split("-")[0].lower()


def _with_that_of_interview(words: Lexicon, language: str) -> tuple[Lexicon, ...]:
    """The languages whose intents are looked for; people mix them."""
    return tuple({id(one): one for one in (words, lexicon(_family(language)))}.values())


def _contradicted(said: Utterance, known: Sequence[Lexicon], interview: Interview) -> str | None:
    """The key of the record that the answer contradicts; only what the record holds can be."""
    held = (key for key in CONTRADICTED if interview.context.get(key) is not None)
    return next(
        (
            key
            for key in held
            if any(
                key in one.contradictions and one.contradictions[key].is_in(said) for one in known
            )
        ),
        None,
    )
