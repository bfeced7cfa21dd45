"""The command line: one thin function per command."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.core.errors import (
    InterviewerError,
    InvalidGuide,
    InvalidInput,
    NotFound,
)
from interviewer.terminal import complain, counted, say, steps, table

if TYPE_CHECKING:
    from interviewer.ports import Services

app = typer.Typer(
    help="A feedback interviewer for logistics: short interviews at the moment that matters.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
study_app = typer.Typer(
    help="Studies: what is asked, of whom, at which moment.", no_args_is_help=True
)
key_app = typer.Typer(help="Keys of the JSON API.", no_args_is_help=True)
app.add_typer(study_app, name="study")
app.add_typer(key_app, name="key")

Json = Annotated[bool, typer.Option("--json", help="Print JSON in place of a table.")]
Slug = Annotated[str, typer.Argument(help="The study's slug.")]
Report = Annotated[Path, typer.Option(help="Where the report goes.")]


def main() -> None:
    """Run a command; an expected error is one line and exit status 1, never a traceback."""
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    try:
        app()
    except InvalidInput as error:
        given = "" if error.value is None else f" (given: {str(error.value)[:80]!r})"
        complain(error.message + given)
        sys.exit(1)
    except InterviewerError as error:
        complain(error.message)
        sys.exit(1)
    except OSError as error:
        complain(f"{error.filename or 'file'}: {error.strerror or error}")
        sys.exit(1)


def _services() -> "Services":
    from interviewer.settings import read_settings
    from interviewer.wiring import build

    return build(read_settings())


@app.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """A feedback interviewer for logistics; without a command it says what to do next."""
    if context.invoked_subcommand is None:
        from interviewer.next_steps import next_step

        say(next_step())


# the installation


@app.command()
def init() -> None:
    """Create or migrate the database and load the ready studies; safe to repeat."""
    from interviewer.settings import read_settings
    from interviewer.wiring import initialize

    slugs = initialize(read_settings())
    say(f"{len(slugs)} studies are ready: {', '.join(slugs)}")
    say("Next: interviewer try delivery-check")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
) -> None:
    """Serve the pages and the JSON API; on SQLite the worker runs inside."""
    from interviewer.web.serving import serve as run

    run(host, port)


@app.command()
def worker() -> None:
    """Take in events, send what is due, close what is over, until it is stopped."""
    from interviewer import worker as background

    services = _services()
    if not services.channels:
        say("No SMS or mail provider is set up: moments are recorded, and nobody is written to.")
    asyncio.run(background.run_until_signal(services, lambda: say("Working; stop with Ctrl-C.")))
    say("Stopped; what was due stays due.")


@app.command()
def doctor(json: Json = False) -> None:
    """Look over the installation: what works, what is missing, how to mend it."""
    from interviewer.doctor import examine

    rows = [{"check": c.name, "state": c.state, "detail": c.detail} for c in examine()]
    table(rows, as_json=json)
    if any(row["state"] == "fails" for row in rows):
        raise typer.Exit(1)


@key_app.command("create")
def key_create(
    name: Annotated[str, typer.Option(help="Who uses it.")],
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the key alone.")] = False,
) -> None:
    """Make a key of the JSON API; it is shown once and stored as a hash."""
    from interviewer.web.access import new_key

    key = new_key(_services(), name)
    if quiet:
        say(key)
        return
    say(f"The key of {name!r}, shown this once:\n\n  {key}\n")
    say("Use it as: curl -H 'Authorization: Bearer KEY' http://127.0.0.1:8000/api/v1/studies")


@key_app.command("list")
def key_list(json: Json = False) -> None:
    """The keys by name, without their secrets."""
    rows = [
        {"key": k.key_id, "name": k.name, "created": k.created_at, "last_used": k.last_used_at}
        for k in list(_services().store.keys())
    ]
    table(rows, as_json=json, title="Keys")


@app.command()
def password() -> None:
    """Set the owner's password for the pages; ends every session."""
    from interviewer.web.access import set_owner_password

    services = _services()
    typed = typer.prompt("New password", hide_input=True, confirmation_prompt=True)
    set_owner_password(services, typed)
    say("The password is set.")


