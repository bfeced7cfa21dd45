"""Interviews without personal data: what the record knows of a person, and what looks like it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from analysis.redact import redact
from interviewer.core.book import Contact, Shipment
from interviewer.core.interview import Interview, Turn
from interviewer.ports import Services

NAMES = ("contact_name", "recipient_name", "respondent_name")  # context that is a person's name
WORDS = frozenset({"evidence", "value", "quote", "line", "words", "text"})  # what people said
V = TypeVar("V", bound=BaseModel)


def known_of(services: Services, interviews: Sequence[Interview]) -> dict[str, list[str]]:
    """What the record knows of each respondent that is personal data, by interview."""
    store = services.store
    contacts = {
        contact.contact_ref: contact
        for contact in store.find(Contact, contact_ref=_refs(i.contact_ref for i in interviews))
    }
    shipments = {
        shipment.shipment_ref: shipment
        for shipment in store.find(Shipment, shipment_ref=_refs(i.shipment_ref for i in interviews))
    }
    return {
        one.interview_id: _known(
            one, contacts.get(one.contact_ref or ""), shipments.get(one.shipment_ref or "")
        )
        for one in interviews
    }


def redacted(interview: Interview, known: Collection[str]) -> Interview:
    """The interview with placeholders for personal data wherever something was said or is known.

    Names of topics, fields and moves, and the reference ids, stay.
    """
    return interview.evolve(
        respondent_name=None,
        address=None,
        context={name: _hidden(value, known) for name, value in interview.context.items()},
        memory=interview.memory and _without(interview.memory, known),
        turns=tuple(_turn(turn, known) for turn in interview.turns),
    )


def _turn(turn: Turn, known: Collection[str]) -> Turn:
    return turn.model_copy(
        update={
            "text": redact(turn.text, known),
            "reading": turn.reading and _without(turn.reading, known),
            "decision": turn.decision and _without(turn.decision, known),
        }
    )


def _without(value: V, known: Collection[str]) -> V:
    """A part of an interview with what it repeats of people's words redacted."""
    return type(value).model_validate(_walked(value.model_dump(), known, is_said=False))


def _walked(part: Any, known: Collection[str], *, is_said: bool) -> Any:
    if isinstance(part, str):
        return redact(part, known) if is_said else part
    if isinstance(part, Mapping):
        return {name: _walked(inner, known, is_said=name in WORDS) for name, inner in part.items()}
    if isinstance(part, list | tuple):
        return [_walked(inner, known, is_said=is_said) for inner in part]
    return part


def _hidden(value: Any, known: Collection[str]) -> Any:
    """A value of the context; it may be nested."""
    if isinstance(value, str):
        return redact(value, known)
    if isinstance(value, Mapping):
        return {name: _hidden(inner, known) for name, inner in value.items()}
    return [_hidden(inner, known) for inner in value] if isinstance(value, list) else value


def _known(interview: Interview, contact: Contact | None, shipment: Shipment | None) -> list[str]:
    values: list[object] = [interview.respondent_name, interview.address]
    values += [interview.context.get(name) for name in NAMES]
    if contact:
        values += [contact.contact_name, contact.email, contact.phone]
    if shipment:
        values += [shipment.recipient_name, shipment.email, shipment.phone, shipment.order_ref]
        values += [shipment.tracking_code]
    return [value for value in values if isinstance(value, str) and value]


def _refs(refs: Any) -> list[str]:
    return sorted({ref for ref in refs if ref})
