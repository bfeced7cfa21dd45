"""Commands about reaching people: links, and mails that came back."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from interviewer.cli.common import Json, app, installation
from interviewer.cli.terminal import say, table

link_app = typer.Typer(help="Links of interviews.", no_args_is_help=True)
app.add_typer(link_app, name="link")

InterviewId = Annotated[str, typer.Argument(help="The interview's id.")]


@link_app.command("replace")
def link_replace(interview_id: InterviewId) -> None:
    """Make a new link for an interview; the one before works no more."""
    from interviewer.interviews.links import replace_link

    services = installation()
    path = replace_link(services, interview_id)
    say(f"The new link, shown this once:\n\n  {services.organization.public_url}{path}")


@link_app.command("revoke")
def link_revoke(interview_id: InterviewId) -> None:
    """Let the link of an interview work no more."""
    from interviewer.interviews.links import revoke_link

    revoke_link(installation(), interview_id)
    say("The link works no more. A new one: interviewer link replace " + interview_id)


@app.command()
def decline(moment: Annotated[str, typer.Argument(help="As the alert names it.")]) -> None:
    """Ask nobody about a moment, such as a bad week of an account."""
    from interviewer.outreach.inviting import decline

    decline(installation(), moment)
    say(f"Nobody is asked about {moment}.")


@app.command()
def mail(
    files: Annotated[
        list[Path], typer.Argument(help="Mails (.eml, or mbox), or - for standard input.")
    ],
    json: Json = False,
) -> None:
    """Take in mails that came to the sending address: answers, bounces, complaints."""
    from interviewer.adapters.mail_reader import mails_in, read_mail
    from interviewer.outreach.incoming_mail import take_mail

    services = installation()
    outcomes: Counter[str] = Counter()
    for file in files:
        raws = [sys.stdin.buffer.read()] if str(file) == "-" else mails_in(file)
        outcomes.update(take_mail(services, read_mail(raw)) for raw in raws)
    rows = [{"mails": number, "outcome": outcome} for outcome, number in outcomes.items()]
    table(rows, as_json=json, title="Mails")
