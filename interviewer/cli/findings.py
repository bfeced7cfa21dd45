"""Commands that show what was found."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from interviewer.cli.common import Json, Report, app, installation
from interviewer.cli.terminal import say, steps, table
from interviewer.core.errors import InvalidInput


@app.command()
def analyze(
    out: Report = Path("report.html"),
    regroup: Annotated[
        bool | None,
        typer.Option(
            "--regroup/--keep",
            help="Find themes anew, or let new statements join the known ones; "
            "by default anew when a quarter is new.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Find themes and renewal risk in what was said, and write the report."""
    from interviewer.findings import analyzing
    from interviewer.settings import read_settings
    from interviewer.wiring import encoder, vector_cache

    services, settings = installation(), read_settings()
    out.open("a").close()  # where it cannot be written, nobody waits for it
    with steps() as step:
        step("loading the encoder", 0)
        made = analyzing.analyze(
            services,
            encoder(settings),
            cache=vector_cache(settings),
            base_rate=settings.base_rate,
            encoder_name=settings.encoder,
            progress=step,
            regroup=regroup,
        )
    out.write_text(made.run.report, encoding="utf-8")
    table(analyzing.found(made), as_json=json, title="Found")
    if not json:
        say(f"Report: {out}")


@app.command()
def report(
    out: Annotated[
        Path, typer.Option(help="Where it goes; .json and .csv hold the same values.")
    ] = Path("report.html"),
    account: Annotated[str | None, typer.Option(help="One account, by its reference.")] = None,
    for_customer: Annotated[
        bool, typer.Option("--for-customer", help="With --account: the copy for the customer.")
    ] = False,
    book: Annotated[bool, typer.Option("--book", help="The book of business.")] = False,
    owner: Annotated[str | None, typer.Option(help="With --book: of one account manager.")] = None,
    segment: Annotated[str | None, typer.Option(help="With --book: of one segment.")] = None,
    renewal_within: Annotated[
        int | None, typer.Option(min=0, help="With --book: renewals of the next days.")
    ] = None,
) -> None:
    """Write the report of the newest analysis again, the book of business, or one account."""
    from analysis.book_report import Filter
    from interviewer.findings import report_files

    if for_customer and not account:
        raise InvalidInput("--for-customer", "needs --account")
    if (owner or segment or renewal_within is not None) and not book:
        raise InvalidInput("--owner, --segment, --renewal-within", "need --book")
    services = installation()
    if account:
        told = report_files.write(
            out, partial(report_files.account, services, account, for_customer=for_customer)
        )
    elif book:
        wanted = Filter(owner, segment, renewal_within)
        told = report_files.write(out, partial(report_files.book, services, wanted))
    else:
        told = report_files.write_whole(services, out)
    say(f"{told}: {out}")
