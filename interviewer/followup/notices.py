"""Notices: from something that happened to a message at every destination that wants it.

`spread` makes the notices of an occurrence and a job for each; `notify` is that job. A notice is
sent at least once, and every try carries the same id.
"""

import asyncio
import hashlib
import itertools
import logging
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from analysis.redact import redact
from interviewer.access import audit
from interviewer.core.account_moments import owner_alert
from interviewer.core.book import Account, Shipment
from interviewer.core.case import Case, CaseClass
from interviewer.core.errors import Conflict, InterviewerError, InvalidInput, NotFound
from interviewer.core.interview import Interview
from interviewer.core.invitation import Job
from interviewer.core.notice import (
    FORMATS,
    KINDS,
    Destination,
    Format,
    Notice,
    Occurrence,
    OccurrenceKind,
)
from interviewer.core.standard_webhooks import CHANCE, new_secret
from interviewer.core.times import local_day, start_of_day
from interviewer.followup import alerts, cases
from interviewer.ports import Services

log = logging.getLogger(__name__)

AT_ONCE = 50  # occurrences spread in one round
SIGNED_BY = 2  # secrets that are valid side by side
QUOTE = 280  # characters of a quote in a notice
EARLIER = 5  # other cases that a notice names
MAILTO = "mailto:"  # in place of a destination's name: a person of ours


def add_destination(
    services: Services,
    name: str,
    url: str,
    *,
    format: Format = "standard",
    kinds: Collection[OccurrenceKind] = KINDS,
    contact_data: bool = False,
    actor: str = audit.COMMAND_LINE,
) -> str | None:
    """Store where notices go; the secret that signs them, shown this once (`standard` only).

    Raises:
        InvalidInput: Format, kind or URL cannot be used.
        Conflict: There is a destination of that name.
    """
    if format not in FORMATS:
        raise InvalidInput("format", f"is none of {', '.join(FORMATS)}", format)
    for kind in kinds:
        if kind not in KINDS:
            raise InvalidInput("kinds", f"is none of {', '.join(KINDS)}", kind)
    if any(other.name == name for other in services.store.destinations()):
        raise Conflict(f"There is a destination {name!r} already.")
    services.notifier.check(format, url)
    secret = _fresh_secret() if format == "standard" else None
    services.store.save_destination(
        Destination(
            name=name,
            format=format,
            sealed_url=services.sealer.seal(url),
            sealed_secrets=(services.sealer.seal(secret),) if secret else (),
            kinds=tuple(kind for kind in KINDS if kind in kinds),
            contact_data=contact_data and format == "standard",
            created_at=services.clock.now(),
        )
    )
    audit.record(services, actor, "destination.add", f"destination:{name}", format=format)
    return secret


def rotate(services: Services, name: str, *, actor: str = audit.COMMAND_LINE) -> str:
    """A new secret of a destination; the one before signs beside it until the next rotation.

    Raises NotFound, and InvalidInput where nothing is signed.
    """
    destination = named(services, name)
    if destination.format != "standard":
        raise InvalidInput("name", "is a destination without signature; its URL is the secret")
    secret = _fresh_secret()
    sealed = (services.sealer.seal(secret), *destination.sealed_secrets)[:SIGNED_BY]
    services.store.save_destination(destination.model_copy(update={"sealed_secrets": sealed}))
    audit.record(services, actor, "destination.rotate", f"destination:{name}")
    return secret


def disable(services: Services, name: str, *, actor: str = audit.COMMAND_LINE) -> None:
    """Send nothing there any more. Raises NotFound."""
    destination = named(services, name)
    off = destination.model_copy(update={"disabled_at": services.clock.now()})
    services.store.save_destination(off)
    audit.record(services, actor, "destination.disable", f"destination:{name}")


def named(services: Services, name: str) -> Destination:
    """The destination. Raises NotFound."""
    for destination in services.store.destinations():
        if destination.name == name:
            return destination
    raise NotFound(f"No destination {name!r}; see interviewer destination list.")


def replay(services: Services, notice_id: str, *, actor: str = audit.COMMAND_LINE) -> None:
    """Send a dead notice again, from the first step of the schedule. Raises NotFound, Conflict."""
    notice = services.store.notice(notice_id)
    if notice.state != "dead":
        raise Conflict(f"Notice {notice_id} is {notice.state}, not dead.")
    services.store.save_notice(notice.model_copy(update={"state": "due", "attempt": 0}))
    services.store.schedule([Job(step="notify", subject=notice_id, due_at=services.clock.now())])
    audit.record(services, actor, "notice.replay", f"notice:{notice_id}")


