"""The page of a rehearsal in a real browser: opened from disk, filtered, narrow and wide."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from interviewer.studies.rehearsal import rehearse
from interviewer.studies.simulation_page import render
from tests.simulated import person

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    stops = {"after_turn": 1, "say": "STOP", "expect": "stop"}
    people = [
        person(id="tells"),
        person(id="stops", behaviours=[stops]),
        person(id="delivered", study="delivery-check", context={"delivered_at": "2026-09-18"}),
    ]
    file: Path = tmp_path_factory.mktemp("page") / "page.html"
    # Playwright has an event loop in this thread.
    with ThreadPoolExecutor(1) as elsewhere:
        done = elsewhere.submit(rehearse, "all", people).result()
    file.write_text(render(done), encoding="utf-8")
    return file.as_uri()


def opened(browser: Browser, url: str, width: int, *, javascript: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=javascript
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(url)
    assert complaints == []
    return page


def shown(page: Page) -> list[str]:
    return page.locator("details.interview:visible summary > span:first-child").all_inner_texts()


def test_interviews_are_filtered_by_study_and_outcome(browser: Browser, url: str) -> None:
    page = opened(browser, url, 1280)
    assert shown(page) == ["delivered", "tells", "stops"]
    page.get_by_label("Study").select_option("exception-follow-up")
    assert shown(page) == ["tells", "stops"]
    page.get_by_label("How it ended").select_option("they opted out")
    assert shown(page) == ["stops"]
    expect(page.locator("output")).to_have_text("1 of 3 interviews")
    expect(page.get_by_role("heading", name="delivery-check", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("output")).to_have_text("3 interviews")
    assert shown(page) == ["delivered", "tells", "stops"]
    page.get_by_role("button", name="Open or fold").click()
    assert page.locator("details.interview[open]").count() == 3


def test_it_can_be_read_without_a_script(browser: Browser, url: str) -> None:
    page = opened(browser, url, 1280, javascript=False)
    assert len(shown(page)) == 3
    expect(page.locator("form.filters")).to_be_hidden()
    page.locator("details.interview summary").first.click()
    expect(page.get_by_text("What this respondent knew").first).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_runs_off_the_side(browser: Browser, url: str, width: int) -> None:
    page = opened(browser, url, width)
    page.get_by_role("button", name="Open or fold").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
