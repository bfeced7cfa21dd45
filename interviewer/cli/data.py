"""Commands that take data in and give it out."""

from pathlib import Path
from typing import Annotated

import typer

from interviewer.cli.common import Json, app, installation, pairs
from interviewer.cli.terminal import counted, say, table


@app.command(name="import")
def import_(
    kind: Annotated[
        str,
        typer.Argument(
            help="accounts, contacts, consents, suppressions, shipments, events, scores, claims, "
            "notes, volumes, invoices, tickets, costs, outcomes, actions, ratings, signal-reviews, "
            "transcripts, theme-decisions, theme-notes or codings."
        ),
    ],
    file: Annotated[Path, typer.Argument(help="CSV or JSONL.")],
    map: Annotated[
        list[str] | None, typer.Option(help="ours=theirs: a column's name; repeatable.")
    ] = None,
    values: Annotated[Path | None, typer.Option(help="YAML: their words to ours.")] = None,
    timezone: Annotated[str, typer.Option(help="Zone of times without an offset.")] = "UTC",
    region: Annotated[
        str | None, typer.Option(help="Country of national phone numbers, such as US.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and report, store nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Take in a file; running it twice changes nothing, refused rows go to FILE.rejected.csv."""
    from interviewer.events.imports import Import, import_file

    columns = pairs("--map", map)
    what = Import(kind, file, columns, values, timezone, region, dry_run=dry_run)
    with counted(f"importing {file.name}") as progress:
        report = import_file(installation(), what, progress)
    if json:
        table([report.whole()], as_json=True)
        return
    table([report.counts()], as_json=False, title=f"{kind} from {file.name}")
    for line in report.remarks():
        say(line)


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("export"),
    json: Json = False,
) -> None:
    """Give everything back as JSONL and as CSV that no spreadsheet runs."""
    from interviewer.findings.exports import export_all

    rows = [{"file": str(out / name), "rows": n} for name, n in export_all(installation(), out)]
    table(rows, as_json=json)
