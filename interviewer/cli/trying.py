"""A study in the terminal: being interviewed by it, and how its rehearsal went."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.prompt import Prompt

from interviewer.cli.terminal import complain, out, say, table
from interviewer.core.errors import InvalidInput
from interviewer.core.interview import Turn
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Message, Opening
from interviewer.studies.rehearsal import (
    Rehearsal,
    compared_rows,
    counted_as,
    scorecard_rows,
    study_rows,
)
from interviewer.studies.trying import example_context, tried


def try_study(study: str, language: str, context: Mapping[str, Any]) -> None:
    """One interview in the terminal, with what was read and decided under each answer."""
    with tried(study) as (services, tried_study), asyncio.Runner() as turns:
        known = {**example_context(services, tried_study), **context}
        opening = Opening(context=known, language=language, test=True)
        started = turns.run(conversation.start(services, tried_study.slug, opening))
        _show(started.reply.messages)
        interview = started.interview
        while interview.status == "open":
            text = _answer()
            if text is None:
                say("\nStopped; nothing was kept.")
                return
            message_id = f"try-{len(interview.turns)}"
            reply = turns.run(
                conversation.receive(services, interview.interview_id, message_id, text)
            )
            interview = services.store.interview(interview.interview_id)
            say(_understood(interview.answers[-1]), style="dim")
            _show(reply.messages)
    say(f"The interview is over: {interview.status}, {interview.close_reason}.")
    say(f"Next: interviewer simulate {study}")


def _answer() -> str | None:
    """What is typed; None when the input ends or is broken off."""
    while True:
        try:
            return conversation.check_text(Prompt.ask("[bold]you[/bold]", console=out))
        except (EOFError, KeyboardInterrupt):
            return None
        except (InvalidInput, UnicodeDecodeError) as error:
            complain(str(error))


def _show(messages: Sequence[Message]) -> None:
    for message in messages:
        say(f"interviewer  {message.text}", style="cyan")


def _understood(turn: Turn) -> str:
    reading, decision = turn.reading, turn.decision
    if reading is None or decision is None:
        return ""
    parts = [reading.specificity, f"sentiment {reading.sentiment}", *sorted(reading.wants)]
    parts += [f"{name}={field.value}" for name, field in reading.fields.items()]
    return f"             read as {', '.join(parts)}; {decision.reason} -> {decision.move}"


def show(done: Rehearsal, *, as_json: bool) -> None:
    """Print the scorecard, each study of several, and the baselines; or JSON alone."""
    if as_json:
        sys.stdout.write(json.dumps(done.as_json(), ensure_ascii=False, indent=2) + "\n")
        return
    title = f"{done.study}, {counted_as(len(done.ours), 'simulated respondent')}"
    table(scorecard_rows(done.card()), as_json=False, title=title)
    legend = (
        "elicited: facts told of those reachable; must: of those that matter; asked: questions per "
        "interview; over: interviews over budget; unneeded: probes of who was content; honored: "
        "stop, hand-off and other scripted moments; broken: rules."
    )
    if len(done.studies) > 1 or len(done.played) > 1:
        say(legend)
    if len(done.studies) > 1:
        table(study_rows(done.by_study()), as_json=False, title="by study")
    if len(done.played) > 1:
        table(compared_rows(done.compared()), as_json=False, title="the same respondents with")
    for slug, respondents in sorted(done.skipped.items()):
        say(f"Skipped {counted_as(respondents, 'respondent')} of {slug!r}: there is no such study.")
