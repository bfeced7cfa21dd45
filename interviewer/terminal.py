"""How commands talk: tables, progress, and JSON where it is asked for."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

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

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """One line of plain text; what people wrote in it is never read as markup."""
    out.print(text, markup=False)


def table(rows: Sequence[Mapping[str, Any]], *, as_json: bool, title: str = "") -> None:
    """Rows with the same keys, as a table, or as JSON alone."""
    if as_json:
        sys.stdout.write(json.dumps(list(rows), ensure_ascii=False, indent=2, default=str) + "\n")
        return
    shown = Table(title=escape(title) or None, title_justify="left", header_style="bold")
    for name, value in rows[0].items() if rows else ():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        shown.add_column(name.replace("_", " "), justify="right" if number else "left")
    for row in rows:
        shown.add_row(*(escape(_cell(value)) for value in row.values()))
    out.print(shown)


def _cell(value: object) -> str:
    if value is None:
        return "-"
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


def tracked(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """The items, with a bar that counts them."""
    with progress() as bars:
        task = bars.add_task(what, total=total)
        for item in items:
            yield item
            bars.advance(task)


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
