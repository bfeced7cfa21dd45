"""Commands for what a person may ask of us."""

import json as json_
from pathlib import Path
from typing import Annotated

import typer

from interviewer.cli.common import Json, app, installation
from interviewer.cli.terminal import say, table

person = typer.Typer(help="What is held about a person: give it out, erase it.")
app.add_typer(person, name="person")

Who = Annotated[str, typer.Argument(help="E-mail address, phone number (+...) or contact_ref.")]


@person.command(name="show")
def show(who: Who, out: Annotated[Path | None, typer.Option(help="JSON file.")] = None) -> None:
    """Everything that is held about a person, as JSON: the answer to an access request."""
    from interviewer.access import audit, privacy

    held = privacy.access_request(installation(), who, actor=audit.COMMAND_LINE)
    written = json_.dumps(held, indent=2, ensure_ascii=False, default=str)
    if out is None:
        say(written)
        return
    out.write_text(written + "\n", encoding="utf-8")
    say(f"{sum(len(rows) for rows in held.values())} rows written to {out}.")


@person.command(name="erase")
def erase(who: Who, json: Json = False) -> None:
    """Take a person out of everything stored; what remains are numbers and a suppression."""
    from interviewer.access import audit, privacy
    from interviewer.settings import read_settings
    from interviewer.wiring import forget_vectors

    settings = read_settings()
    counts = privacy.erase(
        installation(),
        who,
        actor=audit.COMMAND_LINE,
        forget_vectors=lambda: forget_vectors(settings),
    )
    rows = [{"table": name, "rows": number} for name, number in counts.items()]
    table(rows, as_json=json)
    if not json:
        say("Erased. Files that were exported or imported, and backups, are yours to delete.")
