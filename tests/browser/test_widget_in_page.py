"""The widget inside another origin's page: hostile styles, a strict policy, its API and events."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, Route, expect
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route as Path

from interviewer.settings import Settings
from interviewer.web.widget import allow, sign, signing_secret
from tests.browser.conftest import DESKTOP, PHONE, SECRET, Site, Visitor, listening
from tests.browser.test_accessibility import violations
from tests.browser.test_chat_page import add_plain

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
        Path("/", page),
        Path("/shop.css", lambda _: Response(HOSTILE + SHOWN, media_type="text/css")),
        Path("/shop.js", lambda _: Response(LOG, media_type="text/javascript")),
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


def hears(page: Page, *names: str) -> None:
    """Wait until the shop's page has been told just this."""
    page.wait_for_function("names => heard.join() === names", arg=",".join(names))


def opened(page: Page) -> Locator:
    """Open the bubble; the text box, once the question stands above it."""
    page.get_by_role("button", name="Your feedback").click()
    expect(chat(page).locator("#log > li")).not_to_have_count(0)
    return chat(page).get_by_role("textbox")


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
    text = frame.get_by_role("textbox")
    expect(text).to_be_focused()
    box = page.locator("dialog").bounding_box()
    assert box is not None
    assert (box["width"] == viewport["width"]) == (viewport is PHONE)
    expect(page.locator("iframe")).to_be_focused()
    text.press_sequentially("All was well, ")
    text.press("Escape")
    expect(launcher).to_be_focused()
    launcher.press("Enter")
    expect(page.locator("iframe")).to_be_focused()
    text.press_sequentially("thank you.")
    text.press("Enter")
    expect(frame.get_by_role("heading", name="Thank you")).to_be_visible()
    hears(page, "opened", "closed", "completed")
    assert seen.complaints == []
    assert site.interview.status == "closed"


def test_a_reload_goes_on_where_it_was(visit: Visitor, site: Site, shop: Shop) -> None:
    # The same site, another origin: a browser may deny storage to a frame of another site.
    address = shop().replace("localhost", "127.0.0.1")
    allow(site.services, "delivery-check", [address.removesuffix("/?")])
    page = visit(address).page
    text = opened(page)
    text.fill("It was left in the rain.")
    text.press("Enter")
    expect(chat(page).locator("#log > li[data-seq]")).to_have_count(3)
    page.reload()
    opened(page)
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
    hears(page, "opened", "handed_off")
    assert seen.complaints == []


def test_what_nobody_signed_is_refused(visit: Visitor, site: Site, shop: Shop) -> None:
    page = visit(shop(context='{"account_ref": "A-1"}')).page
    with page.expect_console_message(lambda m: "needs the signature" in m.text):
        page.get_by_role("button", name="Your feedback").click()
    hears(page, "refused")
    expect(chat(page).get_by_role("alert")).to_contain_text("could not begin")
    expect(chat(page).get_by_role("textbox")).to_have_count(0)
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
    text = opened(page)
    text.fill("It was left in the rain.")
    text.press("Enter")
    expect(chat(page).locator("#log > li[data-seq]")).to_have_count(3)
    assert violations(page.frames[1]) == []  # type: ignore[arg-type]


def test_nothing_can_be_written_before_it_has_begun_and_a_failure_is_told(
    visit: Visitor, site: Site, shop: Shop
) -> None:
    page = visit(shop()).page
    frame, meanwhile = chat(page), []

    def fail(route: Route) -> None:
        meanwhile.append(frame.locator("#writing").text_content())
        meanwhile.append(frame.get_by_role("textbox").count())
        route.abort()

    page.route("**/widget/delivery-check", fail)
    page.get_by_role("button", name="Your feedback").click()
    expect(frame.get_by_role("alert")).to_contain_text("could not begin")
    assert meanwhile == ["The interviewer is writing.", 0]
    expect(frame.get_by_role("textbox")).to_have_count(0)
    frame.get_by_role("button", name="Close").click()
    page.unroute("**/widget/delivery-check")
    expect(opened(page)).to_be_focused()
    expect(frame.get_by_role("alert")).to_have_count(0)
    assert len(site.services.store.interviews()) == 1


def test_one_question_at_a_time_in_a_frame(visit: Visitor, site: Site, shop: Shop) -> None:
    slug = add_plain(site.services)
    allow(site.services, slug, [shop().removesuffix("/?")])
    page = visit(shop(study=slug)).page
    text = opened(page)
    expect(chat(page).locator("#question")).to_contain_text("?")
    text.fill("The box came smashed.")
    chat(page).get_by_role("button", name="Send").click()
    expect(chat(page).locator("#log > li[data-seq]")).to_have_count(3)
    expect(text).to_have_value("")
