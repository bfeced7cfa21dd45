"""Trying a study before anybody else sees it: in the terminal, and on answers one has.

Everything here runs on a database that is thrown away.
"""

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.prompt import Prompt

from interviewer import conversation, studies
from interviewer.conversation import Message, Opening
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.guide import InterviewGuide, guide_hash
from interviewer.core.interview import Interview, Turn
from interviewer.core.study import Study
from interviewer.core.vocabulary import EXCEPTIONS
from interviewer.ports import Services
from interviewer.prompts_folder import load_guide
from interviewer.settings import read_settings
from interviewer.terminal import complain, out, say
from interviewer.wiring import trial

GUIDE_FILES = (".yaml", ".yml")


@contextmanager
def tried(study: str | Study) -> Iterator[tuple[Services, Study]]:
    """A ready study by its slug, one from a file or a stored one, in a throw-away installation."""
    with trial(read_settings()) as services:
        if isinstance(study, Study):
            yield services, studies.add(services, study.guide, study.source)
            return
        if Path(study).suffix in GUIDE_FILES:
            guide = load_guide(Path(study))
            source = Path(study).read_text(encoding="utf-8")
            yield services, studies.add(services, guide, source)
            return
        yield services, studies.named(services, study)


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


def begin_trial(
    services: Services, guide: InterviewGuide, language: str, context: Mapping[str, Any]
) -> Interview:
    """The first message of an interview about an example; nothing is stored."""
    study = Study(slug=guide.slug, version=0, guide=guide, guide_hash=guide_hash(guide), source="")
    known = {**example_context(services, study), **context}
    opening = Opening(context=known, language=language, test=True)
    return conversation.begin(services, study, opening).interview


def exception_codes(guide: InterviewGuide) -> list[str]:
    """What can have happened, in a study that words it: an exception code for each variant."""
    first = {fact.guide: code for code, fact in reversed(EXCEPTIONS.items())}
    return [first[variant] for variant in guide.variants if variant in first]


def _answer() -> str | None:
    """What is typed; None when the input ends or is broken off."""
    while True:
        try:
            return conversation.check_text(Prompt.ask("[bold]you[/bold]", console=out))
        except (EOFError, KeyboardInterrupt):
            return None
        except (InvalidInput, UnicodeDecodeError) as error:
            complain(str(error))


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
        "exceptions": [{"shipment_ref": "EX-1042"}, {"shipment_ref": "EX-1057"}],
        "exception_count": 3,
        "window_days": 7,
        "renewal_outcome": "lost",
        "decided_at": yesterday,
    }
    claim = {"claim_ref": "CL-77", "exception_code": "damaged"}
    if study.slug == "claim-intake":
        return {**parcel, **claim}
    if study.guide.audience == "b2b":
        return account
    troubled = {
        "exception_code": "delay_carrier",
        "exception_at": yesterday,
        "resolved_at": yesterday,
    }
    closed = {"claim_closed_at": yesterday, "claim_outcome": "paid"}
    return {
        **parcel,
        **(troubled if "exception" in study.slug else {}),
        **({**claim, **closed} if "claim" in study.slug else {}),
    }


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


def text_of(file: Path) -> str:
    """The text of a file; `-` is standard input.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is not UTF-8 text.
    """
    if str(file) == "-":
        raw = sys.stdin.buffer.read()
    elif file.is_file():
        raw = file.read_bytes()
    else:
        raise NotFound(f"no file {str(file)!r}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(str(file), "is not UTF-8 text; save it as UTF-8") from None
