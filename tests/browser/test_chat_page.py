"""The respondent's page in a real browser: with and without JavaScript, narrow and wide."""

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from interviewer import conversation
from interviewer.conversation import Opening
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.web.access import set_owner_password
from interviewer.web.app import create_app
from tests.fakes import services_in

pytestmark = pytest.mark.browser
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
DAMAGED = {"shipment_ref": "S-2", "exception_code": "damaged", "exception_at": "2026-09-14"}
PASSWORD = "correct horse battery"


@contextmanager
def served(services: Services) -> Iterator[str]:
    """The base URL of a server in a thread of this process."""
    app = create_app(services, Settings(database_url="postgresql://not-asked"))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


@pytest.fixture
def base(services: Services) -> Iterator[str]:
    with served(services) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


def opened(
    browser: Browser, url: str, viewport: dict[str, int], *, javascript: bool = True
) -> tuple[Page, list[str]]:
    """A page, and everything that its console complains of or that leaves our server."""
    context = browser.new_context(viewport=viewport, java_script_enabled=javascript)  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    origin = "/".join(url.split("/")[:3])
    page.on(
        "request",
        lambda r: None if r.url.startswith((origin, "data:")) else complaints.append(r.url),
    )
    page.goto(url)
    return page, complaints


def new_link(services: Services, base: str, language: str = "en") -> str:
    opening = Opening(context=DAMAGED, language=language)
    # A loop of its own: the browser's driver holds one in this thread.
    with ThreadPoolExecutor() as threads:
        beginning = conversation.start(services, "exception-follow-up", opening)
        return f"{base}/i/{threads.submit(asyncio.run, beginning).result().token}"


def fits(page: Page) -> bool:
    """Whether nothing is wider than the window."""
    wider: bool = page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return wider


TOLD = "The box came smashed on Monday and two of the plates inside were broken."


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])
def test_an_interview_to_its_end(
    browser: Browser,
    services: Services,
    base: str,
    tmp_path: Path,
    viewport: dict[str, int],
    javascript: bool,
) -> None:
    page, complaints = opened(browser, new_link(services, base), viewport, javascript=javascript)
    turns = page.locator("#log > li")
    expect(turns).to_have_count(1)
    page.screenshot(path=tmp_path / "begin.png", full_page=True)
    shown = 1
    while page.get_by_role("textbox").count():
        assert fits(page)
        page.get_by_label("Your answer").fill(TOLD)
        page.get_by_role("button", name="Send").click()
        shown += 2
        expect(turns).to_have_count(shown)
    expect(page.get_by_text("This conversation is over.")).to_be_visible()
    page.screenshot(path=tmp_path / "end.png", full_page=True)
    assert fits(page)
    assert complaints == []
    (stored,) = services.store.interviews()
    assert [turn.text for turn in stored.turns] == page.locator("#log > li > p").all_inner_texts()


def test_the_script_adds_turns_without_leaving_the_page(
    browser: Browser, services: Services, base: str
) -> None:
    page, complaints = opened(browser, new_link(services, base), DESKTOP)
    page.evaluate("window.stays = true")
    page.get_by_role("textbox").fill("The box came smashed.")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("#log > li")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#log > li")).to_have_count(3)
    assert page.evaluate("window.stays")
    expect(page.get_by_role("textbox")).to_be_focused()
    expect(page.get_by_role("textbox")).to_have_value("")
    page.get_by_role("button", name="Skip this question").click()
    expect(page.locator("#log > li")).to_have_count(5)
    page.get_by_role("button", name="Stop asking me").click()
    expect(page.get_by_text("You will not be asked again.")).to_be_visible()
    assert page.get_by_role("textbox").count() == 0
    assert complaints == []


def test_an_answer_that_does_not_arrive_can_be_sent_again(
    browser: Browser, services: Services, base: str
) -> None:
    page, _ = opened(browser, new_link(services, base), PHONE)
    page.get_by_role("textbox").fill("The box came smashed.")
    page.context.set_offline(True)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("did not arrive")
    expect(page.get_by_role("textbox")).to_have_value("The box came smashed.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#log > li")).to_have_count(3)
    (stored,) = services.store.interviews()
    assert len(stored.answers) == 1


def test_another_site_cannot_send_the_form(browser: Browser, services: Services, base: str) -> None:
    link = new_link(services, base)
    page = browser.new_page()
    page.set_content(
        f'<form method="post" action="{link}"><input name="text" value="x">'
        '<input name="message_id" value="m"><button>go</button></form>'
    )
    with page.expect_response(lambda response: response.url == link) as answer:
        page.get_by_role("button").click()
    assert answer.value.status == 403
    (stored,) = services.store.interviews()
    assert stored.answers == ()


def test_the_pages_fit_a_phone(
    browser: Browser, services: Services, base: str, tmp_path: Path
) -> None:
    chat, _ = opened(browser, new_link(services, base, "de"), PHONE)
    chat.get_by_role("textbox").fill("Die Kiste kam zerbrochen an.")
    chat.get_by_role("button", name="Senden").click()
    expect(chat.locator("#log > li")).to_have_count(3)
    assert fits(chat)
    set_owner_password(services, PASSWORD)
    page, complaints = opened(browser, base, PHONE)
    assert fits(page)
    page.get_by_label("Owner’s password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Studies")).to_be_visible()
    (interview,) = services.store.interviews()
    paths = ["/", "/interviews", f"/interviews/{interview.interview_id}", "/cases", "/docs"]
    for n, path in enumerate(paths):
        page.goto(base + path)
        page.screenshot(path=tmp_path / f"page-{n}.png", full_page=True)
        assert fits(page), path
    page.goto(base)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Owner’s password")).to_be_visible()
    assert complaints == []
