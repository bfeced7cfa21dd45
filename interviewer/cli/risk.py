"""Commands by which people add what they know to the reading of risk."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from interviewer.access import audit
from interviewer.cli.common import Json, app, installation
from interviewer.cli.terminal import say, table

risk_app = typer.Typer(
    help="Rate accounts, confirm or reject evidence, and fit the model to outcomes.",
    no_args_is_help=True,
)
app.add_typer(risk_app, name="risk")

By = Annotated[str, typer.Option(help="Who says so: an e-mail address or a name.")]
EvidenceId = Annotated[str, typer.Argument(help="As the account's report names it.")]


@risk_app.command("rate")
def rate(
    account: str,
    rating: Annotated[str, typer.Argument(help="high, elevated or low.")],
    by: By,
    why: Annotated[str | None, typer.Option(help="In a sentence.")] = None,
) -> None:
    """Store the account manager's own rating; reports set it beside the band."""
    from interviewer.findings import accounts

    values = {"rating": rating, "by": by, "why": why}
    made = accounts.rate(installation(), None, account, values, actor=audit.COMMAND_LINE)
    say(f"{made.account_ref}: rated {made.rating} by {made.by} on {made.at:%Y-%m-%d}")


@risk_app.command("confirm")
def confirm(evidence: EvidenceId, by: By) -> None:
    """A piece of evidence states its signal; holds from the next analysis on."""
    _review(evidence, "confirmed", by)


@risk_app.command("reject")
def reject(evidence: EvidenceId, by: By) -> None:
    """A piece of evidence does not state its signal; holds from the next analysis on."""
    _review(evidence, "rejected", by)


def _review(evidence: str, verdict: str, by: str) -> None:
    from interviewer.findings import accounts

    made = accounts.review(installation(), None, evidence, verdict, by=by, actor=audit.COMMAND_LINE)
    say(f"{made.signal}: {verdict} by {made.by}. Next: interviewer analyze")


@risk_app.command("fit")
def fit(
    shrunk: Annotated[
        float, typer.Option(min=0, max=1, help="Share of value lost that counts as a loss.")
    ] = 0.3,
    out: Annotated[
        Path | None, typer.Option(help="The card as a page (.html), or its values (.json, .csv).")
    ] = None,
    json: Json = False,
) -> None:
    """Fit the model to imported outcomes, behind its gates, and show its card."""
    from analysis import model_card
    from interviewer.findings import renewals, report_files

    services = installation()
    made = renewals.fit(services, shrunk)
    if out:
        say(f"{report_files.write(out, partial(report_files.model, services, made))}: {out}")
        return
    table(model_card.card_rows(made), as_json=json, title="Model card")
    if json:
        return
    for line in made.left_out:
        say(f"left out, it knows the outcome: {line}")
    table(model_card.weight_rows(made), as_json=False, title="Weights")
    if made.refused:
        say(f"The prior weights stay: {made.refused}.")
        say("Next: interviewer import outcomes FILE, then interviewer analyze")
    else:
        say(f"The next interviewer analyze reads with {made.name}.")


@risk_app.command("explain")
def explain(
    account: Annotated[str | None, typer.Option(help="One account, by its reference.")] = None,
    segment: Annotated[str | None, typer.Option(help="The accounts of one segment.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="A page (.html), or the values (.json, .csv).")
    ] = None,
    json: Json = False,
) -> None:
    """What people spoke of more often when OTIF, NPS or CSAT moved, or that nobody did."""
    from analysis.score_explanation import explanation_rows
    from interviewer.findings import report_files, score_stories

    services = installation()
    found = score_stories.explanation(services, account_ref=account, segment=segment)
    if out:
        made = partial(report_files.explanation, services, found)
        say(f"{report_files.write(out, made)}: {out}")
        return
    title = f"Behind the scores of {found.subject}"
    table(explanation_rows(found), as_json=json, title=title)
    if not json:
        say(f"claims: {found.claims_sentence}")
