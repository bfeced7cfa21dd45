"""How renewals ended, beside what was read before; with enough of them the model is fitted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from analysis import prepare, reviews, risk, tables
from analysis.risk_model import LEAST_LEAD, TO_FIT, TO_RECALIBRATE, Outcome, RiskModel
from analysis.signals import SIGNALS
from interviewer.core import book
from interviewer.findings.account_reports import Reading, newest
from interviewer.ports import Services

SHRUNK_SHARE = 0.3  # of the value, from which a smaller renewal counts as lost


@dataclass(frozen=True, slots=True)
class Fit:
    """What the outcomes so far allow, and how well the reading foresaw them."""

    model: RiskModel
    card: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]  # evidence that came too late, named
    weights: tuple[tuple[str, float, float], ...]  # signal, prior, what the outcomes suggest


def fit(services: Services, shrunk_share: float = SHRUNK_SHARE) -> Fit:
    """Fit the model to the outcomes so far, from what was known 30 days before each decision.

    Raises:
        NotFound: Nothing was analyzed yet.
    """
    reading = newest(services)
    turns = prepare.utterances(reading.book)
    rows = sorted(
        services.store.find(book.Outcome), key=lambda row: (row.decided_at, row.account_ref)
    )
    outcomes: list[Outcome] = []
    abstained: list[bool] = []
    left_out: list[str] = []
    for row in rows:
        if row.decided_at > reading.as_of:
            continue
        before = _before(reading, turns, row)
        lost = _is_lost(row, shrunk_share)
        left_out += _too_late(reading, row)
        outcomes.append(_outcome(row, before, lost))
        if before.band == "not_enough_evidence":
            abstained.append(lost)
    model = RiskModel().fit(outcomes)
    return Fit(
        model,
        (
            *model.card_,
            *_abstention(len(outcomes), abstained),
            *_confirmed(reading.book.reviews),
        ),
        tuple(left_out),
        tuple(
            (signal, float(prior), float(weight))
            for signal, prior, weight in zip(SIGNALS, model.prior, model.weights_, strict=True)
        ),
    )


def _before(
    reading: Reading, turns: Sequence[tables.Utterance], row: book.Outcome
) -> tables.AccountRisk:
    """The account's reading 30 days before the decision."""
    ref = row.account_ref
    whole = reading.book
    account = next((a for a in whole.accounts if a.account_ref == ref), tables.Account(ref))
    own = tables.Book(
        transcripts=[t for t in whole.transcripts if t.account_ref == ref],
        accounts=[tables.Account(ref, contacts=account.contacts)],
        scores=[s for s in whole.scores if s.account_ref == ref],
        claims=[c for c in whole.claims if c.account_ref == ref],
        volumes=[v for v in whole.volumes if v.account_ref == ref],
        invoices=[i for i in whole.invoices if i.account_ref == ref],
    )
    (found,) = risk.assess(
        own,
        [turn for turn in turns if turn.account_ref == ref],
        [item for item in reading.signals if item.account_ref == ref],
        {},
        row.decided_at - LEAST_LEAD,
    )
    return found


def _outcome(row: book.Outcome, before: tables.AccountRisk, lost: bool) -> Outcome:
    said = [i.said_at.date() for r in before.reasons for i in r.evidence if i.said_at]
    return Outcome(
        row.account_ref,
        row.decided_at,
        lost,
        {r.signal: r.value for r in before.reasons},
        max(said, default=None),
        row.value_before,
    )


def _is_lost(row: book.Outcome, shrunk_share: float) -> bool:
    """Churned, or shrunk by more than the share; shrunk without values counts as lost."""
    if row.outcome != "shrunk":
        return row.outcome == "churned"
    if not row.value_before or row.value_after is None:
        return True
    return 1 - row.value_after / row.value_before > shrunk_share


def _too_late(reading: Reading, row: book.Outcome) -> Iterator[str]:
    """The statements that knew the outcome already: less than 30 days before the decision."""
    last: date = row.decided_at - LEAST_LEAD
    late = [
        item.said_at.date()
        for item in reading.signals
        if item.account_ref == row.account_ref and item.said_at and item.said_at.date() > last
    ]
    if late:
        yield (
            f"{row.account_ref}: {len(late)} statements of {min(late)} to {max(late)}, less than "
            f"{LEAST_LEAD.days} days before the decision of {row.decided_at}"
        )


def _abstention(n: int, abstained: Sequence[bool]) -> Iterator[tuple[str, str]]:
    if n:
        yield "without a band", f"{len(abstained)} of {n}"
        lost = f"{sum(abstained)} of {len(abstained)}" if abstained else "nobody"
        yield "lost among those without a band", lost


def _confirmed(given: Sequence[tables.SignalReview]) -> Iterator[tuple[str, str]]:
    found = reviews.precision(given)
    if not found:
        yield "evidence confirmed by people", "nobody has looked at any yet"
    for signal, (kept, looked_at) in found.items():
        yield f"confirmed of {signal}", f"{kept} of {looked_at}"


def gates() -> tuple[tuple[str, str], ...]:
    """What how many lost renewals allow."""
    return (
        (f"fewer than {TO_RECALIBRATE} lost", "prior weights, bands only, no percentages"),
        (f"{TO_RECALIBRATE} to {TO_FIT - 1} lost", "intercept and slope are re-calibrated"),
        (
            f"{TO_FIT} lost and {TO_FIT} kept",
            "weights are re-fitted, and used where later decisions are foreseen better",
        ),
    )
