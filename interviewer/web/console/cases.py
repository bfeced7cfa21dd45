"""Cases: the board, and a page for each with all that whoever takes it should know."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from interviewer.access import viewing
from interviewer.core.access import User
from interviewer.core.book import Shipment
from interviewer.core.case import CLASSES, Case
from interviewer.core.contact import CHAT_LATER, SMS_LATER
from interviewer.core.errors import Conflict, InvalidInput, NotAllowed
from interviewer.core.interview import Interview
from interviewer.core.shipment import ShipmentState, fold
from interviewer.events.settling import told_of
from interviewer.followup import cases, taking_over
from interviewer.interviews.offering import possible
from interviewer.ports import Services
from interviewer.web.console.frame import after, show
from interviewer.web.doors import Actor, LoggedIn, Parts

STATES = ("open", "taken", "closed")
LONGEST_CHAT = CHAT_LATER["recipient"]
PER_PAGE = 50

router = APIRouter(prefix="/cases", include_in_schema=False)

Text = Annotated[str, Form()]


@router.get("")
def show_cases(
    request: Request,
    services: Parts,
    user: LoggedIn,
    state: str = "open",
    mine: bool = False,
    urgency: str = "",
) -> Response:
    """What a person has to look at: those in a state, the most pressing first."""
    seen = viewing.cases(services, user)
    own = [one for one in seen if not mine or user.login in (one.taken_by, one.owner_email)]
    shown = [one for one in own if one.state == state and urgency in ("", one.case_class)]
    now = services.clock.now()
    return show(
        request,
        "cases.html.j2",
        cases=sorted(shown, key=_most_pressing)[:PER_PAGE],
        more=max(0, len(shown) - PER_PAGE),
        counts={name: sum(one.state == name for one in own) for name in STATES},
        state=state,
        mine=mine,
        urgency=urgency,
        classes=CLASSES,
        lasted=lasted,
        now=now,
    )


def _most_pressing(case: Case) -> tuple[float, ...]:
    """What is open: by when somebody should look; what is closed: the newest first."""
    if case.closed_at:
        return (-case.closed_at.timestamp(),)
    look_by = case.due_at.timestamp() if case.due_at else float("inf")
    return (CLASSES.index(case.case_class) if case.due_at is None else -1, look_by)


@router.get("/{case_id}")
def show_case(case_id: str, request: Request, services: Parts, user: LoggedIn) -> Response:
    """One case, with the transcript beside it."""
    return _case_page(request, services, user, viewing.case(services, user, case_id))


def _case_page(
    request: Request, services: Services, user: User, case: Case, **more: str
) -> Response:
    interview = viewing.interview(services, user, case.interview_id)
    sent = services.store.messages(interview_id=case.interview_id)
    shipment, state = _shipment(services, case)
    now = services.clock.now()
    return show(
        request,
        "case.html.j2",
        case=case,
        interview=interview,
        told=cases.told(services, case),
        may_reply=_may_reply(interview),
        limit=LONGEST_CHAT if interview.channel == "chat" else SMS_LATER["GSM-7"],
        messages={one.seq: one for one in sent if one.kind == "answer"},
        photos=services.store.photos([case.interview_id]),
        shipment=shipment,
        shipment_state=state,
        possible=possible(services, case.shipment_ref or ""),
        requests=services.store.requests(shipment_ref=case.shipment_ref)
        if case.shipment_ref
        else (),
        earlier=viewing.seen_by(services, user, cases.earlier(services, case)),
        lasted=lasted,
        now=now,
        error=more.get("error"),
        draft=more,
    )


def lasted(begin: datetime, end: datetime) -> str:
    """How long it was, in the largest unit that fits."""
    minutes = int((end - begin).total_seconds() // 60)
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            number = minutes // size
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"


def _may_reply(interview: Interview) -> bool:
    """Whether the respondent said something that a person has not answered."""
    if interview.status not in ("open", "handed_off"):
        return False
    unanswered = (turn for turn in reversed(interview.turns) if turn.speaker != "interviewer")
    return next((turn.speaker == "respondent" for turn in unanswered), False)


def _shipment(services: Services, case: Case) -> tuple[Shipment | None, ShipmentState | None]:
    """The shipment with what was said of it."""
    if case.shipment_ref is None:
        return None, None
    found = services.store.find(Shipment, shipment_ref=case.shipment_ref)
    shipment = found[0] if found else Shipment(shipment_ref=case.shipment_ref)
    told = told_of(services, [shipment]).get(shipment.shipment_ref)
    return shipment, fold(told) if told else None


@router.post("/{case_id}/take")
def take_case(case_id: str, services: Parts, user: LoggedIn, actor: Actor) -> RedirectResponse:
    """Put a case into one's own hands."""
    viewing.case(services, user, case_id)
    cases.take(services, case_id, user.login, actor=actor)
    return after(f"/cases/{case_id}", "case.taken", case_id)


