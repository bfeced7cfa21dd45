"""Numbers of the operation and alert rules in the JSON API."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response, Security
from pydantic import BaseModel, ConfigDict, Field

from interviewer.core.notice import Watched
from interviewer.core.operations import Score, ThemeShare
from interviewer.findings import numbers
from interviewer.followup import alerts
from interviewer.web.api import ProblemResponses
from interviewer.web.doors import Actor, Parts, bearer

router = APIRouter(
    prefix="/api/v1",
    dependencies=[Security(bearer)],
    responses=ProblemResponses,
    tags=["numbers"],
)


class AlertShown(BaseModel):
    """An alert rule, with what was found when it was last looked at."""

    model_config = ConfigDict(from_attributes=True)

    rule_id: str
    watches: Watched
    subject: str | None
    account_ref: str | None
    limit: float
    raised_at: datetime | None = Field(description="since when it is beyond its limit")
    said: str | None = Field(description="what was found")


class NewAlert(BaseModel):
    """What to watch, and beyond which limit somebody is told."""

    model_config = ConfigDict(extra="forbid")

    watches: Watched
    limit: float = Field(
        description="themes (%) and signals (accounts): told above; others below",
        allow_inf_nan=False,
    )
    subject: str | None = Field(None, description="the theme's id, the signal, the metric")
    account_ref: str | None = Field(None, description="of a score; none: the mean of all")


class PeriodShown(BaseModel):
    """One week or month in numbers; what is not enough to say, or was never imported, is null."""

    start: date
    end: date = Field(description="the first day after it")
    shipments: int
    attempted: int = Field(description="shipments that were first attempted")
    first_attempt_rate: float | None = Field(description="of these, delivered then; 0 to 1")
    failed: int = Field(description="attempts")
    claims: int | None
    claims_per_1000: float | None = Field(description="shipments")
    contacts: int | None = Field(description="with support")
    contacts_per_1000: float | None = Field(description="shipments")
    settled: int = Field(description="exceptions")
    hours_to_settle: float | None = Field(description="median")
    cost: float | None = Field(None, description="by the assumptions that were stated last")
    scores: list[Score]
    themes: list[ThemeShare]


@router.get("/numbers")
def list_numbers(
    services: Parts, by: Annotated[Literal["week", "month"], Query()] = "month"
) -> list[PeriodShown]:
    """The operation by week or month, oldest first, beside scores and themes."""
    found = numbers.numbers(services, by)
    costs = found.costs if found else None
    return [
        PeriodShown.model_validate(
            {name: getattr(period, name) for name in PeriodShown.model_fields if name != "cost"}
            | {"cost": period.cost(costs) if costs else None}
        )
        for period in (found.periods if found else ())
    ]


@router.get("/alerts")
def list_alerts(services: Parts) -> list[AlertShown]:
    """Every rule."""
    return [AlertShown.model_validate(rule) for rule in services.store.alert_rules()]


@router.post("/alerts", status_code=201)
def add_alert(body: NewAlert, services: Parts, actor: Actor) -> AlertShown:
    """Tell the destinations once whenever this goes beyond a limit."""
    rule = alerts.add(
        services,
        body.watches,
        body.limit,
        subject=body.subject,
        account_ref=body.account_ref,
        actor=actor,
    )
    return AlertShown.model_validate(rule)


@router.delete("/alerts/{rule_id}", status_code=204)
def remove_alert(rule_id: str, services: Parts, actor: Actor) -> Response:
    """Tell nobody of it any more."""
    alerts.remove(services, rule_id, actor=actor)
    return Response(status_code=204)
