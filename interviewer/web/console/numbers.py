"""Numbers of the operation beside scores and themes; what is assumed they cost; alert rules."""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from analysis.labels import LABELS, METRIC_NAMES
from interviewer.core.book import SIGNALS
from interviewer.core.errors import InvalidInput
from interviewer.core.operations import Period, Step
from interviewer.findings import numbers
from interviewer.followup import alerts
from interviewer.ports import Services
from interviewer.web.console import drawing
from interviewer.web.console.frame import after, show
from interviewer.web.doors import Actor, LoggedIn, Parts

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Form()]
SERIES: dict[str, Callable[[Period], float | None]] = {
    "Delivered at the first attempt, %": lambda period: _percent(period.first_attempt_rate),
    "Claims per 1,000 shipments": lambda period: period.claims_per_1000,
    "Contacts per 1,000 shipments": lambda period: period.contacts_per_1000,
    "Hours until an exception is settled": lambda period: period.hours_to_settle,
}


@router.get("/numbers")
def show_numbers(
    request: Request, services: Parts, by: Literal["week", "month"] = "month"
) -> Response:
    """By week or by month."""
    return _page(request, services, by)


def _page(
    request: Request, services: Services, by: Step = "month", error: str | None = None
) -> Response:
    found, run = numbers.numbers(services, by), services.store.latest_run("themes")
    return show(
        request,
        "numbers.html.j2",
        found=found,
        by=by,
        lines=_lines(found.periods, by) if found else [],
        currency=(found.costs.currency if found and found.costs else None) or "",
        rules=[(rule, alerts.titled(run, rule)) for rule in services.store.alert_rules()],
        themes=[(theme["theme_id"], theme["title"]) for theme in run.themes] if run else [],
        signals=[(name, LABELS.get(name, name.replace("_", " "))) for name in SIGNALS],
        metrics=[(name, METRIC_NAMES.get(name, name.upper())) for name in alerts.METRICS],
        metric_names=METRIC_NAMES,
        is_told=any(
            destination.wants("alert.raised") for destination in services.store.destinations()
        ),
        error=error,
    )


def _lines(periods: Sequence[Period], by: Step) -> list[tuple[str, drawing.Line]]:
    """A line for each series that has two values or more."""
    series = {
        title: [
            (_name(period, by), value) for period in periods if (value := of(period)) is not None
        ]
        for title, of in SERIES.items()
    }
    for period in periods:
        for score in period.scores:
            name = f"{METRIC_NAMES.get(score.metric, score.metric.upper())}, mean of accounts"
            series.setdefault(name, []).append((_name(period, by), score.value))
    return [(title, drawing.line(values)) for title, values in series.items() if len(values) > 1]


def _name(period: Period, by: Step) -> str:
    return f"{period.start:%b %Y}" if by == "month" else period.start.isoformat()


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


@router.post("/numbers/costs")
def assume_costs(
    request: Request,
    services: Parts,
    user: LoggedIn,
    actor: Actor,
    contact: Text = "",
    reattempt: Text = "",
    claim: Text = "",
    currency: Text = "",
) -> Response:
    """What a contact, a failed attempt and a claim cost, from now on."""
    values = {"contact": contact, "reattempt": reattempt, "claim": claim, "currency": currency}
    try:
        numbers.assume(services, user.login, values, actor=actor)
    except InvalidInput as error:
        return _page(request, services, error=error.message)
    return after("/numbers", "costs.assumed")


@router.post("/numbers/alerts")
def add_alert(
    request: Request,
    services: Parts,
    actor: Actor,
    watches: Text = "",
    limit: Text = "",
    account_ref: Text = "",
) -> Response:
    """Be told when something is beyond a limit; `watches` names it, such as score|nps."""
    kind, _, subject = watches.partition("|")
    try:
        alerts.add(
            services,
            kind,
            _number(limit),
            subject=subject or None,
            account_ref=account_ref.strip(),
            actor=actor,
        )
    except InvalidInput as error:
        return _page(request, services, error=error.message)
    return after("/numbers", "alert.added")


def _number(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise InvalidInput("limit", "is no number", text) from None


@router.post("/numbers/alerts/remove")
def remove_alert(services: Parts, actor: Actor, rule: Text = "") -> RedirectResponse:
    """Tell nobody of this any more."""
    alerts.remove(services, rule, actor=actor)
    return after("/numbers", "alert.removed")
