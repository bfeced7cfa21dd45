"""Where a business contact who comes back is met: the part they stopped at, and its question.

Nothing of what they answered is said again. Whoever shows the conversation shows this; it is no
turn, and asking for it changes nothing.
"""

from datetime import datetime, timedelta

from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import QUOTED, Interview
from interviewer.core.lint import question_of
from interviewer.core.wording import PhraseBook, question, welcome_back

AWAY = timedelta(minutes=30)  # since the last message; who writes on sooner needs no greeting


def stopped_at(guide: InterviewGuide, interview: Interview, now: datetime) -> str | None:
    """The topic that a returning respondent is greeted with; None when there is nothing to say.

    A summary that waits for its answer says for itself where things stand.
    """
    asked = interview.last_question
    if guide.audience != "b2b" or interview.status != "open" or not interview.answers:
        return None
    if asked is None or not asked.asks or now < interview.turns[-1].at + AWAY:
        return None
    return asked.topic


def greeting(
    guide: InterviewGuide, phrases: PhraseBook, interview: Interview, now: datetime
) -> str | None:
    """The words for somebody who comes back; None when nobody does."""
    topic = stopped_at(guide, interview, now)
    asked = interview.last_question
    if topic is None or asked is None:
        return None
    context, language, channel = interview.context, interview.language, interview.channel
    is_open = question_of(asked.text)
    if is_open is None or QUOTED.search(asked.text):  # it says their own words: the topic's own
        used = {t.trace.template for t in interview.said if t.trace and t.trace.template}
        spoken = question(guide, phrases, context, language, topic, used=used, channel=channel)
        is_open = spoken.text
    return welcome_back(guide, phrases, context, language, topic, is_open).text