# studies


@study_app.command("list")
def study_list(json: Json = False) -> None:
    """Every study with its funnel, from invited to closed."""
    from interviewer import studies

    rows = studies.funnel(_services())
    table(rows, as_json=json, title="Studies")
    if not json and not any(row["state"] == "live" for row in rows):
        say("None is live. Next: interviewer study check STUDY, interviewer study launch STUDY")


@study_app.command("show")
def study_show(
    study: Annotated[str, typer.Argument(help="The study's slug.")], json: Json = False
) -> None:
    """How a study's interviews go: funnel, wordings that were replaced, summaries, ratings."""
    from interviewer import studies

    table(studies.show(_services(), study), as_json=json, title=study)


@study_app.command("check")
def study_check(
    study: Annotated[str, typer.Argument(help="A study's YAML file, or the slug of a study.")],
) -> None:
    """Say what is wrong or weak in a study, line by line; exit status 1 when anything is."""
    from interviewer import studies
    from interviewer.prompts_folder import check_guide
    from interviewer.trying import GUIDE_FILES

    is_file = Path(study).suffix in GUIDE_FILES
    problems = check_guide(Path(study) if is_file else studies.named(_services(), study).source)
    for problem in problems:
        say(f"{study}: {problem}")
    if problems:
        raise typer.Exit(1)
    say(f"{study}: nothing to mend. Next: interviewer try {study}")


@study_app.command("new")
def study_new(
    moment: Annotated[str, typer.Option(help="Exception, delivered, renewal, review, score ...")],
    goal: Annotated[str | None, typer.Option(help="What you want to know at the end.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write it; printed without one.")
    ] = None,
) -> None:
    """Start a study file from the closest ready study, with comments that guide its author."""
    from interviewer.new_study import draft

    text = draft(moment, goal)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InvalidInput("--out", f"{out} cannot be written: {error.strerror}") from None
    say(f"{out} written. Next: edit it, then interviewer study check {out}")


@study_app.command("add")
def study_add(file: Annotated[Path, typer.Argument(help="The study's YAML file.")]) -> None:
    """Store a study; a changed one becomes its next version, and running interviews keep theirs."""
    from interviewer import studies
    from interviewer.prompts_folder import load_guide

    guide = load_guide(file)
    stored = studies.add(_services(), guide, file.read_text(encoding="utf-8"))
    say(f"{stored.slug} is at version {stored.version}.")
    say(f"Next: interviewer try {file}, then interviewer study launch {stored.slug}")


@study_app.command("launch")
def study_launch(study: Slug) -> None:
    """Let the study's moments invite people from now on."""
    from interviewer import studies
    from interviewer.next_steps import after_launch
    from interviewer.prompts_folder import check_guide

    services = _services()
    if problems := check_guide(studies.named(services, study).source):
        raise InvalidGuide(problems, study)
    for line in after_launch(services, studies.set_state(services, study, "live")):
        say(line)


@study_app.command("pause")
def study_pause(study: Slug) -> None:
    """Invite nobody until it is launched again."""
    from interviewer import studies

    studies.set_state(_services(), study, "paused")
    say(f"{study} is paused: nobody is invited; interviews that run go on.")
    say(f"Next: interviewer study launch {study}, or interviewer study close {study}")


@study_app.command("close")
def study_close(study: Slug) -> None:
    """Accept no new interview."""
    from interviewer import studies

    studies.set_state(_services(), study, "closed")
    say(f"{study} is closed: it accepts no new interview; those that run go on.")
    say("Next: interviewer analyze")