def spread(services: Services) -> int:
    """Make the notices of what happened; how many occurrences were looked at."""
    waiting = services.store.unspread(AT_ONCE)
    destinations = services.store.destinations()
    for occurrence in waiting:
        notices: list[Notice] = []
        try:
            notices = _notices(services, occurrence, destinations)
        except NotFound:
            log.info("occurrence %s is about nothing any more", occurrence.kind)
        services.store.spread(occurrence, notices, services.clock.now())
    return len(waiting)


def _notices(
    services: Services, occurrence: Occurrence, destinations: Collection[Destination]
) -> list[Notice]:
    about = _about(services, occurrence)
    return [
        *_alerts(services, occurrence, about),
        *_told(occurrence, about, destinations),
    ]


def _told(
    occurrence: Occurrence, about: Mapping[str, Any], destinations: Collection[Destination]
) -> list[Notice]:
    """A notice for every destination that wants it."""
    return [
        Notice(
            notice_id=_digest(occurrence.kind, about["once"], destination.name),
            destination=destination.name,
            kind=occurrence.kind,
            at=occurrence.at,
            body=_body(about, destination),
        )
        for destination in destinations
        if destination.wants(occurrence.kind)
    ]


def _alerts(
    services: Services, occurrence: Occurrence, about: Mapping[str, Any]
) -> Iterator[Notice]:
    """A mail for each owner of the account that it is about; one for each case and class."""
    account, owners, urgency = _owners(services, occurrence)
    now, zone = services.clock.now(), (account.timezone if account else None) or "UTC"
    in_digest = urgency == "routine" and occurrence.kind == "case.opened"
    begins = start_of_day(local_day(now, zone) + timedelta(days=1), zone) if in_digest else now
    due_at = services.policy.quiet_hours.next_open(begins, {zone}) or begins
    for address in owners:
        if not _has_mail(services, address):
            continue
        yield Notice(
            notice_id=_digest(occurrence.kind, about["once"], MAILTO + address),
            destination=MAILTO + address,
            kind=occurrence.kind,
            at=occurrence.at,
            body=_shown(about, {"once", "people"}),
            due_at=now if urgency == "urgent" else due_at,
            in_digest=in_digest,
        )


def _owners(
    services: Services, occurrence: Occurrence
) -> tuple[Account | None, tuple[str, ...], CaseClass]:
    """The account, who is told by mail, and how much it presses; nobody where no mail is due."""
    if occurrence.kind in ("case.opened", "case.overdue"):
        interview_id, _, reason = occurrence.about.rpartition(".")
        case = services.store.case(interview_id, reason)
        account = _account(services, case.account_ref)
        return account, case.told_by_mail(occurrence.kind == "case.overdue"), case.case_class
    if occurrence.kind == "account.disrupted":
        moment = services.store.moment(occurrence.about).moment
        account = _account(services, moment.account_ref)
        return account, owner_alert(moment, account).to if account else (), "same_day"
    if occurrence.kind in ("study.braked", "sender.stopped"):
        owners = (one for one in services.store.users() if one.role == "owner")
        return None, tuple(one.login for one in owners if one.disabled_at is None), "same_day"
    return None, (), "routine"


def _account(services: Services, account_ref: str | None) -> Account | None:
    return next(iter(services.store.find(Account, account_ref=account_ref or "")), None)


def _has_mail(services: Services, address: str) -> bool:
    try:
        services.notifier.check("mail", address)
    except InvalidInput:
        return False
    return True


def _body(about: Mapping[str, Any], destination: Destination) -> dict[str, Any]:
    return _shown(about, {"once"} if destination.contact_data else {"once", "people"})


def _shown(about: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in about.items() if name not in hidden}


