"""The command line: one thin function per command."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from interviewer.core.errors import InterviewerError, InvalidInput, NotFound
from interviewer.terminal import counted, err, say, steps, table

app = typer.Typer(
    help="A feedback interviewer for logistics: short interviews at the moment that matters.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
study_app = typer.Typer(help="Studies: what is asked, of whom, at which moment.")
key_app = typer.Typer(help="Keys of the JSON API.")
app.add_typer(study_app, name="study")
app.add_typer(key_app, name="key")

Json = Annotated[bool, typer.Option("--json", help="Print JSON in place of a table.")]


def main() -> None:
    """Run a command; an expected error is one line and exit status 1, never a traceback."""
    try:
        app()
    except InterviewerError as error:
        err.print(f"error: {error.message}", markup=False)
        sys.exit(1)


def _services() -> Any:
    from interviewer.settings import Settings
    from interviewer.wiring import build

    return build(Settings())


@app.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Say what to do next when no command is given."""
    if context.invoked_subcommand is None:
        say(_next_step())


def _next_step() -> str:
    try:
        services = _services()
    except InterviewerError:
        return (
            "No database yet.\n"
            "  interviewer init                 create it and load the ready studies\n"
            "  interviewer try delivery-check   be interviewed, here in the terminal\n"
            "  interviewer --help               every command"
        )
    live = [study.slug for study in services.store.studies() if study.state == "live"]
    if not services.store.keys() and not live:
        return (
            "The studies are ready. Next:\n"
            "  interviewer try delivery-check         be interviewed, here in the terminal\n"
            "  interviewer key create --name shop     a key for the JSON API\n"
            "  interviewer import accounts FILE       load the book of business\n"
            "  interviewer study launch delivery-check\n"
            "  interviewer serve                      pages and API on http://127.0.0.1:8000"
        )
    return (
        f"Live: {', '.join(live) or 'no study yet (interviewer study launch STUDY)'}\n"
        "  interviewer study list     studies and how far their interviews came\n"
        "  interviewer analyze        themes and renewal risk from what was said\n"
        "  interviewer serve          pages and API on http://127.0.0.1:8000"
    )


@app.command()
def init() -> None:
    """Create or migrate the database and load the ready studies; safe to repeat."""
    from interviewer.settings import Settings
    from interviewer.wiring import initialize

    slugs = initialize(Settings())
    say(f"{len(slugs)} studies are ready: {', '.join(slugs)}")
    say("Next: interviewer try delivery-check")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Serve the pages and the JSON API; on SQLite the worker runs inside."""
    from interviewer.web.serving import serve as run

    run(host, port)


@app.command()
def worker() -> None:
    """Take in events, send what is due, close what is over, until it is stopped."""
    from interviewer import worker as background

    services = _services()
    say("Working; stop with Ctrl-C.")
    if not services.channels:
        say("No SMS or mail provider is set up: moments are recorded, and nobody is written to.")

    async def until_stopped() -> None:
        await background.run(services, asyncio.Event())

    try:
        asyncio.run(until_stopped())
    except KeyboardInterrupt:
        say("Stopped; what was due stays due.")


@study_app.command("list")
def study_list(json: Json = False) -> None:
    """Every study with its funnel, from invited to closed."""
    services = _services()
    funnel = services.store.funnel()
    rows = [
        {
            "study": study.slug,
            "state": study.state,
            "version": study.version,
            **{
                step: funnel.get(study.slug, {}).get(step, 0)
                for step in ("invited", "opened", "answered", "closed", "handed_off", "opted_out")
            },
        }
        for study in services.store.studies()
    ]
    table(rows, as_json=json)
    if not json and not any(study.state == "live" for study in services.store.studies()):
        say(
            "None is live. Next: interviewer study check STUDY, then interviewer study launch STUDY"
        )


@study_app.command("check")
def study_check(
    study: Annotated[str, typer.Argument(help="A study's YAML file, or the slug of a study.")],
) -> None:
    """Say what is wrong or weak in a study, line by line; exit status 1 when anything is."""
    from interviewer.prompts_folder import check_guide

    source = Path(study) if Path(study).suffix in (".yaml", ".yml") else _stored_source(study)
    problems = check_guide(source)
    for problem in problems:
        say(f"{study}: {problem}")
    if problems:
        raise typer.Exit(1)
    say(f"{study}: nothing to mend. Next: interviewer try {study}")


def _stored_source(slug: str) -> str:
    from interviewer.prompts_folder import load_guide, ready_sources

    for source in ready_sources():
        if load_guide(source).slug == slug:
            return source
    stored: str = _services().store.study(slug).source
    return stored


@study_app.command("add")
def study_add(file: Annotated[Path, typer.Argument(help="The study's YAML file.")]) -> None:
    """Store a study; a changed one becomes its next version, and running interviews keep theirs."""
    from interviewer import studies
    from interviewer.prompts_folder import load_guide

    guide = load_guide(file)
    stored = studies.add(_services(), guide, file.read_text(encoding="utf-8"))
    say(f"{stored.slug} is at version {stored.version}.")
    say(f"Next: interviewer try {file}, then interviewer study launch {stored.slug}")


def _state_command(state: str, done: str) -> Callable[[str], None]:
    def command(study: Annotated[str, typer.Argument(help="The study's slug.")]) -> None:
        from interviewer import studies

        say(f"{studies.set_state(_services(), study, state).slug} {done}")  # type: ignore[arg-type]

    return command


study_app.command("launch", help="Let the study's moments invite people from now on.")(
    _state_command("live", "is live: new moments invite people; older ones stay history.")
)
study_app.command("pause", help="Invite nobody until it is launched again.")(
    _state_command("paused", "is paused: nobody is invited; running interviews go on.")
)
study_app.command("close", help="Accept no new interview.")(
    _state_command("closed", "is closed: it accepts no new interview.")
)


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
    say(
        f"Use it as: curl -H 'Authorization: Bearer {key[:16]}…' http://127.0.0.1:8000/api/v1/studies"
    )


@key_app.command("list")
def key_list(json: Json = False) -> None:
    """The keys by name, without their secrets."""
    rows = [
        {"key": k.key_id, "name": k.name, "created": k.created_at, "last_used": k.last_used_at}
        for k in list(_services().store.keys())
    ]
    table(rows, as_json=json)


@app.command()
def password() -> None:
    """Set the owner's password for the pages; ends every session."""
    from interviewer.web.access import set_owner_password

    typed = typer.prompt("New password", hide_input=True, confirmation_prompt=True)
    set_owner_password(_services(), typed)
    say("The password is set.")


