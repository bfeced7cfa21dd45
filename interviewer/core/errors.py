"""Everything that can go wrong on purpose.

InterviewerError
├── InvalidInput      a value from outside breaks a rule; names the field and the fix
├── InvalidGuide      a study file breaks the guide format; lists every problem
├── NotFound          nothing by that name, or not for this caller
├── Conflict          somebody else changed it first; reload and try again
├── NotAllowed        the caller is known, and may not
├── Unavailable       a part we depend on does not answer; trying later may help
├── Unconfirmed       it may have happened; look it up, never do it again blindly
└── Undeliverable     the provider will never take this message; `code` is its reason

An error's docstring is its message when none is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


class InterviewerError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").split("\n", 1)[0]
        super().__init__(self.message)


class InvalidInput(InterviewerError):
    """A value is not what it must be."""

    def __init__(self, field: str, message: str, value: object = None) -> None:
        self.field = field
        self.value = value
        super().__init__(f"{field}: {message}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a study file, and where."""

    field: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.field}: {self.message}"


class InvalidGuide(InterviewerError):
    """The study file cannot be used."""

    def __init__(self, problems: Sequence[Problem], file: str | None = None) -> None:
        self.problems = tuple(problems)
        self.file = file
        head = f"{file}: " if file else ""
        super().__init__("\n".join(f"{head}{problem}" for problem in self.problems))


class NotFound(InterviewerError):
    """Nothing was found by that name."""


class Conflict(InterviewerError):
    """It was changed by somebody else in the meantime."""


class NotAllowed(InterviewerError):
    """This caller may not do that."""


class Unavailable(InterviewerError):
    """A part that is needed does not answer now."""


class Unconfirmed(InterviewerError):
    """It may have happened, and nobody said so."""


Trouble = Literal[  # what a provider's error asks of us
    "none",
    "suppress",  # never write to this address again
    "bad_number",  # the same; who it belongs to may be reached otherwise
    "retry",  # once, later; then who it belongs to may be reached otherwise
    "pause_study",  # its texts are filtered as spam
    "stop_sender",  # the sender may not send to the United States
]


class Undeliverable(InterviewerError):
    """The provider does not take this message."""

    def __init__(self, code: str, trouble: Trouble = "none") -> None:
        self.code = code
        self.trouble = trouble
        super().__init__(f"the provider refuses it: {code}")
