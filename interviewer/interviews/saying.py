"""The message for a decision: a model's wording where it keeps every rule, else the template's."""

import logging
from collections.abc import Mapping
from typing import get_args

from interviewer.core import wording
from interviewer.core.decision import ASKING
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Decision, Interview, Move, Trace, Turn
from interviewer.core.lint import Kind, LintContext, is_plain_question, lint
from interviewer.core.playback import notes
from interviewer.core.wording import CloseReason, Wording
from interviewer.ports import ReadAndWorded, Services

log = logging.getLogger(__name__)

KINDS: Mapping[Move, Kind] = {"ask": "question", "probe": "probe"}


def say(
    services: Services,
    guide: InterviewGuide,
    interview: Interview,
    decision: Decision,
    heard: ReadAndWorded,
) -> Turn | None:
    """The message for a decision; a wording that breaks a rule gives way to the template's.

    None when the template breaks one as well: something else has to be said.
    """
    before: Wording | None = None
    if decision.preface:
        before = wording.preface(services.phrases, interview.language, decision.preface)
    faults: tuple[str, ...] = ()
    worded = heard.wordings.get(_option_id(decision)) if decision.move in ASKING else None
    if worded:
        text = f"{before.text} {worded.strip()}" if before else worded.strip()
        faults = _faults(guide, interview, decision, text)
        told = [turn.text for turn in interview.answers]
        if not is_plain_question(worded, interview.language, told):
            faults = (*faults, "statement")
        if not faults:
            trace = Trace(wording_source="model")
            return turn_of(interview, Wording(text, "model"), decision.move, decision.topic, trace)
    template = _template(services, guide, interview, decision)
    said = wording.prefaced(before, template, interview.channel) if before else template
    trace = Trace(
        wording_source="template_after_fault" if faults else "template",
        template=said.template,
        faults=faults,
    )
    if decision.move in ASKING and (broken := _faults(guide, interview, decision, said.text)):
        rules, name = ", ".join(broken), interview.interview_id
        log.warning("interview %s: template %s breaks %s", name, said.template, rules)
        return None
    return turn_of(interview, said, decision.move, decision.topic, trace)


def turn_of(
    interview: Interview,
    said: Wording,
    move: Move,
    topic: str | None = None,
    trace: Trace | None = None,
) -> Turn:
    """The interviewer's next turn, said at the time of the last one."""
    return Turn(
        seq=len(interview.turns),
        speaker="interviewer",
        text=said.text,
        at=interview.turns[-1].at,
        language=interview.language,
        move=move,
        topic=topic,
        trace=trace or Trace(template=said.template),
    )


def _option_id(decision: Decision) -> str:
    """The option that a decision carries out; none for what only templates may say."""
    names_a_fact = decision.since or decision.probe == "contradiction"
    if decision.rephrase or decision.field or names_a_fact:
        return ""
    return "probe" if decision.move == "probe" else f"ask:{decision.topic}"


def _faults(
    guide: InterviewGuide, interview: Interview, decision: Decision, text: str
) -> tuple[str, ...]:
    """The rules that a message would break here."""
    about = LintContext(
        guide=guide,
        channel=interview.channel,
        language=interview.language,
        kind=_kind(decision),
        context=interview.context,
        earlier=tuple(turn.text for turn in interview.said),
        filled=frozenset(interview.fields),
    )
    return tuple(dict.fromkeys(fault.rule for fault in lint(text, about)))


def _kind(decision: Decision) -> Kind:
    """What the rules take a message for: two kinds may name a fact of the record."""
    if decision.since:
        return "since"
    return "contradiction" if decision.probe == "contradiction" else KINDS[decision.move]


def _template(
    services: Services, guide: InterviewGuide, interview: Interview, decision: Decision
) -> Wording:
    """The words of the templates for a decision."""
    phrases, language = services.phrases, interview.language
    if decision.move == "opt_out":
        return wording.opted_out(phrases, language, services.organization.brand)
    if decision.move == "hand_off":
        contact = services.organization.human_contact or None
        return wording.hand_off(phrases, language, decision.urgency or "same_day", contact)
    if decision.move == "close":
        return wording.closing(phrases, language, _close_reason(decision))
    if decision.move == "playback":
        return wording.playback(phrases, language, notes(guide, interview, phrases))
    return _question(services, guide, interview, decision)


def _question(
    services: Services, guide: InterviewGuide, interview: Interview, decision: Decision
) -> Wording:
    context, language, channel = interview.context, interview.language, interview.channel
    used = {turn.trace.template for turn in interview.said if turn.trace and turn.trace.template}
    topic = decision.topic or interview.topics[0]
    if decision.field:
        return wording.field_question(
            guide, services.phrases, context, language, decision.field, channel=channel
        )
    if decision.since and interview.memory:
        look = interview.memory.looked_at(topic)
        if look:
            return wording.looked_at(services.phrases, language, look.words)
        point = interview.memory.point(topic)
        return wording.since_question(
            guide,
            services.phrases,
            context,
            language,
            topic,
            point.words if point else None,
            used=used,
            channel=channel,
        )
    if decision.move == "probe" and decision.probe:
        return wording.probe(
            guide,
            services.phrases,
            context,
            language,
            decision.probe,
            topic,
            quote=decision.quote,
            fact=decision.fact,
            used=used,
            channel=channel,
        )
    return wording.question(
        guide, services.phrases, context, language, topic, used=used, channel=channel
    )


def _close_reason(decision: Decision) -> CloseReason:
    reason = decision.reason
    return reason if reason in get_args(CloseReason) else "complete"  # type: ignore[return-value]
