"""Commands by which a person has a say on themes."""

from typing import Annotated

import typer

from interviewer.cli.common import Json, app, installation
from interviewer.cli.terminal import say, table
from interviewer.core.book import ThemeAction

theme_app = typer.Typer(
    help="Look at themes, and decide about them for every later analysis.", no_args_is_help=True
)
app.add_typer(theme_app, name="theme")

Theme = Annotated[str, typer.Argument(help="The theme's id, as in `theme list`.")]


@theme_app.command("list")
def list_(json: Json = False) -> None:
    """The themes of the newest analysis, and what people decided about them."""
    from interviewer.findings import themes

    table(themes.listed(installation()), as_json=json, title="Themes")


@theme_app.command()
def statements(
    theme: Theme,
    number: Annotated[int | None, typer.Option(min=1, help="How many; all when not given.")] = None,
    json: Json = False,
) -> None:
    """Any number of a theme's statements, its quotes first, each with the id that a split takes."""
    from interviewer.findings import themes

    table(themes.statements(installation(), theme, number), as_json=json)


@theme_app.command()
def rename(theme: Theme, title: str) -> None:
    """Give a theme a title that stays."""
    _decide("rename", theme, title=title)


@theme_app.command()
def merge(theme: Theme, into: Annotated[str, typer.Argument(help="The one that remains.")]) -> None:
    """Put a theme into another; no later analysis takes them apart."""
    _decide("merge", theme, into=into)


@theme_app.command()
def split(
    theme: Theme,
    title: Annotated[str, typer.Argument(help="Of the part that is taken out.")],
    statements: Annotated[list[str], typer.Argument(help="Some of its statements, by their ids.")],
) -> None:
    """Take a part out of a theme: these statements and those nearer to them than to the rest."""
    _decide("split", theme, title=title, statements=statements)


@theme_app.command()
def pin(theme: Theme) -> None:
    """Keep a theme as it is, listed even when nobody speaks of it."""
    _decide("pin", theme)


@theme_app.command()
def release(theme: Theme) -> None:
    """Take back everything that was decided about a theme."""
    _decide("release", theme)


def _decide(
    action: ThemeAction,
    theme: str,
    *,
    title: str | None = None,
    into: str | None = None,
    statements: list[str] | None = None,
) -> None:
    from interviewer.findings import themes

    themes.decide(
        installation(), action, theme, title=title, into=into, statements=statements or ()
    )
    say("Stored; it holds from the next analysis on: interviewer analyze")
