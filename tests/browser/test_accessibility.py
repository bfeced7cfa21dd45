"""Every state of the respondent's page under axe-core, in light and in dark: no violation."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Site, Visitor
from tests.browser.test_chat_page import BUSINESS, add_plain, say, turns, until_summary

pytestmark = pytest.mark.browser
BUYER = {**BUSINESS, "contact_role": "buyer"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """What axe-core finds, each with its element."""
    page.evaluate(axe())
    options = json.dumps({"runOnly": RULES, "resultTypes": ["violations"]})
    found: dict[str, Any] = page.evaluate(f"() => axe.run(document, {options})")
    assert len(found["passes"]) > 10, "axe looked at nothing"
    return [f"{v['id']}: {n['html'][:120]}" for v in found["violations"] for n in v["nodes"]]


def quick_replies(page: Page) -> None:
    """Answer until a question can be answered by a tap."""
    for text in (
        "Reliable pickups matter most to us.",
        "In October two pallets went missing at your hub and our line stopped for three days.",
        "The account team took a week to answer.",
        "The claim is still open since then, about 4,000 dollars.",
        "Your dispatcher answers the same day.",
    ):
        if page.locator("#replies button").count():
            return
        before = page.locator("#log > li").count()
        say(page, text)
        turns(page, before + 2)
    assert page.locator("#replies button").count(), "no quick reply came"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_state_of_the_page_violates_a_rule(visit: Visitor, site: Site, scheme: str) -> None:
    found: dict[str, list[str]] = {}

    def opened(path: str, viewport: dict[str, int] = PHONE, **options: Any) -> Page:
        page: Page = visit(path, viewport, color_scheme=scheme, bypass_csp=True, **options).page
        return page

    chat = opened(site.link())
    found["begin"] = violations(chat)
    chat.get_by_role("button", name="Send").click()
    chat.locator("#text").fill(" ")
    chat.get_by_role("button", name="Send").click()
    expect(chat.get_by_role("alert")).not_to_be_empty()
    found["error"] = violations(chat)
    chat.context.set_offline(True)
    say(chat, "The box came smashed.")
    expect(chat.locator("#log small")).to_contain_text("Waiting")
    found["offline"] = violations(chat)
    chat.context.set_offline(False)
    turns(chat, 3)
    found["answered"] = violations(chat)
    chat.evaluate("document.documentElement.dir = 'rtl'")
    found["right to left"] = violations(chat)
    chat.get_by_role("button", name="Talk to a person").click()
    expect(chat.locator(".over")).to_be_visible()
    found["over"] = violations(chat)

    plain = opened(site.link(add_plain(site.services)), DESKTOP)
    say(plain, "The box came smashed.")
    turns(plain, 3)
    found["plain"] = violations(plain)

    business = opened(site.link("account-renewal", BUYER), DESKTOP)
    quick_replies(business)
    found["quick replies and progress"] = violations(business)

    summary = opened(site.link("score-drop", BUSINESS), DESKTOP)
    until_summary(summary)
    found["summary"] = violations(summary)

    found["claim"] = violations(opened(site.link("claim-intake", {"shipment_ref": "S-1"})))
    found["is this real"] = violations(opened(f"{site.base}/is-this-real"))
    found["no link"] = violations(opened(f"{site.base}/i/none"))
    assert not any(found.values()), found


def test_what_a_screen_reader_is_told(visit: Visitor, site: Site) -> None:
    page = visit(site.link()).page
    say(page, "The box came smashed.")
    turns(page, 3)
    tree = page.locator("main").aria_snapshot()
    for part in (
        'heading "Your feedback" [level=1]',
        'log "Conversation"',
        "You:",
        "Interviewer:",
        'textbox "Your answer"',
        'button "Send"',
        'button "Skip"',
        'button "That’s all"',
        'button "Talk to a person"',
    ):
        assert part in tree, part
    own = page.locator("#log .respondent")
    assert own.get_attribute("aria-live") == "off", "own words are not read out again"
    assert page.locator("#conversation").get_attribute("aria-live") == "polite"


def test_motion_and_forced_colors(visit: Visitor, site: Site) -> None:
    page = visit(site.link(), reduced_motion="reduce", forced_colors="active").page
    page.locator("#writing").evaluate("status => { status.textContent = 'writes' }")
    moving = page.evaluate("document.getAnimations().length")
    assert moving == 0
    border = page.locator("#log li").evaluate("turn => getComputedStyle(turn).borderTopStyle")
    assert border == "solid"
