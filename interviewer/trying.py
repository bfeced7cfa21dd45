"""Trying a study before anybody else sees it: in the terminal, on answers, on respondents.

Everything here runs on a database that is thrown away.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.prompt import Prompt

from interviewer import conversation, simulation, studies
from interviewer.conversation import Message, Opening
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.interview import Interview, Turn
from interviewer.core.simulated_respondent import SimulatedRespondent
from interviewer.core.study import Study
from interviewer.ports import Services
from interviewer.prompts_folder import load_guide
from interviewer.settings import Settings
from interviewer.simulation import Figure, Scorecard
from interviewer.terminal import out, say, tracked
from interviewer.wiring import trial

GUIDE_FILES = (".yaml", ".yml")


@contextmanager
def tried(study: str) -> Iterator[tuple[Services, Study]]:
    """A ready study by its slug, or one from a file, in a throw-away installation."""
    with trial(Settings()) as services:
        if Path(study).suffix in GUIDE_FILES:
            guide = load_guide(Path(study))
            source = Path(study).read_text(encoding="utf-8")
            yield services, studies.add(services, guide, source)
            return
        known = [each.slug for each in services.store.studies()]
        if study not in known:
            raise NotFound(f"no study {study!r}; there are {', '.join(known)}, or give a YAML file")
        yield services, services.store.study(study)


async def try_study(study: str, language: str, context: Mapping[str, Any]) -> None:
    """One interview in the terminal, with what was read and decided under each answer."""
    with tried(study) as (services, tried_study):
        opening = Opening(
            context={**example_context(services, tried_study), **context},
            language=language,
            test=True,
        )
        started = await conversation.start(services, tried_study.slug, opening)
        interview = started.interview
        _show(started.reply.messages)
        while interview.status == "open":
            try:
                text = Prompt.ask("[bold]you[/bold]", console=out)
            except (EOFError, KeyboardInterrupt):
                say("\nStopped; nothing was kept.")
                return
            number = f"try-{len(interview.turns)}"
            reply = await conversation.receive(
                services, interview.interview_id, number, text[:2000]
            )
            interview = services.store.interview(interview.interview_id)
            out.print(_understood(interview.answers[-1]), style="dim", markup=False)
            _show(reply.messages)
        say(f"The interview is over: {interview.status}, {interview.close_reason}.")
        say("Next: interviewer simulate " + study)


def example_context(services: Services, study: Study) -> dict[str, Any]:
    """Something to talk about: a delivery of yesterday, or an account with a renewal ahead."""
    now = services.clock.now()
    yesterday = (now - timedelta(days=1)).date().isoformat()
    parcel = {"shipment_ref": "EX-1042", "delivered_at": yesterday, "promised_at": yesterday}
    account = {
        "account_name": "Example Outfitters",
        "contact_name": "Sam",
        "contact_role": "buyer",
        "renewal_date": (now + timedelta(days=90)).date().isoformat(),
        "checkpoint": 90,
        "review_date": (now + timedelta(days=21)).date().isoformat(),
        "metric": "otif",
        "value": 91,
        "value_before": 96,
        "exception_count": 3,
        "window_days": 7,
        "renewal_outcome": "lost",
        "decided_at": yesterday,
    }
    if study.guide.audience == "b2b":
        return account
    troubled = {
        "exception_code": "delay_carrier",
        "exception_at": yesterday,
        "resolved_at": yesterday,
    }
    claim = {"claim_ref": "CL-77", "claim_closed_at": yesterday, "claim_outcome": "paid"}
    return {
        **parcel,
        **(troubled if "exception" in study.slug else {}),
        **({**claim, "exception_code": "damaged"} if "claim" in study.slug else {}),
    }


def _show(messages: Sequence[Message]) -> None:
    for message in messages:
        out.print(f"interviewer  {message.text}", style="cyan", markup=False)


def _understood(turn: Turn) -> str:
    reading, decision = turn.reading, turn.decision
    if reading is None or decision is None:
        return ""
    parts = [reading.specificity, f"sentiment {reading.sentiment}", *sorted(reading.wants)]
    parts += [f"{name}={field.value}" for name, field in reading.fields.items()]
    return f"             read as {', '.join(parts)}; {decision.reason} -> {decision.move}"


def read_answers(study: str, question: str, answers: Iterable[str]) -> Iterator[str]:
    """The reading of each answer to a question of the study, as a line of JSON."""
    with tried(study) as (services, tried_study):
        guide = tried_study.guide
        now = services.clock.now()
        topic = _topic_of(tried_study, question)
        asked = Turn(
            seq=0,
            speaker="interviewer",
            text=question or guide.topics[topic].ask[guide.languages[0]][0],
            at=now,
            language=guide.languages[0],
            move="ask",
            topic=topic,
        )
        interview = Interview(
            interview_id="read",
            study=guide.slug,
            study_version=tried_study.version,
            guide_hash=tried_study.guide_hash,
            language=guide.languages[0],
            topics=tuple(guide.topics),
            turns=(asked,),
            opened_at=now,
            expires_at=now + guide.expires,
        )
        for answer in answers:
            if answer.strip():
                reading = services.reader.read(guide, interview, answer)
                row = {"text": answer, **reading.model_dump(mode="json", exclude_defaults=True)}
                yield json.dumps(row, ensure_ascii=False)


def _topic_of(study: Study, question: str) -> str:
    """The topic whose wording this question is, else the first."""
    for name, topic in study.guide.topics.items():
        if any(question in texts for texts in topic.ask.values()):
            return name
    return next(iter(study.guide.topics))


async def simulate_study(study: str, lines: str, seed: int) -> list[dict[str, Any]]:
    """The scorecard of a study, as rows."""
    respondents = [
        _respondent(number, line)
        for number, line in enumerate(lines.splitlines(), 1)
        if line.strip()
    ]
    with tried(study) as (services, tried_study):
        own = [r for r in respondents if r.study == tried_study.slug]
        if not own:
            raise NotFound(f"no respondent of that file answers {tried_study.slug!r}")
        played = []
        for respondent in tracked(own, "interviewing", len(own)):
            played += await simulation.simulate(services, tried_study.slug, [respondent])
        return scorecard_rows(simulation.scorecard(played, seed))


def scorecard_rows(card: Scorecard) -> list[dict[str, Any]]:
    """A scorecard as rows: shares with their interval, then plain counts."""
    named = {
        "facts elicited of those reachable": card.elicited,
        "  of depth 1": card.depth_1,
        "  of depth 2": card.depth_2,
        "must-elicit facts": card.must_elicit,
        "facts per question after the opener": card.per_question,
        "hand-off recall": card.hand_off_recall,
        "hand-off precision": card.hand_off_precision,
        "unneeded probes": card.unneeded_probes,
        "over budget": card.over_budget,
        "dead ends": card.dead_ends,
        "turns with reading and decision": card.traced,
        "turns the model failed on": card.fallbacks,
        **{f"honored: {kind}": figure for kind, figure in card.honored.items()},
    }
    counts = {
        "interviews": card.interviews,
        "messages sent": card.messages,
        "violations": sum(card.violations.values()),
        **{f"  rule {rule}": times for rule, times in card.violations.items()},
        **{f"ended: {reason}": times for reason, times in card.closings.items()},
        "tokens": card.tokens_in + card.tokens_out,
    }
    return [
        *({"figure": name, **_share(figure)} for name, figure in named.items() if figure.of),
        *({"figure": name, "value": n, "interval": "", "of": ""} for name, n in counts.items()),
    ]


def _share(figure: Figure) -> dict[str, Any]:
    interval = "" if figure.low is None else f"{figure.low:.2f} to {figure.high:.2f}"
    return {"value": f"{figure.rate:.2f}", "interval": interval, "of": figure.of}


def _respondent(number: int, line: str) -> SimulatedRespondent:
    try:
        return SimulatedRespondent.read(json.loads(line))
    except json.JSONDecodeError as error:
        raise InvalidInput(f"line {number}", f"is no JSON: {error.msg}") from None
    except InvalidInput as error:
        raise InvalidInput(f"line {number}, {error.field}", error.message) from None
