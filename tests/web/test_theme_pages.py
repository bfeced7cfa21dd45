"""Themes in the console: what people decide about them, its undo, comparisons, the spreadsheet."""

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from analysis.tables import Theme
from interviewer.core.book import ThemeDecision, ThemeNote
from interviewer.ports import Services
from interviewer.store import AnalysisRun
from tests.fakes import NOW
from tests.findings.test_theme_decisions import analyzed, put_statements
from tests.web.test_api import quote
from tests.web.test_doors import form_token_of
from tests.web.test_respondent import Page


@pytest.fixture
def found(services: Services) -> Mapping[str, str]:
    """theme_id -> title of an analysis."""
    put_statements(services)
    return analyzed(services)


def send(client: TestClient, path: str, **fields: Any) -> str:
    """Send a form as the page does; what the page says that comes after it."""
    answer = client.post(path, data={"form_token": form_token_of(client), **fields})
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


def undo(client: TestClient, services: Services, page: str) -> str:
    """Press the button that is offered right after a decision, a moment later."""
    services.clock.move_to(services.clock.now() + timedelta(minutes=1))  # type: ignore[attr-defined]
    button = next(f for f in Page(page).all("form") if f["action"].endswith("/release"))
    return send(client, button["action"])


def statements(client: TestClient, theme: str) -> list[str]:
    boxes = Page(client.get(f"/themes/{theme}").text).all("input")
    return [box["value"] for box in boxes if box.get("name") == "statement"]


def test_a_new_name_holds_at_once_and_in_the_next_analysis(
    owner: TestClient, services: Services, found: Mapping[str, str]
) -> None:
    theme = next(iter(found))
    shown = send(owner, f"/themes/{theme}/decide", action="rename", title="What it costs")
    assert "What it costs" in shown
    assert "renamed" in owner.get("/themes").text
    assert analyzed(services)[theme] == "What it costs"
    undo(owner, services, owner.get(f"/themes/{theme}").text)
    assert analyzed(services)[theme] == found[theme]


def test_a_pinned_theme_says_so_until_it_is_taken_back(
    owner: TestClient, services: Services, found: Mapping[str, str]
) -> None:
    theme = next(iter(found))
    shown = send(owner, f"/themes/{theme}/decide", action="pin")
    assert "pinned" in owner.get("/themes").text
    assert theme in analyzed(services)
    undo(owner, services, shown)
    assert "pinned" not in owner.get("/themes").text


def test_themes_are_merged_and_taken_apart(
    owner: TestClient, services: Services, found: Mapping[str, str]
) -> None:
    gone, kept, *_ = found
    send(owner, f"/themes/{gone}/decide", action="merge", into=kept)
    assert gone not in analyzed(services)
    assert owner.get(f"/themes/{gone}").status_code == 404
    page = owner.get(f"/themes/{kept}").text
    assert f"“{found[gone]}” was merged into it" in page
    services.clock.move_to(services.clock.now() + timedelta(minutes=1))  # type: ignore[attr-defined]
    assert "taken back" in send(owner, f"/themes/{gone}/release")
    assert "was merged into it" not in owner.get(f"/themes/{kept}").text
    assert set(analyzed(services).values()) == set(found.values())


def test_a_merge_is_undone_before_it_held(
    owner: TestClient, services: Services, found: Mapping[str, str]
) -> None:
    gone, kept, *_ = found
    undo(owner, services, send(owner, f"/themes/{gone}/decide", action="merge", into=kept))
    assert analyzed(services) == found


def test_a_part_is_split_off_and_taken_back(
    owner: TestClient, services: Services, found: Mapping[str, str]
) -> None:
    theme = next(iter(found))
    some = statements(owner, theme)[:2]
    shown = send(owner, f"/themes/{theme}/decide", action="split", title="A part", statement=some)
    assert "A part" in analyzed(services).values()
    undo(owner, services, shown)
    assert "A part" not in analyzed(services).values()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"action": "rename", "title": " "}, "title: "),
        ({"action": "merge", "into": "t-none"}, "no theme"),
        ({"action": "split", "title": "x", "statement": ["nobody:0"]}, "none of these statements"),
    ],
)
def test_what_cannot_hold_is_said_and_not_stored(
    owner: TestClient,
    services: Services,
    found: Mapping[str, str],
    fields: dict[str, Any],
    says: str,
) -> None:
    path = f"/themes/{next(iter(found))}/decide"
    answer = owner.post(path, data={"form_token": form_token_of(owner), **fields})
    assert answer.status_code == 422
    assert says in answer.text
    assert services.store.find(ThemeDecision) == []


def test_somebody_looks_after_a_theme(
    owner: TestClient, services: Services, found: Mapping[str, str]
) -> None:
    path = f"/themes/{next(iter(found))}"
    shown = send(owner, f"{path}/notes", owner="Ben", text="Moved the slots")
    assert "looked after by Ben" in shown
    assert "Moved the slots" in shown
    assert [(n.owner, n.text) for n in services.store.find(ThemeNote)] == [
        ("Ben", "Moved the slots")
    ]
    rows = list(csv.DictReader(io.StringIO(owner.get("/themes.csv").text)))
    assert {row["owner"] for row in rows} == {"Ben", ""}
    assert [row["theme_id"] for row in rows if row["owner"]] == [next(iter(found))]


# comparisons


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


@pytest.mark.parametrize(
    "address", ["period=1999-01-01&period_2=2026-09-07", "group=a|b&group_2=c|d"]
)
def test_what_is_none_of_the_analysis_is_refused(
    owner: TestClient, compared: None, address: str
) -> None:
    assert owner.get(f"/themes/compare?{address}").status_code == 422


def test_a_comparison_begins_with_the_last_two_periods(owner: TestClient, compared: None) -> None:
    options = Page(owner.get("/themes/compare").text).all("option")
    chosen = [option["value"] for option in options if "selected" in option]
    assert chosen == ["2026-08-31", "2026-09-07", "role|recipient"]
