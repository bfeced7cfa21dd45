"""The first day of an account manager: own accounts, what was said, what is recorded."""

import pytest
from playwright.sync_api import expect

from interviewer.access.users import add_user
from interviewer.core.book import Account, Action, Contact, Rating, Score
from tests.browser.conftest import DESKTOP, PHONE, Site, Visitor, fits
from tests.browser.test_accessibility import violations
from tests.web.conftest import PASSWORD
from tests.web.test_api import analyzed

pytestmark = pytest.mark.browser


def test_from_the_login_to_a_recorded_action(visit: Visitor, site: Site) -> None:
    store = site.services.store
    analyzed(site.services)
    add_user(site.services, "mia@example.com", "account_manager", PASSWORD)
    store.put(
        [
            Account(account_ref="ACME", account_name="Acme", owner_email="mia@example.com"),
            Contact(
                contact_ref="c1", account_ref="ACME", contact_name="Dana", email="d@example.com"
            ),
            *(
                Score(account_ref="ACME", metric="otif", period=f"2026-0{month}", value=value)
                for month, value in ((6, 97), (7, 92))
            ),
        ]
    )
    page = visit(site.base, DESKTOP, bypass_csp=True).page
    page.locator("[name=login]").fill("mia@example.com")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button").click()
    page.get_by_role("link", name="Accounts").click()
    expect(page.get_by_role("link", name="Acme")).to_be_visible()
    expect(page.get_by_text("N/A 7")).to_have_count(0)
    found = {"book": violations(page)}
    page.get_by_role("link", name="Acme").click()
    expect(page.get_by_text("nobody calls us back")).to_be_visible()
    expect(page.get_by_text("our manager never answers")).to_have_count(0)
    expect(page.get_by_text("for owners only")).to_be_visible()
    for summary in page.locator("details.card > summary").all():
        summary.click()
    found["account"] = violations(page)
    page.get_by_label("Risk").select_option("high")
    page.get_by_role("button", name="Record the rating").click()
    expect(page.get_by_role("status")).to_contain_text("rating was recorded")
    page.get_by_text("Record an action").click()
    page.get_by_label("What you told them").fill("the Friday slots")
    page.get_by_role("button", name="Record the action").click()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("status")).to_contain_text("The action is done")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert fits(page)
    page.goto(f"{site.base}/themes")
    assert fits(page)
    found["themes"] = violations(page)
    assert not any(found.values()), found
    assert [rating.rating for rating in store.find(Rating)] == ["high"]
    assert [action.done_at for action in store.find(Action)] == [site.services.clock.now().date()]
