"""Commands about cases: what a person has to look at."""

from typing import Annotated

import typer

from interviewer.cli.common import Json, app, installation
from interviewer.cli.terminal import say, table
from interviewer.core.case import Case

case_app = typer.Typer(help="What a person has to look at.", no_args_is_help=True)
app.add_typer(case_app, name="case")

CaseId = Annotated[str, typer.Argument(help="As `case list` shows it.")]
By = Annotated[str, typer.Option(help="Who: an e-mail address or a name.")]


@case_app.command("list")
def case_list(
    state: Annotated[str, typer.Option(help="open, taken, closed or all.")] = "open",
    json: Json = False,
) -> None:
    """Cases by the time somebody should look at them."""
    cases = installation().store.cases(None if state == "all" else state)
    cases.sort(key=lambda case: (case.due_at is None, case.due_at))
    rows = [
        {
            "case": case.case_id,
            "class": case.case_class.replace("_", " "),
            "reason": case.reason.replace("_", " "),
            "look by": case.due_at,
            "owner": case.owner_email,
            "account": case.account_ref,
            "shipment": case.shipment_ref,
            "state": "overdue" if case.overdue_at and case.state == "open" else case.state,
        }
        for case in cases
    ]
    table(rows, as_json=json, title="Cases")
    if not rows and not json:
        say(f"No case is {state}. Cases come from interviews in which a person is needed.")


@case_app.command("show")
def case_show(case_id: CaseId, json: Json = False) -> None:
    """One case with quotes, the transcript, earlier cases and suggested actions."""
    from interviewer.followup import actions, cases

    services = installation()
    case = cases.find(services, case_id)
    interview = services.store.interview(case.interview_id)
    told: list[tuple[str, object]] = [
        *((name.replace("_", " "), value) for name, value in _facts(case).items()),
        *((f"note by {note.author}", note.text) for note in case.notes),
        *((turn.author or turn.speaker, turn.text) for turn in interview.turns),
        *actions.told(services, case.shipment_ref),
    ]
    answer = cases.told(services, case)
    told += [("told the respondent", answer.state)] if answer else []
    told += [
        ("earlier case", f"{other.case_id}, {other.outcome or other.state}")
        for other in cases.earlier(services, case)
    ]
    rows = [{"what": what, "is": value} for what, value in told if value]
    table(rows, as_json=json, title=case.case_id)


def _facts(case: Case) -> dict[str, object]:
    names = ("reason", "case_class", "state", "opened_at", "due_at", "taken_by", "outcome")
    more = ("account_ref", "shipment_ref", "exception_code", "customer_action", "agent_action")
    return {name: getattr(case, name) for name in (*names, "owner_email", *more)}


@case_app.command("take")
def case_take(case_id: CaseId, by: By) -> None:
    """Put a case into the hands of a person."""
    from interviewer.followup import cases

    cases.take(installation(), case_id, by)
    say(f"{by} has it. Next: interviewer case show {case_id}")


@case_app.command("note")
def case_note(case_id: CaseId, by: By, text: Annotated[str, typer.Argument()]) -> None:
    """Write something down about a case."""
    from interviewer.followup import cases

    cases.note(installation(), case_id, by, text)
    say("Noted.")


@case_app.command("close")
def case_close(
    case_id: CaseId,
    by: By,
    outcome: Annotated[str, typer.Option(help="What came of it.")],
    tell: Annotated[
        str | None, typer.Option(help="Words for the respondent, sent through the send gate.")
    ] = None,
) -> None:
    """End a case with what came of it."""
    from interviewer.followup import cases

    cases.close(installation(), case_id, by, outcome, tells=tell)
    say("Closed." + (" The respondent is told." if tell else ""))


@case_app.command("reply")
def case_reply(
    case_id: CaseId,
    by: By,
    text: Annotated[str, typer.Argument(help="What the respondent reads, with your name.")],
) -> None:
    """Answer the respondent as a person; the interview says nothing more by itself."""
    from interviewer.followup import cases, taking_over

    services = installation()
    interview_id = cases.find(services, case_id).interview_id
    message = taking_over.reply(services, interview_id, by, text)
    say(f"It is {message.state} by {message.channel}. Next: interviewer case show {case_id}")
