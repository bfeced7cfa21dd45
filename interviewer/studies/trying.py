"""Trying a study before anybody else sees it: an example to talk about, answers one has.

Everything here runs on a database that is thrown away.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from interviewer.core.guide import InterviewGuide, guide_hash
from interviewer.core.interview import Interview, Turn
from interviewer.core.study import Study
from interviewer.core.vocabulary import EXCEPTIONS
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.ports import Services
from interviewer.settings import read_settings
from interviewer.studies import lifecycle
from interviewer.studies.prompts_folder import load_guide
from interviewer.wiring import trial

GUIDE_FILES = (".yaml", ".yml")


@contextmanager
def tried(study: str | Study) -> Iterator[tuple[Services, Study]]:
    """A ready study by its slug, one from a file or a stored one, in a throw-away installation."""
    with trial(read_settings()) as services:
        if isinstance(study, Study):
            yield services, lifecycle.add(services, study.guide, study.source)
            return
        if Path(study).suffix in GUIDE_FILES:
            guide = load_guide(Path(study))
            source = Path(study).read_text(encoding="utf-8")
            yield services, lifecycle.add(services, guide, source)
            return
        yield services, lifecycle.named(services, study)


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
