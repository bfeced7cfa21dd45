"""Commands about actions that respondents asked for."""

from typing import Annotated, Literal

import typer

from interviewer.cli.common import Json, app, installation
from interviewer.cli.terminal import say, table

action_app = typer.Typer(
    help="Actions that respondents asked the network for.", no_args_is_help=True
)
app.add_typer(action_app, name="action")


@action_app.command("list")
def action_list(
    state: Annotated[
        Literal["requested", "confirmed", "refused", "expired"] | None,
        typer.Option(help="Only those in this state."),
    ] = None,
    json: Json = False,
) -> None:
    """What was asked for, newest first, and what the network said to it."""
    rows = [
        {
            "request": one.request_id,
            "shipment": one.shipment_ref,
            "action": one.label,
            "chosen": one.chosen_at,
            "state": one.state,
            "answer by": one.answer_by if one.state == "requested" else None,
            "said": one.text,
        }
        for one in installation().store.requests(state=state)
    ]
    table(rows, as_json=json, title="Actions")
    if json:
        return
    if not rows:
        say(
            "Nothing was asked for. Actions are offered while a shipment has `available_actions` "
            "and a destination takes action.requested: interviewer destination list"
        )
    elif any(row["state"] == "requested" for row in rows):
        say("Next: your transport system answers, or interviewer action answer REQUEST confirmed")


@action_app.command("answer")
def action_answer(
    request_id: Annotated[
        str, typer.Argument(metavar="REQUEST", help="As `action list` shows it.")
    ],
    outcome: Annotated[Literal["confirmed", "refused"], typer.Argument()],
    text: Annotated[str | None, typer.Option(help="What is added for the respondent.")] = None,
) -> None:
    """Confirm or refuse one in the network's place; the respondent hears it."""
    from interviewer.core.offer import ActionAnswer
    from interviewer.followup import actions

    said = ActionAnswer(request_id, outcome == "confirmed", text=text)
    done = actions.answer(installation(), said)
    say(f"{done.label}: {done.state}. Next: interviewer action list")
