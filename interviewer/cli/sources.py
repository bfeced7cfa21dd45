"""Commands about what comes in: sources, the inbox, why something happened or did not."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.common import Json, app, installation, pairs
from interviewer.cli.terminal import say, table
from interviewer.core.errors import InvalidInput

if TYPE_CHECKING:
    from interviewer.events.endpoints import NewEndpoint
    from interviewer.store import InboxEvent

source_app = typer.Typer(help="Where carriers and other systems deliver.", no_args_is_help=True)
app.add_typer(source_app, name="source")

Name = Annotated[str, typer.Argument(help="The source's name.")]
ServerUrl = Annotated[
    str, typer.Option(help="Where the server answers; else INTERVIEWER_PUBLIC_URL, else loopback.")
]
LOOPBACK = "http://127.0.0.1:8000"


def base_url(given: str) -> str:
    """Where the server answers, as given, as set, or as it does by default."""
    from interviewer.settings import read_settings

    return given.rstrip("/") or read_settings().public_url or LOOPBACK


@source_app.command("add")
def source_add(
    source: Annotated[
        str,
        typer.Argument(help="aftership, easypost, shippo, shopify, cloudevents or folder."),
    ],
    name: Annotated[str, typer.Option(help="Your name for it.")],
    values: Annotated[Path | None, typer.Option(help="YAML: their words to ours.")] = None,
    secret: Annotated[
        str, typer.Option(help="- reads the provider's secret from standard input.")
    ] = "",
    path: Annotated[Path | None, typer.Option(help="Of a folder: which one.")] = None,
    kind: Annotated[str, typer.Option(help="Of a folder: what its files hold.")] = "",
    map: Annotated[
        list[str] | None, typer.Option(help="Of a folder, ours=theirs: a column's name.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="Of a folder: of times without offset.")] = "UTC",
    region: Annotated[str, typer.Option(help="Of a folder: country of phone numbers.")] = "",
    due_by: Annotated[
        str, typer.Option(help="Of a folder: the local hour by which a file is due, as 06:30.")
    ] = "",
    url: ServerUrl = "",
) -> None:
    """Make an endpoint and print its URL and its secret once; or watch a folder."""
    from interviewer.core.book import ShipmentEvent
    from interviewer.events import endpoints
    from interviewer.events.folders import FileReading, watch
    from interviewer.events.value_maps import load_value_map

    services = installation()
    words = load_value_map(values, ShipmentEvent) if values else {}
    if source == endpoints.FOLDER:
        how = FileReading(kind, pairs("--map", map), timezone, region or None, due_by or None)
        watched = watch(services, name, path, how, words)
        say(f"{name}: files of {kind} in {watched.path} are taken by the worker.")
        say("A file is taken when it stops growing, or at once when NAME.done lies beside it.")
        return
    made = endpoints.add(services, source, name, secret=_read_secret(secret), words=words)
    _say_made(made, base_url(url), given=bool(secret))
    say(f"Next: interviewer source test {name}")


@source_app.command("list")
def source_list(url: ServerUrl = "", json: Json = False) -> None:
    """Every source: its URL, its last event, what was refused, not understood or held back."""
    from interviewer.events import endpoints

    rows = endpoints.overview(installation(), base_url(url))
    table(rows, as_json=json, title="Sources")
    if not rows and not json:
        say("Next: interviewer source add easypost --name my-carrier")


@source_app.command("test")
def source_test(
    name: Name,
    file: Annotated[Path | None, typer.Argument(help="A body; else a sample of ours.")] = None,
    url: ServerUrl = "",
) -> None:
    """Sign a sample as the provider would, deliver it, and print each step; it never sends."""
    from interviewer.events.source_trial import run
    from interviewer.wiring import sample_event

    body = file.read_bytes() if file else None
    done = run(installation(), name, base_url(url), lambda *at: body or sample_event(*at))
    for step in done.steps:
        say(f"{'ok' if step.passed else 'NO':>3}  {step.name:<9} {step.detail}")
    if not done.passed:
        raise typer.Exit(1)


@source_app.command("rotate")
def source_rotate(
    name: Name,
    now: Annotated[bool, typer.Option("--now", help="The old secret ends at once.")] = False,
    secret: Annotated[
        str, typer.Option(help="- reads the provider's secret from standard input.")
    ] = "",
    url: ServerUrl = "",
) -> None:
    """Add a second secret and print it; the one before ends after 24 hours."""
    from interviewer.events import endpoints

    made = endpoints.rotate(installation(), name, secret=_read_secret(secret), at_once=now)
    _say_made(made, base_url(url), given=bool(secret))
    say("The old secret ended." if now else "The old secret counts for another 24 hours.")


def _read_secret(option: str) -> str | None:
    if option and option != "-":
        fix = "is not taken from the command line; write --secret - and give it on standard input"
        raise InvalidInput("--secret", fix)
    return sys.stdin.readline().strip() or None if option else None


def _say_made(made: "NewEndpoint", base: str, *, given: bool) -> None:
    from interviewer.events import endpoints

    say(f"URL:     {endpoints.url(base, made.endpoint, made.secret)}")
    if given:
        say("Secret:  the provider's, stored encrypted")
    else:
        say(f"Secret:  {made.secret}   (shown this once)")


@app.command()
def inbox(
    quarantined: Annotated[
        bool, typer.Option("--quarantined", help="Only what is held back, and why.")
    ] = False,
    replay: Annotated[
        str, typer.Option(help="ID, or all: read again, of --quarantined those alone.")
    ] = "",
    set_time: Annotated[
        tuple[str, str] | None, typer.Option(help="ID TIME: put this time where none is.")
    ] = None,
    discard: Annotated[str, typer.Option(help="ID: hold it back no more, never take it.")] = "",
    newest: Annotated[int, typer.Option(help="How many are shown.", min=1)] = 50,
    json: Json = False,
) -> None:
    """What came in, what is held back and why; read it again, set its time, put it away."""
    from interviewer.events import intake
    from interviewer.events import quarantine as held

    services = installation()
    if replay:
        every = replay == "all"
        events = services.store.inbox(held_back=quarantined) if every else None
        n = held.replay(services, [held.named(services, replay)] if events is None else events)
    elif set_time:
        held.set_time(services, held.named(services, set_time[0]), set_time[1])
        n = 1
    elif discard:
        held.discard(services, held.named(services, discard))
        n = 0
        say(f"{discard} is put away.")
    else:
        _show(services.store.inbox(held_back=quarantined, limit=newest), json)
        return
    while n and intake.work_inbox(services):
        pass
    if n:
        left = len(services.store.inbox(held_back=True))
        say(f"{n} read again; {left} are held back now.")


def _show(events: "Sequence[InboxEvent]", json: bool) -> None:
    rows = [
        {
            "id": f"{event.source}/{event.event_id}",
            "came": f"{event.received_at:%Y-%m-%d %H:%M:%S}",
            "state": _state(event),
            "why": event.error or event.note,
        }
        for event in events
    ]
    table(rows, as_json=json, title="Inbox")
    if not json and any(row["state"] == "held back" for row in rows):
        say("Next: interviewer inbox --replay ID, --set-time ID 2026-11-20T14:03:00Z, --discard ID")


def _state(event: "InboxEvent") -> str:
    if event.test:
        return "test"
    if event.error:
        return "held back"
    return "taken" if event.processed_at else "waits"


@app.command()
def why(
    ref: Annotated[str, typer.Argument(help="A shipment, a contact or an account.")],
    json: Json = False,
) -> None:
    """Why an interview happened, or did not: event, moment, study, gate, each with its rule."""
    from interviewer.events import reasons

    steps = reasons.why(installation(), ref)
    if json:
        table([step._asdict() for step in steps], as_json=True)
        return
    for step in steps:
        say(f"{'  ' * step.depth}{step.at or '':<17}{step.kind:<11} {step.text}")
