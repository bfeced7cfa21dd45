"""A real server and a real browser: one browser for a file of tests, one installation for each."""

import asyncio
import os
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pydantic import SecretStr

from interviewer.core.interview import Interview
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.web.app import create_app
from interviewer.web.throttle import Rule, Throttle
from tests.fakes import services_in

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
DAMAGED = {"shipment_ref": "S-2", "exception_code": "damaged", "exception_at": "2026-09-14"}
SECRET = "of-these-tests" * 3
PATIENCE = 60_000  # ms that anything may take on a busy machine
expect.set_options(timeout=PATIENCE)


@contextmanager
def listening(app: Any, port: int = 0) -> Iterator[int]:
    """A server in a thread of this process; its port."""
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="critical", ws="none", timeout_graceful_shutdown=1)
    )
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", port))
        door.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        try:
            yield door.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


class NoThrottle(Throttle):
    """A browser under test answers faster than anybody may."""

    def take(self, rule: Rule, who: str) -> None:
        """Let everybody in."""


@dataclass
class Site:
    """An installation that is served; it can be stopped and started at the same address."""

    services: Services
    port: int = 0
    running: ExitStack = field(default_factory=ExitStack)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def app(self) -> FastAPI:
        settings = Settings(database_url="postgresql://not-asked", secret=SecretStr(SECRET))
        app = create_app(self.services, settings)
        app.state.rates = NoThrottle()
        return app

    def start(self) -> None:
        self.port = self.running.enter_context(listening(self.app, self.port))

    def stop(self) -> None:
        self.running.close()

    def link(
        self, study: str = "exception-follow-up", context: Any = DAMAGED, language: str = "en"
    ) -> str:
        opening = Opening(context=context, language=language)
        # A loop of its own: the browser's driver holds one in this thread.
        with ThreadPoolExecutor() as threads:
            beginning = conversation.start(self.services, study, opening)
            return f"{self.base}/i/{threads.submit(asyncio.run, beginning).result().token}"

    @property
    def interview(self) -> Interview:
        """The one that there is."""
        (interview,) = self.services.store.interviews()
        return interview


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


@pytest.fixture
def site(services: Services) -> Iterator[Site]:
    site = Site(services)
    site.start()
    yield site
    site.stop()


# Not for the session: while it is open, its event loop runs in this thread, for other tests too.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


@dataclass
class Visit:
    """A browser's window on a page, and what its console complains of or what leaves our server."""

    page: Page
    complaints: list[str]

    @property
    def context(self) -> BrowserContext:
        return self.page.context


Visitor = Callable[..., Visit]


def keep_pictures(test: str, contexts: list[BrowserContext]) -> None:
    """How every window looked in the end, where a folder for it is named."""
    folder = os.environ.get("INTERVIEWER_TEST_SCREENSHOTS")
    pages = [page for context in contexts for page in context.pages if folder]
    for n, page in enumerate(pages):
        page.screenshot(path=f"{folder}/{re.sub(r'[^a-zA-Z0-9]+', '-', test).strip('-')}-{n}.png")


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """Open a page in a browser of its own: `visit(url, PHONE, javascript=False, ...)`."""
    contexts: list[BrowserContext] = []

    def opened(
        url: str, viewport: dict[str, int] = PHONE, *, javascript: bool = True, **options: Any
    ) -> Visit:
        context = browser.new_context(
            viewport=viewport,  # type: ignore[arg-type]
            java_script_enabled=javascript,
            **options,
        )
        contexts.append(context)
        return look(context, url)

    yield opened
    keep_pictures(request.node.name, contexts)
    for context in contexts:
        context.close()


def look(context: BrowserContext, url: str) -> Visit:
    """Another window of the same browser."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda r: (
            None
            if r.url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:"))
            else complaints.append(r.url)
        ),
    )
    page.goto(url)
    return Visit(page, complaints)


def fits(page: Page) -> bool:
    """Whether nothing is wider than the window."""
    wider: bool = page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return wider
