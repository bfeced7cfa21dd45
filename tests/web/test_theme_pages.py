"""Themes in the console, compared: two analyses, two periods, two groups of people."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from analysis.tables import Theme
from interviewer.ports import Services
from interviewer.store import AnalysisRun
from tests.fakes import NOW
from tests.web.test_api import quote
from tests.web.test_respondent import Page


def group(value: str, speaking: int, heard: int) -> dict[str, Any]:
    common = {"theme_id": "t1", "dimension": "role", "leans": "none"}
    return {**common, "value": value, "speaking": speaking, "heard": heard}


def week(start: str, speaking: int, heard: int) -> dict[str, Any]:
    return {"theme_id": "t1", "start": start, "speaking": speaking, "heard": heard}


@pytest.fixture
def compared(services: Services) -> None:
    """Two analyses of a large study: calls stay, docks come, and boxes go."""
    for name, at, themes, heard in (
        ("before", NOW - timedelta(days=7), {"t1": ("Calls", 10), "t0": ("Boxes", 4)}, 40),
        ("now", NOW, {"t1": ("Calls", 30), "t2": ("Docks", 5)}, 60),
    ):
        rows = [
            asdict(Theme(ref, title, ("call",), n, n, n, 0.8, (quote("no", "all"),), {}, {}))
            for ref, (title, n) in themes.items()
        ]
        patterns = {
            **{"heard": heard, "asked": None, "small": False, "trends": [], "reach": []},
            "periods": [week("2026-08-31", 3, 20), week("2026-09-07", 27, 40)],
            "leanings": [group("buyer", 20, 25), group("recipient", 10, 35)],
        }
        run = AnalysisRun(name, at, {}, rows, [], [], {"as_of": "2026-09-15"}, "", patterns)
        services.store.save_run(run)


@pytest.mark.parametrize(
    ("address", "rows"),
    [
        (
            "run=before",
            ["Calls 10 of 40 25 % 30 of 60 50 %", "Docks 0 of 40 0 % 5 of 60 8 %"],
        ),
        ("period=2026-08-31&period_2=2026-09-07", ["Calls 3 of 20 15 % 27 of 40 68 %"]),
        ("group=role|buyer&group_2=role|recipient", ["Calls 20 of 25 80 % 10 of 35 29 %"]),
    ],
)
def test_analyses_periods_and_groups_stand_side_by_side(
    owner: TestClient, compared: None, address: str, rows: list[str]
) -> None:
    page = Page(owner.get(f"/themes/compare?{address}").text)
    shown = " ".join(" ".join(page.texts).split())
    for row in rows:
        assert row in shown


def test_a_theme_that_is_gone_is_in_the_comparison(owner: TestClient, compared: None) -> None:
    shown = " ".join(" ".join(Page(owner.get("/themes/compare?run=before").text).texts).split())
    assert "Boxes gone 4 of 40" in shown
