"""The book of business, and the page of an account with what is recorded there."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict

from analysis.book_report import BANDS, BookView, Filter
from analysis.labels import METRIC_NAMES
from analysis.tables import Band
from interviewer.access import audit
from interviewer.core.access import User
from interviewer.core.book import ContactRole, RatedBand, RenewalOutcome
from interviewer.core.errors import Conflict, InvalidInput
from interviewer.findings import account_reports, accounts, report_files, score_stories
from interviewer.ports import Services
from interviewer.web.console import drawing
from interviewer.web.console.frame import after, download, sent, show
from interviewer.web.doors import Actor, LoggedIn, Parts
from interviewer.web.throttle import address_of

router = APIRouter(include_in_schema=False)

ROLES: tuple[str, ...] = ContactRole.__args__  # type: ignore[attr-defined]
RATINGS: tuple[str, ...] = RatedBand.__args__  # type: ignore[attr-defined]
OUTCOMES: tuple[str, ...] = RenewalOutcome.__args__  # type: ignore[attr-defined]
WINDOWS = (30, 90, 180)  # days to the renewal, at most
PER_PAGE = 50
Form_ = Literal["html", "json", "csv"]
What = Literal["contacts", "rating", "outcome", "actions"]
RECORD: Mapping[What, tuple[Callable[..., object], str]] = {
    "contacts": (accounts.add_contact, "contact.added"),
    "rating": (accounts.rate, "account.rated"),
    "outcome": (accounts.decide, "account.decided"),
    "actions": (accounts.promise, "account.promised"),
}


class Wanted(BaseModel):
    """What the address of the book says; an empty value is none."""

    model_config = ConfigDict(frozen=True)

    owner: str = ""
    segment: str = ""
    band: Band | Literal[""] = ""
    window: str = ""
    page: Annotated[int, Query(ge=1)] = 1

    @property
    def filter(self) -> Filter:
        """As the reports take it."""
        window = int(self.window) if self.window.isascii() and self.window.isdigit() else None
        return Filter(self.owner or None, self.segment or None, window, self.band or None)

    def address(self, path: str = "/accounts", **changes: object) -> str:
        """The address of a page with these filters and changes; a change of filter starts anew."""
        given = {**self.model_dump(exclude={"page"}), **changes}
        kept = {name: value for name, value in given.items() if value}
        return f"{path}?{urlencode(kept)}" if kept else path


def _wanted(wanted: Annotated[Wanted, Query()]) -> Wanted:
    return wanted


Filtered = Annotated[Wanted, Depends(_wanted)]


@router.get("/accounts")
def show_accounts(request: Request, services: Parts, user: LoggedIn, wanted: Filtered) -> Response:
    """The book: accounts in the order in which they need somebody."""
    first = (wanted.page - 1) * PER_PAGE
    view = account_reports.book_of_business(
        services, wanted.filter, user, first=first, most=PER_PAGE
    )
    listed = sum(count.accounts for count in view.counts)
    return show(
        request,
        "accounts.html.j2",
        view=view,
        wanted=wanted,
        bands=BANDS,
        windows=WINDOWS,
        first=first,
        listed=listed,
        last_page=max(1, -(-listed // PER_PAGE)),
        drawn=_drawn(view),
    )


def _drawn(view: BookView) -> drawing.Book | None:
    return drawing.book(view.points) if view.points else None


@router.get("/accounts.{form}")
def download_book(
    form: Form_, request: Request, services: Parts, user: LoggedIn, actor: Actor, wanted: Filtered
) -> Response:
    """The book as a file, with the same filters."""
    written = report_files.book(services, wanted.filter, form, user=user)
    audit.record(services, actor, "report.download", "accounts", address=address_of(request))
    return download(written.text, form, "book-of-business")


@router.get("/scores")
def show_scores(
    request: Request, services: Parts, user: LoggedIn, account: str = "", segment: str = ""
) -> Response:
    """What stands behind the scores of an account, a segment or the whole book."""
    found = None
    if services.store.latest_risks(()):
        found = score_stories.explanation(
            services, account_ref=account or None, segment=segment or None, user=user
        )
    return show(request, "scores.html.j2", found=found, account=account, metric_names=METRIC_NAMES)


@router.get("/accounts/{account_ref:path}/{copy}.{form}")
def download_account(
    account_ref: str,
    copy: Literal["report", "customer"],
    form: Form_,
    request: Request,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
) -> Response:
    """The report of an account as a file: the internal one, or the copy for the customer."""
    for_customer = copy == "customer"
    written = report_files.account(
        services, account_ref, form, for_customer=for_customer, user=user
    )
    about = f"account:{account_ref}"
    audit.record(services, actor, "report.download", about, address=address_of(request), copy=copy)
    return download(written.text, form, f"{account_ref}-{copy}")


@router.get("/accounts/{account_ref:path}")
def show_account(account_ref: str, request: Request, services: Parts, user: LoggedIn) -> Response:
    """One account: its band with the reasons, who was heard, what to do, what to record."""
    return _page(request, services, user, account_ref)


def _path(account_ref: str) -> str:
    return f"/accounts/{quote(account_ref, safe='')}"


def _page(
    request: Request, services: Services, user: User, account_ref: str, error: str = ""
) -> Response:
    view = account_reports.account(services, account_ref, user)
    found = accounts.recorded(services, user, account_ref)
    cited = [*(e for r in view.reasons for e in r.evidence), *view.not_scored, *view.unscored]
    ids = {e.interview_id for e in (*cited, *view.in_confidence) if e.interview_id}
    return show(
        request,
        "account.html.j2",
        view=view,
        found=found,
        path=_path(account_ref),
        has_page={held.interview_id for held in services.store.interviews_named(ids)},
        metrics=METRIC_NAMES,
        lines={
            metric: drawing.line([(score.period, score.value) for score in series])
            for metric, series in found.scores.items()
            if len(series) > 1
        },
        tone=drawing.line([(one.at.isoformat(), one.mean) for one in view.tones])
        if len({one.at for one in view.tones}) > 1
        else None,
        roles=ROLES,
        ratings=RATINGS,
        outcomes=OUTCOMES,
        error=error,
    )


@router.post("/accounts/{account_ref:path}/ask")
def ask_contact(
    account_ref: str,
    request: Request,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
    contact_ref: Annotated[str, Form()] = "",
) -> Response:
    """Plan a review interview with a contact, through the gate."""
    try:
        made = accounts.ask(services, user, account_ref, contact_ref, actor=actor)
    except (InvalidInput, Conflict) as error:
        return _page(request, services, user, account_ref, error.message)
    planned = made.invitations["due"] + made.invitations["held"]
    done = "contact.asked" if planned else "contact.refused"
    return after(_path(account_ref), "contact.asked_before" if made.before else done)


@router.post("/accounts/{account_ref:path}/signals")
def review_signal(
    account_ref: str,
    request: Request,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
    evidence: Annotated[str, Form()] = "",
    verdict: Annotated[str, Form()] = "",
) -> Response:
    """A person's word on a piece of evidence, or that it is taken back."""
    try:
        accounts.review(services, user, evidence, verdict, by=user.login, actor=actor)
    except InvalidInput as error:
        return _page(request, services, user, account_ref, error.message)
    return after(_path(account_ref), f"signal.{verdict}")


@router.post("/accounts/{account_ref:path}/actions/{identity}/{state}")
def finish_action(
    account_ref: str,
    identity: str,
    state: Literal["done", "open"],
    services: Parts,
    user: LoggedIn,
    actor: Actor,
) -> RedirectResponse:
    """An action is done, or after all it is not."""
    is_done = state == "done"
    accounts.done(services, user, account_ref, identity, actor=actor, is_done=is_done)
    return after(_path(account_ref), f"account.action_{state}", identity)


@router.post("/accounts/{account_ref:path}/{what}")
def record(
    account_ref: str,
    what: What,
    request: Request,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
    values: Annotated[dict[str, Any], Depends(sent)],
) -> Response:
    """A contact, a rating, an outcome, or an action that was promised."""
    store, done = RECORD[what]
    try:
        store(services, user, account_ref, values, actor=actor)
    except (InvalidInput, Conflict) as error:
        return _page(request, services, user, account_ref, error.message)
    return after(_path(account_ref), done)
