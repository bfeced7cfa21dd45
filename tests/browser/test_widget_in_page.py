"""The widget inside another origin's page: hostile styles, a strict policy, its API and events."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import FrameLocator, Page, expect
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from interviewer.settings import Settings
from interviewer.web.widget import allow, sign, signing_secret
from tests.browser.conftest import DESKTOP, PHONE, SECRET, Site, Visitor, listening
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser
HOSTILE = "* { all: unset !important; position: static !important; display: none !important }"
# Who hides everything hides itself; what the shop shows is shown again.
SHOWN = "html, body, main, h1, p { display: block !important }"
LOG = """window.heard = [];
for (const name of ["opened", "completed", "handed_off", "closed", "refused"])
  addEventListener(`interviewer:${name}`, (event) => heard.push(name));"""

Shop = Callable[..., str]


@pytest.fixture
def shop(site: Site) -> Iterator[Shop]:
    """The address of a shop's page with the widget: `shop(mode="inline", color="#ffd400")`."""

    def page(request: Request) -> Response:
        given = {"study": "delivery-check", **request.query_params}
        data = " ".join(f"data-{name}='{value}'" for name, value in given.items())
        html = f"""<!doctype html><html lang="en"><title>Shop</title>
            <link rel="stylesheet" href="/shop.css"><script src="/shop.js"></script>
            <main><h1>Your order</h1><p>It has arrived.</p>
            <script src="{site.base}/widget.js" {data} async></script></main>"""
        policy = (
            f"default-src 'none'; style-src 'self'; script-src 'self' {site.base}; "
            f"frame-src {site.base}"
        )
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    routes = [
        Route("/", page),
        Route("/shop.css", lambda _: Response(HOSTILE + SHOWN, media_type="text/css")),
        Route("/shop.js", lambda _: Response(LOG, media_type="text/javascript")),
    ]
    with listening(Starlette(routes=routes)) as port:
        origin = f"http://localhost:{port}"
        for study in ("delivery-check", "account-renewal"):
            allow(site.services, study, [origin])

        def address(**data: str) -> str:
            return f"{origin}/?{urlencode(data)}"

        yield address


def chat(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def heard(page: Page) -> Any:
    return page.evaluate("heard")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_an_interview_in_a_bubble(
    visit: Visitor, site: Site, shop: Shop, viewport: dict[str, int]
) -> None:
    seen = visit(shop(context='{"delivered_at": "2026-09-14"}'), viewport)
    page = seen.page
    launcher = page.get_by_role("button", name="Your feedback")
    launcher.click()
    frame = chat(page)
    expect(frame.locator("#log > li")).to_have_count(1)
    expect(frame.locator("#log")).to_contain_text("Monday, 14 September")
    box = page.locator("dialog").bounding_box()
    assert box is not None
    assert (box["width"] == viewport["width"]) == (viewport is PHONE)
    expect(page.locator("iframe")).to_be_focused()
    frame.get_by_role("textbox").press_sequentially("All was well, ")
    page.keyboard.press("Escape")
    expect(launcher).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("iframe")).to_be_focused()
    frame.get_by_role("textbox").press_sequentially("thank you.")
    page.keyboard.press("Enter")
    expect(frame.get_by_role("heading", name="Thank you")).to_be_visible()
    assert heard(page) == ["opened", "closed", "completed"]
    assert seen.complaints == []
    assert site.interview.status == "closed"


def test_a_reload_goes_on_where_it_was(visit: Visitor, site: Site, shop: Shop) -> None:
    # The same site, another origin: a browser may deny storage to a frame of another site.
    address = shop().replace("localhost", "127.0.0.1")
    allow(site.services, "delivery-check", [address.removesuffix("/?")])
    page = visit(address).page
    page.get_by_role("button", name="Your feedback").click()
    chat(page).get_by_role("textbox").fill("It was left in the rain.")
    page.keyboard.press("Enter")
    expect(chat(page).locator("#log > li[data-seq]")).to_have_count(3)
    page.reload()
    page.get_by_role("button", name="Your feedback").click()
    expect(chat(page).locator("#log > li[data-seq]")).to_have_count(3)
    assert len(site.services.store.interviews()) == 1


def test_inline_it_is_as_high_as_it_needs(visit: Visitor, site: Site, shop: Shop) -> None:
    page = visit(shop(mode="inline", lang="de"), DESKTOP).page
    expect(chat(page).locator("#log > li")).to_have_count(1)
    expect(chat(page).get_by_role("button", name="Senden")).to_be_visible()
    footer = chat(page).locator("footer")
    expect(footer).to_be_in_viewport(ratio=1)


def test_a_page_opens_it_with_what_its_server_signed(
    visit: Visitor, site: Site, shop: Shop
) -> None:
    seen = visit(shop(mode="page", study="account-renewal"), DESKTOP)
    page = seen.page
    at = (site.services.clock.now() - timedelta(hours=1)).isoformat()
    context = json.dumps({"account_ref": "A-1", "contact_name": "Ann", "signed_at": at})
    settings = Settings(secret=SecretStr(SECRET))
    signature = sign(signing_secret(settings, "account-renewal", 1), context)
    open_it = "(opening) => window.interviewer('open', opening)"
    page.evaluate(open_it, {"context": context, "signature": signature})
    expect(chat(page).locator("#log > li")).to_have_count(1)
    expect(chat(page).locator("#progress")).to_contain_text("Part 1 of")
    assert site.interview.account_ref == "A-1"
    chat(page).get_by_role("button", name="Talk to a person").click()
    expect(chat(page).get_by_role("heading", name="A person takes over")).to_be_visible()
    assert heard(page) == ["opened", "handed_off"]
    assert seen.complaints == []


def test_what_nobody_signed_is_refused(visit: Visitor, site: Site, shop: Shop) -> None:
    page = visit(shop(context='{"account_ref": "A-1"}')).page
    with page.expect_console_message(lambda m: "needs the signature" in m.text):
        page.get_by_role("button", name="Your feedback").click()
    assert heard(page) == ["refused"]
    assert site.services.store.interviews() == []


def test_a_page_that_is_not_listed_cannot_show_it(visit: Visitor, site: Site, shop: Shop) -> None:
    elsewhere = shop().replace("localhost", "127.0.0.1")
    page = visit(elsewhere).page
    with page.expect_console_message(lambda m: "frame-ancestors" in m.text):
        page.get_by_role("button", name="Your feedback").click()
    assert site.services.store.interviews() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("color", ["#ffd400", "#0a7d55", "#101010"])
def test_every_color_can_be_read(
    visit: Visitor, site: Site, shop: Shop, theme: str, color: str
) -> None:
    seen = visit(shop(color=color, theme=theme), DESKTOP, bypass_csp=True)
    page = seen.page
    page.get_by_role("button", name="Your feedback").click()
    frame = chat(page)
    expect(frame.locator("#log > li")).to_have_count(1)
    expect(page.locator("iframe")).to_be_focused()
    frame.get_by_role("textbox").press_sequentially("It was left in the rain.")
    page.keyboard.press("Enter")
    expect(frame.locator("#log > li[data-seq]")).to_have_count(3)
    assert violations(page.frames[1]) == []  # type: ignore[arg-type]
