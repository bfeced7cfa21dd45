"""The first day of a CX manager: from the login to a launched study, without documentation."""

import re

import pytest
from playwright.sync_api import Page, expect

from interviewer.access.users import add_user
from interviewer.studies import lifecycle
from interviewer.studies.prompts_folder import load_guide
from tests.browser.conftest import DESKTOP, PATIENCE, PHONE, Site, Visitor, fits
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser
WORD = "Rechtsschutzversicherungsgesellschaften" * 4
WIDE = "* { letter-spacing: .12em !important; word-spacing: .16em !important }"  # WCAG 1.4.12
LOGIN, PASSWORD = "maya@example.com", "correct horse battery"
PAGES = (
    "/studies",
    "/studies/new",
    "/studies/exception-follow-up",
    "/studies/exception-follow-up/edit",
    "/studies/exception-follow-up/versions",
    "/studies/exception-follow-up/preview",
    "/studies/exception-follow-up/try",
    "/studies/exception-follow-up/simulation",
    "/sources",
    "/destinations",
)


def log_in(page: Page) -> None:
    page.get_by_label("E-mail address or name").fill(LOGIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def test_from_the_login_to_a_launched_study_of_ones_own(visit: Visitor, site: Site) -> None:
    add_user(site.services, LOGIN, "researcher", PASSWORD)
    seen = visit(site.base, DESKTOP)
    page = seen.page
    log_in(page)
    page.get_by_role("link", name="Choose a study").click()

    # what a ready study is like, from the other side
    page.get_by_role("link", name="After an exception").click()
    page.get_by_role("link", name="Try it", exact=True).click()
    page.get_by_label("Your answer").fill("It came two days late and nobody told me.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".transcript")).to_contain_text("Read as")
    expect(page.locator(".transcript > li")).to_have_count(3)

    # a study of one's own
    page.get_by_role("link", name="Studies", exact=True).first.click()
    page.get_by_role("link", name="Write a study").click()
    page.get_by_label("An exception was settled").check()
    goal = "Learn what a missed pickup costs the shipper."
    page.get_by_label("What do you want to know").fill(goal)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#problems")).to_contain_text("Nothing to mend")
    source = page.get_by_label("The study", exact=True)
    draft = source.input_value()
    assert goal in draft
    source.fill(draft.replace("budget:", "buget:", 1))
    line = page.locator("#problems a").first
    expect(line).to_contain_text("Line")
    line.click()
    chosen = "text => text.value.slice(text.selectionStart, text.selectionEnd)"
    assert source.evaluate(chosen), "the line that is named is chosen"
    source.fill(draft)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The study is saved")

    # who would be asked, and off it goes
    page.get_by_role("link", name="See who would be asked").click()
    expect(page.locator("main")).to_contain_text("Nothing was sent or stored")
    before = site.services.store.study("my-exception-follow-up").state
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_role("status")).to_contain_text("The study is live")
    assert site.services.store.study("my-exception-follow-up").state == "live"

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("as it was before")
    assert site.services.store.study("my-exception-follow-up").state == before != "live"
    assert not seen.complaints, seen.complaints


def test_the_same_without_a_script(visit: Visitor, site: Site) -> None:
    add_user(site.services, LOGIN, "researcher", PASSWORD)
    page = visit(site.base, PHONE, javascript=False).page
    log_in(page)
    page.goto(f"{site.base}/studies/delivery-check/edit")
    source = page.get_by_label("The study", exact=True)
    source.fill(source.input_value().replace("title: ", "title: Our ", 1))
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#problems")).to_contain_text("Nothing to mend")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The study is saved")
    assert site.services.store.study("delivery-check").version == 2
    page.get_by_role("link", name="What changed").click()
    expect(page.locator(".difference .added")).to_contain_text("title: Our ")
    page.goto(f"{site.base}/studies/delivery-check/try")
    page.get_by_label("Your answer").fill("He rang twice and left.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".transcript")).to_contain_text("He rang twice and left.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_and_violate_no_rule(visit: Visitor, site: Site, scheme: str) -> None:
    add_user(site.services, LOGIN, "owner", PASSWORD)
    viewport = PHONE if scheme == "dark" else DESKTOP
    page = visit(site.base, viewport, color_scheme=scheme, bypass_csp=True).page
    log_in(page)
    found: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(site.base + path)
        found[path] = violations(page) + ([] if fits(page) else ["wider than the window"])
    assert not any(found.values()), found


def test_neither_long_words_nor_wide_letters_widen_a_page(visit: Visitor, site: Site) -> None:
    add_user(site.services, LOGIN, "owner", PASSWORD)
    source = site.services.store.study("exception-follow-up").source
    for told in ("title: After an exception", "goal: Learn"):
        source = source.replace(told, f"{told} {WORD}", 1)
    lifecycle.add(site.services, load_guide(source), source)
    page = visit(site.base, PHONE, bypass_csp=True).page
    log_in(page)
    wider = []
    for path in ("/", *PAGES):
        page.goto(site.base + path)
        page.add_style_tag(content=WIDE)
        wider += [] if fits(page) else [path]
    page.goto(f"{site.base}/studies/exception-follow-up/simulation")
    page.get_by_role("button", name=re.compile("Let .* answer")).click(timeout=3 * PATIENCE)
    expect(page.get_by_role("heading", name="Scorecard")).to_be_visible()
    page.add_style_tag(content=WIDE)
    for said in page.locator("details").all():
        said.evaluate("(details, word) => { details.open = true; details.append(word) }", WORD)
    assert fits(page)
    assert wider == []
