"""The card of a risk model: which weights, why those, and how well they foresaw decisions."""

from analysis.labels import LABELS
from analysis.risk_model import TO_DRAW, TO_FIT, TO_RECALIBRATE
from analysis.showing import page
from analysis.tables import FittedModel
from analysis.weights import PRIOR_WEIGHTS

GATES = (
    (f"fewer than {TO_RECALIBRATE} lost", "prior weights, bands only, no percentages"),
    (f"{TO_RECALIBRATE} to {TO_FIT - 1} lost", "intercept and slope are calibrated for this card"),
    (
        f"{TO_FIT} lost and {TO_FIT} kept",
        "weights are fitted, and used where later decisions are foreseen better",
    ),
    (f"{TO_DRAW} outcomes", "the calibration is shown"),
)


def card_rows(model: FittedModel) -> list[dict[str, object]]:
    """Every metric with its value, the model first."""
    head = (("model", model.name), ("base rate", f"{model.base_rate:.1%}"))
    return [{"metric": name, "value": value} for name, value in (*head, *model.card)]


def weight_rows(model: FittedModel) -> list[dict[str, object]]:
    """Per signal: the prior weight, what the outcomes suggest, and what is used."""
    shown = {
        "prior": PRIOR_WEIGHTS,
        "outcomes suggest": {} if model.stage == "prior" else model.learned,
        "used": model.weights,
    }
    return [
        {
            "signal": LABELS[signal],
            **{name: f"{of[signal]:+.2f}" if of else "" for name, of in shown.items()},
        }
        for signal in PRIOR_WEIGHTS
    ]


def render_card(model: FittedModel, brand: str) -> str:
    """The card as a page, for the account team."""
    return page(
        "model.html.j2",
        model=model,
        brand=brand,
        rows=card_rows(model),
        weights=weight_rows(model),
        gates=GATES,
    )
