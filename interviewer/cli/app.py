"""The command line's entry: the groups of commands, and how errors end."""

import logging
import sys

import typer

from interviewer.cli import (  # noqa: F401 - their commands
    actions,
    cases,
    data,
    destinations,
    findings,
    installation,
    numbers,
    outbox,
    privacy,
    reaching,
    risk,
    sources,
    studies,
    themes,
    widgets,
)
from interviewer.cli.common import app
from interviewer.cli.terminal import complain, say
from interviewer.core.errors import InterviewerError, InvalidInput


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


@app.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """A feedback interviewer for logistics; without a command it says what to do next."""
    if context.invoked_subcommand is None:
        from interviewer.cli.next_steps import next_step

        say(next_step())
