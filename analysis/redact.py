"""Personal data out of a text: typed placeholders for what identifies a person."""

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """A piece of personal data: `text[start:end]`, and the placeholder that stands for it."""

    start: int
    end: int
    kind: str  # PHONE, EMAIL, CARD ...
    token: str  # <PHONE_1>; the same value has the same token within a text


def spans(text: str, known: Iterable[str] = ()) -> tuple[Span, ...]:
    """The personal data of a text, in order and without overlap."""
    raise NotImplementedError


def redact(text: str, known: Iterable[str] = ()) -> str:
    """The text with each piece of personal data replaced by its placeholder.

    Args:
        text: What a person wrote.
        known: Personal values of the record: names, numbers, addresses of this respondent.
    """
    raise NotImplementedError
