"""The book of business, and the page of an account with what is recorded there."""

from collections.abc import Callable
from typing import Annotated, cast
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from analysis.labels import LABELS, METRIC_NAMES, NEXT_STEPS
from interviewer.core.access import User
from interviewer.core.book import ContactRole, RatedBand, RenewalOutcome
from interviewer.core.errors import Conflict, InvalidInput
from interviewer.findings import accounts
from interviewer.findings.accounts import BANDS, WINDOWS, Band, Window
from interviewer.ports import Services
from interviewer.web.console import drawing
from interviewer.web.console.frame import after, show
from interviewer.web.doors import Actor, LoggedIn, Parts

router = APIRouter(include_in_schema=False)

ROLES: tuple[str, ...] = ContactRole.__args__  # type: ignore[attr-defined]
RATINGS: tuple[str, ...] = RatedBand.__args__  # type: ignore[attr-defined]
OUTCOMES: tuple[str, ...] = RenewalOutcome.__args__  # type: ignore[attr-defined]
Text = Annotated[str, Form()]


@router.get("/accounts")
def show_accounts(
    request: Request,
    services: Parts,
    user: LoggedIn,
    owner: str | None = None,
    band: str | None = None,
    window: str | None = None,
) -> Response:
    """The book: accounts in the order in which they need somebody."""
    whole = accounts.book(services, user)
    now = {
        "owner": owner or None,
        "band": band if band in BANDS else None,
        "window": window if window in WINDOWS else None,
    }
    lines = accounts.chosen(
        whole,
        owner=now["owner"],
        band=cast("Band | None", now["band"]),
        window=cast("Window | None", now["window"]),
    )
    return show(
        request,
        "accounts.html.j2",
        whole=whole,
        banded=[line for line in lines if line.band != "not_enough_evidence"],
        unheard=[line for line in lines if line.band == "not_enough_evidence"],
        run=services.store.latest_run(),
        owners=sorted({line.account.owner_name for line in whole if line.account.owner_name}),
        bands=BANDS,
        windows=WINDOWS,
        now=now,
        link=lambda **changed: _link({**now, **changed}),
    )


def _link(filters: dict[str, str | None]) -> str:
    given = {name: value for name, value in filters.items() if value}
    return f"/accounts?{urlencode(given)}" if given else "/accounts"


@router.get("/accounts/{account_ref:path}")
def show_account(account_ref: str, request: Request, services: Parts, user: LoggedIn) -> Response:
    """One account: its band with the reasons, who was heard, what to do, what to record."""
    return _page(request, services, user, account_ref)


def _page(
    request: Request, services: Services, user: User, account_ref: str, error: str = ""
) -> Response:
    found = accounts.page(services, user, account_ref)
    answer = show(
        request,
        "account.html.j2",
        page=found,
        path=f"/accounts/{quote(account_ref, safe='')}",
        labels=LABELS,
        steps=NEXT_STEPS,
        metrics=METRIC_NAMES,
        lines={
            metric: drawing.line([(score.period, score.value) for score in series])
            for metric, series in found.scores.items()
            if len(series) > 1
        },
        tone=drawing.line([(one.opened_at.date().isoformat(), value) for one, value in found.tones])
        if len(found.tones) > 1
        else None,
        roles=ROLES,
        ratings=RATINGS,
        outcomes=OUTCOMES,
        today=services.clock.now().date(),
        error=error,
    )
    answer.status_code = 422 if error else 200
    return answer


def _recorded(
    request: Request,
    services: Services,
    user: User,
    account_ref: str,
    done: str,
    record: Callable[[], object],
) -> Response:
    """Back to the account, with a word of what was done or of what is wrong."""
    try:
        record()
    except (InvalidInput, Conflict) as error:
        return _page(request, services, user, account_ref, error.message)
    return after(f"/accounts/{quote(account_ref, safe='')}", done)


@router.post("/accounts/{account_ref:path}/contacts")
def add_contact(
    account_ref: str,
    request: Request,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
    contact_name: Text = "",
    contact_role: Text = "",
    contact_title: Text = "",
    email: Text = "",
    phone: Text = "",
) -> Response:
    """Add a person of the account."""
    values = {
        "contact_name": contact_name,
        "contact_role": contact_role,
        "contact_title": contact_title,
        "email": email,
        "phone": phone,
    }
    return _recorded(
        request,
        services,
        user,
        account_ref,
        "contact.added",
        lambda: accounts.add_contact(services, user, account_ref, values, actor=actor),
    )


@router.post("/accounts/{account_ref:path}/ask")
def ask_contact(
    account_ref: str,
    request: Request,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
    contact_ref: Text = "",
) -> Response:
    """Plan a review interview with a contact, through the gate."""
    try:
        made = accounts.ask(services, user, account_ref, contact_ref, actor=actor)
    except (InvalidInput, Conflict) as error:
        return _page(request, services, user, account_ref, error.message)
    planned = made.invitations["due"] + made.invitations["held"]
    done = "contact.asked" if planned else "contact.refused"
    done = "contact.asked_before" if made.before else done
    return after(f"/accounts/{quote(account_ref, safe='')}", done)


@router.post("/accounts/{account_ref:path}/rating")
def rate_account(
    account_ref: str,
    request: Request,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
    rating: Text = "",
    why: Text = "",
) -> Response:
    """Record the account manager's own rating."""
    values = {"rating": rating, "why": why}
    return _recorded(
        request,
        services,
        user,
        account_ref,
        "account.rated",
        lambda: accounts.rate(services, user, account_ref, values, actor=actor),
    )


@router.post("/accounts/{account_ref:path}/outcome")
def decide_account(
    account_ref: str,
    request: Request,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
    decided_at: Text = "",
    outcome: Text = "",
    value_after: Text = "",
    reason: Text = "",
) -> Response:
    """Record how a renewal ended."""
    values = {
        "decided_at": decided_at,
        "outcome": outcome,
        "value_after": value_after,
        "reason": reason,
    }
    return _recorded(
        request,
        services,
        user,
        account_ref,
        "account.decided",
        lambda: accounts.decide(services, user, account_ref, values, actor=actor),
    )


@router.post("/accounts/{account_ref:path}/actions")
def promise_account(
    account_ref: str,
    request: Request,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
    what: Text = "",
    owner_name: Text = "",
    due_date: Text = "",
) -> Response:
    """Record what the account was told we would look at."""
    values = {"what": what, "owner_name": owner_name, "due_date": due_date}
    return _recorded(
        request,
        services,
        user,
        account_ref,
        "account.promised",
        lambda: accounts.promise(services, user, account_ref, values, actor=actor),
    )


@router.post("/accounts/{account_ref:path}/actions/{identity}/done")
def finish_action(
    account_ref: str, identity: str, services: Parts, user: LoggedIn, actor: Actor
) -> RedirectResponse:
    """An action is done."""
    accounts.done(services, user, account_ref, identity, actor=actor)
    return after(f"/accounts/{quote(account_ref, safe='')}", "account.action_done")
