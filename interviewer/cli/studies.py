"""Commands about studies: check, launch, try, rehearse."""

from pathlib import Path
from typing import Annotated

import typer

from interviewer.cli.common import Json, Slug, app, installation, pairs, text_of
from interviewer.cli.terminal import counted, remark, say, table
from interviewer.core.errors import InvalidInput

study_app = typer.Typer(
    help="Studies: what is asked, of whom, at which moment.", no_args_is_help=True
)
app.add_typer(study_app, name="study")


@study_app.command("list")
def study_list(json: Json = False) -> None:
    """Every study with its funnel, from invited to closed."""
    from interviewer.studies import lifecycle

    rows = lifecycle.funnel(installation())
    table(rows, as_json=json, title="Studies")
    if not json and not any(row["state"] == "live" for row in rows):
        say("None is live. Next: interviewer study check STUDY, interviewer study launch STUDY")


@study_app.command("show")
def study_show(
    study: Annotated[str, typer.Argument(help="The study's slug.")], json: Json = False
) -> None:
    """How a study's interviews go: funnel, wordings that were replaced, summaries, ratings."""
    from interviewer.studies import lifecycle

    table(lifecycle.show(installation(), study), as_json=json, title=study)


@study_app.command("check")
def study_check(
    study: Annotated[str, typer.Argument(help="A study's YAML file, or the slug of a study.")],
) -> None:
    """Say what is wrong or weak in a study, line by line; exit status 1 when anything is."""
    from interviewer.studies import lifecycle
    from interviewer.studies.prompts_folder import check_guide
    from interviewer.studies.trying import GUIDE_FILES

    is_file = Path(study).suffix in GUIDE_FILES
    problems = check_guide(
        Path(study) if is_file else lifecycle.named(installation(), study).source
    )
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
    """Start a study file from the closest ready study; with a goal, a model drafts its topics."""
    text, notes = _drafted(moment, goal)
    for note in notes:
        remark(note)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InvalidInput("--out", f"{out} cannot be written: {error.strerror}") from None
    say(f"{out} written. Next: edit it, then interviewer study check {out}")


def _drafted(moment: str, goal: str | None) -> tuple[str, tuple[str, ...]]:
    """The text of a new study, and what there is to say about it."""
    import asyncio

    from interviewer.settings import read_settings
    from interviewer.studies.new_study import draft, draft_for_goal
    from interviewer.wiring import author

    if goal is None:
        return draft(moment), ()
    writer = author(read_settings())
    if writer is None:
        note = "topics are those of the ready study: no language model is set up"
        return draft(moment, goal), (note,)
    drafted = asyncio.run(draft_for_goal(writer, moment, goal))
    return drafted.text, drafted.notes


@study_app.command("add")
def study_add(file: Annotated[Path, typer.Argument(help="The study's YAML file.")]) -> None:
    """Store a study; a changed one becomes its next version, and running interviews keep theirs."""
    from interviewer.access import audit
    from interviewer.studies import lifecycle
    from interviewer.studies.prompts_folder import load_guide

    guide, source = load_guide(file), file.read_text(encoding="utf-8")
    stored = lifecycle.add(installation(), guide, source, actor=audit.COMMAND_LINE)
    say(f"{stored.slug} is at version {stored.version}.")
    say(f"Next: interviewer try {file}, then interviewer study launch {stored.slug}")


@study_app.command("launch")
def study_launch(
    study: Slug,
    preview: Annotated[
        bool,
        typer.Option("--preview", help="Say who would be asked, and who not and why; no more."),
    ] = False,
    backtest: Annotated[
        str | None,
        typer.Option(metavar="FROM..TO", help="Say what past events would have brought about."),
    ] = None,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Do everything but send; `study show` says what.")
    ] = False,
    to: Annotated[
        list[str] | None,
        typer.Option(help="Shadow, with a copy of every message to this number or mail of yours."),
    ] = None,
    listed: Annotated[
        Path | None,
        typer.Option(
            "--list", help="CSV with contact_ref, account_ref or shipment_ref: ask these."
        ),
    ] = None,
    accounts: Annotated[
        str | None, typer.Option(metavar="all|FILE", help="Ask the contacts of these accounts.")
    ] = None,
    sample: Annotated[
        float, typer.Option(min=0, max=1, help="Share of a list or book that is asked.")
    ] = 1.0,
    json: Json = False,
) -> None:
    """Let the study's moments invite people from now on; or try that first, or ask a list."""
    from interviewer.cli import launching

    launching.launch(
        launching.Wanted(study, preview, backtest, shadow, to or [], listed, accounts, sample, json)
    )


@study_app.command("pause")
def study_pause(study: Slug) -> None:
    """Invite nobody until it is launched again."""
    from interviewer.studies import lifecycle

    lifecycle.set_state(installation(), study, "paused")
    say(f"{study} is paused: nobody is invited; interviews that run go on.")
    say(f"Next: interviewer study launch {study}, or interviewer study close {study}")


@study_app.command("close")
def study_close(study: Slug) -> None:
    """Accept no new interview."""
    from interviewer.studies import lifecycle

    lifecycle.set_state(installation(), study, "closed")
    say(f"{study} is closed: it accepts no new interview; those that run go on.")
    say("Next: interviewer analyze")


@app.command(name="try")
def try_(
    study: Annotated[str, typer.Argument(help="The slug of a ready study, or a YAML file.")],
    language: Annotated[str, typer.Option(help="en, es, de ...")] = "en",
    context: Annotated[list[str] | None, typer.Option(help="key=value; repeatable.")] = None,
) -> None:
    """Be interviewed here in the terminal; nothing is kept."""
    from interviewer.cli.trying import try_study

    try_study(study, language, pairs("--context", context))


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="One answer per line; - reads standard input.")],
    study: Annotated[
        str, typer.Option(help="Whose topics and fields are looked for.")
    ] = "delivery-check",
    question: Annotated[str, typer.Option(help="The question that was answered.")] = "",
) -> None:
    """Print how each answer is read, as JSON, one line per answer."""
    from interviewer.studies.trying import read_answers

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
    from interviewer.cli.trying import show
    from interviewer.studies.rehearsal import read_baselines, read_respondents, rehearse

    respondents = read_respondents(text_of(personas))
    with counted("interviewing") as progress:
        done = rehearse(study, respondents, seed, read_baselines(compare), progress)
    if html:
        from interviewer.studies.simulation_page import render

        html.write_text(render(done), encoding="utf-8")
    show(done, as_json=json)
    if html and not json:
        say(f"Page: {html}")
