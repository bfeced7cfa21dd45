"""Numbers that tie what people say to the operation: by week or month, with scores and themes.

They are added up when an analysis runs and stored with it, so that themes and shipments are of
one time; what something costs is an assumption that a person states, and is applied when shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from analysis.tables import Findings
from analysis.tables import Period as ThemePeriod
from interviewer.access import audit
from interviewer.core import operations
from interviewer.core.book import Claim, CostAssumption, Score, ShipmentEvent, Ticket
from interviewer.core.operations import Course, Period, Step, ThemeShare
from interviewer.core.times import start_of_day
from interviewer.ports import Services

NUMBER: Mapping[Step, int] = {"week": 26, "month": 12}
THEMES = 3  # shown of one period
AT_ONCE = 500  # shipments whose events are read together


@dataclass(frozen=True, slots=True)
class Numbers:
    """The periods from the first to the last with anything in them, oldest first."""

    at: datetime  # of the analysis
    step: Step
    periods: Sequence[Period]
    costs: CostAssumption | None


def numbers(services: Services, step: Step) -> Numbers | None:
    """The numbers of the newest analysis; None before the first."""
    run = services.store.latest_run("patterns")
    if run is None:
        return None
    periods = [Period.model_validate(one) for one in run.patterns.get("numbers", {}).get(step, ())]
    filled = [place for place, period in enumerate(periods) if _is_filled(period)]
    kept = periods[filled[0] : filled[-1] + 1] if filled else []
    return Numbers(run.at, step, kept, costs(services))


def _is_filled(period: Period) -> bool:
    return bool(period.shipments or period.attempted or period.scores or period.themes)


def rows(found: Numbers) -> list[dict[str, Any]]:
    """The numbers as a table: what is not enough to say is None."""
    return [
        {
            found.step: period.start.isoformat(),
            "shipments": period.shipments,
            "first attempts": period.attempted,
            "first-attempt rate": _rounded(period.first_attempt_rate),
            "failed attempts": period.failed,
            "claims": period.claims,
            "claims per 1,000": _rounded(period.claims_per_1000),
            "contacts": period.contacts,
            "contacts per 1,000": _rounded(period.contacts_per_1000),
            "settled": period.settled,
            "hours to settle": _rounded(period.hours_to_settle),
            "cost": _rounded(period.cost(found.costs) if found.costs else None),
            "scores": "; ".join(
                f"{score.metric} {score.value:.4g} (n={score.accounts})" for score in period.scores
            ),
            "themes": "; ".join(
                f"{theme.title} ({theme.speaking} of {theme.heard})" for theme in period.themes
            ),
        }
        for period in found.periods
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def costs(services: Services) -> CostAssumption | None:
    """What was assumed last."""
    return max(services.store.find(CostAssumption), key=lambda row: row.at, default=None)


def assume(services: Services, by: str, values: Mapping[str, object], *, actor: str) -> None:
    """State anew what a contact, a failed attempt and a claim cost. Raises InvalidInput."""
    now = services.clock.now()
    services.store.put([CostAssumption.read({**values, "at": now, "by": by})])
    audit.record(services, actor, "costs.assume", "numbers")


def added_up(services: Services, findings: Findings) -> dict[str, list[dict[str, Any]]]:
    """By week and by month, as rows to store with an analysis."""
    store, today = services.store, services.clock.now().date()
    begins = operations.spans("month", today, NUMBER["month"])[0][0]
    since = start_of_day(begins, "UTC")
    courses = list(_courses(services, since))
    claims = [at.date() for at in store.times_of(Claim, "claim_opened_at", since)]
    contacts = [at.date() for at in store.times_of(Ticket, "at", since)]
    scores = store.find(Score)
    titles = {theme.theme_id: theme.title for theme in findings.themes}
    spoken: Mapping[Step, Sequence[ThemePeriod]] = {
        "week": findings.weeks,
        "month": findings.months,
    }
    return {
        step: [
            period.model_copy(update={"themes": themes.get(period.start, ())}).model_dump(
                mode="json"
            )
            for period in operations.add_up(
                operations.spans(step, today, number), courses, claims, contacts, scores
            )
        ]
        for step, number in NUMBER.items()
        if (themes := _themes(spoken[step], titles)) is not None
    }


def _themes(
    periods: Iterable[ThemePeriod], titles: Mapping[str, str]
) -> dict[date, tuple[ThemeShare, ...]]:
    """The themes that most people speak of, by the first day of the period."""
    found: defaultdict[date, list[ThemeShare]] = defaultdict(list)
    for one in periods:
        if one.speaking:
            found[one.start].append(
                ThemeShare(
                    theme_id=one.theme_id,
                    title=titles[one.theme_id],
                    speaking=one.speaking,
                    heard=one.heard,
                )
            )
    return {
        start: tuple(sorted(own, key=lambda theme: (-theme.speaking, theme.title))[:THEMES])
        for start, own in found.items()
    }


def _courses(services: Services, since: datetime) -> Iterator[Course]:
    """Every shipment with a scan since then; only those with trouble need all their events."""
    passages = services.store.passages(since)
    yield from (operations.clean(passage) for passage in passages if not passage.troubled)
    troubled = [passage.shipment_ref for passage in passages if passage.troubled]
    for first in range(0, len(troubled), AT_ONCE):
        events: defaultdict[str, list[ShipmentEvent]] = defaultdict(list)
        part = troubled[first : first + AT_ONCE]
        for event in services.store.find(ShipmentEvent, shipment_ref=part):
            events[event.shipment_ref].append(event)
        yield from (operations.course_of(own) for own in events.values())