@router.post("/{case_id}/put-back")
def put_case_back(case_id: str, services: Parts, user: LoggedIn, actor: Actor) -> RedirectResponse:
    """Let somebody else take it."""
    viewing.case(services, user, case_id)
    cases.put_back(services, case_id, actor=actor)
    return after(f"/cases/{case_id}", "case.put_back", case_id)


@router.post("/{case_id}/reopen")
def reopen_case(case_id: str, services: Parts, user: LoggedIn, actor: Actor) -> RedirectResponse:
    """Take back that it was closed."""
    viewing.case(services, user, case_id)
    cases.reopen(services, case_id, actor=actor)
    return after(f"/cases/{case_id}", "case.reopened", case_id)


@router.post("/{case_id}/notes")
def note_case(
    request: Request, case_id: str, services: Parts, user: LoggedIn, actor: Actor, text: Text = ""
) -> Response:
    """Write something down about a case."""
    case = viewing.case(services, user, case_id)
    try:
        cases.note(services, case_id, user.login, text, actor=actor)
    except InvalidInput as error:
        return _case_page(request, services, user, case, error=error.message, note=text)
    return after(f"/cases/{case_id}", "case.noted", case_id)


@router.post("/{case_id}/close")
def close_case(
    request: Request,
    case_id: str,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
    outcome: Text = "",
    tell: Text = "",
) -> Response:
    """End a case with what came of it; the respondent may be told."""
    case, by = viewing.case(services, user, case_id), user.name or user.login
    try:
        cases.close(services, case_id, by, outcome, tells=tell.strip() or None, actor=actor)
    except (InvalidInput, NotAllowed, Conflict) as error:
        words = {"error": error.message, "outcome": outcome, "tell": tell}
        return _case_page(request, services, user, case, **words)
    return after(f"/cases/{case_id}", "case.closed", case_id)


@router.post("/{case_id}/tell")
def tell_respondent(
    request: Request, case_id: str, services: Parts, user: LoggedIn, actor: Actor, text: Text = ""
) -> Response:
    """Tell the respondent what came of it."""
    case, by = viewing.case(services, user, case_id), user.name or user.login
    try:
        cases.tell(services, case_id, by, text, actor=actor)
    except (InvalidInput, NotAllowed, Conflict) as error:
        return _case_page(request, services, user, case, error=error.message, tell=text)
    return after(f"/cases/{case_id}", "case.told", case_id)


@router.post("/{case_id}/reply")
def reply_in_interview(
    request: Request, case_id: str, services: Parts, user: LoggedIn, actor: Actor, text: Text = ""
) -> Response:
    """Answer the respondent as a person."""
    case, by = viewing.case(services, user, case_id), user.name or user.login
    try:
        taking_over.reply(services, case.interview_id, by, text, actor=actor)
    except (InvalidInput, NotAllowed, Conflict) as error:
        return _case_page(request, services, user, case, error=error.message, reply=text)
    return after(f"/cases/{case_id}", "case.told", case_id)
