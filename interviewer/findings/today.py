"""What needs somebody today, and what the newest analyses found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from interviewer.access import viewing
from interviewer.core.access import User
from interviewer.core.book import Account
from interviewer.core.case import Case
from interviewer.ports import Services
from interviewer.store import AnalysisRun

SOON = timedelta(days=30)  # a review or renewal that somebody prepares now
A_WEEK = timedelta(days=6)  # between two analyses that are compared
MOVED = 0.5  # a theme grows or shrinks when its share of respondents moved by half of it
THEMES = 5  # shown of each kind


@dataclass(frozen=True, slots=True)
class AccountToday:
    """An account that needs somebody, and why."""

    account: Account
    band: str
    band_before: str | None
    review_in: int | None  # days


@dataclass(frozen=True, slots=True)
class ThemeToday:
    """A theme that moved between two analyses."""

    title: str
    respondents: int
    respondents_before: int | None


@dataclass(frozen=True, slots=True)
class Today:
    """The first page."""

    cases: Sequence[Case]
    overdue: int
    newly_at_risk: Sequence[AccountToday]
    unheard: Sequence[AccountToday]
    braked: Mapping[str, str]  # slug -> why
    held_back: int
    dead_notices: int
    themes: Mapping[str, Sequence[ThemeToday]]  # new, growing, shrinking
    compared: tuple[datetime, datetime] | None
    analyzed_at: datetime | None
    has_interviews: bool
    has_live_study: bool
    has_accounts: bool

    @property
    def is_calm(self) -> bool:
        """Whether nothing needs anybody."""
        return not (
            self.cases
            or self.newly_at_risk
            or self.unheard
            or self.braked
            or self.held_back
            or self.dead_notices
        )


def today(services: Services, user: User) -> Today:
    """What this user should know now."""
    store = services.store
    seen = viewing.account_refs(services, user)
    works = user.role != "viewer"
    cases = [case for state in ("open", "taken") for case in viewing.cases(services, user, state)]
    cases.sort(key=lambda case: (case.due_at is None, case.due_at or case.opened_at))
    run, before = _runs(services)
    accounts = [a for a in store.find(Account) if seen is None or a.account_ref in seen]
    at_risk, unheard = _accounts(services, accounts, run, before)
    studies = store.studies()
    sees_all = seen is None and works
    return Today(
        cases=cases if works else [],
        overdue=sum(case.overdue_at is not None and case.state == "open" for case in cases),
        newly_at_risk=at_risk,
        unheard=unheard,
        braked={s.slug: s.brake for s in studies if s.brake} if sees_all else {},
        held_back=len(store.inbox(held_back=True, limit=1000)) if sees_all else 0,
        dead_notices=len(store.notices(state="dead", limit=1000)) if sees_all else 0,
        themes=_moved(run, before) if run and seen is None else {},
        compared=(before.at, run.at) if run and before else None,
        analyzed_at=run.at if run else None,
        has_interviews=bool(store.interviews(limit=1)),
        has_live_study=any(study.state == "live" for study in studies),
        has_accounts=bool(accounts),
    )


def _runs(services: Services) -> tuple[AnalysisRun | None, AnalysisRun | None]:
    """The newest analysis, and the newest one that is about a week older."""
    newest = services.store.latest_run("themes")
    if newest is None:
        return None, None
    for run in services.store.runs():
        if newest.at - run.at >= A_WEEK:
            return newest, services.store.run(run.run_id, "themes")
    return newest, None


def _accounts(
    services: Services,
    accounts: Sequence[Account],
    run: AnalysisRun | None,
    before: AnalysisRun | None,
) -> tuple[list[AccountToday], list[AccountToday]]:
    """Accounts that are high or moved up; and those soon due of which too little is known."""
    bands, bands_before = _bands(services, run), _bands(services, before)
    at_risk, unheard, day = [], [], services.clock.now().date()
    for account in accounts:
        band = bands.get(account.account_ref, "not_enough_evidence")
        was = bands_before.get(account.account_ref)
        due = min((d for d in (account.review_date, account.renewal_date) if d), default=None)
        days = (due - day).days if due and due >= day else None
        shown = AccountToday(account, band, was, days)
        if band == "high" and was != "high":
            at_risk.append(shown)
        elif band == "not_enough_evidence" and days is not None and days <= SOON.days:
            unheard.append(shown)
    unheard.sort(key=lambda each: each.review_in or 0)
    return at_risk, unheard


def _bands(services: Services, run: AnalysisRun | None) -> dict[str, str]:
    return services.store.bands(run.run_id) if run else {}


def _moved(run: AnalysisRun, before: AnalysisRun | None) -> dict[str, list[ThemeToday]]:
    if before is None:
        return {}
    was = {theme["theme_id"]: theme for theme in before.themes}
    total, total_before = _respondents(run.themes), _respondents(before.themes)
    moved: dict[str, list[ThemeToday]] = {"new": [], "growing": [], "shrinking": []}
    for theme in run.themes:
        earlier = was.get(theme["theme_id"])
        count = earlier["respondents"] if earlier else None
        shown = ThemeToday(theme["title"], theme["respondents"], count)
        if count is None:
            moved["new"].append(shown)
            continue
        change = theme["respondents"] / total - count / total_before
        if abs(change) >= MOVED * count / total_before:
            moved["growing" if change > 0 else "shrinking"].append(shown)
    return {kind: themes[:THEMES] for kind, themes in moved.items() if themes}


def _respondents(themes: Sequence[Mapping[str, Any]]) -> int:
    return sum(theme["respondents"] for theme in themes) or 1
