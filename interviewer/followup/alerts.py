"""Alert rules: who wants to be told when a theme, a signal, a score or the operation moves.

The rules are looked at when an analysis or scores arrive. A rule that finds its value beyond its
limit is told of once, through the destinations, and again only after it was within in between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from interviewer.access import audit
from interviewer.core.book import SIGNALS, Score
from interviewer.core.errors import InvalidInput
from interviewer.core.notice import WATCHED, AlertRule, Occurrence
from interviewer.core.operations import Period, newest_score
from interviewer.ports import Services
from interviewer.store import AnalysisRun, RunPart

LEAST_HEARD = 30  # people; a share of fewer is not told of
METRICS = ("otif", "nps", "csat")
READ: tuple[RunPart, ...] = ("themes", "signals", "patterns")


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule watches, as it is now; without a value there is not enough to say."""

    value: float | None
    said: str


def add(
    services: Services,
    watches: str,
    limit: float,
    *,
    subject: str | None = None,
    account_ref: str | None = None,
    actor: str = audit.COMMAND_LINE,
) -> AlertRule:
    """Tell the destinations when this is beyond its limit; also when it is now.

    Raises:
        InvalidInput: It can never be, or there is nothing of that name.
    """
    if watches not in WATCHED:
        raise InvalidInput("watches", f"is none of {', '.join(WATCHED)}", watches)
    known = _subjects(services, watches)
    if known and subject not in known:
        raise InvalidInput("subject", f"is none of {', '.join(known)}", subject)
    if watches == "theme" and not known:
        raise InvalidInput("subject", "is no theme: nothing was analyzed yet", subject)
    rule = AlertRule(
        rule_id=services.new_id(),
        watches=watches,
        subject=subject if known else None,
        account_ref=(account_ref or None) if watches == "score" else None,
        limit=limit,
        added_by=actor,
        added_at=services.clock.now(),
    )
    services.store.save_alert_rule(rule)
    audit.record(services, actor, "alert.add", f"alert:{rule.rule_id}", watches=watches)
    look(services)
    return next(one for one in services.store.alert_rules() if one.rule_id == rule.rule_id)


def _subjects(services: Services, watches: str) -> Sequence[str]:
    if watches == "theme":
        run = services.store.latest_run("themes")
        return [theme["theme_id"] for theme in run.themes] if run else ()
    return {"signal": SIGNALS, "score": METRICS}.get(watches, ())


def remove(services: Services, rule_id: str, *, actor: str = audit.COMMAND_LINE) -> None:
    """Tell nobody of this any more. Raises NotFound."""
    services.store.remove_alert_rule(rule_id)
    audit.record(services, actor, "alert.remove", f"alert:{rule_id}")


def look(services: Services) -> None:
    """Look at every rule; what went beyond its limit since it was last looked at is told of."""
    rules = services.store.alert_rules()
    run, now = services.store.latest_run(*READ) if rules else None, services.clock.now()
    found = {rule.rule_id: WATCHES[rule.watches](services, rule, run) for rule in rules}
    with services.store.transaction("alerts") as store:
        for rule in store.alert_rules():  # as another process may have left them
            if rule.rule_id not in found:
                continue
            changed = _after(rule, found[rule.rule_id], now)
            is_new = changed.raised_at is not None and rule.raised_at is None
            told = Occurrence(kind="alert.raised", about=rule.rule_id, at=now)
            store.save_alert_rule(changed, [told] if is_new else ())


def _after(rule: AlertRule, found: Found, now: datetime) -> AlertRule:
    """The rule after it was looked at; where there is not enough to say it stays as it is."""
    raised_at = rule.raised_at
    if found.value is not None:
        raised_at = (raised_at or now) if rule.is_beyond(found.value) else None
    return rule.model_copy(update={"said": found.said, "raised_at": raised_at})


def titled(run: AnalysisRun | None, rule: AlertRule) -> str:
    """What the rule watches, for people."""
    if rule.watches == "theme":
        themes = run.themes if run else ()
        own = (str(theme["title"]) for theme in themes if theme["theme_id"] == rule.subject)
        return f"theme \u201c{next(own, rule.subject)}\u201d"
    if rule.watches == "first_attempt":
        return "deliveries at the first attempt"
    if rule.watches == "score":
        return f"{str(rule.subject).upper()} of {rule.account_ref or 'all accounts'}"
    return f"signal {str(rule.subject).replace('_', ' ')}"


def _theme(services: Services, rule: AlertRule, run: AnalysisRun | None) -> Found:
    theme = next((t for t in run.themes if t["theme_id"] == rule.subject), None) if run else None
    if run is None or theme is None:
        return Found(None, "it is in no analysis now")
    people, heard = theme["respondents"], run.patterns.get("heard") or 0
    if heard < LEAST_HEARD or run.patterns.get("small", True):
        return Found(None, f"not enough: {heard} people were heard")
    return Found(100 * people / heard, f"{100 * people / heard:.0f} % of {heard} people")


def _signal(services: Services, rule: AlertRule, run: AnalysisRun | None) -> Found:
    if run is None:
        return Found(None, "nothing was analyzed yet")
    accounts = {
        signal["account_ref"]
        for signal in run.signals
        if signal["signal"] == rule.subject and signal["account_ref"]
    }
    return Found(len(accounts), f"{len(accounts)} accounts")


def _score(services: Services, rule: AlertRule, run: AnalysisRun | None) -> Found:
    where = {"account_ref": rule.account_ref} if rule.account_ref else {}
    scores = services.store.find(Score, metric=rule.subject, **where)
    newest = newest_score(scores, services.clock.now().date())
    if newest is None:
        return Found(None, "no score yet")
    period, score = newest
    return Found(score.value, f"{score.value:.4g} in {period} (n={score.accounts})")


def _first_attempt(services: Services, rule: AlertRule, run: AnalysisRun | None) -> Found:
    numbers: Mapping[str, Any] = run.patterns.get("numbers", {}) if run else {}
    rows = numbers.get("month", ())
    periods = [Period.model_validate(row) for row in rows]
    whole = [period for period in periods if run and period.end <= run.at.date()]
    if not whole:
        return Found(None, "nothing was analyzed yet")
    rate, month = whole[-1].first_attempt_rate, f"{whole[-1].start:%Y-%m}"
    if rate is None:
        return Found(None, f"not enough: {whole[-1].attempted} first attempts in {month}")
    return Found(100 * rate, f"{100 * rate:.1f} % of {whole[-1].attempted} in {month}")


WATCHES = {"theme": _theme, "signal": _signal, "score": _score, "first_attempt": _first_attempt}