def _about(services: Services, occurrence: Occurrence) -> dict[str, Any]:
    """What is told of it: references and quotes; `once` is what it is told once for."""
    base = services.organization.public_url
    if occurrence.kind.startswith("case."):
        interview_id, _, reason = occurrence.about.rpartition(".")
        case = services.store.case(interview_id, reason)
        if occurrence.kind == "case.opened":
            case = route(services, case)
        interview = services.store.interview(interview_id)
        once = f"{case.case_id}:{case.case_class}:{case.reopened}"
        link = f"{base}/cases/{case.case_id}" if base else None
        told = {**_of_case(case, interview), "earlier": _earlier(services, case), "link": link}
        return {"once": once, **told, **_people(interview)}
    if occurrence.kind == "account.disrupted":
        return {
            "once": occurrence.about,
            **_of_bad_week(services, occurrence),
            "link": base or None,
        }
    if occurrence.kind == "study.braked":
        study = services.store.study(occurrence.about)
        link = f"{base}/studies" if base else None
        return {
            "once": occurrence.occurrence_id,
            "about": study.slug,
            "why": study.brake,
            "link": link,
        }
    if occurrence.kind == "sender.stopped":
        return {
            "once": f"{occurrence.about}:{occurrence.at.date()}",
            "about": "SMS to the United States",
            "why": f"the number is in no registered campaign (error {occurrence.about})",
            "to_do": "Register it with the provider; a message tries again every six hours",
        }
    if occurrence.kind == "alert.raised":
        return _of_alert(services, occurrence)
    if occurrence.kind == "action.requested":
        return {"once": occurrence.about, **_of_request(services, occurrence.about)}
    if occurrence.kind == "import.failed":
        return {"once": occurrence.occurrence_id, "about": occurrence.about, "link": base or None}
    interview = services.store.interview(occurrence.about)
    link = f"{base}/interviews/{interview.interview_id}" if base else None
    return {
        "once": occurrence.occurrence_id,
        **_of_interview(interview),
        "quotes": _quotes(interview, [interview.answers[-1].seq]),
        "link": link,
        **_people(interview),
    }


def _of_alert(services: Services, occurrence: Occurrence) -> dict[str, Any]:
    rules = (rule for rule in services.store.alert_rules() if rule.rule_id == occurrence.about)
    rule = next(rules, None)
    if rule is None or rule.raised_at is None:
        raise NotFound("The rule is gone, or is within its limit again.")
    base = services.organization.public_url
    beyond = "over" if rule.watches in ("theme", "signal") else "under"
    titled = alerts.titled(services.store.latest_run("themes"), rule)
    return {
        "once": occurrence.occurrence_id,
        "about": f"{titled}: {rule.said}, {beyond} {rule.limit:g}",
        "rule_id": rule.rule_id,
        "watches": rule.watches,
        "subject": rule.subject,
        "link": f"{base}/numbers" if base else None,
    }


def _of_request(services: Services, request_id: str) -> dict[str, Any]:
    """The action with the shipment that it is for, as a transport system knows it."""
    request = services.store.request(request_id)
    found = services.store.find(Shipment, shipment_ref=request.shipment_ref)
    shipment = found[0] if found else Shipment(shipment_ref=request.shipment_ref)
    named = ("shipment_ref", "carrier", "tracking_code", "order_ref")
    return {
        "request_id": request.request_id,
        "shipment_ref": request.shipment_ref,
        "shipment": {name: getattr(shipment, name) for name in named},
        "action_id": request.action_id,
        "label": request.label,
        "chosen_at": request.chosen_at.isoformat(),
        "until": request.until.isoformat() if request.until else None,
        "interview_id": request.interview_id,
    }


def _of_interview(interview: Interview) -> dict[str, Any]:
    return {
        "interview_id": interview.interview_id,
        "study": interview.study,
        "status": interview.status,
        "account_ref": interview.account_ref,
        "shipment_ref": interview.shipment_ref,
        "language": interview.language,
    }


def _of_case(case: Case, interview: Interview) -> dict[str, Any]:
    """The case with all that whoever takes it should know, in references and quotes."""
    return {
        "case_id": case.case_id,
        "reason": case.reason,
        "class": case.case_class,
        "hands_off": case.hands_off,
        "state": case.state,
        "opened_at": case.opened_at.isoformat(),
        "due_at": case.due_at.isoformat() if case.due_at else None,
        "outcome": case.outcome,
        "exception_code": case.exception_code,
        "customer_action": case.customer_action,
        "agent_action": case.agent_action,
        **_of_interview(interview),
        "turns": list(case.turn_seqs),
        "quotes": _quotes(interview, case.turn_seqs),
    }


def _earlier(services: Services, case: Case) -> list[str]:
    """Other cases of the same account or shipment, but none kept from its manager."""
    others = (other for other in cases.earlier(services, case) if other.audience == "all")
    return [
        f"{other.opened_at.date()} {other.reason}: {other.outcome or other.state}"
        for other in itertools.islice(others, EARLIER)
    ]


def _of_bad_week(services: Services, occurrence: Occurrence) -> dict[str, Any]:
    moment = services.store.moment(occurrence.about).moment
    context = moment.context
    return {
        "account_ref": moment.account_ref,
        "exceptions": [
            f"{one['shipment_ref']}: {one['exception_code']}" for one in context["exceptions"]
        ],
        "asked_at": moment.due_at.isoformat(timespec="minutes"),
        "to_ask_nobody": f"interviewer decline {moment.moment_id}",
    }


