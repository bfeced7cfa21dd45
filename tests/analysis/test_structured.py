from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.risk import assess
from analysis.tables import (
    Account,
    AccountRisk,
    Book,
    Claim,
    Invoice,
    Score,
    Transcript,
    Turn,
    Utterance,
    Volume,
)

AS_OF = date(2026, 6, 1)
AT = datetime(2026, 5, 20, 9, tzinfo=UTC)
SILENT = datetime(2026, 2, 1, tzinfo=UTC)


def reading(book: Book) -> AccountRisk:
    (risk,) = assess(replace(book, accounts=book.accounts or [Account("A")]), (), (), {}, AS_OF)
    return risk


def months(first: int, values: list[float], year: int = 2026) -> list[tuple[str, float]]:
    return [(f"{year}-{first + n:02d}", value) for n, value in enumerate(values)]


def volumes(now: float, then: float, index: tuple[float, float] | None = None) -> list[Volume]:
    market = index or (None, None)
    return [
        *(Volume("A", p, v, market[0]) for p, v in months(3, [now] * 3)),
        *(Volume("A", p, v, market[1]) for p, v in months(3, [then] * 3, 2025)),
    ]


def otif(now: float, before: float) -> list[Score]:
    periods = [*months(9, [before] * 4, 2025), *months(1, [before] * 2), *months(3, [now] * 3)]
    return [Score("A", "otif", period, value) for period, value in periods]


def nps(*values: float, scale: tuple[float, float] | None = None) -> list[Score]:
    low, high = scale or (None, None)
    periods = ["2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1"][-len(values) :]
    return [Score("A", "nps", p, v, low, high) for p, v in zip(periods, values, strict=True)]


def invoice(ref: str, amount: float, **more: object) -> Invoice:
    return Invoice(ref, "A", date(2026, 5, 1), amount, "USD", **more)  # type: ignore[arg-type]


BOOKS: list[tuple[str, Book, dict[str, float]]] = [
    ("a claim of 40 days", Book(claims=[Claim("C", "A", datetime(2026, 4, 22, tzinfo=UTC))]),
     {"unresolved_claim": 0.63}),
    ("a claim of 70 days", Book(claims=[Claim("C", "A", datetime(2026, 3, 23, tzinfo=UTC))]),
     {"unresolved_claim": 0.9}),
    ("a claim of 10 days", Book(claims=[Claim("C", "A", AT)]), {}),
    ("a claim of tomorrow", Book(claims=[Claim("C", "A", datetime(2026, 6, 2, tzinfo=UTC))]), {}),
    ("OTIF 3 points down", Book(scores=otif(93, 96)), {"otif_drop": 0.3}),
    ("OTIF 6 points down", Book(scores=otif(90, 96)), {"otif_drop": 0.6}),
    ("OTIF 2 points down", Book(scores=otif(94, 96)), {}),
    ("NPS 10 down", Book(scores=nps(40, 40, 30)), {"nps_drop": 0.2}),
    ("NPS 20 down", Book(scores=nps(40, 40, 40, 20)), {"nps_drop": 0.4}),
    ("NPS of single answers", Book(scores=nps(8, 8, 7, scale=(0, 10))), {"nps_drop": 0.2}),
    ("two values of NPS", Book(scores=nps(40, 10)), {}),
    ("volume a fifth down", Book(volumes=volumes(80, 100)), {"volume_shift": 0.45}),
    ("volume a third down", Book(volumes=volumes(66, 100)), {"volume_shift": 0.9}),
    ("down with its market", Book(volumes=volumes(66, 100, (70, 100))), {}),
    ("no year to compare", Book(volumes=volumes(66, 100)[:3]), {}),
    ("a tenth disputed", Book(invoices=[invoice("1", 900), invoice("2", 100, disputed=True)]),
     {"price_dispute": 0.49}),
    ("a little disputed", Book(invoices=[invoice("1", 970), invoice("2", 30, disputed=True)]), {}),
    ("2 % credited",
     Book(invoices=[invoice("1", 1000), invoice("2", -20, invoice_kind="credit_note")]),
     {"credit_notes": 0.2}),
    ("an invoice of last year",
     Book(invoices=[replace(invoice("1", 9, disputed=True), date=date(2025, 5, 1))]), {}),
    ("nobody called for 120 days", Book(accounts=[Account("A", last_contact_at=SILENT)]),
     {"silent_am": 0.35}),
    ("the buyer is gone", Book(accounts=[Account("A", gone={"c": "buyer"})]),
     {"decision_maker": 0.56}),
    ("a planner is gone", Book(accounts=[Account("A", gone={"c": "operations"})]), {}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "book", "expected"), BOOKS, ids=[b[0] for b in BOOKS])
def test_each_input_has_its_effect_and_its_row(
    what: str, book: Book, expected: dict[str, float]
) -> None:
    risk = reading(book)
    assert {r.signal: round(r.contribution, 3) for r in risk.reasons} == expected, what
    assert all(item.data_row for r in risk.reasons for item in r.evidence)
    assert risk.band == "not_enough_evidence"  # data alone never give a band


@given(st.lists(st.sampled_from([book for _, book, _ in BOOKS]), max_size=6))
def test_reasons_of_data_add_up_in_any_mixture(books: list[Book]) -> None:
    risk = reading(
        Book(
            claims=tuple({c.claim_ref: c for b in books for c in b.claims}.values()),
            scores=tuple(s for b in books for s in b.scores),
            volumes=tuple(v for b in books for v in b.volumes),
            invoices=tuple(i for b in books for i in b.invoices),
        )
    )
    total = sum(r.contribution for r in risk.reasons)
    assert abs(risk.base_logit + total - risk.logit) < 1e-9


def test_a_mail_is_evidence_and_no_interview() -> None:
    said = "We have given you notice for the end of the quarter, all of the freight moves away."
    turn = Turn("n:0", "respondent", said, at=AT)
    mail = Transcript("n", (turn,), "A", "b", "buyer", at=AT, source="mail")
    heard = Utterance(
        "n:0", "n", said, "b", "A", "buyer", None, "en", AT, "all", None, None, {}
    )  # fmt: skip
    (risk,) = assess(Book([mail], [Account("A")]), [heard], (), {}, AS_OF)
    assert risk.why_not == "no interview: nobody of this account was interviewed"
    assert risk.contacts_heard == 0
