import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.guard import patterns
from analysis.labels import LABELS, NEXT_STEPS
from analysis.risk import assess
from analysis.signals import SIGNALS
from analysis.tables import (
    Account,
    AccountRisk,
    Book,
    Claim,
    Quote,
    Score,
    Signal,
    Status,
    Transcript,
    Turn,
    Utterance,
)
from analysis.tone import ToneShift
from analysis.weights import WEIGHTS
from interviewer.core import book

AS_OF = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROLES = {"b": "buyer", "f": "finance", "o": "operations", "w": "warehouse", "r": "recipient"}
SENTENCE = "this is an answer of more than five words"


@dataclass(frozen=True)
class Said:
    """One statement, before it has a place in an interview."""

    contact: str
    signal: str
    status: Status = "asserted"
    p: float = 0.95
    days_ago: int = 10
    study: str = "account-renewal"


def at(days_ago: int) -> datetime:
    return NOW - timedelta(days=days_ago)


def read(
    statements: Sequence[Said],
    *,
    book: Book | None = None,
    answers: int = 6,
    audience: str = "all",
    language: str = "en",
    text: str = SENTENCE,
    previous: Sequence[AccountRisk] = (),
    shift: ToneShift | None = None,
    order: int = 1,
    fields: Mapping[str, object] | None = None,
) -> AccountRisk:
    """The reading of account A, each contact and day being one interview of `answers` turns."""
    transcripts, turns, items = [], [], []
    interviews = dict.fromkeys((s.contact, s.days_ago) for s in statements) or {("b", 10): None}
    for contact, days_ago in list(interviews)[::order]:
        own = [s for s in statements if (s.contact, s.days_ago) == (contact, days_ago)]
        name = f"{contact}{days_ago:+05d}"
        rows = [
            Utterance(
                f"{name}-{n:03d}",
                name,
                text,
                contact,
                "A",
                ROLES[contact],
                "account-renewal",
                language,
                at(days_ago),
                audience,
                None,
                None,
                fields or {},  # type: ignore[arg-type]
            )
            for n in range(max(answers, len(own)))
        ]
        turns += rows
        said = tuple(Turn(u.turn_id, "respondent", u.text) for u in rows)
        transcripts.append(Transcript(name, said, "A", contact, ROLES[contact], at=at(days_ago)))
        items += [
            Signal(
                s.signal,
                s.status,
                "",
                s.p,
                "detector",
                "A",
                contact,
                ROLES[contact],
                u.at,
                Quote(u.turn_id, name, 0, 4, u.text[:4], "A", ROLES[contact], u.at, u.audience),
            )
            for s, u in zip(own, rows, strict=False)
        ]
    whole = replace(book or Book(), transcripts=transcripts)
    if not whole.accounts:
        whole = replace(whole, accounts=[Account("A")])
    shifts = {"A": shift} if shift else {}
    (risk,) = assess(whole, turns, items[::order], shifts, AS_OF, previous=previous)
    return risk


def strength(risk: AccountRisk) -> float:
    return risk.logit - risk.base_logit


def shown(risk: AccountRisk) -> dict[str, float]:
    return {reason.signal: round(reason.contribution, 3) for reason in risk.reasons}


p = st.floats(0.05, 1.0)
statuses = st.sampled_from(
    [
        "asserted",
        "denied",
        "negated",
        "hypothetical",
        "third_party",
        "resolved",
        "possible",
        "instruction",
    ]
)
said = st.builds(
    Said, st.sampled_from("bfowr"), st.sampled_from(SIGNALS), statuses, p, st.integers(0, 400)
)
risky = st.builds(
    Said,
    st.sampled_from("bfow"),
    st.sampled_from([s for s in SIGNALS if s != "commit"]),
    st.just("asserted"),
    p,
    st.integers(0, 400),
)
statements = st.lists(said, max_size=8)


# properties


@given(statements)
def test_the_reasons_and_the_base_add_up(some: list[Said]) -> None:
    risk = read(some)
    total = risk.base_logit + math.fsum(r.contribution for r in risk.reasons)
    assert risk.logit == pytest.approx(total, abs=1e-9)
    assert all(0 < r.value <= 1 for r in risk.reasons)


@given(statements, risky)
def test_one_more_asserted_risk_never_lowers_it(some: list[Said], more: Said) -> None:
    assert strength(read([*some, more])) >= strength(read(some)) - 1e-9