def _quotes(interview: Interview, seqs: Collection[int]) -> list[str]:
    """The words of these turns without personal data; none that were kept from the manager."""
    known = [interview.respondent_name] if interview.respondent_name else []
    turns = (turn for turn in interview.answers if turn.seq in seqs and turn.audience != "owner")
    return [redact(turn.text, known)[:QUOTE] for turn in turns]


def _people(interview: Interview) -> dict[str, Any]:
    return {
        "people": {
            "contact_ref": interview.contact_ref,
            "name": interview.respondent_name,
            "address": interview.address,
        }
    }


def route(services: Services, case: Case) -> Case:
    """The case with its owners and the time by which somebody should look; stored."""
    account = _account(services, case.account_ref)
    zone = (account.timezone if account else None) or "UTC"

    def routed(stored: Case) -> Case:
        update = {
            "due_at": stored.due_at or stored.look_by(zone),
            "owner_email": account.owner_email if account else None,
            "second_owner_email": account.second_owner_email if account else None,
        }
        return stored.model_copy(update=update)

    return services.store.change_case(case.interview_id, case.reason, routed)


async def notify(services: Services, job: Job) -> None:
    """Try a notice once: sent, due again, or dead."""
    notice = await asyncio.to_thread(services.store.notice, job.subject)
    if notice.state == "due":
        notice = await _tried(services, notice)
        await asyncio.to_thread(services.store.save_notice, notice)
    if notice.state == "due":
        due_at = services.clock.now() + notice.wait
        again = job.model_copy(update={"due_at": due_at})
        await asyncio.to_thread(services.store.again, again)
    else:
        await asyncio.to_thread(services.store.end, job)


async def send_digest(services: Services, job: Job) -> None:
    """Mail a person of ours all that waits for them, as one."""
    waiting = await asyncio.to_thread(_waiting, services, job.subject)
    tried = await _mailed(services, waiting)
    for notice in tried:
        await asyncio.to_thread(services.store.save_notice, notice)
    again = [notice.wait for notice in tried if notice.state == "due"]
    if again:
        later = job.model_copy(update={"due_at": services.clock.now() + min(again)})
        await asyncio.to_thread(services.store.again, later)
    else:
        await asyncio.to_thread(services.store.end, job)


def _waiting(services: Services, destination: str) -> list[Notice]:
    """What is due for this person, oldest first."""
    now = services.clock.now()
    due = services.store.notices(state="due", destination=destination)
    return [one for one in reversed(due) if one.in_digest and one.due_at and one.due_at <= now]


def _is_still_theirs(services: Services, notice: Notice) -> bool:
    """Whether this person may know of it: an answer may have been kept from the manager since."""
    if not notice.kind.startswith("case."):
        return True
    interview_id, _, reason = notice.body["case_id"].rpartition(".")
    case = services.store.case(interview_id, reason)
    return case.audience == "all" or notice.destination == f"{MAILTO}{case.second_owner_email}"


async def _mailed(services: Services, notices: Sequence[Notice]) -> list[Notice]:
    """After one mail about those that are still for this person; the others are over."""
    kept = [one for one in notices if await asyncio.to_thread(_is_still_theirs, services, one)]
    gone = {"state": "dead", "last_error": "it is not for this person any more"}
    over = [one.model_copy(update=gone) for one in notices if one not in kept]
    if not kept:
        return over
    address = kept[0].destination.removeprefix(MAILTO)
    try:
        await services.notifier.tell(address, kept)
    except InterviewerError as error:
        return [*over, *(one.failed(error.message) for one in kept)]
    return [*over, *(one.sent(services.clock.now()) for one in kept)]


async def _tried(services: Services, notice: Notice) -> Notice:
    if notice.destination.startswith(MAILTO):
        return (await _mailed(services, [notice]))[0]
    destination = await asyncio.to_thread(named, services, notice.destination)
    if destination.disabled_at is not None:
        gone = {"state": "dead", "last_error": "the destination is disabled"}
        return notice.model_copy(update=gone)
    now = services.clock.now()
    try:
        await services.notifier.send(destination, notice, now)
    except InterviewerError as error:
        return notice.failed(error.message)
    return notice.sent(now)


def _fresh_secret() -> str:
    return new_secret(secrets.token_bytes(CHANCE))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
