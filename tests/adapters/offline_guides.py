"""One guide that speaks three languages, for the tables of readings."""

from datetime import UTC, datetime, timedelta
from typing import Any

from interviewer.core.check import parse_guide
from interviewer.core.guide import Audience, InterviewGuide
from interviewer.core.interview import Decision, Interview, Turn
from interviewer.core.reading import Reading

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
LANGUAGES = ("en", "es", "de")
CONTEXT = {"delivered_at": "2026-11-18T17:55", "proof": "photo"}
ASPECTS: dict[str, Any] = {
    "driver": {
        "en": ["driver", "courier", "handover"],
        "es": ["repartidor", "conductor"],
        "de": ["fahrer", "bote"],
    },
    "condition": {
        "en": ["box", "packag*"],
        "es": ["caja", "embalaje"],
        "de": ["karton", "verpack*"],
    },
    "damage": {
        "case": "damage",
        "en": ["smashed", "broken", "damage*"],
        "es": ["rota", "roto", "daño*"],
        "de": ["kaputt", "beschädigt", "schaden"],
    },
    "wait": {"en": ["late", "wait*"], "es": ["tarde", "espera*"], "de": ["zu spät", "warten"]},
}
TELLING = {
    "no_word": {
        "en": ["told", "found out", "text"],
        "es": ["avis*", "enteré"],
        "de": ["bescheid", "erfahren"],
    }
}


def topic(**more: Any) -> dict[str, Any]:
    return {"ask": {language: "What happened?" for language in LANGUAGES}, **more}


def guide(audience: Audience) -> InterviewGuide:
    return parse_guide(
        {
            "slug": "reading",
            "title": "Reading",
            "goal": "Read answers.",
            "audience": audience,
            "languages": list(LANGUAGES),
            "expires": "24h",
            "budget": {"questions": 6, "probes_in_a_row": 2, "playback": True},
            "fields": {
                "told_when": {"type": "choice", "of": ["before", "after", "never"]},
                "heard": {"type": "scale", "min": 0, "max": 10},
                "open": {
                    "type": "yes_no",
                    "of": {
                        "yes": {
                            "en": ["have not paid"],
                            "es": ["sigue abierta"],
                            "de": ["noch offen"],
                        }
                    },
                },
                "contacts": {"type": "number", "min": 0},
                "found_on": {"type": "date"},
                "decided_by": {"type": "text"},
            },
            "topics": {
                "door": topic(must=True, aspects=ASPECTS),
                "told": topic(fills=["told_when"], aspects=TELLING),
                "claims": topic(fills=["open", "heard"]),
                "effort": topic(fills=["contacts", "found_on"]),
                "decision": topic(fills=["decided_by"]),
            },
            "opener": {language: {"chat": "How did it go?"} for language in LANGUAGES},
        }
    )


def interview(
    guide: InterviewGuide,
    *,
    language: str = "en",
    after: str = "door",
    asked: str | None = None,
    playback: bool = False,
) -> Interview:
    """An interview that waits for an answer about a topic, for a field, or to its summary."""
    if asked is not None:
        after = next(name for name, topic in guide.topics.items() if asked in topic.fills)
    before = (
        Turn(
            seq=0,
            speaker="interviewer",
            text="How did it go?",
            at=AT,
            language=language,
            move="ask",
        ),
        Turn(
            seq=1,
            speaker="respondent",
            text="Hm.",
            at=AT,
            language=language,
            reading=Reading(source="rules"),
            decision=Decision(move="ask", reason="open_topic", topic=after, field=asked),
        ),
    )
    last = Turn(
        seq=2,
        speaker="interviewer",
        text="What happened?",
        at=AT,
        language=language,
        move="playback" if playback else "ask",
        topic=None if playback else after,
    )
    return Interview(
        interview_id="i",
        study=guide.slug,
        study_version=1,
        guide_hash="",
        language=language,
        context=CONTEXT,
        topics=tuple(guide.topics),
        turns=(*before, last),
        opened_at=AT,
        expires_at=AT + timedelta(days=1),
    )
