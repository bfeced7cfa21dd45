"""How commands talk: tables, progress, and JSON where it is asked for."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

T = TypeVar("T")

WIDE = 160  # columns of a table that goes to a file or another program
out = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False, emoji=False)

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def say(text: str, style: str | None = None) -> None:
    """Plain text as it is: no markup, no control characters, no line broken by us."""
    out.print(plain(text), style=style, markup=False, soft_wrap=True)


def complain(text: str) -> None:
    """What went wrong, on standard error."""
    err.print(f"error: {plain(text)}", markup=False, soft_wrap=True)


def remark(text: str) -> None:
    """What is worth knowing beside the output, on standard error."""
    err.print(plain(text), markup=False, soft_wrap=True)


def plain(text: str) -> str:
    """The text with a mark for each character that could steer a terminal."""
    return CONTROL.sub("\ufffd", text)


def table(rows: Sequence[Mapping[str, Any]], *, as_json: bool, title: str = "") -> None:
    """Rows with the same keys, as a table, or as JSON alone."""
    if as_json:
        sys.stdout.write(json.dumps(list(rows), ensure_ascii=False, indent=2, default=str) + "\n")
        return
    if not rows:
        say(f"{title or 'Found'}: nothing")
        return
    shown = Table(title=escape(title) or None, title_justify="left", box=SIMPLE_HEAD)
    first = next(iter(rows[0]))
    for name, value in rows[0].items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        shown.add_column(
            escape(name.replace("_", " ")),
            justify="right" if number else "left",
            no_wrap=name == first,
        )
    for row in rows:
        shown.add_row(*(escape(plain(_cell(value))) for value in row.values()))
    out.print(shown)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


@contextmanager
def progress() -> Iterator[Progress]:
    """Bars for long work, on standard error; without a terminal they stay silent."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=not err.is_terminal,
    ) as bars:
        yield bars


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for work that tells how much of how much is done."""
    with progress() as bars:
        task = bars.add_task(what, total=None)

        def move(done: int, of: int) -> None:
            bars.update(task, completed=done, total=of)

        yield move


@contextmanager
def steps() -> Iterator[Callable[[str, int], None]]:
    """A bar for work that tells its steps: each call ends the step before."""
    with progress() as bars:
        task: list[Any] = []

        def begin(step: str, rows: int) -> None:
            if task:
                bars.update(task[0], total=1, completed=1)
            task[:] = [bars.add_task(f"{step} ({rows:,})" if rows else step, total=None)]

        yield begin
        if task:
            bars.update(task[0], total=1, completed=1)