@given(
    statements,
    st.builds(
        Said,
        st.sampled_from("bfowr"),
        st.sampled_from(SIGNALS),
        st.sampled_from(
            [
                "denied",
                "negated",
                "hypothetical",
                "third_party",
                "resolved",
                "possible",
                "instruction",
            ]
        ),
        p,
        st.integers(0, 400),
    ),
)
def test_what_is_not_asserted_never_raises_it(some: list[Said], more: Said) -> None:
    assert strength(read([*some, more])) <= strength(read(some)) + 1e-9


@given(statements, st.sampled_from("bfow"), p, st.integers(0, 400))
def test_a_commitment_never_raises_it(some: list[Said], who: str, p: float, days: int) -> None:
    more = Said(who, "commit", "asserted", p, days)
    assert strength(read([*some, more])) <= strength(read(some)) + 1e-9


@given(st.lists(said, min_size=1, max_size=6))
def test_the_order_of_interviews_and_items_does_not_matter(some: list[Said]) -> None:
    assert read(some, order=-1) == read(some)


@given(st.lists(said.map(lambda s: replace(s, contact="r")), max_size=6))
def test_recipients_alone_never_get_a_band(some: list[Said]) -> None:
    risk = read(some) if some else read([Said("r", "leave_intent")])
    assert risk.band == "not_enough_evidence"
    assert strength(risk) == 0


@given(said, st.integers(2, 10))
def test_repeating_oneself_counts_once(once: Said, times: int) -> None:
    if once.status == "asserted":
        assert shown(read([once] * times)) == shown(read([once]))


@given(statements, st.lists(said.map(lambda s: replace(s, days_ago=-s.days_ago - 1)), max_size=4))
def test_what_is_said_after_the_day_is_never_used(some: list[Said], later: list[Said]) -> None:
    now, then = (
        read(some or [Said("b", "commit", "denied")]),
        read([*(some or [Said("b", "commit", "denied")]), *later]),
    )
    assert shown(now) == shown(then)
    assert now.band == then.band


# rolling up


@pytest.mark.parametrize(
    ("some", "expected"),
    [
        ([Said("b", "leave_intent", days_ago=0)], 2.5 * 0.95),
        ([Said("b", "rfp", days_ago=180)], 1.6 * 0.95 / 2),
        ([Said("b", "unresolved_claim", days_ago=179)], 0.9 * 0.95),  # open: does not age
        ([Said("o", "rfp", days_ago=0)], 1.6 * 0.95 * 0.5),
        ([Said("o", "leave_intent", days_ago=0)], 2.5 * 0.95 * 0.7),
        ([Said("w", "recurrence", days_ago=0)], 0.9 * 0.95),
        (
            [
                Said("b", "chargeback", p=0.6, days_ago=0),
                Said("w", "chargeback", p=0.4, days_ago=0),
            ],
            0.6 * (0.6 + 0.25 * 0.4),
        ),
        (
            [Said("b", "chargeback", p=0.6, days_ago=0), Said("r", "chargeback", p=1, days_ago=0)],
            0.6 * (0.6 + 0.25 * 0.2),
        ),
        (
            [
                Said("b", "slow_response", days_ago=9),
                Said("b", "slow_response", "denied", days_ago=0),
            ],
            0.6 * 0.95 * 0.5 ** (9 / 90) * 0.2,
        ),
        (
            [
                Said("w", "slow_response", days_ago=9),
                Said("f", "slow_response", "denied", days_ago=0),
            ],
            0.6 * 0.95 * 0.5 ** (9 / 90),
        ),  # finance does not settle it for the warehouse
        ([Said("b", "commit", p=1, days_ago=0)], -1.5),
        (
            [Said("b", "commit", p=1, days_ago=0), Said("b", "rfp", p=1, days_ago=0)],
            1.6 - (1.5 - 0.8),
        ),
        (
            [
                Said("b", "commit", p=1, days_ago=0),
                Said("b", "leave_intent", p=1, days_ago=0),
                Said("b", "contract_notice", p=1, days_ago=0),
            ],
            2.5 + 1.8,
        ),  # praise cancels no exit
    ],
)
def test_a_value_is_strength_by_role_by_age(some: list[Said], expected: float) -> None:
    assert strength(read(some)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("some", "band"),
    [
        ([Said("b", "commit"), Said("b", "unresolved_claim", "denied")], "low"),
        ([Said("b", "recurrence"), Said("w", "silent_am")], "elevated"),
        ([Said("b", "leave_intent")], "high"),
        ([Said("b", "competitor", "denied"), Said("b", "unresolved_claim", "denied")], "low"),
    ],
)
def test_bands(some: list[Said], band: str) -> None:
    assert read(some).band == band


