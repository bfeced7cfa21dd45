"""The first page: what needs whom today, and what moved between two analyses."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from interviewer.core.access import Role, User
from interviewer.core.book import Account
from interviewer.findings.today import today
from interviewer.ports import Services
from interviewer.store import AnalysisRun
from tests.fakes import NOW, services_in


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


def user(role: Role, login: str = "ann@example.com") -> User:
    return User(login=login, role=role, password_hash="", created_at=NOW)


def analysis(
    services: Services, days_ago: int, bands: Mapping[str, str], themes: Mapping[str, int]
) -> None:
    services.store.save_run(
        AnalysisRun(
            run_id=f"r{days_ago}",
            at=NOW - timedelta(days=days_ago),
            settings={},
            themes=[
                {"theme_id": name, "title": name, "respondents": n} for name, n in themes.items()
            ],
            signals=[],
            risks=[{"account_ref": ref, "band": band} for ref, band in bands.items()],
            memory={},
            report="",
        )
    )


def accounts(services: Services, **due: int) -> None:
    services.store.put(
        [
            Account(
                account_ref=ref,
                account_name=ref,
                owner_email="ann@example.com" if ref == "A" else "bob@example.com",
                review_date=(NOW + timedelta(days=days)).date() if days else None,
            )
            for ref, days in due.items()
        ]
    )


def names(found: Any) -> list[str]:
    return [each.account.account_ref for each in found]


def test_an_empty_installation_is_calm_and_has_nothing(services: Services) -> None:
    shown = today(services, user("owner"))
    assert shown.is_calm
    assert (shown.has_interviews, shown.has_accounts, shown.has_live_study) == (False,) * 3
    assert shown.analyzed_at is None


def test_who_is_newly_high_and_who_is_not_heard_before_a_review(services: Services) -> None:
    accounts(services, A=0, B=0, C=9, D=3, E=90, F=3)
    analysis(services, 7, {"A": "low", "B": "high"}, {})
    analysis(services, 0, {"A": "high", "B": "high", "F": "low"}, {})
    shown = today(services, user("owner"))
    assert names(shown.newly_at_risk) == ["A"]
    assert shown.newly_at_risk[0].band_before == "low"
    assert [(u.account.account_ref, u.review_in) for u in shown.unheard] == [("D", 3), ("C", 9)]


def test_a_review_of_yesterday_needs_nobody(services: Services) -> None:
    services.store.put([Account(account_ref="A", account_name="A", review_date=date(2026, 9, 14))])
    assert today(services, user("owner")).is_calm


def test_an_account_manager_is_told_of_own_accounts_only(services: Services) -> None:
    accounts(services, A=3, B=3)
    analysis(services, 0, {}, {"Late": 3})
    shown = today(services, user("account_manager"))
    assert names(shown.unheard) == ["A"]
    assert (shown.held_back, shown.themes) == (0, {})


def test_themes_that_are_new_or_moved_by_half_of_their_share(services: Services) -> None:
    analysis(services, 8, {}, {"Late": 10, "Damage": 10, "Driver": 10})
    analysis(services, 1, {}, {})  # too young to compare with
    analysis(services, 0, {}, {"Late": 20, "Damage": 10, "Driver": 3, "Customs": 2})
    shown = today(services, user("viewer"))
    moved = {kind: [t.title for t in themes] for kind, themes in shown.themes.items()}
    assert moved == {"new": ["Customs"], "growing": ["Late"], "shrinking": ["Driver"]}
    assert shown.compared == (NOW - timedelta(days=8), NOW)
