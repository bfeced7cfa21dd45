"""Outcomes to the model of a run: what was known 30 days before each decision, the fit, its card.

The weights of a fit are used only where every gate lets them pass; the model says which did not.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from datetime import date

from analysis import reviews, risk
from analysis.risk_model import LEAST_LEAD, Outcome, RiskModel
from analysis.signals import SIGNALS
from analysis.tables import (
    Account,
    AccountRisk,
    Book,
    FittedModel,
    Renewal,
    Signal,
    SignalReview,
    Utterance,
)
from analysis.weights import DEFAULT_BASE_RATE, MODEL_VERSION, PRIOR_WEIGHTS

SHRUNK_SHARE = 0.3  # of the value, from which a smaller renewal counts as lost


def fitted_model(
    book: Book,
    turns: Sequence[Utterance],
    items: Sequence[Signal],
    as_of: date,
    base_rate: float = DEFAULT_BASE_RATE,
    shrunk_share: float = SHRUNK_SHARE,
) -> FittedModel:
    """The model that the outcomes decided up to a day allow.

    Args:
        book: With its renewals.
        turns: Respondents' turns, as `prepare.utterances` gives them.
        items: The evidence items of these turns.
        as_of: The day of the reading.
        base_rate: Share of renewals lost, where no fit says otherwise.
        shrunk_share: Share of the value from which a smaller renewal counts as lost.
    """
    decided = sorted(
        (row for row in book.renewals if row.decided_at <= as_of),
        key=lambda row: (row.decided_at, row.account_ref),
    )
    readings = [_before(book, turns, items, row) for row in decided]
    lost = [_is_lost(row, shrunk_share) for row in decided]
    model = RiskModel(base_rate).fit(
        [_outcome(*known) for known in zip(decided, readings, lost, strict=True)]
    )
    abstained = [
        gone
        for reading, gone in zip(readings, lost, strict=True)
        if reading.band == "not_enough_evidence"
    ]
    learned = {s: round(float(w), 6) for s, w in zip(SIGNALS, model.weights_, strict=True)}
    used = model.stage_ == "fitted"
    return FittedModel(
        name=_name(learned, as_of, len(decided), sum(lost)) if used else MODEL_VERSION,
        stage=model.stage_,
        refused=model.refused_,
        base_rate=1 / (1 + math.exp(-model.intercept_)) if used else base_rate,
        weights=learned if used else PRIOR_WEIGHTS,
        learned=learned,
        card=(
            *model.card_,
            *_abstention(len(decided), abstained),
            *_confirmed(book.reviews),
        ),
        left_out=tuple(line for row in decided for line in _too_late(items, row)),
    )


def _name(weights: dict[str, float], as_of: date, outcomes: int, lost: int) -> str:
    """Which weights, of when and of what; the same weights have the same version."""
    version = hashlib.sha256(json.dumps(weights).encode()).hexdigest()[:8]
    return f"fitted weights, version {version} of {as_of}, {outcomes} outcomes, {lost} lost"


def _before(
    whole: Book, turns: Sequence[Utterance], items: Sequence[Signal], row: Renewal
) -> AccountRisk:
    """The account's reading 30 days before the decision, by the prior weights."""
    ref = row.account_ref
    account = next((a for a in whole.accounts if a.account_ref == ref), Account(ref))
    own = Book(
        transcripts=[t for t in whole.transcripts if t.account_ref == ref],
        accounts=[Account(ref, contacts=account.contacts)],
        scores=[s for s in whole.scores if s.account_ref == ref],
        claims=[c for c in whole.claims if c.account_ref == ref],
        volumes=[v for v in whole.volumes if v.account_ref == ref],
        invoices=[i for i in whole.invoices if i.account_ref == ref],
    )
    (found,) = risk.assess(
        own,
        [turn for turn in turns if turn.account_ref == ref],
        [item for item in items if item.account_ref == ref],
        {},
        row.decided_at - LEAST_LEAD,
    )
    return found


def _outcome(row: Renewal, before: AccountRisk, lost: bool) -> Outcome:
    said = [i.said_at.date() for r in before.reasons for i in r.evidence if i.said_at]
    return Outcome(
        row.account_ref,
        row.decided_at,
        lost,
        {r.signal: r.value for r in before.reasons},
        max(said, default=None),
        row.value_before,
    )


def _is_lost(row: Renewal, shrunk_share: float) -> bool:
    """Churned, or shrunk by more than the share; shrunk without values counts as lost."""
    if row.outcome != "shrunk":
        return row.outcome == "churned"
    if not row.value_before or row.value_after is None:
        return True
    return 1 - row.value_after / row.value_before > shrunk_share


def _too_late(items: Sequence[Signal], row: Renewal) -> Iterator[str]:
    """The statements that knew the outcome already: less than 30 days before the decision."""
    last = row.decided_at - LEAST_LEAD
    late = [
        item.said_at.date()
        for item in items
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


def _confirmed(given: Sequence[SignalReview]) -> Iterator[tuple[str, str]]:
    found = reviews.precision(given)
    if not found:
        yield "evidence confirmed by people", "nobody has looked at any yet"
    for signal, (kept, looked_at) in found.items():
        yield f"confirmed of {signal}", f"{kept} of {looked_at}"