# abstention


@pytest.mark.parametrize(
    ("some", "settings", "why"),
    [
        ([Said("b", "leave_intent")], {"answers": 5}, "too short"),
        ([Said("b", "leave_intent")], {"text": "fine thanks"}, "too short"),
        ([Said("b", "leave_intent", days_ago=181)], {}, "stale"),
        ([Said("r", "leave_intent")], {}, "recipients only"),
        (
            [Said("b", "leave_intent")],
            {"text": "Der Fahrer war nicht freundlich und wir sind sauer", "language": "de"},
            "language",
        ),
        (
            [Said("b", "unresolved_claim")],
            {"text": "Leider ja", "language": "de", "answers": 2, "fields": {"claim_open": "yes"}},
            "language: 2 answers coded (6 needed)",
        ),
        ([], {}, "too few statements"),
        ([Said("b", "recurrence")], {}, "too few statements"),
        ([Said("b", "recurrence"), Said("b", "rfp", "hypothetical")], {}, "too few statements"),
        ([Said("b", "leave_intent", days_ago=-3)], {}, "undated or not yet"),
    ],
)
def test_too_little_evidence_gives_no_band(
    some: list[Said], settings: dict[str, object], why: str
) -> None:
    risk = read(some, **settings)  # type: ignore[arg-type]
    assert risk.band == "not_enough_evidence"
    assert risk.why_not is not None
    assert risk.why_not.startswith(why)


@pytest.mark.parametrize(
    ("transcripts", "why"),
    [
        ([], "no interview"),
        ([Transcript("i", (), "A", "b", "buyer", at=NOW, status="expired")], "no answer"),
        ([Transcript("i", (), "A", "b", "buyer", at=NOW, status="opted_out")], "declined"),
    ],
)
def test_who_said_nothing_is_unheard_with_the_reason(
    transcripts: list[Transcript], why: str
) -> None:
    (risk,) = assess(Book(transcripts, [Account("A")]), [], [], {}, AS_OF)
    assert (risk.band, (risk.why_not or "").startswith(why)) == ("not_enough_evidence", True)


def test_an_explicit_statement_in_a_short_interview_is_kept() -> None:
    risk = read([Said("b", "leave_intent")], answers=1)
    assert risk.band == "not_enough_evidence"
    assert [r.signal for r in risk.reasons] == ["leave_intent"]


def test_words_said_in_confidence_move_nothing() -> None:
    risk = read([Said("b", "leave_intent"), Said("b", "rfp")], audience="owner")
    assert (risk.band, risk.reasons, risk.unscored) == ("not_enough_evidence", (), ())


# data


def claim(opened: int, closed: int | None = None) -> Book:
    closed_at = None if closed is None else at(closed)
    return Book(claims=[Claim("CL-1", "A", at(opened), closed_at)])


TWO = [Said("b", "not_heard", days_ago=0), Said("w", "not_heard", "denied", days_ago=0)]


@pytest.mark.parametrize(
    ("book", "signal", "contribution"),
    [
        (claim(30), "unresolved_claim", None),
        (claim(31), "unresolved_claim", 0.63),
        (claim(61), "unresolved_claim", 0.9),
        (claim(90, closed=10), "unresolved_claim", None),
        (claim(90, closed=-5), "unresolved_claim", 0.9),  # closed after the day of the reading
        (Book(accounts=[Account("A", last_contact_at=at(91))]), "silent_am", 0.35),
        (Book(accounts=[Account("A", last_contact_at=at(90))]), "silent_am", None),
        (
            Book(
                scores=[
                    Score("A", "otif", f"2025-{m:02d}", v)
                    for m, v in enumerate([97] * 6 + [94] * 3, start=1)
                ]
            ),
            "otif_drop",
            0.3,
        ),
        (
            Book(
                scores=[
                    Score("A", "otif", f"2025-{m:02d}", v)
                    for m, v in enumerate([97] * 6 + [91] * 3, start=1)
                ]
            ),
            "otif_drop",
            0.6,
        ),
        (
            Book(
                scores=[
                    Score("A", "otif", f"2025-{m:02d}", v)
                    for m, v in enumerate([97] * 5 + [91] * 3, start=1)
                ]
            ),
            "otif_drop",
            None,
        ),
    ],
)
def test_data_stand_among_the_reasons(book: Book, signal: str, contribution: float | None) -> None:
    risk = read(TWO, book=book)
    assert shown(risk).get(signal) == contribution
    for reason in risk.reasons:
        assert all(item.data_row for item in reason.evidence if item.quote is None)


