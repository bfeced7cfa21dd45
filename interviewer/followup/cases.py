"""Cases in the hands of people: list, take, note, close, and say when one is overdue."""

from collections.abc import Callable
from dataclasses import replace

from interviewer.access import audit
from interviewer.core.case import Case
from interviewer.core.errors import Conflict, InvalidInput, NotFound
from interviewer.core.invitation import OutboundMessage
from interviewer.core.notice import Occurrence
from interviewer.followup import taking_over
from interviewer.ports import Services

NOTE = 2000  # characters


def find(services: Services, case_id: str) -> Case:
    """The case that `case_id` names. Raises NotFound."""
    interview_id, dot, reason = case_id.rpartition(".")
    if not dot:
        raise NotFound(f"No case {case_id!r}; see interviewer case list.")
    return services.store.case(interview_id, reason)


def earlier(services: Services, case: Case) -> list[Case]:
    """Other cases of the same account, or of the same shipment where there is no account."""
    store, found = services.store, dict[str, Case]()
    if case.account_ref is not None:
        found |= {one.case_id: one for one in store.cases(account_ref=case.account_ref)}
    if case.shipment_ref is not None:
        found |= {one.case_id: one for one in store.cases(shipment_ref=case.shipment_ref)}
    others = (one for one in found.values() if one.case_id != case.case_id)
    return sorted(others, key=lambda one: one.opened_at, reverse=True)


def take(services: Services, case_id: str, by: str, *, actor: str = audit.COMMAND_LINE) -> Case:
    """Put it into the hands of a person. Raises NotFound; Conflict when it is closed."""
    case, now = find(services, case_id), services.clock.now()

    def taken(stored: Case) -> Case:
        if stored.state == "closed":
            raise Conflict(f"Case {case_id} is closed.")
        return stored.taken(by, now)

    after = services.store.change_case(case.interview_id, case.reason, taken)
    audit.record(services, actor, "case.take", f"case:{case_id}", by=by)
    return after


def note(
    services: Services, case_id: str, by: str, text: str, *, actor: str = audit.COMMAND_LINE
) -> Case:
    """Write something down about it. Raises NotFound, InvalidInput."""
    text = _written("text", text)
    case, now = find(services, case_id), services.clock.now()
    after = services.store.change_case(
        case.interview_id, case.reason, lambda stored: stored.noted(by, text, now)
    )
    audit.record(services, actor, "case.note", f"case:{case_id}")
    return after


def put_back(services: Services, case_id: str, *, actor: str = audit.COMMAND_LINE) -> Case:
    """Let somebody else take it. Raises NotFound; Conflict when nobody has it."""

    def put(stored: Case) -> Case:
        if stored.state != "taken":
            raise Conflict(f"Case {case_id} is {stored.state}, in nobody's hands.")
        return stored.model_copy(update={"state": "open", "taken_by": None, "taken_at": None})

    return _changed(services, case_id, put, actor, "case.put_back")


def reopen(services: Services, case_id: str, *, actor: str = audit.COMMAND_LINE) -> Case:
    """Take back that it was closed. Raises NotFound; Conflict when it is not."""

    def reopened(stored: Case) -> Case:
        if stored.state != "closed":
            raise Conflict(f"Case {case_id} is {stored.state}, not closed.")
        return stored.model_copy(
            update={
                "state": "taken" if stored.taken_at else "open",
                "taken_by": stored.taken_by if stored.taken_at else None,
                "closed_at": None,
                "outcome": None,
                "reopened": stored.reopened + 1,
            }
        )

    return _changed(services, case_id, reopened, actor, "case.reopen")


def _changed(
    services: Services, case_id: str, change: Callable[[Case], Case], actor: str, what: str
) -> Case:
    case = find(services, case_id)
    after = services.store.change_case(case.interview_id, case.reason, change)
    audit.record(services, actor, what, f"case:{case_id}")
    return after


def tell(
    services: Services, case_id: str, by: str, text: str, *, actor: str = audit.COMMAND_LINE
) -> OutboundMessage:
    """Tell the respondent what came of it, once. Raises as `taking_over.reply`."""
    case = find(services, case_id)
    with services.store.transaction() as store:
        message = _tell(replace(services, store=store), case, by, text)
    audit.record(services, actor, "case.tell", f"case:{case_id}", by=by)
    return message


def _tell(services: Services, case: Case, by: str, text: str) -> OutboundMessage:
    interview = services.store.interview(case.interview_id)
    return taking_over.write(services, interview, by, text, answers=case.case_id)


def told(services: Services, case: Case) -> OutboundMessage | None:
    """The message that told the respondent what came of it, with what became of the message."""
    sent = services.store.messages(interview_id=case.interview_id)
    return next((one for one in reversed(sent) if one.answers == case.case_id), None)


def close(
    services: Services,
    case_id: str,
    by: str,
    outcome: str,
    *,
    tells: str | None = None,
    actor: str = audit.COMMAND_LINE,
) -> Case:
    """End it with what came of it; `tells` goes to the respondent, or nothing is closed.

    Raises NotFound, InvalidInput; Conflict when it is closed; what `tell` raises.
    """
    outcome = _written("outcome", outcome)
    case, now = find(services, case_id), services.clock.now()

    def closed(stored: Case) -> Case:
        if stored.state == "closed":
            raise Conflict(f"Case {case_id} is closed already.")
        return stored.closed(by, outcome, now)

    happened = Occurrence(kind="case.closed", about=case.case_id, at=now)
    with services.store.transaction() as store:
        after = store.change_case(case.interview_id, case.reason, closed, occurrences=[happened])
        if tells:
            _tell(replace(services, store=store), case, by, tells)
    audit.record(services, actor, "case.close", f"case:{case_id}", told="yes" if tells else "no")
    return after


def tell_overdue(services: Services) -> int:
    """Say once of every case that nobody took in time that it is overdue; how many there were."""
    now = services.clock.now()
    late = [
        case
        for case in services.store.cases("open")
        if case.due_at and case.due_at <= now and case.overdue_at is None
    ]
    for case in late:
        services.store.change_case(
            case.interview_id,
            case.reason,
            lambda stored: stored.model_copy(update={"overdue_at": now}),
            occurrences=[Occurrence(kind="case.overdue", about=case.case_id, at=now)],
        )
    return len(late)


def _written(field: str, text: str) -> str:
    text = text.strip()
    if not text:
        raise InvalidInput(field, "is empty; say it in a sentence")
    if len(text) > NOTE:
        raise InvalidInput(field, f"is longer than {NOTE} characters")
    return text
