"""Reading a book from JSON lines: one record per line, refused with its reason where it is bad.

Column names are those of the imports; a record without `kind` is a transcript. Unknown columns of a
transcript are kept as its context, those of other kinds are left aside.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, cast, get_args

from analysis.scores import days
from analysis.tables import (
    Account,
    Book,
    Claim,
    Code,
    Coding,
    Correction,
    Invoice,
    ReadBack,
    Score,
    SignalReview,
    Speaker,
    Transcript,
    Turn,
    Volume,
)
from analysis.weights import WEIGHTS

SPEAKERS: Mapping[str, Speaker] = {
    **dict.fromkeys(("interviewer", "assistant", "agent", "bot", "ai"), "interviewer"),
    **dict.fromkeys(("respondent", "participant", "customer", "user", "human"), "respondent"),
}
Record = Mapping[str, Any]
Contact = tuple[str, str, str | None, bool]  # account, contact, role, whether active


class Refused(ValueError):
    """A record cannot be taken: the field, its value and what it should be."""


@dataclass(slots=True)
class Read:
    """What a file held."""

    book: Book
    taken: Counter[str] = field(default_factory=Counter)  # by kind
    unknown: Counter[str] = field(default_factory=Counter)  # kinds that are not ours
    refused: list[tuple[int, str]] = field(default_factory=list)  # line number, reason


def read_book(lines: Iterable[str]) -> Read:
    """The book of a JSON lines file; the same record twice counts once, the later one stays."""
    rows: dict[str, dict[str, Any]] = {kind: {} for kind in (*_KINDS, "contact")}
    read = Read(Book())
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = _record(line)
            kind = str(record.get("kind", "transcript")).lower().removesuffix("s")
            if kind not in rows:
                read.unknown[kind] += 1
                continue
            key, row = _KINDS.get(kind, _contact)(record)
        except Refused as problem:
            read.refused.append((number, str(problem)))
            continue
        rows[kind][key] = row
        read.taken[kind] += 1
    read.book = Book(
        transcripts=tuple(rows["transcript"].values()),
        accounts=_with_contacts(rows["account"], rows["contact"].values()),
        scores=tuple(rows["score"].values()),
        claims=tuple(rows["claim"].values()),
        reviews=tuple(rows["review"].values()),
        volumes=tuple(rows["volume"].values()),
        invoices=tuple(rows["invoice"].values()),
        frame=tuple(rows["code"].values()),
        codings=tuple(rows["coding"].values()),
    )
    return read


def _record(line: str) -> Record:
    try:
        record = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as problem:
        raise Refused(f"not JSON: {problem}") from problem
    if not isinstance(record, dict):
        raise Refused("not a record: each line must be one JSON object, { ... }")
    return record


def _transcript(record: Record) -> tuple[str, Transcript]:
    interview_id = _needed(record, "id")
    turns = record.get("turns")
    if not isinstance(turns, list):
        raise Refused(f"turns: {_shown(turns)} is not a list of {{speaker, text}}")
    known = {*Transcript.__dataclass_fields__, "id", "kind"}
    context = record.get("context")
    if context is not None and not isinstance(context, dict):
        raise Refused(f"context: {_shown(context)} is not an object of keys and values")
    beside = {key: value for key, value in record.items() if key not in known}
    return interview_id, Transcript(
        interview_id=interview_id,
        turns=tuple(_turn(row, interview_id, n) for n, row in enumerate(turns)),
        account_ref=_text(record, "account_ref"),
        contact_ref=_text(record, "contact_ref"),
        contact_role=_text(record, "contact_role"),
        study=_text(record, "study"),
        channel=_text(record, "channel"),
        language=_text(record, "language"),
        at=_time(record, "at"),
        status=_text(record, "status"),
        read_back=_read_back(record),
        context={**beside, **(context or {})},
    )


def _turn(row: object, interview_id: str, number: int) -> Turn:
    if not isinstance(row, dict):
        raise Refused(f"turns[{number}]: {_shown(row)} is not an object of speaker and text")
    speaker = SPEAKERS.get(str(row.get("speaker")).lower())
    if speaker is None:
        known = ", ".join(SPEAKERS)
        raise Refused(f"turns[{number}].speaker: {_shown(row.get('speaker'))} is none of {known}")
    text = row.get("text")
    if not isinstance(text, str):
        raise Refused(f"turns[{number}].text: {_shown(text)} is not a text")
    fields = row.get("fields") or {}
    if not isinstance(fields, dict):
        raise Refused(f"turns[{number}].fields: {_shown(fields)} is not an object")
    own_id = _text(row, "turn_id") or str(number)
    return Turn(
        turn_id=own_id if own_id.startswith(interview_id) else f"{interview_id}:{own_id}",
        speaker=speaker,
        text=text,
        topic=_text(row, "topic"),
        fields=fields,
        audience="owner" if row.get("audience") == "owner" else "all",
        at=_time(row, "at"),
        corrects=_correction(row),
    )


def _correction(row: Record) -> Correction | None:
    corrects = row.get("corrects")
    if not isinstance(corrects, dict):
        return None
    return Correction(_needed(corrects, "turn_id"), _needed(corrects, "line"))


def _read_back(record: Record) -> ReadBack | None:
    came = _text(record, "read_back")
    if came is not None and came not in get_args(ReadBack):
        raise Refused(f"read_back: {_shown(came)} is none of {', '.join(get_args(ReadBack))}")
    return cast("ReadBack | None", came)


def _account(record: Record) -> tuple[str, Account]:
    ref = _needed(record, "account_ref")
    return ref, Account(
        account_ref=ref,
        account_name=_text(record, "account_name"),
        owner_name=_text(record, "owner_name"),
        annual_value=_amount(record, "annual_value"),
        currency=_text(record, "currency"),
        renewal_date=_day(record, "renewal_date"),
        review_date=_day(record, "review_date"),
        last_contact_at=_time(record, "last_contact_at"),
        tier=_text(record, "tier"),
        segment=_text(record, "segment"),
    )


def _contact(record: Record) -> tuple[str, Contact]:
    ref = _needed(record, "contact_ref")
    role, active = _text(record, "contact_role"), str(record.get("active", True)).lower()
    return ref, (_needed(record, "account_ref"), ref, role, active not in ("false", "no", "0"))


def _score(record: Record) -> tuple[str, Score]:
    account, metric = _needed(record, "account_ref"), _needed(record, "metric").lower()
    period, value = _period(record), _amount(record, "value")
    if value is None:
        raise Refused("value: missing; a score needs a number")
    n = _amount(record, "n")
    return f"{account} {metric} {period}", Score(
        account_ref=account,
        metric=metric,
        period=period,
        value=value,
        scale_min=_amount(record, "scale_min"),
        scale_max=_amount(record, "scale_max"),
        n=None if n is None else int(n),
    )


def _claim(record: Record) -> tuple[str, Claim]:
    ref = _needed(record, "claim_ref")
    return ref, Claim(
        claim_ref=ref,
        account_ref=_text(record, "account_ref"),
        claim_opened_at=_time(record, "claim_opened_at"),
        claim_closed_at=_time(record, "claim_closed_at"),
        claim_outcome=_text(record, "claim_outcome"),
        amount=_amount(record, "amount"),
        currency=_text(record, "currency"),
    )


def _volume(record: Record) -> tuple[str, Volume]:
    account, period = _needed(record, "account_ref"), _period(record)
    units = _amount(record, "units")
    if units is None:
        raise Refused("units: missing; a volume needs a number")
    row = Volume(account, period, units, _amount(record, "market_index"))
    return f"{account} {period}", row


def _invoice(record: Record) -> tuple[str, Invoice]:
    ref, account = _needed(record, "invoice_ref"), _needed(record, "account_ref")
    day, amount = _day(record, "date"), _amount(record, "amount")
    if day is None or amount is None:
        raise Refused("an invoice needs date and amount")
    return ref, Invoice(
        ref,
        account,
        day,
        amount,
        _text(record, "currency"),
        str(record.get("disputed")).lower() in ("yes", "true"),
        _text(record, "invoice_kind"),
    )


def _period(record: Record) -> str:
    period = _needed(record, "period")
    try:
        days(period)
    except ValueError as problem:
        raise Refused(f"period: {problem}") from problem
    return period


def _review(record: Record) -> tuple[str, SignalReview]:
    turn, signal, verdict = (_needed(record, n) for n in ("turn_id", "signal", "verdict"))
    by, at = _needed(record, "by"), _time(record, "at")
    start, end = _amount(record, "start"), _amount(record, "end")
    if signal not in WEIGHTS:
        raise Refused(f"signal: {_shown(signal)} is none of {', '.join(WEIGHTS)}")
    if verdict not in ("confirmed", "rejected"):
        raise Refused(f"verdict: {_shown(verdict)} is neither confirmed nor rejected")
    if at is None or start is None or end is None:
        raise Refused("a review needs start, end and at")
    span = (int(start), int(end))
    stands: Literal["confirmed", "rejected"] = "confirmed" if verdict == "confirmed" else "rejected"
    return f"{turn} {span} {signal} {at} {by}", SignalReview(turn, *span, signal, stands, by, at)


def _code(record: Record) -> tuple[str, Code]:
    name, examples = _needed(record, "name"), record.get("examples") or []
    if not isinstance(examples, list) or not all(isinstance(one, str) for one in examples):
        raise Refused(f"examples: {_shown(examples)} is not a list of texts")
    return name, Code(name, _text(record, "description") or "", tuple(examples))


def _coding(record: Record) -> tuple[str, Coding]:
    row = Coding(_needed(record, "turn_id"), _text(record, "code"), _text(record, "coder"))
    return f"{row.turn_id} {row.code} {row.coder}", row


_KINDS: Mapping[str, Callable[[Record], tuple[str, Any]]] = {
    "transcript": _transcript,
    "account": _account,
    "score": _score,
    "claim": _claim,
    "review": _review,
    "volume": _volume,
    "invoice": _invoice,
    "code": _code,
    "coding": _coding,
}


def _with_contacts(
    accounts: Mapping[str, Account], contacts: Iterable[Contact]
) -> tuple[Account, ...]:
    roles: dict[tuple[str, bool], dict[str, str | None]] = {}
    for account, contact, role, is_active in contacts:
        roles.setdefault((account, is_active), {})[contact] = role
    everyone = {**{ref: Account(ref) for ref, _ in roles}, **accounts}
    return tuple(
        replace(a, contacts=roles.get((ref, True), {}), gone=roles.get((ref, False), {}))
        for ref, a in everyone.items()
    )


def _needed(record: Record, name: str) -> str:
    value = _text(record, name)
    if value is None:
        raise Refused(f"{name}: missing; this kind of record is known by it")
    return value


def _text(record: Record, name: str) -> str | None:
    value = record.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool | list | dict):
        raise Refused(f"{name}: {_shown(value)} is not a text")
    return str(value)


def _amount(record: Record, name: str) -> float | None:
    value = record.get(name)
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError) as problem:
        raise Refused(f"{name}: {_shown(value)} is not a number") from problem
    if isinstance(value, bool) or not abs(number) < 1e15:
        raise Refused(f"{name}: {_shown(value)} is not a number")
    return number


def _day(record: Record, name: str) -> date | None:
    at = _time(record, name)
    return at.date() if at else None


def _time(record: Record, name: str) -> datetime | None:
    """A time with its offset; without one it is taken as UTC."""
    value = record.get(name)
    if value is None or value == "":
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as problem:
        hint = "use ISO 8601, for example 2026-11-02 or 2026-11-02T14:30:00+01:00"
        raise Refused(f"{name}: {_shown(value)} is not a time; {hint}") from problem


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