@app.command(name="import")
def import_(
    kind: Annotated[
        str,
        typer.Argument(
            help="accounts, contacts, consents, suppressions, "
            "shipments, events, scores, claims, transcripts"
        ),
    ],
    file: Annotated[Path, typer.Argument(help="CSV or JSONL.")],
    map: Annotated[list[str], typer.Option(help="ours=theirs: a column under another name.")] = [],  # noqa: B006
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

    what = Import(
        kind, file, dict(_pair(m) for m in map), values, timezone, region, dry_run=dry_run
    )
    with counted(f"importing {file.name}") as progress:
        report = import_file(_services(), what, progress)
    table([report.counts()], as_json=json, title=f"{kind} from {file.name}")
    if json:
        return
    for line in report.remarks():
        say(line)


def _pair(text: str) -> tuple[str, str]:
    ours, equals, theirs = text.partition("=")
    if not (ours and equals and theirs):
        raise InvalidInput("--map", "is not ours=theirs, for example shipment_ref=order_id", text)
    return ours.strip(), theirs.strip()


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("export"),
) -> None:
    """Give everything back as JSONL and as CSV that no spreadsheet runs."""
    from interviewer.exports import export_all

    for name, rows in export_all(_services(), out):
        say(f"{rows:>8,}  {out / name}")


@app.command(name="try")
def try_(
    study: Annotated[str, typer.Argument(help="The slug of a ready study, or a YAML file.")],
    language: Annotated[str, typer.Option(help="en, es, de ...")] = "en",
    context: Annotated[list[str], typer.Option(help="key=value, as often as needed.")] = [],  # noqa: B006
) -> None:
    """Be interviewed here in the terminal; nothing is kept."""
    from interviewer.trying import try_study

    asyncio.run(try_study(study, language, dict(_pair(c) for c in context)))


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="One answer per line; - reads standard input.")],
    study: Annotated[
        str, typer.Option(help="Whose topics and fields are looked for.")
    ] = "delivery-check",
    question: Annotated[str, typer.Option(help="The question that was answered.")] = "",
) -> None:
    """Print how each answer is read, as JSON, one line per answer."""
    from interviewer.trying import read_answers

    text = sys.stdin.read() if str(file) == "-" else _text_of(file)
    for line in read_answers(study, question, text.splitlines()):
        say(line)


def _text_of(file: Path) -> str:
    if not file.is_file():
        raise NotFound(f"no file {str(file)!r}")
    return file.read_text(encoding="utf-8")


@app.command()
def simulate(
    study: Annotated[str, typer.Argument(help="The slug of a ready study, or a YAML file.")],
    personas: Annotated[
        Path, typer.Option(help="Simulated respondents, one JSON object a line.")
    ] = Path("examples/respondents.jsonl"),
    seed: Annotated[int, typer.Option(help="Of the bootstrap intervals.")] = 0,
    json: Json = False,
) -> None:
    """Play simulated respondents against a study and print its scorecard."""
    from interviewer.trying import simulate_study

    rows = asyncio.run(simulate_study(study, _text_of(personas), seed))
    table(rows, as_json=json, title=f"{study}, simulated respondents")


@app.command()
def analyze(
    out: Annotated[Path, typer.Option(help="Where the report goes.")] = Path("report.html"),
) -> None:
    """Find themes and renewal risk in what was said, and write the report."""
    from interviewer import studies
    from interviewer.settings import Settings
    from interviewer.wiring import encoder, vector_cache

    services, settings = _services(), Settings()
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
    found = made.findings
    counts = (len(found.utterances), len(found.themes), len(found.risks))
    say("{:,} answers, {:,} themes, {:,} accounts".format(*counts))
    bands = [risk.band for risk in found.risks]
    for band in ("high", "elevated", "low", "not_enough_evidence"):
        say(f"  {bands.count(band):>4}  {band.replace('_', ' ')}")
    say(f"Report: {out}")


@app.command()
def report(
    out: Annotated[Path, typer.Option(help="Where the report goes.")] = Path("report.html"),
) -> None:
    """Write the report of the newest analysis again."""
    run = _services().store.latest_run()
    if run is None:
        raise NotFound("nothing was analyzed yet; run interviewer analyze")
    out.write_text(run.report, encoding="utf-8")
    say(f"Report of {run.at:%Y-%m-%d %H:%M} UTC: {out}")


@app.command()
def doctor(json: Json = False) -> None:
    """Look over the installation: what works, what is missing, how to mend it."""
    from interviewer.doctor import examine

    rows = [{"check": c.name, "state": c.state, "detail": c.detail} for c in examine()]
    table(rows, as_json=json)
    if any(row["state"] == "fails" for row in rows):
        raise typer.Exit(1)
