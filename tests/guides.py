"""Two small guides, one per audience, for tests of what does not depend on the ready studies."""

from typing import Any

from interviewer.core.check import parse_guide
from interviewer.core.guide import InterviewGuide

PROBES = {
    "incident": ['You said "{quote}". What happened?', 'About "{quote}": what did you see?'],
    "aspect": ["What was it about {aspect} that stood out?"],
    "frequency": ['You said "{quote}". How often has that come up?'],
    "consequence": ['You mentioned "{quote}". What did that lead to on your side?'],
    "instance": ['You said "{quote}". Which shipment comes to mind?'],
    "scale_word": ['You said "{quote}". What would have made it better?'],
    "contradiction": ["Our record shows {fact}. What do you see on your side?"],
}


def topic(ask: str, **more: Any) -> dict[str, Any]:
    return {"ask": {"en": [ask, f"In other words: {ask}"]}, **more}


def recipient_guide(**changes: Any) -> InterviewGuide:
    return parse_guide(
        {
            "slug": "parcel",
            "title": "A parcel",
            "goal": "Learn how the delivery went.",
            "audience": "recipient",
            "channels": ["chat", "sms"],
            "languages": ["en"],
            "expires": "24h",
            "budget": {"questions": 3, "probes_in_a_row": 2},
            "names": ["brand", "fact"],
            "fields": {"told_when": {"type": "choice", "of": ["before", "after", "never"]}},
            "topics": {
                "what_happened": topic(
                    "What happened?",
                    must=True,
                    aspect={"en": "the delivery"},
                    aspects={
                        "damage": {"case": "damage", "en": ["smashed"]},
                        "wait": {"en": ["late"]},
                    },
                ),
                "told": topic("How did you find out?", must=True, fills=["told_when"]),
                "impact": topic("What did it change?"),
            },
            "opener": {"en": {"chat": "{brand}, automated. How did it go?"}},
            "probes": {"en": PROBES},
            **changes,
        }
    )


def b2b_guide(**changes: Any) -> InterviewGuide:
    return parse_guide(
        {
            "slug": "renewal",
            "title": "A renewal",
            "goal": "Learn how the account sees us.",
            "audience": "b2b",
            "channels": ["chat", "sms"],
            "languages": ["en"],
            "expires": "14d",
            "budget": {"questions": 6, "probes_in_a_row": 2, "playback": True},
            "names": ["brand", "fact"],
            "fields": {"felt_heard": {"type": "scale", "min": 0, "max": 10}},
            "topics": {
                "incident": topic("Which shipment went wrong?", must=True, consequence=True),
                "response": topic(
                    "How did our team deal with it?",
                    must=True,
                    fills=["felt_heard"],
                    field_ask={"felt_heard": {"en": "From 0 to 10, how far did you feel heard?"}},
                ),
                "alternatives": topic("Who else do you compare?", roles=["buyer", "sponsor"]),
                "change": topic(
                    "What would have to change?", must=True, roles=["buyer", "sponsor"]
                ),
                "improve": topic(
                    "What would help day to day?",
                    roles=["operations", "warehouse"],
                    instead_of="change",
                ),
            },
            "opener": {"en": {"chat": "{brand}, automated. How is it going?"}},
            "probes": {"en": PROBES},
            **changes,
        }
    )
