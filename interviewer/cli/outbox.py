"""Commands about messages on their way out: what waits, what failed, what nobody knows."""

from typing import Annotated

import typer

from interviewer.cli.common import Json, app, installation
from interviewer.cli.terminal import say, table

outbox_app = typer.Typer(help="Messages on their way out.", no_args_is_help=True)
app.add_typer(outbox_app, name="outbox")


@outbox_app.command("list")
def outbox_list(json: Json = False) -> None:
    """What a person has to look at: dead letters, and messages that may not have gone."""
    from interviewer.outreach import delivery

    rows = delivery.to_look_at(installation())
    table(rows, as_json=json, title="Outbox")
    if json:
        return
    if not rows:
        say("Nothing failed, and nothing is in doubt.")
    elif any(row["state"] == "dead letter" for row in rows):
        say("Next: interviewer outbox replay KEY tries a dead letter once more.")


@outbox_app.command("replay")
def outbox_replay(
    key: Annotated[str, typer.Argument(help="The key of a dead letter, as `outbox list` has it.")],
) -> None:
    """Try a dead letter once more; the gate is asked again."""
    from interviewer.outreach import delivery

    delivery.replay(installation(), key)
    say(f"{key} is due again. Next: interviewer outbox list")
