"""Commands of the widget: where a study may be embedded, and what signs its context."""

from typing import Annotated

import typer

from interviewer.cli.common import Json, Slug, app, installation
from interviewer.cli.terminal import say, table

widget_app = typer.Typer(
    help="The widget: studies inside other pages, and what signs their context.",
    no_args_is_help=True,
)
app.add_typer(widget_app, name="widget")


@widget_app.command("allow")
def widget_allow(
    study: Slug,
    origin: Annotated[
        list[str], typer.Option(help="Such as https://shop.example.com; repeatable.")
    ],
) -> None:
    """Let pages of these origins, and of no others, embed a study; prints what to paste there."""
    from interviewer.web.widget import allow

    services = installation()
    allow(services, study, origin)
    base = services.organization.public_url or "http://127.0.0.1:8000"
    say(f"{study} may be embedded by {', '.join(origin)}:\n")
    say(f'  <script src="{base}/widget.js" data-study="{study}" async></script>\n')
    say(f"Next: to say whose delivery or account it is, interviewer widget secret {study}")


@widget_app.command("secret")
def widget_secret(
    study: Slug,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make the next one; this one is taken until then.")
    ] = False,
) -> None:
    """Print the secret with which the host's server signs a study's context."""
    from interviewer.settings import read_settings
    from interviewer.web import widget

    services, settings = installation(), read_settings()
    own = services.store.widget(study)
    widget.signing_secret(settings, study, own.generation)  # refuses before anything changes
    if rotate:
        own = widget.rotate(services, study)
    say(widget.signing_secret(settings, study, own.generation))


@widget_app.command("list")
def widget_list(json: Json = False) -> None:
    """The studies that may be embedded, and where."""
    rows = [
        {"study": w.study, "origins": ", ".join(w.origins), "secret": w.generation}
        for w in installation().store.widgets()
    ]
    table(rows, as_json=json, title="Widgets")
    if not rows and not json:
        say("None yet. Next: interviewer widget allow STUDY --origin https://shop.example.com")
