"""Commands about destinations: where notices of what happened go."""

from typing import Annotated, cast

import typer

from interviewer.cli.common import Json, app, installation
from interviewer.cli.terminal import say, table
from interviewer.core.notice import FORMATS, KINDS, Format, OccurrenceKind

destination_app = typer.Typer(
    help="Who is told what happened: other systems, Slack, Teams, a mail address.",
    no_args_is_help=True,
)
app.add_typer(destination_app, name="destination")

Name = Annotated[str, typer.Argument(help="As `destination list` shows it.")]


@destination_app.command("add")
def destination_add(
    name: Annotated[str, typer.Argument(help="What you call it.")],
    url: Annotated[str, typer.Option(help="Where notices go; with --format mail an address.")],
    format: Annotated[str, typer.Option(help=f"{', '.join(FORMATS)}.")] = "standard",
    kind: Annotated[
        list[str] | None, typer.Option(help=f"What it is told; repeatable: {', '.join(KINDS)}.")
    ] = None,
    contact_data: Annotated[
        bool, typer.Option("--contact-data", help="Bodies may name people (standard only).")
    ] = False,
) -> None:
    """Tell another system what happens; prints the secret that signs, this once."""
    from interviewer.followup import notices

    secret = notices.add_destination(
        installation(),
        name,
        url,
        format=cast("Format", format),
        kinds=cast("list[OccurrenceKind]", kind) or KINDS,
        contact_data=contact_data,
    )
    say(f"{name} is told from now on.")
    if secret:
        say(f"Verify what arrives (Standard Webhooks) with this secret, shown once:\n\n  {secret}")
    say("Next: interviewer worker, or interviewer serve on SQLite")


@destination_app.command("list")
def destination_list(json: Json = False) -> None:
    """Destinations with what they got and what failed; never their URLs."""
    store = installation().store
    rows = [
        {
            "name": one.name,
            "format": one.format,
            "told of": "everything" if set(one.kinds) == set(KINDS) else ", ".join(one.kinds),
            **{
                state: len(store.notices(state=state, destination=one.name))
                for state in ("sent", "due", "dead")
            },
            "disabled": one.disabled_at,
        }
        for one in store.destinations()
    ]
    table(rows, as_json=json, title="Destinations")
    if not rows and not json:
        say("Nobody is told yet: interviewer destination add NAME --url https://...")


@destination_app.command("rotate")
def destination_rotate(name: Name) -> None:
    """Print a new secret; the one before signs beside it until the next rotation."""
    from interviewer.followup import notices

    say(f"The new secret of {name}, shown this once:\n\n  {notices.rotate(installation(), name)}")


@destination_app.command("disable")
def destination_disable(name: Name) -> None:
    """Send nothing there any more."""
    from interviewer.followup import notices

    notices.disable(installation(), name)
    say(f"{name} is told nothing any more.")


@destination_app.command("dead")
def destination_dead(json: Json = False) -> None:
    """Notices that were given up, with the last error."""
    rows = [
        {
            "notice": one.notice_id,
            "destination": one.destination,
            "kind": one.kind,
            "at": one.at,
            "tries": one.attempt,
            "error": one.last_error,
        }
        for one in installation().store.notices(state="dead")
    ]
    table(rows, as_json=json, title="Given up")
    if rows and not json:
        say("Next: interviewer destination replay NOTICE")


@destination_app.command("replay")
def destination_replay(notice: Annotated[str, typer.Argument(help="Its id.")]) -> None:
    """Send a notice that was given up again; its id stays the same."""
    from interviewer.followup import notices

    notices.replay(installation(), notice)
    say("It is due again.")
