"""What was said: by rule, by the model, or by the offline reader when there is none."""

import asyncio
import dataclasses
import logging

from interviewer.core.decision import options
from interviewer.core.errors import Unavailable
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.opt_out import is_opt_out
from interviewer.core.reading import IntentReading, Reading, clamp, merge_lexicon
from interviewer.ports import ReadAndWorded, Services

log = logging.getLogger(__name__)

READ_LIMIT = 2000  # characters of a stored text that are read
WORDS_TO_FOLLOW = 4  # fewer do not tell a language
FAILURES_IN_A_ROW = 3  # after these the model is left out of the rest of the interview


def read_offline(
    services: Services, guide: InterviewGuide, interview: Interview, text: str
) -> Reading:
    """The reading without a model, and without what the text does not bear out."""
    utterance = text[:READ_LIMIT]
    return clamp(services.reader.read(guide, interview, utterance), utterance, guide)


async def hear(
    services: Services, guide: InterviewGuide, interview: Interview, text: str
) -> tuple[ReadAndWorded, str | None]:
    """What was said, by rules, by the model or without it; and why the model did not answer."""
    by_rules = read_by_rules(services, interview, text)
    if by_rules:
        return ReadAndWorded(by_rules, adapter="rules"), None
    utterance = text[:READ_LIMIT]
    offline = read_offline(services, guide, interview, text)
    if services.model is None or _model_gave_up(interview):
        return ReadAndWorded(offline), None
    try:
        async with asyncio.timeout(services.deadlines[interview.channel]):
            heard = await services.model.read_and_word(
                guide, interview, utterance, options(guide, interview)
            )
    except (Unavailable, TimeoutError) as error:
        failure = str(error) or "no answer in time"
        log.warning("interview %s: the model failed: %s", interview.interview_id, failure)
        fallback = offline.model_copy(update={"source": "offline_after_failure"})
        return ReadAndWorded(fallback), failure
    reading = merge_lexicon(clamp(heard.reading, utterance, guide), offline, utterance)
    return dataclasses.replace(heard, reading=reading), None


def read_by_rules(services: Services, interview: Interview, text: str) -> Reading | None:
    """The reading of a text that needs none: a wish to hear no more, or nothing at all.

    Of several messages read together one may be that wish, so each line is looked at as well.
    """
    if not text.strip():
        return Reading(source="rules", new_information=0.0)
    phrases = [p for language in services.phrases.values() for p in language.stop_phrases]
    wish = next((said for said in (text, *text.splitlines()) if is_opt_out(said, phrases)), None)
    if wish:
        return Reading(source="rules", intents=(IntentReading(intent="stop", evidence=wish),))
    return None


def _model_gave_up(interview: Interview) -> bool:
    """Whether the model once failed so often in a row that it is left out for good."""
    in_a_row = 0
    for turn in interview.said:
        if turn.trace and turn.seq > 0:
            in_a_row = in_a_row + 1 if turn.trace.failure else 0
        if in_a_row == FAILURES_IN_A_ROW:
            return True
    return False


def followed(guide: InterviewGuide, interview: Interview, reading: Reading, text: str) -> str:
    """The language to go on in: the respondent's own, when the guide speaks it.

    A few words ("Bien, normal.") belong to several languages and change nothing.
    """
    if len(text.split()) < WORDS_TO_FOLLOW:
        return interview.language
    theirs = (reading.language or "").split("-")[0]
    own = {language.split("-")[0] for language in guide.languages}
    return guide.speaks(reading.language) if theirs in own else interview.language
