"""A simulated respondent of a damaged parcel, for tests of what is made of one."""

import json
from typing import Any

from interviewer.core.simulated_respondent import SimulatedRespondent

VALUES: dict[str, Any] = {
    "id": "p",
    "study": "exception-follow-up",
    "context": {"exception_code": "damaged", "exception_at": "2026-09-18"},
    "opening": "It was broken.",
    "vague": ["No idea."],
    "patience": 4,
    "facts": [
        {"id": "0", "topic": "damage", "text": "It was broken", "depth": 0},
        {
            "id": "1",
            "topic": "damage",
            "text": "The glass lay in four pieces under one thin sheet of paper.",
            "depth": 1,
            "cues": ["happened|broken"],
        },
        {
            "id": "2",
            "topic": "told",
            "text": "Nobody told me, I heard it rattle on the stairs at home.",
            "depth": 1,
            "cues": ["find out|let you know|still open"],
        },
    ],
    "must_elicit": ["1"],
}


def person(**changes: Any) -> SimulatedRespondent:
    """The respondent with these changes."""
    return SimulatedRespondent.read({**VALUES, **changes})


def line(**changes: Any) -> str:
    """The same, as a line of a file."""
    return json.dumps({**VALUES, **changes})
