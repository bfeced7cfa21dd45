"""Commands about numbers of the operation, and about being told when something moves."""

from typing import Annotated, Literal

import typer

from interviewer.cli.common import Json, app, installation
from interviewer.cli.terminal import say, table
from interviewer.core.notice import WATCHED

alert_app = typer.Typer(
    help="Be told when a theme, a signal, a score or the first-attempt rate moves.",
    no_args_is_help=True,
)
app.add_typer(alert_app, name="alert")


@app.command()
def numbers(
    by: Annotated[Literal["week", "month"], typer.Option(help="week or month.")] = "month",
    json: Json = False,
) -> None:
    """First attempts, claims, contacts and times to settle, beside scores and themes."""
    from interviewer.findings import numbers as counted

    found = counted.numbers(installation(), by)
    rows = counted.rows(found) if found else []
    table(rows, as_json=json, title="Numbers")
    if not rows and not json:
        say("Import events, claims, tickets and scores, then: interviewer analyze")


@alert_app.command("add")
def alert_add(
    watches: Annotated[str, typer.Argument(help=f"{', '.join(WATCHED)}.")],
    limit: Annotated[
        float,
        typer.Option(help="Told when a theme (%) or signal (accounts) is above it, others below."),
    ],
    subject: Annotated[
        str | None, typer.Option(help="The theme's id, the signal, the metric.")
    ] = None,
    account: Annotated[str | None, typer.Option(help="Of a score: one account's.")] = None,
) -> None:
    """Tell the destinations once whenever this goes beyond a limit."""
    from interviewer.followup import alerts

    rule = alerts.add(installation(), watches, limit, subject=subject, account_ref=account)
    say(f"Added as {rule.rule_id}. Who is told: interviewer destination list")


@alert_app.command("list")
def alert_list(json: Json = False) -> None:
    """Every rule with what was found when it was last looked at."""
    store = installation().store
    rows = [
        {
            "rule": rule.rule_id,
            "watches": rule.watches,
            "subject": rule.subject,
            "account": rule.account_ref,
            "limit": rule.limit,
            "last": rule.said,
            "beyond since": rule.raised_at,
        }
        for rule in store.alert_rules()
    ]
    table(rows, as_json=json, title="Alert rules")
    if not rows and not json:
        say("No rule yet: interviewer alert add first_attempt --limit 90")


@alert_app.command("remove")
def alert_remove(rule: Annotated[str, typer.Argument(help="As `alert list` shows it.")]) -> None:
    """Tell nobody of it any more."""
    from interviewer.followup import alerts

    alerts.remove(installation(), rule)
    say("Nobody is told of it any more.")
