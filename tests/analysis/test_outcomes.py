"""From outcomes to the weights that a run reads with, or to the gate that keeps the prior ones."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from analysis.model_card import render_card
from analysis.outcomes import fitted_model
from analysis.prepare import utterances
from analysis.risk import assess
from analysis.sentences import quote
from analysis.tables import Account, Book, FittedModel, Renewal, Signal, Transcript, Turn, Utterance
from analysis.weights import PRIOR_WEIGHTS

AS_OF = date(2026, 6, 1)
WORDS = "this is what a contact of the account said"


def said(ref: str, day: date) -> Transcript:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    turn = Turn(turn_id=f"{ref}:0", speaker="respondent", text=WORDS, at=at)
    return Transcript(
        interview_id=ref, turns=(turn,), account_ref=ref, contact_ref=f"{ref}/c",
        contact_role="buyer", at=at,
    )  # fmt: skip


def known(n: int, lead: int = 40) -> tuple[Book, tuple[Utterance, ...], list[Signal]]:
    """Accounts of whom those with a capability gap leave, and those with a tender stay."""
    days = [date(2025, 1, 1) + timedelta(days=i) for i in range(n)]
    refs = [f"A{i:03}" for i in range(n)]
    book = Book(
        accounts=[Account(ref) for ref in refs],
        transcripts=[said(r, d - timedelta(days=lead)) for r, d in zip(refs, days, strict=True)],
        renewals=[
            Renewal(ref, day, "churned" if i % 4 == 0 else "renewed")
            for i, (ref, day) in enumerate(zip(refs, days, strict=True))
        ],
    )
    turns = utterances(book)
    items = [
        Signal(
            signal, "asserted", "stated", 0.95, "detector", turn.account_ref, turn.respondent,
            "buyer", turn.at, quote(turn, 0, len(WORDS)),
        )
        for i, turn in enumerate(turns)
        if (signal := {0: "capability_gap", 1: "rfp"}.get(i % 4))
    ]  # fmt: skip
    return book, turns, items


def test_weights_that_foresee_later_decisions_better_are_used() -> None:
    book, turns, items = known(160)
    model = fitted_model(book, turns, items, AS_OF)
    assert (model.stage, model.refused) == ("fitted", None)
    assert model.weights["capability_gap"] > PRIOR_WEIGHTS["capability_gap"]
    assert model.weights["rfp"] < PRIOR_WEIGHTS["rfp"]
    assert "of 2026-06-01, 160 outcomes, 40 lost" in model.name
    assert fitted_model(book, turns, items, AS_OF) == model

    late = AS_OF - timedelta(days=1)
    heard = Book(accounts=[Account("Z")], transcripts=[said("Z", late)])
    turn = utterances(heard)[0]
    item = replace(
        items[0], account_ref="Z", contact_ref="Z/c", said_at=turn.at, quote=quote(turn, 0, 4)
    )
    (read,) = assess(heard, [turn], [item], {}, AS_OF, model.base_rate, weights=model.weights)
    (reason,) = read.reasons
    assert reason.weight == model.weights["capability_gap"]
    assert reason.contribution == pytest.approx(read.logit - read.base_logit, abs=1e-9)


@pytest.mark.parametrize(
    ("n", "stage", "refused"),
    [
        (0, "prior", "0 lost and 0 kept, 20 of each are needed"),
        (30, "prior", "8 lost and 22 kept, 20 of each are needed"),
        (60, "recalibrated", "15 lost and 45 kept, 20 of each are needed"),
    ],
)
def test_a_gate_that_refuses_is_named_and_the_prior_weights_stay(
    n: int, stage: str, refused: str
) -> None:
    model = fitted_model(*known(n), AS_OF)
    assert (model.stage, model.refused) == (stage, refused)
    assert model.weights == PRIOR_WEIGHTS
    assert model.name == "prior weights, version 1"
    assert refused in render_card(model, "Longhaul")


def test_what_was_said_shortly_before_a_decision_is_named_and_left_out() -> None:
    model = fitted_model(*known(100, lead=10), AS_OF)
    assert str(model.refused).startswith("later decisions were not foreseen better: Brier")
    assert len(model.left_out) == 50
    assert model.left_out[0].startswith("A000: 1 statements")


METRICS = (
    *("outcomes", "lost", "judged on", "AUROC", "AP", "Brier", "Brier of the base rate", "ECE"),
    *("precision in the first", "recall in the first", "recall of value in the first"),
    *("calibration", "without a band", "lost among those without a band", "evidence confirmed"),
)


@pytest.mark.parametrize("metric", METRICS)
def test_the_card_has_every_metric(metric: str) -> None:
    model: FittedModel = fitted_model(*known(160), AS_OF)
    assert any(name.startswith(metric) for name, _ in model.card)
    assert metric[1:] in render_card(model, "Longhaul")