@app.command(name="try")
def try_(
    study: Annotated[str, typer.Argument(help="The slug of a ready study, or a YAML file.")],
    language: Annotated[str, typer.Option(help="en, es, de ...")] = "en",
    context: Annotated[list[str] | None, typer.Option(help="key=value; repeatable.")] = None,
) -> None:
    """Be interviewed here in the terminal; nothing is kept."""
    from interviewer.trying import try_study

    try_study(study, language, _pairs("--context", context))


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="One answer per line; - reads standard input.")],
    study: Annotated[
        str, typer.Option(help="Whose topics and fields are looked for.")
    ] = "delivery-check",
    question: Annotated[str, typer.Option(help="The question that was answered.")] = "",
) -> None:
    """Print how each answer is read, as JSON, one line per answer."""
    from interviewer.trying import read_answers, text_of

    for line in read_answers(study, question, text_of(file).splitlines()):
        say(line)


@app.command()
def simulate(
    study: Annotated[
        str, typer.Argument(help="The slug of a ready study, a YAML file, or all of them: all.")
    ],
    personas: Annotated[
        Path, typer.Option(help="Simulated respondents, one JSON object a line; - reads them in.")
    ] = Path("examples/respondents.jsonl"),
    compare: Annotated[
        str, typer.Option(help="Play these beside ours: form, generic, script.")
    ] = "",
    html: Annotated[
        Path | None, typer.Option(help="Write a page with every transcript here.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the bootstrap intervals.", min=0)] = 0,
    json: Json = False,
) -> None:
    """Play simulated respondents against a study and print its scorecard."""
    from interviewer.rehearsal import read_baselines, read_respondents, rehearse, show
    from interviewer.trying import text_of

    respondents = read_respondents(text_of(personas))
    done = rehearse(study, respondents, seed, read_baselines(compare))
    if html:
        from interviewer.simulation_page import render

        html.write_text(render(done), encoding="utf-8")
    show(done, as_json=json)
    if html and not json:
        say(f"Page: {html}")


# data in and out


@app.command(name="import")
def import_(
    kind: Annotated[
        str,
        typer.Argument(
            help="accounts, contacts, consents, suppressions, shipments, events, scores, claims, "
            "outcomes or transcripts."
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
    from interviewer.imports import Import, import_file

    columns = _pairs("--map", map)
    what = Import(kind, file, columns, values, timezone, region, dry_run=dry_run)
    with counted(f"importing {file.name}") as progress:
        report = import_file(_services(), what, progress)
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
    from interviewer.exports import export_all

    rows = [{"file": str(out / name), "rows": n} for name, n in export_all(_services(), out)]
    table(rows, as_json=json)


def _pairs(option: str, texts: list[str] | None) -> dict[str, str]:
    """The repeated `key=value` of an option."""
    pairs = {}
    for text in texts or ():
        key, equals, value = (part.strip() for part in text.partition("="))
        if not (key and equals and value):
            raise InvalidInput(option, "is not key=value, such as shipment_ref=order_id", text)
        pairs[key] = value
    return pairs


# findings


@app.command()
def analyze(out: Report = Path("report.html"), json: Json = False) -> None:
    """Find themes and renewal risk in what was said, and write the report."""
    from interviewer import studies
    from interviewer.settings import read_settings
    from interviewer.wiring import encoder, vector_cache

    services, settings = _services(), read_settings()
    out.open("a").close()  # where it cannot be written, nobody waits for it
    with steps() as step:
        step("loading the encoder", 0)
        made = studies.analyze(
            services,
            encoder(settings),
            cache=vector_cache(settings),
            base_rate=settings.base_rate,
            encoder_name=settings.encoder,
            progress=step,
        )
    out.write_text(made.run.report, encoding="utf-8")
    table(studies.found(made), as_json=json, title="Found")
    if not json:
        say(f"Report: {out}")


@app.command()
def report(out: Report = Path("report.html")) -> None:
    """Write the report of the newest analysis again."""
    run = _services().store.latest_run()
    if run is None:
        raise NotFound("nothing was analyzed yet; run interviewer analyze")
    out.write_text(run.report, encoding="utf-8")
    say(f"Report of {run.at:%Y-%m-%d %H:%M} UTC: {out}")
