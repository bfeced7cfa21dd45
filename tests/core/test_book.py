from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.book import (
    EMAIL,
    KINDS,
    Account,
    Claim,
    Consent,
    Contact,
    ImportedTranscript,
    Outcome,
    Row,
    Score,
    Shipment,
    ShipmentEvent,
    ThemeDecision,
    period_span,
)
from interviewer.core.errors import InvalidInput

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
SCORE = {"account_ref": "A1", "metric": "otif", "period": "2026-10", "value": 97}
CONSENT = {"address": "+14155550123", "channel": "sms", "source": "checkout", "at": NOW}
CONSENT |= {"status": "granted"}
CONTACT = {"contact_ref": "K1", "account_ref": "A1"}
CLAIM = {"claim_ref": "C1", "claim_opened_at": NOW}
OUTCOME = {"account_ref": "A1", "decided_at": "2026-11-18", "outcome": "won"}
DECISION = {"at": NOW, "theme_id": "t-1"}
EVENT = {"shipment_ref": "S1", "status": "delivered", "occurred_at": NOW}


@pytest.mark.parametrize(
    ("period", "first", "after"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-Q1", "2026-01-01", "2026-04-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-02", "2026-02-01", "2026-03-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-W01", "2025-12-29", "2026-01-05"),
        ("2026-W53", "2026-12-28", "2027-01-04"),
        ("2026-12-31", "2026-12-31", "2027-01-01"),
    ],
)
def test_a_period_is_a_span_of_days(period: str, first: str, after: str) -> None:
    assert period_span(period) == (date.fromisoformat(first), date.fromisoformat(after))


@pytest.mark.parametrize(
    ("kind", "values", "field", "why"),
    [
        (Account, {}, "account_ref", "is missing"),
        (Account, {"account_ref": "  "}, "account_ref", "is missing"),
        (Account, {"account_ref": "A1", "timezone": "Mars/Base"}, "timezone", "IANA"),
        (Account, {"account_ref": "A1", "timezone": "../../etc"}, "timezone", "IANA"),
        (Account, {"account_ref": "A1", "currency": "euro"}, "currency", "write USD"),
        (Account, {"account_ref": "A1", "annual_value": -1}, "annual_value", "greater"),
        (Account, {"account_ref": "A1", "annual_value": "nan"}, "annual_value", "finite"),
        (Account, {"account_ref": "A1", "owner_email": "ana@"}, "owner_email", "name@example.com"),
        (Account, {"account_ref": "A1", "region": "Florida"}, "region", "US-FL"),
        (Account, {"account_ref": "A1", "language": "english!"}, "language", "write en"),
        (Contact, {**CONTACT, "phone": "0415"}, "phone", "+1415"),
        (Contact, {**CONTACT, "contact_role": "boss"}, "contact_role", "buyer"),
        (Consent, {**CONSENT, "address": "12"}, "address", "international form"),
        (Consent, {**CONSENT, "at": "2026-11-20T10:00"}, "at", "timezone"),
        (Score, {**SCORE, "period": "2026-13"}, "period", "month"),
        (Score, {**SCORE, "period": "2026-W60"}, "period", "week"),
        (Score, {**SCORE, "period": "last year"}, "period", "2026-Q3"),
        (Score, {**SCORE, "value": 101}, "value", "scale_max"),
        (Score, {**SCORE, "metric": "ces"}, "metric", "otif"),
        (ShipmentEvent, {**EVENT, "status": None}, "status", "exception_code"),
        (ShipmentEvent, {**EVENT, "event_kind": "promise"}, "promised_at", "missing"),
        (Claim, {**CLAIM, "claim_closed_at": NOW - timedelta(1)}, "claim_closed_at", "before"),
        (Outcome, {**OUTCOME, "decided_at": "soon"}, "decided_at", "date"),
        (ImportedTranscript, {"id": "T1", "turns": []}, "turns", "at least 1"),
        (ThemeDecision, {**DECISION, "action": "rename"}, "title", "a rename needs it"),
        (ThemeDecision, {**DECISION, "action": "merge", "into": "t-1"}, "into", "the theme itself"),
        (Shipment, {"shipment_ref": "S1", "unknown": 1}, "unknown", "not permitted"),
    ],
)  # fmt: skip
def test_an_error_names_the_field_and_the_fix(
    kind: type[Row], values: dict[str, Any], field: str, why: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        kind.read(values)
    assert caught.value.field == field
    assert why in caught.value.message


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_key_is_made_of_columns(kind: type[Row]) -> None:
    assert set(kind.key) <= set(kind.model_fields)


def test_rows_of_one_key_have_one_identity_and_others_another() -> None:
    scan = ShipmentEvent.read(EVENT)
    told_again = ShipmentEvent.read({**EVENT, "city": "Turku", "source": "tms"})
    assert scan.identity == told_again.identity
    others = [{"event_kind": "correction"}, {"estimated_at": NOW}, {"status": "returned"}]
    assert len({scan.identity, *(ShipmentEvent.read({**EVENT, **o}).identity for o in others)}) == 4


def test_a_withdrawal_at_the_time_of_a_grant_is_an_entry_of_its_own() -> None:
    granted, withdrawn = (Consent.read({**CONSENT, "status": s}) for s in ("granted", "withdrawn"))
    assert granted.identity != withdrawn.identity


def test_times_are_utc_and_survive_json() -> None:
    east = NOW.astimezone(timezone(timedelta(hours=9)))
    event = ShipmentEvent.read({**EVENT, "occurred_at": east})
    assert event.occurred_at.tzinfo is UTC
    assert ShipmentEvent.model_validate_json(event.model_dump_json()) == event


def test_an_account_without_a_name_is_named_by_its_reference() -> None:
    assert Account.read({"account_ref": "A1"}).account_name == "A1"


@pytest.mark.parametrize(
    ("word", "ours"), [("lost", "churned"), ("Won", "Won"), ("won", "renewed")]
)
def test_the_words_of_win_loss_are_outcomes_too(word: str, ours: str) -> None:
    values = {"account_ref": "A1", "decided_at": "2026-11-18", "outcome": word}
    if ours == "Won":
        with pytest.raises(InvalidInput):
            Outcome.read(values)
    else:
        assert Outcome.read(values).outcome == ours


def test_speakers_of_other_systems() -> None:
    words = ["interviewer", "assistant", "Agent", "bot", "respondent", "participant", "user"]
    turns = [{"speaker": word, "text": "x"} for word in words]
    transcript = ImportedTranscript.read({"id": "T1", "turns": turns})
    assert [turn.speaker for turn in transcript.turns] == ["interviewer"] * 4 + ["respondent"] * 3


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("ana@example.com", True),
        ("ana.silva+x@mail.example.co.uk", True),
        ("ana@münchen.example", True),
        ("ana@example", False),
        ("ana@-a.example", False),
        ("ana@a..example", False),
        ("ana silva@example.com", False),
        ("ana@example.com\r\nBcc: x@y.zz", False),
        ("<ana@example.com>", False),
        ("a@b@example.com", False),
        (f"{'a' * 65}@example.com", False),
    ],
)
def test_email_addresses(address: str, good: bool) -> None:
    assert bool(EMAIL.fullmatch(address)) is good


@given(st.text(max_size=200))
def test_no_text_breaks_a_row(text: str) -> None:
    for kind in KINDS.values():
        values = dict.fromkeys(kind.key, text)
        try:
            row = kind.read(values)
        except InvalidInput:
            continue
        assert row.identity