def test_data_alone_give_no_band() -> None:
    risk = read([], book=claim(90))
    assert risk.band == "not_enough_evidence"


def test_a_claim_that_the_data_close_no_longer_counts() -> None:
    some = [*TWO, Said("b", "unresolved_claim", days_ago=20)]
    closed = read(some, book=claim(90, closed=10))
    assert "unresolved_claim" not in shown(closed)
    assert [s.status for s in closed.unscored if s.signal == "unresolved_claim"] == ["resolved"]


@pytest.mark.parametrize(
    ("some", "book", "words"),
    [
        ([Said("b", "unresolved_claim", days_ago=5)], claim(90, closed=10), "the last one closed"),
        ([Said("b", "unresolved_claim", "denied")], claim(90), "the data show CL-1 open"),
        (
            [Said("b", "recurrence", "denied"), Said("w", "recurrence")],
            Book(),
            "the operations side says recurrence, the buyer side denies it",
        ),
        (
            [Said("b", "commit"), Said("w", "recurrence"), Said("w", "trust_lost")],
            Book(),
            "the buyer side commits, while the operations side says recurrence, trust_lost",
        ),
    ],
)
def test_both_sides_of_a_disagreement_are_shown(some: list[Said], book: Book, words: str) -> None:
    assert any(words in found for found in read(some, book=book).disagreements)


def test_a_reliable_shift_of_tone_weighs_little() -> None:
    worse = ToneShift(0.15, 0.05, 0.25, True, "sounds more displeased than before")
    assert shown(read(TWO, shift=worse))["tone_shift"] == 0.2
    for shift in (replace(worse, is_reliable=False), replace(worse, shift=-0.2)):
        assert "tone_shift" not in shown(read(TWO, shift=shift))


# what moved, and the list


def test_what_moved_is_the_difference_of_the_terms() -> None:
    before = read([Said("b", "leave_intent", days_ago=0)])
    now = read([Said("b", "rfp", days_ago=0)], previous=[before])
    assert now.previous_band == "high"
    assert now.moved == {"leave_intent": pytest.approx(-2.375), "rfp": pytest.approx(1.52)}
    assert read([], previous=[before]).moved == {}


def test_the_list_is_ordered_by_band_then_by_what_is_at_stake() -> None:
    accounts = [
        Account("far", annual_value=100.0, renewal_date=date(2027, 6, 1)),
        Account("near", annual_value=100.0, renewal_date=date(2026, 7, 1)),
        Account("big", annual_value=1000.0, renewal_date=date(2027, 6, 1)),
        Account("calm", annual_value=9000.0, renewal_date=date(2026, 6, 2)),
        Account("late", renewal_date=date(2027, 1, 1)),
        Account("soon", renewal_date=date(2026, 6, 9)),
    ]
    turns, items, transcripts = [], [], []
    for ref in ("far", "near", "big", "calm"):
        rows = [
            Utterance(
                f"{ref}{n}",
                ref,
                SENTENCE,
                "b",
                ref,
                "buyer",
                None,
                "en",
                at(1),
                "all",
                None,
                None,
                {},
            )
            for n in range(6)
        ]
        turns += rows
        transcripts.append(Transcript(ref, (), ref, "b", "buyer", at=at(1)))
        signal = "commit" if ref == "calm" else "leave_intent"
        items += [
            Signal(
                signal,
                "asserted",
                "",
                0.9,
                "detector",
                ref,
                "b",
                "buyer",
                at(1),
                Quote(u.turn_id, ref, 0, 4, "this", ref, "buyer", at(1)),
            )
            for u in rows[:2]
        ]
    for order in (1, -1):
        risks = assess(
            Book(transcripts[::order], accounts[::order]), turns, items[::order], {}, AS_OF
        )
        assert [r.account_ref for r in risks] == ["big", "near", "far", "calm", "soon", "late"]


def test_both_sides_know_the_same_signals_and_people_read_a_name_for_each() -> None:
    assert book.SIGNALS == SIGNALS
    assert set(SIGNALS) == set(patterns()) <= set(LABELS)
    assert set(SIGNALS) - {"commit"} <= set(NEXT_STEPS)
    assert {s for s, w in WEIGHTS.items() if w.weight < 0} == {"commit"}
