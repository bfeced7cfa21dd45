"""Numbers of the operation and alert rules in the JSON API."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response, Security
from pydantic import BaseModel, ConfigDict, Field

from interviewer.core.notice import Watched
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


@router.get("/numbers")
def list_numbers(
    services: Parts, by: Annotated[Literal["week", "month"], Query()] = "month"
) -> list[dict[str, Any]]:
    """The operation by week or month, beside scores and themes; what is not enough is null."""
    found = numbers.numbers(services, by)
    return numbers.rows(found) if found else []


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
